"""What a learning rule is made of: targets, conditions, factors and the modes of traces, by number."""

from enum import IntEnum

from .formats import Format

#: Terms of a rule, and factors of a term.
LARGEST_RULE = 8
LARGEST_TERM = 4
#: A factor is a signed fraction: so many bits, so many of them behind the point. Traces, tags, modulators and
#: table entries are held in this format.
FACTOR_WIDTH = 16
FACTOR_FRACTION = 14
FACTOR = Format(-(1 << 15), (1 << 15) - 1, FACTOR_FRACTION)
ONE = 1 << FACTOR_FRACTION
#: The product of a coefficient and its factors, which stay within -32 .. 32.
PRODUCT_FRACTION = 24
PRODUCT = Format.of_width(PRODUCT_FRACTION + 7, signed=True)
#: The exact sum of the terms of a rule.
TOTAL = Format.of_width(PRODUCT.width + 3, signed=True)
#: Bits by which a term is shifted down.
SHIFT = Format.of_width(5, signed=False)
#: Global modulators.
MODULATORS = 4
#: Entries of a table; spikes that a trace of mode `TraceMode.HISTORY` remembers are the bits of an index.
TABLE_SIZE = 256
HISTORY_STEPS = 8
#: How far ``v`` is shifted down before it selects an entry of a table.
GRADE_SHIFT = Format.of_width(5, signed=False)


class Target(IntEnum):
    """What a term changes."""

    WEIGHT = 0
    TAG = 1


class Condition(IntEnum):
    """When a term counts."""

    #: The pre-synaptic event of the synapse falls into this step.
    PRE = 0
    #: The post-synaptic neuron fired in this step.
    POST = 1
    #: Always.
    STEP = 2
    #: The host commands it for this step.
    COMMAND = 3


class TraceMode(IntEnum):
    """What a trace does with the events of a step, after learning."""

    #: It decays, and each event adds to it.
    ADD = 0
    #: It decays, and an event sets it.
    SET = 1
    #: An event sets a number of steps, which are counted down; the factor is 1 until then, else 0.
    COUNTDOWN = 2
    #: The last 8 steps are the bits of a number, the latest the least significant; the factor is the entry of
    #: a table that has it.
    HISTORY = 3


class Factor(IntEnum):
    """Factors, in the order in which they are multiplied. Those below `FIRST_OF_LANE` are the same for all
    synapses of a row; the others are not."""

    #: 1 if the pre-synaptic event falls into this step.
    PRE = 0
    X1 = 1
    X2 = 2
    M0 = 3
    M1 = 4
    M2 = 5
    M3 = 6
    #: 1 if the post-synaptic neuron fired in this step.
    POST = 7
    Y1 = 8
    Y2 = 9
    #: The third factor of the post-synaptic neuron.
    M = 10
    #: Table of the distance of v from the threshold.
    GRADED = 11
    #: Of the post-synaptic neuron: 1 or -1.
    SIGN = 12
    #: The weight.
    W = 13
    #: The tag of the synapse.
    E = 14
    #: ``w_max - w``
    UP = 15
    #: ``w - w_min``
    DOWN = 16


FIRST_OF_LANE = Factor.POST


def is_of_row(factor):
    """Whether a factor is the same for all synapses of a row."""
    return factor < FIRST_OF_LANE


def delta_fraction(width):
    """Bits behind the point of a sum of terms, in units of a target of ``width`` bits."""
    return PRODUCT_FRACTION - FACTOR_FRACTION + FACTOR_WIDTH - width
