"""Operations over the synapses of a row, each one loop: what a rule is made of.

``target``: the neurons that these lead to. ``products``, and ``total`` for weights and for tags, are int64,
with room for more.
"""

import numpy as np

from snnsim.contract import noise
from snnsim.contract.neuron import bounded, decayed, product, saturates
from snnsim.contract.plasticity import (
    aligned,
    learned,
    rounded,
    rounded_down_with,
    times,
    widened,
)
from snnsim.contract.terms import FACTOR, FACTOR_WIDTH, Target, delta_fraction

from . import vectors
from .rules import inner

#: The sums for weights, and for tags.
OF_WEIGHT, OF_TAG = int(Target.WEIGHT), int(Target.TAG)
TAG_FRACTION = delta_fraction(FACTOR_WIDTH)
LOWEST, HIGHEST = FACTOR.lo, FACTOR.hi


@inner(forceinline=True)
def where(condition, n):
    """A bit for each entry of a vector for which a condition holds; of only ``n`` of them, if it has more."""
    return vectors.bits(condition) & np.uint64((1 << min(vectors.WIDTH, n)) - 1)


@inner()
def begin(values, value, n):
    """Set all to one value."""
    for j in range(n):
        values[j] = value


@inner()
def take(taken, values, which, target):
    """Look up factor ``which`` of the neurons. What is done with it then can go vector by vector."""
    for j in range(target.size):
        taken[j] = values[which, target[j]]


@inner()
def times_factors(products, factors, n):
    """Multiply by factors."""
    for j in range(n):
        products[j] = times(products[j], np.int64(factors[j]))


@inner()
def times_distances(products, weight, sign, origin, width):
    """Multiply by ``origin + sign * weight`` as a factor: the weight, or its distance to a bound."""
    for j in range(weight.size):
        products[j] = times(products[j], widened(origin + sign * np.int64(weight[j]), width))


@inner()
def add_value(total, which, value, n):
    """Add one value for all synapses."""
    for j in range(n):
        total[which, j] += value


@inner()
def add_value_where(total, which, value, fired, n):
    """Add one value for the synapses of which the target ``fired``."""
    for j in range(n):
        total[which, j] += value if fired[j] != 0 else 0


@inner()
def add_products(total, which, products, shift, n):
    """Add a term."""
    for j in range(n):
        total[which, j] += aligned(products[j], shift)


@inner()
def add_products_where(total, which, products, shift, fired, n):
    """Add a term for the synapses of which the target ``fired``."""
    for j in range(n):
        total[which, j] += aligned(products[j], shift) if fired[j] != 0 else 0


@inner()
def round_by_chance(total, which, fraction, row_noise, target):
    """Make the sums such that `rounded` gives what they are, rounded by chance."""
    for j in range(target.size):
        chance = noise.noise_bits(noise.synapse_noise(row_noise, np.int64(target[j])), fraction)
        total[which, j] = rounded_down_with(total[which, j], chance, fraction) << fraction


@inner()
def learn_weights(weight, total, fraction, w_min, w_max):
    """Round and bound the weights; how many were clipped."""
    clips = 0
    for j in range(weight.size):
        w_sum = learned(np.int64(weight[j]), rounded(total[OF_WEIGHT, j], fraction))
        clips += saturates(w_sum, w_min, w_max)
        weight[j] = bounded(w_sum, w_min, w_max)
    return clips


@inner()
def learn_tags(tag, total, keep_e, decay_bits):
    """Decay, round and bound the tags; how many were saturated, and whether any is not 0."""
    saturations, remaining = 0, np.int64(0)
    for j in range(tag.size):
        e_decayed = decayed(product(np.int64(tag[j]), keep_e), decay_bits)
        e_sum = learned(e_decayed, rounded(total[OF_TAG, j], TAG_FRACTION))
        saturations += saturates(e_sum, LOWEST, HIGHEST)
        e = bounded(e_sum, LOWEST, HIGHEST)
        remaining |= e
        tag[j] = e
    return saturations, remaining != 0
