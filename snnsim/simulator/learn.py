"""Phase LEARN of a row of synapses that learn: its terms, each multiplied out for all synapses at once.

Factors of the row come first in every product and are the same for all its synapses: where they make it 0,
there is nothing to do.
"""

import numpy as np

from snnsim.contract import noise
from snnsim.contract.plasticity import coefficient_product, indicated, times

from . import lanes
from .alike import learn_alike
from .cells import CLIPPED, SATURATED
from .learn_terms import CHUNK, add_term
from .rule_tables import FACTOR_M0, FACTOR_PRE, FACTOR_X1, OF_POST, ON_COMMAND, ON_POST, ON_PRE
from .rules import inner
from .traces import next_trace, read_trace


@inner(inline="always")
def set_row_factors(factors, row, program, modulators):
    """What the factors of a row are in this step."""
    factors[FACTOR_PRE] = indicated(row.event != 0)
    for which in range(2):
        factors[FACTOR_X1 + which] = read_trace(row.x[which], program.traces[which, row.rule], program.tables)
    for g in range(modulators.size):
        factors[FACTOR_M0 + g] = modulators[g].value


@inner(forceinline=True)
def holds(condition, row, is_fired, is_commanded):
    """Whether a condition may hold for some synapse of a row; ``is_fired``: whether one of its targets may
    have fired."""
    if condition == ON_PRE:
        return row.event != 0
    if condition == ON_POST:
        return is_fired
    return is_commanded if condition == ON_COMMAND else True


@inner(inline="always")
def multiply_row(row, is_fired, is_commanded, program, modulators, factors, products):
    """Multiply out what belongs to the row, for each of its terms; whether any is not 0."""
    set_row_factors(factors, row, program, modulators)
    rule, active = program.rules[row.rule], False
    for t in range(rule.first, rule.last):
        term, value = program.terms[t], 0
        if holds(term.condition, row, is_fired, is_commanded):
            value = coefficient_product(term.coefficient)
            for q in range(term.n_row):
                value = times(value, factors[term.factors[q]])
        products[t - rule.first] = value
        active |= value != 0
    return active


@inner(inline="always")
def learn_chunk(synapses, row_noise, rule, program, is_fired, of_neurons, work, counts):
    """LEARN of some synapses of a row; whether any of their tags is not 0 then."""
    target, weight, tag = synapses
    lanes.begin(work.total[lanes.OF_WEIGHT], 0, target.size)
    if rule.has_tag:
        lanes.begin(work.total[lanes.OF_TAG], 0, target.size)
    if is_fired:
        lanes.take(work.fired, of_neurons, OF_POST, target)
    for t in range(rule.first, rule.last):
        value = work.row_products[t - rule.first]
        if value != 0:
            add_term(program.terms[t], value, rule, synapses, of_neurons, program.weight_width, work)
    if rule.stochastic:
        lanes.round_by_chance(work.total, lanes.OF_WEIGHT, program.fraction, row_noise, target)
        if rule.has_tag:
            lanes.round_by_chance(work.total, lanes.OF_TAG, lanes.TAG_FRACTION, row_noise, target)
    counts[CLIPPED] += lanes.learn_weights(weight, work.total, program.fraction, rule.w_min, rule.w_max)
    if not rule.has_tag:
        return False
    saturations, remaining = lanes.learn_tags(tag, work.total, rule.keep_e, program.decay_bits)
    counts[SATURATED] += saturations
    return remaining


@inner(forceinline=True)
def is_alike(row, rule, targets, crowd, is_commanded):
    """Whether a row can learn by `learn_alike`, and it pays: of ``crowd`` rows with an event in this step."""
    return (rule.alike and row.event and not (is_commanded and rule.has_command)
            and crowd * (row.last - row.first) >= targets.end - targets.first)


@inner(inline="always")
def learn_row(row, now, targets, crowd, is_commanded, program, modulators, synapses, of_neurons, work, alike,
              counts):
    """LEARN of a row in step ``now``, if anything can change; how many synapses were looked at.

    ``targets``: those of its projection. ``crowd``: rows with an event in this step, about.
    """
    is_fired = targets.fired != 0
    active = multiply_row(row, is_fired, is_commanded, program, modulators, work.factors, work.row_products)
    if not active and not row.tagged:
        return 0
    rule, row_noise = program.rules[row.rule], np.int64(0)
    if is_alike(row, rule, targets, crowd, is_commanded):
        learn_alike(row, now, targets, rule, program, synapses, of_neurons, work, alike, counts)
        return row.last - row.first
    if rule.stochastic:
        row_noise = noise.source_noise(noise.step_noise(program.seed, now), np.int64(row.source))
    remaining = False
    for start in range(row.first, row.last, CHUNK):
        stop = min(start + CHUNK, row.last)
        tag = synapses.tag[start:stop] if rule.has_tag else synapses.tag[:0]
        remaining |= learn_chunk((synapses.target[start:stop], synapses.weight[start:stop], tag), row_noise,
                                 rule, program, is_fired and rule.has_post, of_neurons, work, counts)
    row.tagged = remaining
    return row.last - row.first


@inner(inline="always")
def trace_row(row, program, counts):
    """The traces of a row after a step."""
    for which in range(2):
        x, saturated = next_trace(row.x[which], program.traces[which, row.rule], row.event != 0, 0,
                                  program.decay_bits)
        row.x[which] = x
        counts[SATURATED] += saturated
