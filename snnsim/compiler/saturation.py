"""How far the states of a network can ever go: what cannot saturate is known before it runs.

The bounds hold for every input, also for one in which all sources spike in every step. So they are far
off for most networks: a state within them may still never come near.
"""

from dataclasses import dataclass

import numpy as np

from snnsim.drive import drive_bounds


@dataclass(frozen=True)
class Reach:
    """How far the sums ``i`` and ``v`` of one population can go before they are saturated.

    In shares of the range of the state: up to 1 it cannot saturate; inf: there is no bound.
    """

    name: str
    i: float
    v: float

    @property
    def may_saturate(self):
        """The names of the states that may."""
        return tuple(name for name in "iv" if getattr(self, name) > 1)


def reaches(image):
    """The `Reach` of each population of ``image`` that has neurons."""
    state = image.formats.state
    share = {}
    for name, (lowest, highest) in zip("iv", _bounds(image), strict=True):
        share[name] = np.maximum(highest / state.hi, lowest / state.lo)
    parts = [part for part in image.populations if part.size]
    return tuple(Reach(part.name, *(abs(float(share[name][part.first:part.first + part.size].max()))
                                    for name in "iv")) for part in parts)


def _bounds(image):
    """``(lowest, highest)`` sum of i and of v before they are saturated, each of shape (n_neurons,)."""
    p, initial, state = image.parameters, image.initial, image.formats.state
    one = image.formats.keep.hi
    to_membranes = [projection for projection in image.projections if not projection.to_m]
    highest_drive, lowest_drive = drive_bounds(image.n_neurons, to_membranes, image.noise)
    i_decay = p.keep_i / one
    # The drive's bounds lie on either side of 0.
    i_highest = np.maximum(_sum_of(highest_drive, i_decay), i_decay * initial.i + highest_drive)
    i_lowest = np.minimum(-_sum_of(-lowest_drive, i_decay), i_decay * initial.i + lowest_drive)
    up = np.minimum(i_highest, state.hi) + p.bias
    down = np.maximum(i_lowest, state.lo) + p.bias
    noise = 0 if image.noise is None else image.noise.amplitude
    v_lowest = _v_lowest(p, initial, down, noise, one)
    v_highest = _v_highest(p, initial, up, _raised(image) + noise, one)
    return (i_lowest, i_highest), (v_lowest, v_highest)


def _raised(image):
    """By how much adaptation raises the thresholds at most: if every neuron fires in every step."""
    a, one = image.adaptation, image.formats.keep.hi
    if a is None:
        return 0
    decay = a.keep_z / one
    # A spike adds to what is left; a step later, when thresholds are next looked at, that has decayed.
    return decay * np.minimum(np.maximum(a.initial, _sum_of(a.jump, decay)), image.formats.state.hi)


def _v_highest(p, initial, up, raised, one):
    """The highest sum of v if at most ``up`` is added in a step, and thresholds are at most ``raised``.

    v rises until the neuron fires. What is left then, ``after``, may be more than the threshold where the
    reset subtracts it; and a neuron that is mute rises on for its refractory steps.
    """
    decay, added = p.keep_v / one, np.maximum(up, 0)
    free = np.maximum.reduce([_leaked_sum_of(added, decay, p.leak), initial.v, p.v_reset, p.v_min])
    mute = np.where(p.hold == 1, 0, np.maximum(p.refractory, initial.r))
    ready = np.maximum.reduce([p.v_threshold + raised, p.v_min, _risen(initial.v, added, decay, mute)])
    in_a_cycle, decay_of_cycle = _risen(0, added, decay, mute + 1), decay ** (mute + 1)
    rest = np.maximum(_ratio(in_a_cycle - p.v_threshold, 1 - decay_of_cycle),
                      decay * ready + added - p.v_threshold)
    after = np.where(p.subtract == 1, rest, p.v_reset)
    carried = np.minimum(free, np.maximum(ready, _risen(after, added, decay, mute)))
    return np.maximum(decay * carried - p.leak, 0) + up


def _v_lowest(p, initial, down, noise, one):
    """The lowest sum of v if no less than ``down`` is added in a step.

    Firing takes v to v_reset, or by subtraction to no less than 0: with ``noise`` that lowers the threshold,
    to no less than that below 0.
    """
    decay, taken = p.keep_v / one, np.maximum(-down, 0)
    free = np.maximum(-_leaked_sum_of(taken, decay, p.leak), p.v_min)
    subtracted = np.where(p.subtract == 1, -noise, 0)
    carried = np.minimum.reduce([free, initial.v, p.v_reset, subtracted])
    return np.minimum(decay * carried + p.leak, 0) + down


def _sum_of(added, decay):
    """What ``added`` in every step sums up to at most: inf where nothing decays."""
    return _ratio(added, 1 - decay)


def _leaked_sum_of(added, decay, leak):
    """The same where a constant leak takes its part too."""
    return np.maximum(added, _ratio(added - leak, 1 - decay))


def _ratio(x, y):
    """``x / y`` for y >= 0; where y is 0, inf or 0 or -inf by the sign of x."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x == 0, 0.0, np.asarray(x, float) / y)


def _risen(v, added, decay, steps):
    """``v`` after so many steps without leak or firing."""
    decayed = decay ** steps
    with np.errstate(invalid="ignore", divide="ignore"):
        summed = np.where(decay == 1, added * steps, added * (1 - decayed) / (1 - decay))
    return decayed * v + summed
