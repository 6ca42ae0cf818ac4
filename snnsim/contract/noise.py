"""The stateless generator: a hash of numbers that name an event, the same in any order of evaluation.

A seed, a step, and then a source and a target or a neuron are taken up one after the other, each by rounds
of `mixed`. Hardware does each of `stir_low`, `stir_middle` and `stir_high` in a clock of its own.
"""

from .arithmetic import select

#: Everything is modulo 2**32.
MASK = (1 << 32) - 1
#: Columns of a noise source, of which a hash chooses one by its highest bits.
COLUMNS = 64
COLUMN_BITS = 6
#: Bits that are compared with the cut of a column, next to them.
CUT_BITS = 16
#: The highest bits of a hash, of which the noise of a threshold is made.
CENTRED_BITS = 24


def stir_low(h):
    """The first part of `mixed`."""
    g = (h + (h << 10)) & MASK
    return g ^ (g >> 6)


def stir_middle(h):
    """The second part of `mixed`."""
    g = (h + (h << 3)) & MASK
    return g ^ (g >> 11)


def stir_high(h):
    """The last part of `mixed`."""
    return (h + (h << 15)) & MASK


def mixed(h):
    """A permutation of the 32-bit integers that spreads each bit over all others.

    After R. Jenkins' one-at-a-time hash, with the shifts of its inner and its final rounds.
    """
    return stir_high(stir_middle(stir_low(h)))


def joined(h, number):
    """What is to be mixed so that ``number`` is taken up."""
    return (h + number) & MASK


def step_noise(seed, step):
    """The hash of a seed and a step (modulo 2**32), which all events of the step begin from."""
    return mixed(joined(mixed(seed), step & MASK))


def source_noise(step_noise, source):
    """With a source taken up."""
    return mixed(joined(step_noise, source))


def synapse_noise(source_noise, target):
    """With a target taken up, in two rounds: neighbours would be correlated after one."""
    return mixed(mixed(joined(source_noise, target)))


def noise_bits(h, bits):
    """The ``bits`` highest bits of a hash."""
    return h >> (32 - bits)


def neuron_noise(step_noise, neuron):
    """With a neuron taken up, and the step once more: or two steps with hashes close to each other would give
    neighbours the same noise."""
    return mixed(joined(mixed(joined(step_noise, neuron)), step_noise))


def column(h):
    """The column of a noise source that a hash chooses."""
    return h >> (32 - COLUMN_BITS)


def lot(h):
    """What is compared with the cut of that column."""
    return (h >> (32 - COLUMN_BITS - CUT_BITS)) & ((1 << CUT_BITS) - 1)


def drawn(lot, cut, value, other):
    """What a neuron receives of its noise source, by the three entries of a column.

    The alias method: A. J. Walker, ACM Transactions on Mathematical Software 3 (1977) 253.
    """
    return select(lot < cut, value, other)


def threshold_product(h, amplitude):
    """The exact product of ``amplitude`` and a hash, centred around 0."""
    return ((h >> (32 - CENTRED_BITS)) - (1 << (CENTRED_BITS - 1))) * amplitude


def threshold_noise(product):
    """What is added to the threshold: of ``-amplitude .. amplitude - 1``, all as often."""
    return product >> (CENTRED_BITS - 1)


def noisy_threshold(threshold, noise):
    """The threshold in a step, exact."""
    return threshold + noise


def lowest_threshold(v_threshold, amplitude):
    """The lowest that a noisy threshold can be, by which it is judged whether a neuron is tonic."""
    return v_threshold - amplitude
