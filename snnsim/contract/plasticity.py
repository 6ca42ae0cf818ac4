"""Learning: traces, terms, and what they do to weights and tags.

Rules like those of `neuron`: pure functions of integers. In phase LEARN of a step, for each synapse,

====================  ==========================================================================
product of a term     ``coefficient_product(c)``, then ``times(product, factor)`` for each factor
its value             ``aligned(product, shift)``; 0 where its condition does not hold
``dw``, ``de``        ``rounded(total, ...)`` or ``rounded_down_with(total, ...)`` of the exact sums
``w``                 ``bounded(learned(w, dw), w_min, w_max)``
``e``                 ``bounded(learned(decayed(product(e, keep_e)), de), lo, hi)``
====================  ==========================================================================

and then the traces go on to the next step. `bounded`, `decayed` and `product` are those of `neuron`.
"""

from .arithmetic import saturate, select, shift_toward_zero
from .terms import FACTOR, FACTOR_FRACTION, FACTOR_WIDTH, ONE, PRODUCT_FRACTION, TraceMode

#: Plain integers: numba knows those, and no enumerations.
COUNTDOWN, HISTORY, SET = int(TraceMode.COUNTDOWN), int(TraceMode.HISTORY), int(TraceMode.SET)
LOWEST, HIGHEST = FACTOR.lo, FACTOR.hi
COEFFICIENT_SHIFT = PRODUCT_FRACTION - FACTOR_FRACTION


def effective_threshold(v_threshold, z):
    """The threshold of an adaptive neuron, exact; ``z >= 0`` has decayed in this step."""
    return v_threshold + z


def adapted(z, spike, jump):
    """The exact new adaptation, before it is saturated."""
    return z + select(spike, jump, 0)


def grade_index(v, threshold, shift):
    """The entry of a table for ``v``, before the reset: 128 stands for a distance of 0 from the threshold."""
    return saturate((v - threshold) >> shift, -128, 127) + 128


def widened(x, width):
    """A value of ``width`` bits as a factor: its full range becomes -2 .. 2."""
    return x << (FACTOR_WIDTH - width)


def indicated(condition):
    """A condition as a factor."""
    return select(condition, ONE, 0)


def readout(x, mode, entry):
    """A trace as a factor; ``entry`` is that of its table at ``x``, if it has one."""
    counting = select(x > 0, ONE, 0)
    return select(mode == COUNTDOWN, counting, select(mode == HISTORY, entry, x))


def coefficient_product(coefficient):
    """The product that begins with a coefficient."""
    return coefficient << COEFFICIENT_SHIFT


def times(product, factor):
    """A product with one more factor."""
    return scaled(product * factor)


def scaled(exact):
    """The exact product of a product and a factor, as a product."""
    return shift_toward_zero(exact, FACTOR_FRACTION)


def aligned(product, shift):
    """A product as a term, ``2**shift`` times smaller, rounded down; 0 stays 0."""
    return product >> shift


def toward_zero(total, fraction):
    """What makes a sum, when it is added and the sum `rounded_down`, rounded toward zero."""
    return select(total < 0, (1 << fraction) - 1, 0)


def rounded_down(total, fraction):
    """A sum of terms in units of its target."""
    return total >> fraction


def rounded(total, fraction):
    """A sum of terms in units of its target, rounded toward zero."""
    return rounded_down(total + toward_zero(total, fraction), fraction)


def rounded_down_with(total, noise, fraction):
    """The same, rounded up or down by chance: ``noise`` is uniform in ``0 .. 2**fraction - 1``."""
    return rounded_down(total + noise, fraction)


def learned(x, delta):
    """The exact new weight or tag, before it is bounded."""
    return x + delta


def increment(amount, is_graded, graded):
    """What an event adds to a trace."""
    return select(is_graded, shift_toward_zero(amount * graded, FACTOR_FRACTION), amount)


def trace_sum(x_decayed, event, amount):
    """The exact new trace of mode ADD, before it is saturated."""
    return x_decayed + select(event, amount, 0)


def traced(x, x_decayed, total, event, amount, mode):
    """The trace after the step; ``total`` is its `trace_sum`."""
    added = saturate(total, LOWEST, HIGHEST)
    counted = select(event, amount, select(x > 0, x - 1, 0))
    remembered = (select(x > 127, x - 128, x) << 1) + select(event, 1, 0)
    decaying = select(mode == SET, select(event, amount, x_decayed), added)
    return select(mode == COUNTDOWN, counted, select(mode == HISTORY, remembered, decaying))


def modulator_sum(m_decayed, gain, count):
    """The exact new modulator after ``count`` spikes of those that it counts, before it is saturated."""
    return m_decayed + gain * count
