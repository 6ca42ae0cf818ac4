"""The checks of what an `Image` says of learning, against the formats of the contract."""

import numpy as np

from .contract.terms import (
    FACTOR,
    GRADE_SHIFT,
    LARGEST_RULE,
    LARGEST_TERM,
    MODULATORS,
    SHIFT,
    TABLE_SIZE,
    Factor,
    TraceMode,
)
from .noise import SEED
from .plasticity import PlasticityError

#: Factors that are differences of weights, and so need bounds that are no wider than half of the format.
DISTANCES = {Factor.UP, Factor.DOWN}


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
    _check(rule.w_min, w, f"{what}: w_min")
    _check(rule.w_max, w, f"{what}: w_max")
    bounds = f"{what}: bounds {rule.w_min} .. {rule.w_max} are"
    if rule.w_min > rule.w_max:
        raise PlasticityError(f"{bounds} empty; give the lower one first")
    if any(rule.uses(f) for f in DISTANCES) and rule.w_max - rule.w_min > w.hi:
        raise PlasticityError(f"{bounds} too far apart for a rule that uses the distance to them: at most "
                              f"{w.hi}")
    _check(rule.keep_e, formats.keep, f"{what}: keep_e")


def check_plasticity(plasticity, formats, n_neurons, n_inputs):
    """Raise `PlasticityError` for the first number outside its format or shape."""
    p, n_tables = plasticity, len(plasticity.tables)
    if p.tables.ndim != 2 or p.tables.shape[1] != TABLE_SIZE:
        raise PlasticityError(f"tables must have shape (n, {TABLE_SIZE}), not {p.tables.shape}")
    _check_all(p.tables, FACTOR.lo, FACTOR.hi, "table entries")
    if not p.classes:
        raise PlasticityError("there must be at least one class of post-synaptic neurons")
    for k, c in enumerate(p.classes):
        _check_class(c, formats, n_tables, f"class {k}")
    _check_sources(p, n_neurons, n_inputs)
    if len(p.modulators) != MODULATORS:
        raise PlasticityError(f"there are {MODULATORS} modulators, not {len(p.modulators)}")
    for k, modulator in enumerate(p.modulators):
        _check(modulator.initial, FACTOR, f"modulator M{k}")
        _check(modulator.keep, formats.keep, f"modulator M{k}: keep")
        _check(modulator.gain, FACTOR, f"modulator M{k}: gain")
    _check(p.seed, SEED, "the seed")


def _check_class(c, formats, n_tables, what):
    for name, trace in (("y1", c.y1), ("y2", c.y2)):
        _check_trace(trace, formats, n_tables, f"{what}: {name}")
        if trace.graded and trace.mode != TraceMode.ADD:
            raise PlasticityError(f"{what}: {name} is graded, so its mode must be ADD")
    _check(c.keep_m, formats.keep, f"{what}: keep_m")
    _check(c.grade_shift, GRADE_SHIFT, f"{what}: grade_shift")
    if c.table is not None and not 0 <= c.table < n_tables:
        raise PlasticityError(f"{what}: there is no table {c.table}, only {n_tables}")


def _check_sources(p, n_neurons, n_inputs):
    """What is said of each neuron and input."""
    for name, lo, hi in (("neuron_class", 0, len(p.classes) - 1), ("sign", -1, 1),
                         ("initial_m", FACTOR.lo, FACTOR.hi)):
        values = getattr(p, name)
        if values.shape != (n_neurons,):
            raise PlasticityError(f"{name} must have shape ({n_neurons},), not {values.shape}")
        _check_all(values, lo, hi, name)
    if (p.sign == 0).any():
        raise PlasticityError("sign must be 1 or -1 for each neuron")
    shape = (n_neurons + n_inputs, MODULATORS)
    if p.counts.shape != shape:
        raise PlasticityError(f"counts must have shape {shape}, not {p.counts.shape}")
    _check_all(p.counts, -1, 1, "counts")


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
    if isinstance(value, bool) or not isinstance(value, int) or not format.lo <= value <= format.hi:
        raise PlasticityError(f"{what} must be an integer between {format.lo} and {format.hi}, not {value!r}")


def _check_all(values, lo, hi, what):
    if not np.issubdtype(values.dtype, np.integer):
        raise PlasticityError(f"{what} must be integers, not {values.dtype}")
    wrong = np.argwhere((values < lo) | (values > hi))
    if wrong.size:
        where = ", ".join(str(k) for k in wrong[0])
        raise PlasticityError(f"{what}[{where}] must be between {lo} and {hi}, not {values[tuple(wrong[0])]}")
