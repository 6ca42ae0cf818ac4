"""The simulator: one compiled loop over all steps, driven by events.

Work is proportional to the synapses of what spikes and to the blocks of neurons in which somebody is
not at rest or something arrives. Sums of arrivals are exact integers, so the order of events inside a
step cannot matter. The neuron is `snnsim.contract.neuron`, compiled.
"""

from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from snnsim.contract.schedule import arrival_step, ring_slot

from .cells import AT_I, AT_V, BLOCK, OF_I, OF_V, SATURATED, blocks_of, pack_cells, step_block
from .memory import borrowed
from .rules import compiled, inner, text_digest

#: Blocks of a group: their flags, one byte each, are looked at as one integer of 64 bits.
GROUP = 8


def _padded_blocks(n_neurons):
    """Blocks in whole groups."""
    return -(-blocks_of(n_neurons) // GROUP) * GROUP


class Neurons(NamedTuple):
    """The blocks of `cells`, with or without fields of adaptation, and what their rules need.

    ``moving``: whether each block holds a neuron that is not at rest, uint8, padded to whole groups, and
    ``moving_groups``, the same memory as uint64. ``lo``, ``hi``: range of the states.
    """

    cells: np.ndarray
    moving: np.ndarray
    moving_groups: np.ndarray
    lo: int
    hi: int
    decay_bits: int

    @classmethod
    def initial(cls, image, pack=pack_cells):
        moving = np.zeros(_padded_blocks(image.n_neurons), np.uint8)
        moving[:blocks_of(image.n_neurons)] = 1
        formats = image.formats
        return cls(pack(image), moving, moving.view(np.uint64), formats.state.lo, formats.state.hi,
                   formats.decay_bits)


class Ring(NamedTuple):
    """Arrivals in flight: in each of ``slots`` rows those of one step.

    ``drive``: sums for each neuron of each block, int32. The drive format has at most 32 bits, and the
    image proves that no partial sum leaves it. ``touched``: whether there may be any in a block,
    and ``touched_groups``, as in `Neurons`.
    """

    drive: np.ndarray
    touched: np.ndarray
    touched_groups: np.ndarray

    @classmethod
    def empty(cls, slots, n_neurons):
        touched = np.zeros((slots, _padded_blocks(n_neurons)), np.uint8)
        return cls(np.zeros((slots, touched.shape[1] * BLOCK), np.int32), touched, touched.view(np.uint64))


class Events(NamedTuple):
    """Spikes of the inputs, sorted by step. ``source`` counts inputs after all neurons."""

    step: np.ndarray
    source: np.ndarray


class Output(NamedTuple):
    """What a run writes: the spikes of some steps, ``margin`` of them at most in one step; v and i of the
    neurons ``record``, shape (steps of the run, recorded); how often i, v and what learns were saturated,
    and weights clipped."""

    step: np.ndarray
    neuron: np.ndarray
    margin: int
    record: np.ndarray
    v: np.ndarray
    i: np.ndarray
    saturations: np.ndarray


@intrinsic
def lowest_bit(typing_context, mask):
    """The number of the lowest bit that is set in ``mask`` (uint64, not 0)."""
    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], context.get_constant(types.boolean, True))
    return types.uint64(types.uint64), generate


@inner(forceinline=True)
def put_spikes(mask, b, step, output, spikes):
    """Write the spikes of block ``b``; the number of spikes written so far."""
    while mask != 0:
        output.step[spikes] = step
        output.neuron[spikes] = b * BLOCK + np.int64(lowest_bit(mask))
        spikes += 1
        mask &= mask - np.uint64(1)
    return spikes


def stepping(step_block):
    """A function like `step_neurons` for blocks of which ``step_block`` makes a step."""
    @inner(forceinline=True)
    def step_neurons(neurons, ring, slot, output, step, spikes):
        """DELIVER, INTEGRATE, FIRE and RESET of all blocks in which anything can happen.

        Returns the number of spikes written so far, and of neurons evaluated.
        """
        evaluated = 0
        for group in range(neurons.moving_groups.size):
            if neurons.moving_groups[group] | ring.touched_groups[slot, group] == 0:
                continue
            for b in range(group * GROUP, (group + 1) * GROUP):
                if neurons.moving[b] | ring.touched[slot, b] == 0:
                    continue
                mask, i_saturations, v_saturations, z_saturations, moving = step_block(
                    neurons.cells, b, ring.drive[slot, b * BLOCK:(b + 1) * BLOCK],
                    neurons.lo, neurons.hi, neurons.decay_bits)
                neurons.moving[b] = moving > 0
                ring.touched[slot, b] = 0
                output.saturations[OF_I] += i_saturations
                output.saturations[OF_V] += v_saturations
                output.saturations[SATURATED] += z_saturations
                spikes = put_spikes(mask, b, step, output, spikes)
                evaluated += BLOCK
        return spikes, evaluated
    return step_neurons


step_neurons = stepping(step_block)


@inner(forceinline=True)
def send_dense(source, step, ring, rows):
    """Add a spike's arrivals over dense segments to the ring; their number."""
    work = 0
    for k in range(rows.pointer[source], rows.pointer[source + 1]):
        slot = ring_slot(arrival_step(step, rows.delay[k]), ring.drive.shape[0])
        weight, scale, target = rows.weight[rows.start[k]:rows.stop[k]], rows.scale[k], rows.target[k]
        drive = ring.drive[slot, target:target + weight.size]
        for j in range(weight.size):
            drive[j] += weight[j] * scale
        ring.touched[slot, target // BLOCK:(target + weight.size - 1) // BLOCK + 1] = 1
        work += weight.size
    return work


@inner(forceinline=True)
def send_sparse(source, step, ring, rows):
    """Add a spike's arrivals over sparse segments to the ring; their number."""
    work = 0
    for k in range(rows.pointer[source], rows.pointer[source + 1]):
        slot = ring_slot(arrival_step(step, rows.delay[k]), ring.drive.shape[0])
        drive, touched, scale = ring.drive[slot], ring.touched[slot], rows.scale[k]
        for j in range(np.uint64(rows.start[k]), np.uint64(rows.stop[k])):  # unsigned: not from the end
            target = np.uint64(rows.target[j])
            drive[target] += rows.weight[j] * scale
            touched[target // np.uint64(BLOCK)] = 1
        work += rows.stop[k] - rows.start[k]
    return work


@inner(forceinline=True)
def record_states(neurons, output, step):
    """RECORD: keep v and i of the chosen neurons."""
    for k in range(output.record.size):
        n = output.record[k]
        output.v[step, k] = neurons.cells[n // BLOCK, AT_V + n % BLOCK]
        output.i[step, k] = neurons.cells[n // BLOCK, AT_I + n % BLOCK]


@inner()
def run_steps(neurons, ring, dense, sparse, events, output, first, last, origin, work):
    """Run steps ``first`` to ``last``, fewer if ``work`` or the room for spikes is used up before.

    Steps count from the start of the run, which was step ``origin`` since the machine was cleared.
    ``work`` counts evaluated neurons and arrivals. Returns the next step and the number of spikes.
    """
    spikes = 0
    event = np.searchsorted(events.step, first)
    room = output.step.size - output.margin
    for step in range(first, last):
        now = origin + step
        sent = spikes
        slot = ring_slot(now, ring.drive.shape[0])
        spikes, evaluated = step_neurons(neurons, ring, slot, output, step, spikes)
        sources = spikes  # the inputs that spike are sent from behind the neurons, and then overwritten
        while event < events.step.size and events.step[event] == step:
            output.neuron[sources] = events.source[event]
            sources += 1
            event += 1
        for k in range(sent, sources):
            work -= send_dense(output.neuron[k], now, ring, dense)
            work -= send_sparse(output.neuron[k], now, ring, sparse)
        record_states(neurons, output, step)
        work -= evaluated + output.record.size + 1
        if work <= 0 or spikes > room:
            return step + 1, spikes
    return last, spikes


def _entry(text):
    """`run_steps` as called from Python. numba's key to compiled code on disk has ``text`` in it."""
    def run(neurons, ring, dense, sparse, events, output, first, last, origin, work):
        _ = text
        neurons, ring, dense, sparse, output = borrowed((neurons, ring, dense, sparse, output))
        return run_steps(neurons, ring, dense, sparse, events, output, first, last, origin, work)
    return run


run = compiled(_entry, text_digest())
