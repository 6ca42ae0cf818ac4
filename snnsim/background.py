"""What neurons receive by chance."""

from dataclasses import dataclass, fields

import numpy as np

from .values import Description, DescriptionError, integer, real


@dataclass(frozen=True, eq=False)
class Poisson(Description):
    """Arrivals of a Poisson process, of each neuron its own: in a step of ``dt`` seconds a number drawn from
    the Poisson distribution of mean ``rate * dt``, each of the same weight.

    ``rate`` in hertz, ``weight`` as that of a projection (onto neurons described in integers ``weight_q``, in
    units of the drive); one value for all neurons, or an array of shape (n,). Several processes of one
    weight are one, with the sum of their rates.
    """

    rate: object
    weight: object = None
    weight_q: object = None

    def __post_init__(self):
        self._normalise(real, "rate", lo=0)
        if (self.weight is None) == (self.weight_q is None):
            raise DescriptionError("Poisson takes weight, or weight_q for neurons described in integers")
        if self.in_integers:
            self._normalise(integer, "weight_q")
        else:
            self._normalise(real, "weight")

    @property
    def in_integers(self):
        return self.weight_q is not None

    def check_size(self, n):
        """Raise `DescriptionError` if an array is not of shape (n,)."""
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray) and value.shape != (n,):
                raise DescriptionError(f"background {f.name} must have one value, or one for each of its {n} "
                                       f"neurons, not an array of shape {value.shape}")
