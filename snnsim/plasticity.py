"""Learning in integers: what an `Image` says of it, and what changes."""

import math
from dataclasses import dataclass, field

import numpy as np

from .contract.terms import (
    FACTOR,
    HISTORY_STEPS,
    MODULATORS,
    TABLE_SIZE,
    Condition,
    Factor,
    Target,
    TraceMode,
)
from .errors import UserError


class PlasticityError(UserError):
    """Numbers that are no learning rule: out of format, too many, or of something that is not there."""


@dataclass(frozen=True)
class Trace:
    """A pre- or post-synaptic trace.

    ``keep`` is its decay factor, ``amount`` what an event adds or sets (in `FACTOR`'s format; steps for
    `TraceMode.COUNTDOWN`), ``table`` that of `TraceMode.HISTORY`. ``graded``: a post-synaptic trace of mode
    ADD to which every step adds ``amount`` times the graded value of the neuron, instead of each spike
    ``amount``.
    """

    mode: TraceMode = TraceMode.ADD
    keep: int = 0
    amount: int = 0
    table: int = 0
    graded: bool = False

    @property
    def is_used(self):
        return self.amount != 0 or self.mode == TraceMode.HISTORY

    def lifetime(self, decay_bits):
        """Steps after its last event in which the trace is not 0, at most, whatever was before; None if
        that never ends."""
        largest = max(abs(FACTOR.lo), FACTOR.hi) if self.mode == TraceMode.ADD else self.amount
        steps = self._steps(largest, decay_bits)
        return None if steps == math.inf else steps

    def decay_steps(self, decay_bits):
        """The same of a trace that was 0 before the event; inf if that never ends."""
        return self._steps(self.amount, decay_bits)

    def _steps(self, amount, decay_bits):
        if self.mode == TraceMode.HISTORY:
            return HISTORY_STEPS
        if self.mode == TraceMode.COUNTDOWN:
            return self.amount
        x, steps = abs(amount), 0
        while x:
            kept = x * self.keep >> decay_bits
            if kept == x:
                return math.inf
            x, steps = kept, steps + 1
        return steps


@dataclass(frozen=True)
class Term:
    """``coefficient / 2**14 / 2**shift`` times the product of up to 4 ``factors``, in ascending order, added
    to ``target`` in steps of which ``condition`` holds."""

    target: Target
    condition: Condition
    coefficient: int
    shift: int
    factors: tuple

    def __post_init__(self):
        object.__setattr__(self, "target", Target(self.target))
        object.__setattr__(self, "condition", Condition(self.condition))
        object.__setattr__(self, "factors", tuple(Factor(f) for f in self.factors))


@dataclass(frozen=True)
class Rule:
    """How the synapses of a projection learn: up to 8 terms, which all see the weights, tags and traces
    before the step.

    ``w_min``, ``w_max``: bounds of the weights. ``keep_e``: decay factor of the tags. ``stochastic``: sums
    are rounded by chance instead of toward zero.
    """

    terms: tuple
    x1: Trace
    x2: Trace
    w_min: int
    w_max: int
    keep_e: int = 0
    stochastic: bool = False

    def uses(self, factor):
        return any(factor in term.factors for term in self.terms)

    @property
    def has_tag(self):
        return self.uses(Factor.E) or any(term.target == Target.TAG for term in self.terms)

    def terms_of(self, condition):
        return tuple(term for term in self.terms if term.condition == condition)


@dataclass(frozen=True)
class PostClass:
    """What post-synaptic neurons have in common: two traces, the decay ``keep_m`` of their third factor, and
    the ``table`` (None: always 0) of their graded value at ``(v - threshold) >> grade_shift``."""

    y1: Trace = Trace()
    y2: Trace = Trace()
    keep_m: int = 0
    table: int = None
    grade_shift: int = 0


@dataclass(frozen=True)
class Modulator:
    """A global factor: ``initial`` value, decay factor ``keep``, and ``gain``, what a counted spike adds."""

    initial: int = 0
    keep: int = 0
    gain: int = 0


@dataclass(frozen=True, eq=False)
class Plasticity:
    """What learning needs beside the rules of the projections.

    ``classes``: of `PostClass`; ``neuron_class``, shape (n_neurons,), says which is a neuron's. ``sign``: 1
    or -1, ``initial_m``: the third factor, of the same shape. ``modulators``: 4 of `Modulator`; ``counts``,
    shape (n_neurons + n_inputs, 4), how much a spike of each source counts in each, -1, 0 or 1. ``tables``:
    entries in `FACTOR`'s format, shape (n, 256). ``seed`` of stochastic rounding, 32 bits.
    """

    classes: tuple
    neuron_class: np.ndarray
    sign: np.ndarray
    initial_m: np.ndarray
    counts: np.ndarray
    modulators: tuple = (Modulator(),) * MODULATORS
    tables: np.ndarray = field(default_factory=lambda: np.zeros((0, TABLE_SIZE), np.int64))
    seed: int = 0

    @classmethod
    def plain(cls, n_neurons, n_inputs, y1=None, y2=None, **others):
        """All neurons of one class with these traces; nothing else, unless given."""
        values = {
            "classes": (PostClass(y1 or Trace(), y2 or Trace()),),
            "neuron_class": np.zeros(n_neurons, np.int64), "sign": np.ones(n_neurons, np.int64),
            "initial_m": np.zeros(n_neurons, np.int64),
            "counts": np.zeros((n_neurons + n_inputs, MODULATORS), np.int64)}
        return cls(**{**values, **others})


@dataclass(frozen=True, eq=False)
class Adaptation:
    """A second state ``z`` of the neurons, added to their thresholds: decay factor ``keep_z``, ``jump`` with
    each spike, and its ``initial`` value, not negative; integer arrays of shape (n_neurons,)."""

    keep_z: np.ndarray
    jump: np.ndarray
    initial: np.ndarray


@dataclass(frozen=True, eq=False)
class ProjectionLearning:
    """That a projection learns: its `Rule`; whether the pre-synaptic event is the ``arrival`` of a spike at
    the synapse instead of its emission; which synapses are ``enabled``, one entry for each or one for all."""

    rule: Rule
    arrival: bool = False
    enabled: np.ndarray = field(default_factory=lambda: np.ones(1, bool))

    def mask(self, n_synapses):
        """``enabled``, shape (n_synapses,)."""
        return np.broadcast_to(self.enabled, (n_synapses,))


@dataclass(frozen=True, eq=False)
class LearningRows:
    """The rows in which synapses learn: those of one projection, source and, where it asks for arrivals,
    delay. Ordered by projection, source, ``lag`` (the delay, or 0). ``row``: for each projection that of each
    of its synapses, None if it does not learn."""

    projection: np.ndarray
    source: np.ndarray
    lag: np.ndarray
    row: tuple

    @classmethod
    def of(cls, projections):
        columns, rows, first = [], [], 0
        for k, p in enumerate(projections):
            if p.learning is None:
                rows.append(None)
                continue
            source = p.sources().astype(np.int64)
            lag = p.delays().astype(np.int64) if p.learning.arrival else np.zeros_like(source)
            key = source * (lag.max(initial=0) + 1) + lag
            unique, index = np.unique(key, return_inverse=True)
            columns.append((np.full(unique.size, k), *np.divmod(unique, lag.max(initial=0) + 1)))
            rows.append(index + first)
            first += unique.size
        if not columns:
            return cls(*[np.zeros(0, np.int64)] * 3, tuple(rows))
        return cls(*map(np.concatenate, zip(*columns, strict=True)), tuple(rows))

    @property
    def size(self):
        return self.source.size


@dataclass(frozen=True, eq=False)
class LearningState:
    """All that learning changes.

    ``weights``, ``tags``: an array for each projection of the image, in the order of its synapses (tags of a
    projection that has none are 0). ``x1``, ``x2``: the traces of `LearningRows`; ``y1``, ``y2`` and ``m``:
    those of the neurons, shape (n_neurons,); ``modulators``, shape (4,).
    """

    weights: tuple
    tags: tuple
    x1: np.ndarray
    x2: np.ndarray
    y1: np.ndarray
    y2: np.ndarray
    m: np.ndarray
    modulators: np.ndarray
