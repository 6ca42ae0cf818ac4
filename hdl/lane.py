"""The factors that a synapse has for itself."""

from amaranth import Array, Mux

from snnsim.contract import plasticity
from snnsim.contract.layout import NO_FACTOR
from snnsim.contract.terms import ONE, Factor


def factor_of(config, code, slot, post, tag, work):
    """The factor of this ``code``, 1 for that of none.

    ``slot``: the synapse; ``post``: the factors of its neuron; ``tag``: its own, if the core has tags;
    ``work``: that of its row.
    """
    width = config.formats.weight_width
    factors = {
        Factor.POST: plasticity.indicated(post.post), Factor.Y1: post.y1, Factor.Y2: post.y2,
        Factor.SIGN: Mux(post.flipped, -ONE, ONE),
        Factor.W: plasticity.widened(slot.weight, width),
        # Distances to bounds are never longer than a weight.
        Factor.UP: plasticity.widened((work.w_max - slot.weight)[:width], width).as_signed(),
        Factor.DOWN: plasticity.widened((slot.weight - work.w_min)[:width], width).as_signed(),
    }
    if config.third_factors:
        factors[Factor.M] = post.m
    if config.tables:
        factors[Factor.GRADED] = post.graded
    if config.tags:
        factors[Factor.E] = tag
    values = Array(factors.get(k + Factor.POST, 0) for k in range(Factor.DOWN - Factor.POST + 1))
    return Mux(code == NO_FACTOR, ONE, values[code - Factor.POST])
