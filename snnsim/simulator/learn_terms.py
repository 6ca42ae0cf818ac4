"""A term of a rule, multiplied out for many synapses at once."""

from typing import NamedTuple

import numpy as np

from snnsim.contract.plasticity import aligned
from snnsim.contract.terms import LARGEST_RULE

from . import lanes, vectors
from .rule_tables import FACTOR_E, FACTOR_UP, FACTOR_W, ON_POST, ROW_FACTORS
from .rules import inner

#: Synapses whose products and sums are held at a time.
CHUNK = 1024


class Workspace(NamedTuple):
    """Memory for one row at a time: its factors and the products of its terms, then, for each synapse of a
    chunk, a product, the sums of the terms for weight and tag, whether the target fired and one of its
    factors, ``taken``, with room for a vector more."""

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
                   np.zeros(CHUNK + vectors.WIDTH, np.int32))


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


@inner()
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
