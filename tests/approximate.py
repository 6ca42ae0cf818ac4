"""Numbers with a bound on how far integers may be from them: the arithmetic of rounding errors."""

import numpy as np


class Approximate:
    """An array of floats, and how far the integers that stand for them may be off."""

    __array_ufunc__ = None  # arrays of numpy leave operations to this class

    def __init__(self, value, error=0.0):
        self.value = np.asarray(value, float)
        self.error = np.broadcast_to(np.asarray(error, float), self.value.shape).copy()

    def __add__(self, other):
        other = exact(other)
        return Approximate(self.value + other.value, self.error + other.error)

    def __mul__(self, other):
        other = exact(other)
        return Approximate(self.value * other.value,
                           abs(self.value) * other.error + abs(other.value) * self.error
                           + self.error * other.error)

    def __neg__(self):
        return Approximate(-self.value, self.error)

    def __sub__(self, other):
        return self + -exact(other)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return exact(other) - self

    def off_by(self, error):
        """The same with so much more error."""
        return Approximate(self.value, self.error + error)

    def clipped(self, lo, hi, error):
        """Brought within bounds that themselves are off by ``error``."""
        below, value, above = (np.clip(x, lo, hi) for x in (
            self.value - self.error, self.value, self.value + self.error))
        touched = (below <= lo + error) | (above >= hi - error)
        return Approximate(value, np.maximum(above - value, value - below) + error * touched)


def exact(value):
    return value if isinstance(value, Approximate) else Approximate(value)
