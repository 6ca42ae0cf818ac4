"""Traces: what synapses and neurons remember of spikes, as factors of learning rules."""

import math
from dataclasses import dataclass

from ..values import Description, DescriptionError, array, number, real, whole, word

#: An `Exponential` trace of which nothing else is said holds the sum over random spikes at so many a second,
#: up to so many standard deviations above its mean.
ASSUMED_RATE, ASSUMED_DEVIATIONS = 50.0, 5.0
#: Steps that a `History` remembers, and values of its table.
HISTORY_STEPS = 8
HISTORY_VALUES = 1 << HISTORY_STEPS


class Trace(Description):
    """Base of the traces. A spike counts from the step after it on: learning sees traces as they were
    before."""

    #: Whether a pre-synaptic trace can be like this.
    for_pre = True


@dataclass(frozen=True, eq=False)
class Exponential(Trace):
    """``amount * exp(-t / tau)``, t seconds after a spike.

    ``mode``: ``'add'``, the sum over all spikes (all-to-all pairing), or ``'set'``, of the last spike alone
    (nearest spike). ``highest``: the largest value that must fit; more saturates, and is counted. None: what
    the sum over random spikes, 50 a second, exceeds only once in a long while (`assumed_highest`).
    """

    tau: float
    amount: float = 1.0
    mode: str = "add"
    highest: float = None

    def __post_init__(self):
        _check_decaying(self)
        object.__setattr__(self, "mode", word(self.mode, "Exponential mode", choices=("add", "set")))

    @property
    def assumed_highest(self):
        """``highest``, or what takes its place: ``amount`` times 1 for the last spike, and mean and
        deviations of those before it."""
        if self.highest is not None:
            return self.highest
        mean = 0.0 if self.mode == "set" else ASSUMED_RATE * self.tau
        return abs(self.amount) * (1 + mean + ASSUMED_DEVIATIONS * math.sqrt(mean / 2))


@dataclass(frozen=True, eq=False)
class Countdown(Trace):
    """1 for ``duration`` seconds after a spike, or for so many ``steps``; then 0."""

    duration: float = None
    steps: int = None

    def __post_init__(self):
        if (self.duration is None) == (self.steps is None):
            raise DescriptionError("Countdown: give either duration (seconds) or steps")
        if self.steps is None:
            self._normalise(number, "duration", lo=0)
        else:
            self._normalise(whole, "steps")


@dataclass(frozen=True, eq=False)
class History(Trace):
    """The sum of ``taps[k]`` over the spikes of the last steps: of the step before, ``k = 0``, and so on.

    At most 8 taps. Or ``table``: a value for each of the 256 patterns of the last 8 steps, the step before
    being the least significant bit of its number.
    """

    taps: object = None
    table: object = None

    def __post_init__(self):
        if (self.taps is None) == (self.table is None):
            raise DescriptionError("History: give either taps or table")
        name, most = ("taps", HISTORY_STEPS) if self.table is None else ("table", HISTORY_VALUES)
        self._normalise(real, name)
        values = array(getattr(self, name), f"History {name}", "numbers")
        least = 1 if name == "taps" else most
        if values.ndim != 1 or not least <= values.size <= most:
            limit = f"1 to {most}" if name == "taps" else str(most)
            raise DescriptionError(f"History {name} must be {limit} numbers, not an array of shape "
                                   f"{values.shape}")


@dataclass(frozen=True, eq=False)
class Graded(Trace):
    """A post-synaptic trace of the graded value of the neuron (`Surrogate`) instead of its spikes.

    Every step adds ``amount`` times that value; ``exp(-t / tau)`` of it is left t seconds later. ``highest``:
    the largest value that must fit. None: what the largest graded value sums up to if it lasts for ever.
    """

    tau: float
    amount: float = 1.0
    highest: float = None
    for_pre = False

    def __post_init__(self):
        _check_decaying(self)


@dataclass(frozen=True, eq=False)
class IntegerTrace(Trace):
    """An exponential trace in the contract's own integers: a spike adds (or sets) ``amount_q``, ``2**14``
    being 1; after each step ``keep_q / 2**decay_bits`` is left of what was there before."""

    keep_q: int
    amount_q: int
    mode: str = "add"

    def __post_init__(self):
        self._normalise(whole, "keep_q")
        self._normalise(whole, "amount_q", lo=-(1 << 15), hi=(1 << 15) - 1)
        object.__setattr__(self, "mode", word(self.mode, "IntegerTrace mode", choices=("add", "set")))


def _check_decaying(trace):
    what = type(trace).__name__
    for name, value in (("tau", trace.tau), ("amount", trace.amount), ("highest", trace.highest)):
        if value is not None:
            value = number(value, f"{what} {name}", lo=0 if name != "amount" else float("-inf"))
            if value == 0:
                raise DescriptionError(f"{what} {name} must not be 0")
            object.__setattr__(trace, name, value)
    if trace.highest is not None and trace.highest < abs(trace.amount):
        raise DescriptionError(f"{what} highest must be at least the amount, {abs(trace.amount):g}, not "
                               f"{trace.highest:g}")
