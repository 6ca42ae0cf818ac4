"""Learning in integers: what an `Image` says of it, checked against the formats of the contract."""

from dataclasses import dataclass, field

import numpy as np

from .contract.terms import (
    FACTOR,
    GRADE_SHIFT,
    HISTORY_STEPS,
    LARGEST_RULE,
    LARGEST_TERM,
    MODULATORS,
    SHIFT,
    TABLE_SIZE,
    Condition,
    Factor,
    Target,
    TraceMode,
)
from .errors import UserError

#: Factors that are differences of weights, and so need bounds that are no wider than half of the format.
DISTANCES = {Factor.UP, Factor.DOWN}


class PlasticityError(UserError):
    """Numbers that are no learning rule: out of format, too many, or of something that is not there."""


@dataclass(frozen=True)
class Trace:
    """A pre- or post-synaptic trace.

    ``keep`` is its decay factor, ``amount`` what an event adds or sets (in `FACTOR`'s format; steps for
    `TraceMode.COUNTDOWN`), ``table`` that of `TraceMode.HISTORY`. ``graded``: a post-synaptic trace of mode ADD
    to which every step adds ``amount`` times the graded value of the neuron, instead of each spike ``amount``.
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
        """Steps after its last event in which the trace is not 0; None if that never ends."""
        if self.mode == TraceMode.HISTORY:
            return HISTORY_STEPS
        if self.mode == TraceMode.COUNTDOWN:
            return self.amount
        x, steps = (max(abs(FACTOR.lo), FACTOR.hi) if self.mode == TraceMode.ADD else abs(self.amount)), 0
        while x:
            kept = x * self.keep >> decay_bits
            if kept == x:
                return None
            x, steps = kept, steps + 1
        return steps


@dataclass(frozen=True)
class Term:
    """``coefficient / 2**14 / 2**shift`` times the product of up to 4 ``factors``, in ascending order, added to
    ``target`` in steps of which ``condition`` holds."""

    target: Target
    condition: Condition
    coefficient: int
    shift: int
    factors: tuple

    def __post_init__(self):
        object.__setattr__(self, "factors", tuple(Factor(f) for f in self.factors))


@dataclass(frozen=True)
class Rule:
    """How the synapses of a projection learn: up to 8 terms, which all see the weights, tags and traces before
    the step.

    ``w_min``, ``w_max``: bounds of the weights. ``keep_e``: decay factor of the tags. ``stochastic``: sums are
    rounded by chance instead of toward zero.
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
    """A global factor: ``initial`` value, decay factor ``keep``, and what each counted spike adds, ``gain``."""

    initial: int = 0
    keep: int = 0
    gain: int = 0


@dataclass(frozen=True, eq=False)
class Plasticity:
    """What learning needs beside the rules of the projections.

    ``classes``: of `PostClass`; ``neuron_class``, shape (n_neurons,), says which is a neuron's. ``sign``: 1 or
    -1, ``initial_m``: the third factor, of the same shape. ``modulators``: 4 of `Modulator`; ``counts``, shape
    (n_neurons + n_inputs, 4), how much a spike of each source counts in each, -1, 0 or 1. ``tables``: entries
    in `FACTOR`'s format, shape (n, 256). ``seed`` of stochastic rounding, 32 bits.
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
    """A second state ``z`` of the neurons, added to their thresholds: decay factor ``keep_z``, ``jump`` with each
    spike, and its ``initial`` value, not negative; integer arrays of shape (n_neurons,)."""

    keep_z: np.ndarray
    jump: np.ndarray
    initial: np.ndarray


@dataclass(frozen=True, eq=False)
class ProjectionLearning:
    """That a projection learns: its `Rule`; whether the pre-synaptic event is the ``arrival`` of a spike at the
    synapse instead of its emission; which synapses are ``enabled``, one entry for each or a single one."""

    rule: Rule
    arrival: bool = False
    enabled: np.ndarray = field(default_factory=lambda: np.ones(1, bool))

    def mask(self, n_synapses):
        """``enabled``, shape (n_synapses,)."""
        return np.broadcast_to(self.enabled, (n_synapses,))


@dataclass(frozen=True, eq=False)
class LearningRows:
    """The rows in which synapses learn: those of one projection, source and, where the rule asks for arrivals,
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
        joined = [np.concatenate(c) for c in zip(*columns, strict=True)] if columns else [np.zeros(0, int)] * 3
        return cls(*joined, tuple(rows))

    @property
    def size(self):
        return self.source.size


@dataclass(frozen=True, eq=False)
class LearningState:
    """All that learning changes.

    ``weights``, ``tags``: an array for each projection of the image, in the order of its synapses (tags of a
    projection that has none are 0). ``x1``, ``x2``: the traces of `LearningRows`; ``y1``, ``y2``, ``m``: those of
    the neurons, shape (n_neurons,); ``modulators``, shape (4,).
    """

    weights: tuple
    tags: tuple
    x1: np.ndarray
    x2: np.ndarray
    y1: np.ndarray
    y2: np.ndarray
    m: np.ndarray
    modulators: np.ndarray


def check_rule(rule, formats, n_tables, what):
    """Raise `PlasticityError` for the first number of ``rule`` that is outside its format."""
    if len(rule.terms) > LARGEST_RULE:
        raise PlasticityError(f"{what}: a rule has at most {LARGEST_RULE} terms, not {len(rule.terms)}")
    for k, term in enumerate(rule.terms):
        _check_term(term, f"{what}: term {k + 1}")
    for name, trace in (("x1", rule.x1), ("x2", rule.x2)):
        _check_trace(trace, formats, n_tables, f"{what}: {name}")
        if trace.graded:
            raise PlasticityError(f"{what}: {name} cannot be graded; only y1 and y2 can")
    w = formats.weight
    if not w.lo <= rule.w_min <= rule.w_max <= w.hi:
        raise PlasticityError(f"{what}: bounds must be between {w.lo} and {w.hi}, the lower one first, not "
                              f"{rule.w_min} .. {rule.w_max}")
    if any(rule.uses(f) for f in DISTANCES) and rule.w_max - rule.w_min > w.hi:
        raise PlasticityError(f"{what}: bounds {rule.w_min} .. {rule.w_max} are too far apart for a rule that "
                              f"uses the distance to them: at most {w.hi}")
    _check(rule.keep_e, formats.keep, f"{what}: keep_e")


def check_plasticity(plasticity, formats, n_neurons, n_inputs):
    """Raise `PlasticityError` for the first number outside its format or shape."""
    p = plasticity
    n_tables = len(p.tables)
    if p.tables.ndim != 2 or p.tables.shape[1] != TABLE_SIZE:
        raise PlasticityError(f"tables must have shape (n, {TABLE_SIZE}), not {p.tables.shape}")
    _check_all(p.tables, FACTOR.lo, FACTOR.hi, "table entries")
    if not p.classes:
        raise PlasticityError("there must be at least one class of post-synaptic neurons")
    for k, c in enumerate(p.classes):
        what = f"class {k}"
        for name, trace in (("y1", c.y1), ("y2", c.y2)):
            _check_trace(trace, formats, n_tables, f"{what}: {name}")
            if trace.graded and trace.mode != TraceMode.ADD:
                raise PlasticityError(f"{what}: {name} is graded, so its mode must be ADD")
        _check(c.keep_m, formats.keep, f"{what}: keep_m")
        _check(c.grade_shift, GRADE_SHIFT, f"{what}: grade_shift")
        if c.table is not None and not 0 <= c.table < n_tables:
            raise PlasticityError(f"{what}: there is no table {c.table}, only {n_tables}")
    for name, lo, hi in (("neuron_class", 0, len(p.classes) - 1), ("sign", -1, 1),
                         ("initial_m", FACTOR.lo, FACTOR.hi)):
        values = getattr(p, name)
        if values.shape != (n_neurons,):
            raise PlasticityError(f"{name} must have shape ({n_neurons},), not {values.shape}")
        _check_all(values, lo, hi, name)
    if (p.sign == 0).any():
        raise PlasticityError("sign must be 1 or -1 for each neuron")
    if p.counts.shape != (n_neurons + n_inputs, MODULATORS):
        raise PlasticityError(f"counts must have shape ({n_neurons + n_inputs}, {MODULATORS}), not {p.counts.shape}")
    _check_all(p.counts, -1, 1, "counts")
    if len(p.modulators) != MODULATORS:
        raise PlasticityError(f"there are {MODULATORS} modulators, not {len(p.modulators)}")
    for k, modulator in enumerate(p.modulators):
        _check(modulator.initial, FACTOR, f"modulator M{k}")
        _check(modulator.keep, formats.keep, f"modulator M{k}: keep")
        _check(modulator.gain, FACTOR, f"modulator M{k}: gain")
    if not 0 <= p.seed < 1 << 32:
        raise PlasticityError(f"the seed must be between 0 and {(1 << 32) - 1}, not {p.seed}")


def _check_term(term, what):
    if len(term.factors) > LARGEST_TERM:
        raise PlasticityError(f"{what} has {len(term.factors)} factors, at most {LARGEST_TERM} are possible")
    if tuple(sorted(term.factors)) != term.factors:
        raise PlasticityError(f"{what}: factors must be in ascending order")
    _check(term.coefficient, FACTOR, f"{what}: coefficient")
    _check(term.shift, SHIFT, f"{what}: shift")


def _check_trace(trace, formats, n_tables, what):
    _check(trace.keep, formats.keep, f"{what}: keep")
    _check(trace.amount, FACTOR, f"{what}: amount")
    if trace.mode == TraceMode.COUNTDOWN and trace.amount < 0:
        raise PlasticityError(f"{what}: a countdown cannot begin at {trace.amount} steps")
    if trace.mode == TraceMode.HISTORY and not 0 <= trace.table < n_tables:
        raise PlasticityError(f"{what}: there is no table {trace.table}, only {n_tables}")


def _check(value, format, what):
    if not format.lo <= value <= format.hi:
        raise PlasticityError(f"{what} must be between {format.lo} and {format.hi}, not {value}")


def _check_all(values, lo, hi, what):
    if not np.issubdtype(values.dtype, np.integer):
        raise PlasticityError(f"{what} must be integers, not {values.dtype}")
    wrong = np.argwhere((values < lo) | (values > hi))
    if wrong.size:
        where = ", ".join(str(k) for k in wrong[0])
        raise PlasticityError(f"{what}[{where}] must be between {lo} and {hi}, not {values[tuple(wrong[0])]}")
