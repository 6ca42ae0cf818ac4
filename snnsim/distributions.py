"""Seeded random values for weights and delays; the same seed gives the same values."""

from dataclasses import dataclass

import numpy as np

from .values import Description, DescriptionError, number, whole


class Distribution(Description):
    """Base of the distributions."""

    def draw(self, n):
        """``n`` values, shape (n,), always the same."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Uniform(Distribution):
    """Uniform in ``lo <= value < hi``."""

    lo: float
    hi: float
    seed: int

    def __post_init__(self):
        self._normalise(number, "lo", "hi")
        self._normalise(whole, "seed")
        if self.lo > self.hi:
            raise DescriptionError(f"Uniform lo must be at most hi, not {self.lo} and {self.hi}")

    def draw(self, n):
        return np.random.default_rng(self.seed).uniform(self.lo, self.hi, n)


@dataclass(frozen=True, eq=False)
class Normal(Distribution):
    """Normal with ``mean`` and standard deviation ``std``."""

    mean: float
    std: float
    seed: int

    def __post_init__(self):
        self._normalise(number, "mean")
        self._normalise(number, "std", lo=0)
        self._normalise(whole, "seed")

    def draw(self, n):
        return np.random.default_rng(self.seed).normal(self.mean, self.std, n)
