"""Learning rules by their names; each is a program of a few lines."""

from dataclasses import dataclass

import numpy as np

from ..values import DescriptionError, number, real, word
from .rule import LearningRule
from .traces import Countdown, Exponential, History

PAIRINGS = {"all": "add", "nearest": "set"}


@dataclass(frozen=True, eq=False)
class STDP(LearningRule):
    """Pair-based, additive: with dt the seconds from the pre- to the post-synaptic spike,
    ``w += a_plus * exp(-dt / tau_plus)`` for dt > 0 and ``w -= a_minus * exp(dt / tau_minus)`` for dt < 0.

    ``a_plus``, ``a_minus`` in the unit of the weight; ``tau_plus``, ``tau_minus`` in seconds. ``pairing``:
    each spike with ``'all'`` earlier ones, or with the ``'nearest'``. Spikes of one step are not a pair.
    """

    a_plus: float
    a_minus: float
    tau_plus: float
    tau_minus: float
    pairing: str = "all"

    def __post_init__(self):
        self._normalise(number, "a_plus", "a_minus", "tau_plus", "tau_minus")
        self._normalise(word, "pairing", choices=tuple(PAIRINGS))
        super().__post_init__()

    def sum_of_products(self):
        mode = PAIRINGS[self.pairing]
        return self._program(
            "@post w += a_plus * x1; @pre w -= a_minus * y1",
            x1=Exponential(self.tau_plus, mode=mode) if self.a_plus else None,
            y1=Exponential(self.tau_minus, mode=mode) if self.a_minus else None,
            parameters={"a_plus": self.a_plus, "a_minus": self.a_minus})


@dataclass(frozen=True, eq=False)
class SymmetricSTDP(LearningRule):
    """Pairs strengthen whichever spike comes first: ``w += n * exp(-|dt| / tau)``, ``n`` in the unit of the
    weight. ``tau_post``, of pairs whose post-synaptic spike comes first, is ``tau`` unless given. ``pairing``
    as in `STDP`.
    """

    n: float
    tau: float
    tau_post: float = None
    pairing: str = "all"

    def __post_init__(self):
        if self.tau_post is None:
            object.__setattr__(self, "tau_post", self.tau)
        self._normalise(number, "n", "tau", "tau_post")
        self._normalise(word, "pairing", choices=tuple(PAIRINGS))
        super().__post_init__()

    def sum_of_products(self):
        mode = PAIRINGS[self.pairing]
        return self._program("@post w += n * x1; @pre w += n * y1", x1=Exponential(self.tau, mode=mode),
                             y1=Exponential(self.tau_post, mode=mode), parameters={"n": self.n})


@dataclass(frozen=True, eq=False)
class RectangularSTDP(LearningRule):
    """``w += a_plus`` on a post-synaptic spike if the last pre-synaptic one is at most ``window_plus``
    seconds old, ``w -= a_minus`` on a pre-synaptic spike if the last post-synaptic one is at most
    ``window_minus`` old.

    As in NeuroCoreX. Spikes of one step are not a pair.
    """

    a_plus: float
    a_minus: float
    window_plus: float
    window_minus: float

    def __post_init__(self):
        self._normalise(number, "a_plus", "a_minus", "window_plus", "window_minus")
        super().__post_init__()

    def sum_of_products(self):
        return self._program(
            "@post w += a_plus * x1; @pre w -= a_minus * y1",
            x1=Countdown(self.window_plus) if self.a_plus else None,
            y1=Countdown(self.window_minus) if self.a_minus else None,
            parameters={"a_plus": self.a_plus, "a_minus": self.a_minus})


@dataclass(frozen=True, eq=False)
class WindowSTDP(LearningRule):
    """For each lag of k = 1 to 8 steps: ``w += a_plus[k - 1]`` if the source spiked k steps ago and the
    target spikes now, else ``w -= a_minus[k - 1]``, in every step.

    As in SuperNeuroMAT (whose ``aneg`` is ``-a_minus``); there, lags from before the first step do not count,
    here they do, as steps without spikes.
    """

    a_plus: object
    a_minus: object

    def __post_init__(self):
        self._normalise(real, "a_plus", "a_minus")
        plus, minus = np.shape(self.a_plus), np.shape(self.a_minus)
        if len(plus) != 1 or plus != minus:
            raise DescriptionError("WindowSTDP a_plus and a_minus must have one number for each lag, as many "
                                   f"of one as of the other, not shapes {plus} and {minus}")
        super().__post_init__()

    def sum_of_products(self):
        taps = self.a_plus + self.a_minus
        forgetting = float(self.a_minus.sum())
        return self._program("@post w += x1; w -= forgetting", x1=History(taps),
                             parameters={"forgetting": forgetting})


@dataclass(frozen=True, eq=False)
class RewardSTDP(LearningRule):
    """Three factors: what `STDP` would change is kept in a tag, and a modulator turns the tag into a change,
    ``w += learning_rate * M0 * e``, in every step or (``on_command``) when the host says so.

    ``a_plus``, ``a_minus``: what a pair adds to the tag, plain numbers; a tag saturates at 2. ``tau_e``: its
    time constant. ``learning_rate``: in the unit of the weight, per step or command.
    """

    a_plus: float
    a_minus: float
    tau_plus: float
    tau_minus: float
    tau_e: float
    learning_rate: float
    on_command: bool = False

    def __post_init__(self):
        self._normalise(number, "a_plus", "a_minus", "tau_plus", "tau_minus", "learning_rate")
        self._normalise(number, "tau_e", lo=0, finite=False)
        super().__post_init__()

    def sum_of_products(self):
        when = "@command" if self.on_command else "@step"
        return self._program(
            f"@post e += a_plus * x1; @pre e -= a_minus * y1; {when} w += learning_rate * M0 * e",
            x1=Exponential(self.tau_plus) if self.a_plus else None,
            y1=Exponential(self.tau_minus) if self.a_minus else None, tau_e=self.tau_e,
            parameters={name: getattr(self, name) for name in ("a_plus", "a_minus", "learning_rate")})


@dataclass(frozen=True, eq=False)
class TripletSTDP(LearningRule):
    """Pfister and Gerstner 2006: pairs, and triplets with an earlier spike of the same neuron ::

        @post w += x1 * (a2_plus + a3_plus * y2)         x1: tau_plus, y2: tau_y
        @pre  w -= y1 * (a2_minus + a3_minus * x2)       y1: tau_minus, x2: tau_x

    The minimal models have ``a3_minus = 0`` and, for visual cortex, ``a2_plus = 0``. Amplitudes in the unit
    of the weight; time constants in seconds, those of amplitudes that are 0 may be left out.
    """

    a2_plus: float
    a2_minus: float
    a3_plus: float
    a3_minus: float = 0.0
    tau_plus: float = None
    tau_minus: float = None
    tau_y: float = None
    tau_x: float = None

    def __post_init__(self):
        self._normalise(number, "a2_plus", "a2_minus", "a3_plus", "a3_minus")
        needs = {"tau_plus": self.a2_plus or self.a3_plus, "tau_minus": self.a2_minus or self.a3_minus,
                 "tau_y": self.a3_plus, "tau_x": self.a3_minus}
        for name, needed in needs.items():
            if needed and getattr(self, name) is None:
                raise DescriptionError(f"TripletSTDP needs {name} for these amplitudes")
            if getattr(self, name) is not None:
                self._normalise(number, name)
        super().__post_init__()

    def sum_of_products(self):
        def trace(needed, tau):
            return Exponential(tau) if needed else None
        return self._program(
            "@post w += x1 * (a2_plus + a3_plus * y2); @pre w -= y1 * (a2_minus + a3_minus * x2)",
            x1=trace(self.a2_plus or self.a3_plus, self.tau_plus), y2=trace(self.a3_plus, self.tau_y),
            y1=trace(self.a2_minus or self.a3_minus, self.tau_minus), x2=trace(self.a3_minus, self.tau_x),
            parameters={name: getattr(self, name) for name in ("a2_plus", "a2_minus", "a3_plus", "a3_minus")})
