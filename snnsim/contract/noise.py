"""The stateless generator: a hash of numbers that name an event, the same in any order of evaluation.

A seed, a step, a source and a target are taken up one after the other, each by rounds of `mixed`.
Hardware does each of `stir_low`, `stir_middle` and `stir_high` in a clock of its own.
"""

#: Everything is modulo 2**32.
MASK = (1 << 32) - 1


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
