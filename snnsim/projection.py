"""Projections: which synapses join two populations, with which weights and delays."""

from dataclasses import dataclass

import numpy as np

from .connect import Dense, Pairs, Rule
from .distributions import Distribution
from .learning import LearningRule
from .values import Description, DescriptionError, about, integer, name, real, whole

PORTS = (None, "m")
#: How far below one ``dt`` a delay may lie: what rounding leaves of ``0.1 + 0.2``, no more.
_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Synapses:
    """The synapses of a projection, one entry each: neuron numbers within the populations, the weight as
    it was given, the delay in steps or seconds as it was given, whether it learns; the last three
    with one entry where it is the same for all, the last None where nothing learns."""

    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    enabled: np.ndarray = None


@dataclass(frozen=True, eq=False)
class Projection(Description):
    """Synapses from ``pre``, a population or an input, to the population ``post``.

    ``connect``
        A rule of `snnsim.connect`.
    ``weight``
        For `LIF` targets: volts where tau_syn is 0, else amperes (see `LIF`).
    ``weight_q``, ``exponent``
        For `IntegerLIF` targets: an arrival adds ``weight_q << exponent``.
    ``delay`` in seconds, or ``delay_steps``
        At least one ``dt``, which is the default.

    Weights and delays are one value for all, an array of one per synapse in the order of the rule, a
    matrix of shape (n_pre, n_post), or (not for integers) a seeded `Uniform` or `Normal`. A sparse
    matrix (anything with ``tocoo()``) as weight with the rule `Dense` gives one synapse per entry, in
    the order of its coordinates. ``name`` None: the network names it ``pre->post``.

    ``learning``
        A rule of `snnsim.learning`; None: the weights are fixed.
    ``port``
        ``'m'``: spikes arrive at the third factors of the targets instead of their membranes, and the
        weight is a plain number (``weight_q``: 2**14 is 1).
    """

    pre: str
    post: str
    connect: Rule
    weight: object = None
    delay: object = None
    weight_q: object = None
    exponent: int = 0
    delay_steps: object = None
    name: str = None
    learning: LearningRule = None
    port: str = None

    def __post_init__(self):
        for end in ("pre", "post"):
            value = getattr(self, end)
            object.__setattr__(self, end, name(getattr(value, "name", value), f"Projection {end}"))
        if self.name is not None:
            self._normalise(name, "name")
        if self.delay is None and self.delay_steps is None:
            object.__setattr__(self, "delay_steps", 1)
        with about(self.title):
            self._check_choices()
            self._check_learning()
            for what in ("weight", "weight_q"):
                self._unpack_sparse(what)
            self._check_values()

    @property
    def title(self):
        return f"projection {self.name or f'{self.pre}->{self.post}'!r}"

    @property
    def in_integers(self):
        return self.weight_q is not None

    def synapses(self, n_pre, n_post):
        """The `Synapses` between populations of these sizes, in the order of the rule.

        Raises `DescriptionError` if the rule, the weights or the delays do not fit them.
        """
        with about(self.title):
            pre, post = self._rule.pairs(n_pre, n_post)
            given_delay = self.delay if self.delay_steps is None else self.delay_steps
            weight = _spread(self._weights, pre, post, (n_pre, n_post), "weight")
            delay = _spread(given_delay, pre, post, (n_pre, n_post), "delay")
            enabled = None if self.learning is None else _spread(
                self.learning.enabled, pre, post, (n_pre, n_post), "enabled")
            return Synapses(pre, post, weight, delay, enabled)

    def check(self, n_pre, n_post, dt):
        """Raise `DescriptionError` if the synapses between populations of these sizes make no sense."""
        with about(self.title):
            self._rule.check(n_pre, n_post)
            for what in ("weight", "weight_q", "delay", "delay_steps"):
                self._check_shape(what, getattr(self, what), n_pre, n_post)
            if self.learning is not None:
                self._check_shape("enabled", self.learning.enabled, n_pre, n_post)
            if self.delay is not None and not isinstance(self.delay, Distribution):
                _check_delay(self.delay, dt)

    @property
    def _weights(self):
        return self.weight_q if self.in_integers else self.weight

    @property
    def _rule(self):
        return self.connect.for_weights(self._weights)

    def _check_choices(self):
        if not isinstance(self.connect, Rule):
            raise DescriptionError(f"connect must be a rule of snnsim.connect, such as AllToAll(), "
                                   f"not {self.connect!r}")
        if (self.weight is None) == (self.weight_q is None):
            raise DescriptionError("give either weight (for LIF targets) or weight_q (for IntegerLIF "
                                   "targets)")
        if self.delay is not None and self.delay_steps is not None:
            raise DescriptionError("give either delay (seconds) or delay_steps, not both")
        if self.exponent != 0 and not self.in_integers:
            raise DescriptionError("exponent belongs to weight_q; the compiler chooses that of a weight")

    def _unpack_sparse(self, what):
        matrix = getattr(self, what)
        if not hasattr(matrix, "tocoo"):
            return
        if not isinstance(self.connect, Dense) or self.connect.mask is not None:
            raise DescriptionError("a sparse weight matrix needs the rule Dense() without a mask")
        matrix = matrix.tocoo()
        object.__setattr__(self, "connect", Pairs(matrix.row, matrix.col, matrix.shape))
        object.__setattr__(self, what, matrix.data)

    def _check_values(self):
        checks = {"weight": (real, {}), "delay": (real, {"lo": 0}),
                  "weight_q": (integer, {}), "delay_steps": (integer, {"lo": 1})}
        for what, (check, limits) in checks.items():
            value = getattr(self, what)
            if value is None or (check is real and isinstance(value, Distribution)):
                continue
            value = check(value, what, **limits)
            if np.ndim(value) > 2:
                raise DescriptionError(f"{what} must have at most 2 dimensions, not {np.ndim(value)}")
            object.__setattr__(self, what, value)
        object.__setattr__(self, "exponent", whole(self.exponent, "exponent"))
        self._rule.for_weights(self._weights)

    def _check_learning(self):
        if self.port not in PORTS:
            raise DescriptionError(f"port must be 'm', or None for the membrane, not {self.port!r}")
        if self.learning is None:
            return
        if not isinstance(self.learning, LearningRule):
            raise DescriptionError(f"learning must be a rule of snnsim.learning, such as STDP(...), not "
                                   f"{self.learning!r}")
        for what in ("w_min", "w_max"):
            if self.in_integers and getattr(self.learning, what) % 1:
                raise DescriptionError(f"{what} must be a whole number, as weight_q is, not "
                                       f"{getattr(self.learning, what):g}")

    def _check_shape(self, what, value, n_pre, n_post):
        if np.ndim(value) == 2 and value.shape != (n_pre, n_post):
            raise DescriptionError(f"{what} must have shape {(n_pre, n_post)}, pre- by post-synaptic "
                                   f"neurons, not {value.shape}")
        if np.ndim(value) == 1:
            _check_count(value, self._rule.count(n_pre, n_post), what)


def _spread(value, pre, post, shape, what):
    """One entry per synapse; shape (1,) for a single value."""
    if isinstance(value, Distribution):
        return value.draw(pre.size)
    if np.ndim(value) == 2:
        if value.shape != shape:
            raise DescriptionError(f"{what} must have shape {shape}, not {value.shape}")
        return value[pre, post]
    if np.ndim(value) == 1:
        _check_count(value, pre.size, what)
        return value
    return np.array([value])


def _check_count(value, count, what):
    if value.size != count:
        raise DescriptionError(f"{what} must have one value for each of the {count} synapses, "
                               f"not {value.size}")


def _check_delay(delay, dt):
    if np.size(delay) and np.min(delay) < dt * (1 - _SLACK):
        raise DescriptionError(f"delay must be at least one dt, {dt:g} s, not {np.min(delay):g} s; use a "
                               "longer delay or a smaller dt")
