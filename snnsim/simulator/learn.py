"""Phase LEARN of a row of synapses that learn: its terms, each multiplied out for all synapses at once.

Factors of the row come first in every product and are the same for all its synapses: where they make it 0,
there is nothing to do.
"""

from typing import NamedTuple

import numpy as np

from snnsim.contract import noise
from snnsim.contract.plasticity import aligned, coefficient_product, indicated, times
from snnsim.contract.terms import LARGEST_RULE

from . import lanes
from .cells import CLIPPED, SATURATED
from .rule_tables import (
    FACTOR_E,
    FACTOR_M0,
    FACTOR_PRE,
    FACTOR_UP,
    FACTOR_W,
    FACTOR_X1,
    OF_POST,
    ON_COMMAND,
    ON_POST,
    ON_PRE,
    ROW_FACTORS,
)
from .rules import inner
from .traces import next_trace, read_trace

#: Synapses whose products and sums are held at a time.
CHUNK = 1024


class Workspace(NamedTuple):
    """Memory for one row at a time: its factors and the products of its terms, then, for each synapse of a
    chunk, a product, the sums of the terms for weight and tag, whether the target fired and one of its
    factors."""

    factors: np.ndarray
    row_products: np.ndarray
    products: np.ndarray
    total: np.ndarray
    fired: np.ndarray
    taken: np.ndarray

    @classmethod
    def empty(cls):
        return cls(np.zeros(ROW_FACTORS, np.int64), np.zeros(LARGEST_RULE, np.int64),
                   np.zeros(CHUNK, np.int64), np.zeros((2, CHUNK), np.int64), np.zeros(CHUNK, np.int32),
                   np.zeros(CHUNK, np.int32))


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
def multiply(products, term, rule, synapses, of_neurons, width, taken):
    """Multiply by the factors of a term that belong to neurons or synapses."""
    target, weight, tag = synapses
    for q in range(term.n_row, term.n_factors):
        factor = term.factors[q]
        if factor < FACTOR_W:
            lanes.take(taken, of_neurons, factor - ROW_FACTORS, target)
            lanes.times_factors(products, taken, target.size)
        elif factor == FACTOR_W:
            lanes.times_distances(products, weight, 1, 0, width)
        elif factor == FACTOR_E:
            lanes.times_factors(products, tag, tag.size)
        elif factor == FACTOR_UP:
            lanes.times_distances(products, weight, -1, rule.w_max, width)
        else:
            lanes.times_distances(products, weight, 1, -rule.w_min, width)


@inner(inline="always")
def add_term(term, value, rule, synapses, of_neurons, width, work):
    """Add a term, of which the row's product is ``value``; ``synapses``: targets, weights and tags."""
    is_post, n, total = term.condition == ON_POST, synapses[0].size, work.total
    if term.n_row == term.n_factors:
        if is_post:
            lanes.add_value_where(total, term.target, aligned(value, term.shift), work.fired, n)
        else:
            lanes.add_value(total, term.target, aligned(value, term.shift), n)
        return
    lanes.begin(work.products, value, n)
    multiply(work.products, term, rule, synapses, of_neurons, width, work.taken)
    if is_post:
        lanes.add_products_where(total, term.target, work.products, term.shift, work.fired, n)
    else:
        lanes.add_products(total, term.target, work.products, term.shift, n)


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


@inner()
def learn_row(row, now, is_fired, is_commanded, program, modulators, synapses, of_neurons, work, counts):
    """LEARN of a row in step ``now``, if anything can change; how many synapses were looked at."""
    active = multiply_row(row, is_fired, is_commanded, program, modulators, work.factors, work.row_products)
    if not active and not row.tagged:
        return 0
    rule, row_noise = program.rules[row.rule], np.int64(0)
    if rule.stochastic:
        row_noise = noise.source_noise(noise.step_noise(program.seed, now), row.source)
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
