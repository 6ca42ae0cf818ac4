"""Spikes of sources that do the same to all synapses of a target: what they do is worked out once a step.

That is so where no factor of their terms belongs to the row or the synapse, as in pair STDP. A target that
fires in the same step is another matter: its synapses also learn from that, each as its row says.
"""

from typing import NamedTuple

import numpy as np

from snnsim.contract.arithmetic import select
from snnsim.contract.neuron import bounded, saturates
from snnsim.contract.plasticity import aligned, learned, rounded

from . import lanes, vectors
from .cells import CLIPPED
from .kernel import lowest_bit
from .learn_terms import CHUNK, add_term
from .rule_tables import OF_POST, ON_POST, ON_PRE
from .rules import inner

#: Stands for the change of a target that fired; changes have 25 bits.
FIRED = 1 << 30


class Alike(NamedTuple):
    """What a spike of a source does in step ``step``, one for each projection that learns: for each target
    of each, from where `TARGETS` says, the ``total`` of the terms, and the ``change`` of a weight. ``every``:
    all neurons."""

    total: np.ndarray
    change: np.ndarray
    step: np.ndarray
    every: np.ndarray

    @classmethod
    def empty(cls, targets, n_neurons, target_dtype):
        n = int((targets["end"] - targets["first"]).sum())
        return cls(np.zeros(n, np.int64), np.zeros(n, np.int32), np.full(targets.size, -1, np.int64),
                   np.arange(n_neurons, dtype=target_dtype))


@inner()
def set_changes(total, change, sums, fired, fraction):
    """What a spike of a source does to the synapses of some targets, from the sums of its terms."""
    for j in range(total.size):
        total[j] = sums[j]
        change[j] = FIRED if fired[j] != 0 else rounded(sums[j], fraction)


@inner(inline="always")
def work_out(targets, rule, program, synapses, of_neurons, work, alike):
    """Set all changes of a projection, whose ``targets`` these are."""
    nothing = synapses.weight[:0]
    for start in range(targets.first, targets.end, CHUNK):
        stop = min(start + CHUNK, targets.end)
        sums = work.total[lanes.OF_WEIGHT, :stop - start]
        lanes.begin(sums, 0, sums.size)
        for t in range(rule.first, rule.last):
            value = work.row_products[t - rule.first]
            if program.terms[t].condition == ON_PRE and value != 0:
                add_term(program.terms[t], value, rule, (alike.every[start:stop], nothing, nothing),
                         of_neurons, program.weight_width, work)
        at, end = start - targets.first + targets.at, stop - targets.first + targets.at
        set_changes(alike.total[at:end], alike.change[at:end], sums, of_neurons[OF_POST, start:stop],
                    program.fraction)


@inner()
def take_changes(taken, change, origin, target):
    """Look up the changes of targets."""
    for j in range(target.size):
        taken[j] = change[np.uint64(origin + np.int64(target[j]))]


@inner()
def apply_changes(weight, changes, w_min, w_max):
    """Change the weights of targets that did not fire; how many were clipped, and how many targets fired.

    No sum leaves 32 bits, in which there are twice as many in a vector.
    """
    clips, fired, lo, hi = np.int32(0), np.int32(0), np.int32(w_min), np.int32(w_max)
    for j in range(weight.size):
        is_fired = changes[j] == FIRED
        w_sum = np.int32(learned(np.int32(weight[j]), select(is_fired, np.int32(0), changes[j])))
        clips = np.int32(clips + saturates(w_sum, lo, hi))
        fired = np.int32(fired + is_fired)
        weight[j] = bounded(w_sum, lo, hi)
    return np.int64(clips), np.int64(fired)


@inner()
def learn_of_fired(weight, target, changes, total, origin, of_row, rule, fraction):
    """The others: learn from both spikes at once. How many were clipped."""
    clips = 0
    for start in range(0, weight.size, vectors.WIDTH):
        mask = lanes.where(vectors.load(changes, start) == FIRED, weight.size - start)
        while mask != 0:
            j = np.uint64(start) + lowest_bit(mask)
            mask &= mask - np.uint64(1)
            both = total[origin + np.int64(target[j])] + of_row
            w_sum = learned(np.int64(weight[j]), rounded(both, fraction))
            clips += saturates(w_sum, rule.w_min, rule.w_max)
            weight[j] = bounded(w_sum, rule.w_min, rule.w_max)
    return clips


@inner(inline="always")
def learn_alike(row, now, targets, rule, program, synapses, of_neurons, work, alike, counts):
    """LEARN of a row whose event falls into step ``now``."""
    if alike.step[row.projection] != now:
        work_out(targets, rule, program, synapses, of_neurons, work, alike)
        alike.step[row.projection] = now
    of_row, origin = np.int64(0), targets.at - targets.first
    for t in range(rule.first, rule.last):
        if program.terms[t].condition == ON_POST:
            of_row += aligned(work.row_products[t - rule.first], program.terms[t].shift)
    for start in range(row.first, row.last, CHUNK):
        stop = min(start + CHUNK, row.last)
        target, weight = synapses.target[start:stop], synapses.weight[start:stop]
        take_changes(work.taken, alike.change, origin, target)
        clips, fired = apply_changes(weight, work.taken, rule.w_min, rule.w_max)
        if fired:
            clips += learn_of_fired(weight, target, work.taken, alike.total, origin, of_row, rule,
                                    program.fraction)
        counts[CLIPPED] += clips
