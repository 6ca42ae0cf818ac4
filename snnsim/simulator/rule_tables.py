"""Learning rules, traces and classes of neurons as tables of integers, for the kernel."""

from typing import NamedTuple

import numpy as np

from snnsim.contract.terms import (
    FIRST_OF_LANE,
    LARGEST_TERM,
    MODULATORS,
    TABLE_SIZE,
    Condition,
    Factor,
    delta_fraction,
    is_of_row,
)

#: Plain integers: numba knows those, and no enumerations. Factors of the row first, those of the neuron next.
FACTOR_PRE, FACTOR_X1, FACTOR_M0 = int(Factor.PRE), int(Factor.X1), int(Factor.M0)
ROW_FACTORS = int(FIRST_OF_LANE)
FACTOR_W, FACTOR_E, FACTOR_UP = int(Factor.W), int(Factor.E), int(Factor.UP)
NEURON_FACTORS = FACTOR_W - ROW_FACTORS
#: Where the factors of neurons lie among those.
OF_POST, OF_Y1, OF_Y2, OF_M, OF_GRADED, OF_SIGN = range(NEURON_FACTORS)
ON_PRE, ON_POST, ON_STEP, ON_COMMAND = (int(c) for c in Condition)

SYNAPSE_FACTORS = {Factor.W, Factor.UP, Factor.DOWN}
#: Those that the synapses of a target need not have in common.
DISTINCT_FACTORS = {Factor.X1, Factor.X2, *SYNAPSE_FACTORS}
GLOBAL_FACTORS = {Factor.M0, Factor.M1, Factor.M2, Factor.M3}


def record(*names, **arrays):
    """The type of a record of 64-bit integers, and of short arrays of them."""
    return np.dtype([(name, np.int64) for name in names]
                    + [(name, np.int64, (size,)) for name, size in arrays.items()], align=True)


#: A rule has the terms ``first <= t < last``. ``replays``: its synapses learn only when their row is visited,
#: and then replay post-synaptic spikes (see `replay`); these are alike for all synapses of a row where it is
#: ``additive``, and need the neuron's factors of their steps where ``notes``. ``alike``: besides, what a
#: spike of a source does is the same for all synapses of a target. ``has_post``, ``has_command``: whether
#: there are such terms.
RULE = record("first", "last", "w_min", "w_max", "keep_e", "stochastic", "has_tag", "has_post", "has_command",
              "replays", "additive", "alike", "notes")
#: The first ``n_row`` of ``n_factors`` belong to the row, the others to the neuron or the synapse.
TERM = record("target", "condition", "coefficient", "shift", "n_row", "n_factors", factors=LARGEST_TERM)
#: ``used``: whether it can be anything but 0.
TRACE = record("mode", "keep", "amount", "table", "graded", "used")
#: ``traces``: where they are in the table of them. ``table`` is -1 where nothing is graded.
CLASS = record("traces", "keep_m", "table", "grade_shift")
MODULATOR = record("value", "keep", "gain")


class Program(NamedTuple):
    """What the rules say. ``traces``, shape (2, rules and classes): X1, X2 of each rule, then Y1, Y2 of each
    class. ``fraction``: bits behind the point of a sum of terms for a weight."""

    rules: np.ndarray
    terms: np.ndarray
    traces: np.ndarray
    classes: np.ndarray
    tables: np.ndarray
    weight_width: int
    fraction: int
    decay_bits: int
    seed: int

    @classmethod
    def of(cls, image, replay):
        """That of an image; ``replay``: whether rules that can are to replay."""
        rules, f, p = image.rules, image.formats, image.plasticity
        classes = p.classes if p else ()
        pairs = [*((rule.x1, rule.x2) for rule in rules), *((c.y1, c.y2) for c in classes)]
        return cls(
            rules=_records(RULE, [_rule(rule, replay) for rule in rules], _ends(rules)),
            terms=_records(TERM, [_term(term) for rule in rules for term in rule.terms]),
            traces=_traces(pairs),
            classes=_records(CLASS, [_class(c, len(rules) + k) for k, c in enumerate(classes)]),
            tables=p.tables.astype(np.int64) if p and len(p.tables) else np.zeros((1, TABLE_SIZE), np.int64),
            weight_width=f.weight_width, fraction=delta_fraction(f.weight_width), decay_bits=f.decay_bits,
            seed=p.seed if p else 0)


class Modulators(NamedTuple):
    """The global factors and how each goes on; ``counts`` of `Plasticity`, int8."""

    table: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, image):
        if image.plasticity is None:
            return cls(_records(MODULATOR, [{}] * MODULATORS), np.zeros((0, MODULATORS), np.int8))
        modulators = [{"value": m.initial, "keep": m.keep, "gain": m.gain}
                      for m in image.plasticity.modulators]
        return cls(_records(MODULATOR, modulators), image.plasticity.counts.astype(np.int8))


def can_replay(rule):
    """Whether a synapse need not be looked at in a step in which nothing happens but that its target fires.

    What that would have done can be found out later if it does not depend on a tag or a modulator of then.
    """
    return (not rule.has_tag and not rule.terms_of(Condition.STEP)
            and not GLOBAL_FACTORS & _factors(rule, Condition.POST))


def _rule(rule, replay):
    factors = _factors(rule, Condition.POST)
    replays, additive = replay and can_replay(rule), not rule.stochastic and all(map(is_of_row, factors))
    return {**{name: getattr(rule, name) for name in ("w_min", "w_max", "keep_e", "stochastic", "has_tag")},
            "has_post": bool(rule.terms_of(Condition.POST)),
            "has_command": bool(rule.terms_of(Condition.COMMAND)),
            "replays": replays, "additive": additive,
            "alike": replays and additive and not DISTINCT_FACTORS & _factors(rule, Condition.PRE),
            "notes": not all(is_of_row(f) or f in SYNAPSE_FACTORS for f in factors)}


def _ends(rules):
    """Where the terms of each rule begin and end."""
    last = np.cumsum([len(rule.terms) for rule in rules], dtype=np.int64)
    return {"first": np.concatenate(([0], last))[:-1] if rules else last, "last": last}


def _term(term):
    return {"target": term.target, "condition": term.condition, "coefficient": term.coefficient,
            "shift": term.shift, "n_row": sum(map(is_of_row, term.factors)), "n_factors": len(term.factors),
            "factors": [*term.factors, *[0] * (LARGEST_TERM - len(term.factors))]}


def _class(c, traces):
    return {"traces": traces, "keep_m": c.keep_m, "table": -1 if c.table is None else c.table,
            "grade_shift": c.grade_shift}


def _traces(pairs):
    names = ("mode", "keep", "amount", "table", "graded")
    flat = [{"used": t.is_used, **{name: getattr(t, name) for name in names}} for t in sum(pairs, ())]
    return _records(TRACE, flat).reshape(-1, 2).T.copy().view(np.recarray)


def _factors(rule, condition):
    return {factor for term in rule.terms_of(condition) for factor in term.factors}


def _records(dtype, values, columns=None):
    """An array of records from a dictionary of each, and whole columns."""
    records = np.zeros(len(values), dtype)
    for k, value in enumerate(values):
        for name, number in value.items():
            records[name][k] = number
    for name, column in (columns or {}).items():
        records[name] = column
    return records.view(np.recarray)
