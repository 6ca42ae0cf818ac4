"""Where what an image says of learning lies in the memories of a core that learns."""

import numpy as np

from snnsim.contract.layout import (
    NO_FACTOR,
    Memory,
    Setting,
    class_layout,
    columns,
    count_layout,
    plastic_layout,
    post_layout,
    rule_layout,
    term_layout,
    trace_layout,
)
from snnsim.contract.terms import (
    LARGEST_RULE,
    LARGEST_TERM,
    MODULATORS,
    Condition,
    Factor,
    TraceMode,
    is_of_row,
)
from snnsim.plasticity import LearningState

from .room import CapacityError, Resource
from .words import pack_words, unpack_words

_MODULATOR_FACTORS = {Factor.M0, Factor.M1, Factor.M2, Factor.M3}


def learning_resources(image, config):
    """The `Resource` of learning that an image needs."""
    if image.plasticity is None:
        return ()
    return (
        Resource("plastic rows", image.learning_rows.size, config.plastic_rows,
                 "let fewer projections learn, or those of fewer sources"),
        Resource("learning rules", len(image.rules), config.learning_rules if config.learns else 0,
                 "let projections share their rules and bounds"),
        Resource("classes of neurons", len(image.plasticity.classes),
                 config.post_classes if config.learns else 0, "let populations share their traces"),
        Resource("tables", len(image.plasticity.tables), config.tables, "use fewer tables"),
        Resource("lane factors", max((_lane_factors(t) for r in image.rules for t in r.terms), default=0),
                 config.lane_factors, "use fewer factors of the neuron and the synapse in a term"),
    )


def check_abilities(image, config):
    """Raise `CapacityError` for a kind of learning that the core was built without."""
    p, rules = image.plasticity, image.rules
    needs = {
        "adaptive": (image.adaptation is not None, "adaptive thresholds"),
        "tags": (any(rule.has_tag for rule in rules), "synaptic tags"),
        "stochastic": (any(rule.stochastic for rule in rules), "stochastic rounding"),
        "third_factors": (any(rule.uses(Factor.M) for rule in rules) or any(q.to_m for q in image.projections)
                          or (p is not None and bool(p.initial_m.any())), "third factors of neurons"),
        "modulators": (any(rule.uses(f) for rule in rules for f in _MODULATOR_FACTORS)
                       or (p is not None and _has_modulators(p)), "global modulators"),
    }
    for name, (needed, what) in needs.items():
        if needed and not getattr(config, name):
            raise CapacityError(f"the network has {what}, which this core was built without: use a core with "
                                f"{name}=1, or leave them out")


def _has_modulators(p):
    return bool(p.counts.any()) or any(m.initial or m.gain for m in p.modulators)


def _lane_factors(term):
    return sum(not is_of_row(factor) for factor in term.factors)


def learning_memories(image, config, start, length):
    """`Memory` -> words of all memories of learning, beside the synapses and their rows.

    ``start`` and ``length``, in words of `Memory.SYNAPSES`, are those of the `LearningRows` of the image.
    """
    p = image.plasticity
    if p is None:
        return {Memory.SETTINGS: settings(image, config)} if config.learns else {}
    memories = {
        Memory.SETTINGS: settings(image, config), Memory.CLASSES: _classes(p, config),
        Memory.RULES: _rules(image, config), Memory.TERMS: _terms(image, config),
        Memory.PLASTIC: _plastic(image, config, start, length),
        Memory.TRACES: np.zeros((image.learning_rows.size, columns(config, Memory.TRACES)), np.uint32),
        Memory.POST: post_words(config, p.initial_m),
    }
    if config.tables and len(p.tables):
        memories[Memory.TABLES] = (p.tables.reshape(-1, 1) & 0xFFFF).astype(np.uint32)
    if config.modulators:
        memories[Memory.COUNTS] = _counts(image, config)
    return memories


def settings(image, config):
    """The words of `Memory.SETTINGS`."""
    words = np.zeros((Setting.MODULATORS + 3 * MODULATORS, 1), np.int64)
    if image.plasticity is not None:
        words[Setting.ROWS] = image.learning_rows.size
        words[Setting.SEED] = image.plasticity.seed
        for g, m in enumerate(image.plasticity.modulators):
            words[Setting.MODULATORS + 3 * g:][:3, 0] = m.initial, m.keep, m.gain
    return (words & 0xFFFFFFFF).astype(np.uint32)


def post_words(config, m):
    """Words of `Memory.POST` with third factors ``m`` and no traces."""
    values = {"y1": np.zeros_like(m), "y2": np.zeros_like(m)} | ({"m": m} if config.third_factors else {})
    return pack_words(post_layout(config), **values)


def _trace_values(config, name, trace):
    values = {f"{name}_mode": int(trace.mode), f"{name}_keep": trace.keep, f"{name}_amount": trace.amount}
    return values | ({f"{name}_table": trace.table} if config.tables else {})


def _packed(layout, records):
    """Words of records, each a dict of the layout's fields."""
    names = [field.name for field in layout.fields]
    return pack_words(layout, **{name: np.array([r[name] for r in records], np.int64) for name in names})


def _classes(p, config):
    layout = class_layout(config)
    records = [dict.fromkeys((field.name for field in layout.fields), 0)]
    for c in p.classes:
        record = _trace_values(config, "y1", c.y1) | _trace_values(config, "y2", c.y2)
        record |= {"y1_graded": int(c.y1.graded), "y2_graded": int(c.y2.graded),
                   "has_table": int(c.table is not None), "table": c.table or 0, "grade_shift": c.grade_shift,
                   "keep_m": c.keep_m}
        records.append(record)
    return _packed(layout, records)


def _rules(image, config):
    records = []
    for rule in image.rules:
        record = _trace_values(config, "x1", rule.x1) | _trace_values(config, "x2", rule.x2)
        conditions = sum(1 << c for c in {term.condition for term in rule.terms})
        record |= {"w_min": rule.w_min, "w_max": rule.w_max, "terms": len(rule.terms),
                   "conditions": conditions, "keep_e": rule.keep_e, "stochastic": int(rule.stochastic)}
        records.append(record)
    return _packed(rule_layout(config), records)


def _terms(image, config):
    records = []
    for rule in image.rules:
        for k in range(LARGEST_RULE):
            records.append(_term(rule.terms[k] if k < len(rule.terms) else None, config))
    return _packed(term_layout(config), records)


def _term(term, config):
    """The fields of a term; of one that does nothing for None."""
    factors = term.factors if term else ()
    row = [int(f) for f in factors if is_of_row(f)]
    lane = [int(f) for f in factors if not is_of_row(f)]
    record = {"target": int(term.target) if term else 0, "condition": int(term.condition) if term else 0,
              "coefficient": term.coefficient if term else 0, "shift": term.shift if term else 0}
    for name, count, codes in (("row", LARGEST_TERM, row), ("lane", config.lane_factors, lane)):
        record |= {f"{name}{k}": codes[k] if k < len(codes) else NO_FACTOR for k in range(count)}
    return record


def _plastic(image, config, start, length):
    rows = image.learning_rows
    number = {rule: k for k, rule in enumerate(image.rules)}
    tables = image.plasticity.tables
    rule_of = [p.learning.rule if p.learning else None for p in image.projections]
    rules = np.array([number[rule_of[k]] for k in rows.projection], np.int64)
    always = np.array([may_act_alone(rule_of[k], tables) for k in rows.projection], np.int64)
    tagged = np.array([rule_of[k].has_tag for k in rows.projection], np.int64)
    values = {"start": start, "length": length, "rule": rules, "lag": rows.lag, "always": always}
    if config.tags:
        values["tagged"] = tagged
    if config.stochastic:
        values["source"] = rows.source
    return pack_words(plastic_layout(config), **values)


def may_act_alone(rule, tables):
    """Whether a rule may change a synapse without event, traces and tag of its row, and without a command."""
    return any(
        term.condition in (Condition.POST, Condition.STEP)
        and not any(_is_zero_at_rest(factor, rule, tables) for factor in term.factors)
        for term in rule.terms)


def _is_zero_at_rest(factor, rule, tables):
    if factor in (Factor.PRE, Factor.E):
        return True
    trace = {Factor.X1: rule.x1, Factor.X2: rule.x2}.get(factor)
    return trace is not None and _rest_value(trace, tables) == 0


def _rest_value(trace, tables):
    return tables[trace.table][0] if trace.mode == TraceMode.HISTORY else 0


def _counts(image, config):
    n, counts = image.n_neurons, image.plasticity.counts
    words = np.zeros((config.neurons + image.n_inputs, MODULATORS), np.int64)
    words[:n], words[config.neurons:] = counts[:n], counts[n:]
    return pack_words(count_layout(config), **{f"m{g}": words[:, g] for g in range(MODULATORS)})


def learning_state(image, config, placement, words):
    """The `LearningState` in ``words``: `Memory` -> words of SYNAPSES, TAGS, TRACES, POST and SETTINGS, as
    far as the core has them."""
    n, rows = image.n_neurons, image.learning_rows.size
    weights = placement.weights(words[Memory.SYNAPSES])
    tags = (placement.tags(words[Memory.TAGS]) if Memory.TAGS in words
            else tuple(np.zeros(p.n_synapses, np.int64) for p in image.projections))
    if image.plasticity is None:
        nothing = np.zeros(n, np.int64)
        return LearningState(weights, tags, *[np.zeros(0, np.int64)] * 2, *[nothing] * 3,
                             np.zeros(MODULATORS, np.int64))
    traces = unpack_words(trace_layout(config), words[Memory.TRACES][:rows])
    post = unpack_words(post_layout(config), words[Memory.POST][:n])
    modulators = words[Memory.SETTINGS][Setting.MODULATORS::3, 0].astype(np.int32).astype(np.int64)
    return LearningState(weights, tags, traces["x1"], traces["x2"], post["y1"], post["y2"],
                         post.get("m", np.zeros(n, np.int64)), modulators)
