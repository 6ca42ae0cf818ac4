"""Noise in integers: what an `Image` says of it."""

from dataclasses import dataclass, field

import numpy as np

from .contract import Format
from .contract.noise import COLUMNS, CUT_BITS
from .errors import UserError

#: The seed of noise, and of stochastic rounding.
SEED = Format.of_width(32, signed=False)
CUT = Format.of_width(CUT_BITS, signed=False)
#: Noise sources of an image.
LARGEST_SOURCES = 255


class NoiseError(UserError):
    """Numbers that are no noise: out of format, of unequal length, or of a source that is not there."""


def _no_sources():
    return np.zeros((0, COLUMNS), np.int64)


@dataclass(frozen=True, eq=False)
class Noise:
    """What neurons draw in each step.

    ``amplitude``: that of the noise of their thresholds, not negative; ``source``: the number of the noise
    source, from 1, that they draw arrivals from, 0 for none; integer arrays of shape (n_neurons,).
    ``cut``, ``value``, ``other``: the columns of the sources, shape (n_sources, 64): ``value`` arrives if the
    lot is below ``cut``, else ``other``. ``seed``: 32 bits.
    """

    amplitude: np.ndarray
    source: np.ndarray
    cut: np.ndarray = field(default_factory=_no_sources)
    value: np.ndarray = field(default_factory=_no_sources)
    other: np.ndarray = field(default_factory=_no_sources)
    seed: int = 0

    @property
    def n_sources(self):
        return len(self.cut)

    @property
    def bounds(self):
        """The highest and the lowest that each neuron can draw, each of shape (n_neurons,)."""
        reachable = np.concatenate([np.where(self.cut > 0, self.value, self.other), self.other], axis=1)
        highest, lowest = (np.append(0, end(reachable, axis=1, initial=0)) for end in (np.max, np.min))
        return highest[self.source], lowest[self.source]


def check_noise(noise, formats, n_neurons):
    """Raise `NoiseError` for the first number of a `Noise` outside its format or shape."""
    state, drive, n_sources = formats.state, formats.drive, noise.n_sources
    if n_sources > LARGEST_SOURCES:
        raise NoiseError(f"there can be {LARGEST_SOURCES} noise sources, not {n_sources}")
    neurons, columns = (n_neurons,), (n_sources, COLUMNS)
    for name, shape, lo, hi in (("amplitude", neurons, 0, state.hi), ("source", neurons, 0, n_sources),
                                ("cut", columns, 0, CUT.hi), ("value", columns, drive.lo, drive.hi),
                                ("other", columns, drive.lo, drive.hi)):
        values = getattr(noise, name)
        if values.shape != shape or not np.issubdtype(values.dtype, np.integer):
            raise NoiseError(f"noise: {name} must be integers of shape {shape}, not {values.dtype} of shape "
                             f"{values.shape}")
        wrong = np.argwhere((values < lo) | (values > hi))
        if wrong.size:
            where = ", ".join(str(k) for k in wrong[0])
            raise NoiseError(f"noise: {name}[{where}] must be between {lo} and {hi}, not "
                             f"{values[tuple(wrong[0])]}")
    if type(noise.seed) is not int or not SEED.lo <= noise.seed <= SEED.hi:
        raise NoiseError(f"the seed of noise must be an integer between 0 and {SEED.hi}, not {noise.seed!r}")
