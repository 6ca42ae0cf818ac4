"""How many units a volt is worth: a power of two for each population, chosen so that everything fits."""

import math
from dataclasses import dataclass

import numpy as np

from .quantise import CompileError

#: The largest threshold lies at most this many bits below the end of the state's range, so v has room
#: to overshoot eight times its threshold.
HEADROOM_BITS = 3
#: A largest threshold of fewer units than this is refused: it would be several per cent off.
SMALLEST_THRESHOLD = 16
#: Scales beyond 2 to the power of this mean nothing, and floats end soon after.
LARGEST_LOG2 = 900


@dataclass(frozen=True)
class Limit:
    """A ``size`` in volts that must not be more than ``units``; ``what`` says whose, with its number."""

    size: float
    units: int
    what: str

    @property
    def log2(self):
        """The largest scale, as a power of two, under which it fits."""
        return largest_log2(self.size, self.units)


@dataclass(frozen=True)
class Scale:
    """``2**log2`` units per volt, ``lowered`` bits less than the threshold alone allows because of ``why``.
    """

    log2: int
    lowered: int = 0
    why: str = ""

    def units(self, volts):
        return np.ldexp(volts, self.log2)

    def volts(self, units):
        return np.ldexp(np.asarray(units, float), -self.log2)


def largest_log2(size, units):
    """The largest integer s for which ``size * 2**s``, rounded, is at most ``units``."""
    if not size:
        return LARGEST_LOG2
    if not math.isfinite(size):
        return -LARGEST_LOG2
    s = math.frexp(units)[1] - math.frexp(size)[1] - 1
    while round(math.ldexp(size, s + 1)) <= units:
        s += 1
    return max(-LARGEST_LOG2, min(s, LARGEST_LOG2))


def choose_scale(name, reference, limits, formats):
    """The `Scale` under which all ``limits`` are kept and ``reference``, the largest threshold or reach in
    volts, comes near ``2**-HEADROOM_BITS`` of the state's range.

    Raises `CompileError` naming the population and the tightest limit if that leaves too few units.
    """
    if not reference:
        return Scale(0)
    nominal = largest_log2(reference, 1 << (formats.state_width - 1 - HEADROOM_BITS))
    tightest = min(limits, key=lambda limit: limit.log2, default=None)
    if tightest is None or tightest.log2 >= nominal:
        return checked(name, Scale(nominal), reference, formats)
    lowered = Scale(tightest.log2, nominal - tightest.log2, tightest.what)
    return checked(name, lowered, reference, formats)


def lower(name, scale, why, reference, formats):
    """``scale`` less one bit, because of ``why``; raises as `choose_scale` does."""
    return checked(name, Scale(scale.log2 - 1, scale.lowered + 1, scale.why or why), reference, formats)


def checked(name, scale, reference, formats):
    units = math.ldexp(reference, scale.log2)
    smallest = min(SMALLEST_THRESHOLD, 1 << (formats.state_width - 2 - HEADROOM_BITS))
    if reference and units < smallest:
        why = scale.why or "floats end there"
        raise CompileError(f"population {name!r}: its largest threshold or reach, {reference:g} V from rest, "
                           f"would be {units:.3g} units and must be at least {smallest}, because of {why}; "
                           "bring the two closer together, or use wider formats")
    return scale
