"""The simulator: one compiled loop over all steps, driven by events.

Work is proportional to the synapses of what spikes and to the blocks of neurons in which somebody is
not at rest or something arrives. Sums of arrivals are exact integers, so the order of events inside a
step cannot matter. The neuron is `snnsim.contract.neuron`, compiled.

Threads share the neurons: each has the states of its own and all synapses onto them. A spike arrives after
the shortest delay at the earliest, so they go in windows of steps: see `Team`.
"""

import itertools
from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from snnsim.contract.schedule import ring_slot

from .barrier import DONE, arrive, wait_for
from .cells import (
    ALIKE,
    AT_I,
    AT_V,
    BLOCK,
    NOISY_STEPPERS,
    OF_I,
    OF_V,
    OWN,
    SATURATED,
    STEPPERS,
    blocks_of,
    kinds_of,
    pack_cells,
)
from .delivery import deliver, deliver_all, first_at_least
from .memory import aligned, borrowed
from .noise import Draws, draw, draw_nothing
from .rules import inner, variant_of

#: With a lag of 1 a thread may be in one window while another delivers the third before.
WINDOWS = 4
#: Neurons of a network in which it pays to look for blocks of neurons that are alike.
MANY = 256
#: Blocks of a group: their flags, one byte each, are looked at as one integer of 64 bits.
GROUP = 8


def _padded_blocks(n_neurons):
    """Blocks in whole groups."""
    return -(-blocks_of(n_neurons) // GROUP) * GROUP


class Neurons(NamedTuple):
    """The blocks of `cells`, with or without fields of adaptation, and what their rules need.

    ``first``: the number of the first neuron. ``kind``: of each block. ``moving``: whether each block holds
    a neuron that is not at rest, uint8, padded to whole groups, and ``moving_groups``, the same memory as
    uint64. ``lo``, ``hi``: range of the states. ``draws``: what they draw by chance.
    """

    first: int
    cells: np.ndarray
    kind: np.ndarray
    moving: np.ndarray
    moving_groups: np.ndarray
    lo: int
    hi: int
    decay_bits: int
    draws: Draws

    @classmethod
    def initial(cls, image, share, pack=pack_cells):
        """The neurons of a `Share` of an image."""
        blocks = slice(share.first // BLOCK, blocks_of(share.last))
        cells = aligned(pack(image)[blocks])
        moving = np.zeros(_padded_blocks(share.size), np.uint8)
        moving[:len(cells)] = 1
        formats = image.formats
        kind = kinds_of(cells) if image.n_neurons >= MANY else np.full(len(cells), OWN, np.uint8)
        return cls(share.first, cells, kind, moving, moving.view(np.uint64), formats.state.lo,
                   formats.state.hi, formats.decay_bits, Draws.of(image, share))


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
        drive = np.zeros((slots, touched.shape[1] * BLOCK), np.int32)
        return cls(aligned(drive), touched, touched.view(np.uint64))


class Events(NamedTuple):
    """Spikes of the inputs, sorted by step. ``source`` counts inputs after all neurons."""

    step: np.ndarray
    source: np.ndarray


class Output(NamedTuple):
    """What a run writes: the spikes of some steps, ``margin`` of them at most between two looks at the room;
    v and i of the neurons ``record``, counted from the first of the share, in these ``column`` of arrays of
    shape (steps of the run, recorded); how often i, v and what learns were saturated, and weights clipped."""

    step: np.ndarray
    neuron: np.ndarray
    margin: int
    record: np.ndarray
    column: np.ndarray
    v: np.ndarray
    i: np.ndarray
    saturations: np.ndarray

    @classmethod
    def of(cls, step, neuron, margin, share, record, v, i):
        """The `Output` of a `Share`, of a run in which the neurons ``record`` are recorded."""
        column = np.flatnonzero((share.first <= record) & (record < share.last))
        return cls(step, neuron, margin, record[column] - share.first, column, v, i, np.zeros(4, np.int64))


class Team(NamedTuple):
    """What threads know of each other, of the latest `WINDOWS` windows, each of some steps.

    ``neuron``, shape (threads, room): the spikes of each. ``ends``, shape (windows, threads, 1 + steps): how
    many there are before the window and after each of its steps. ``stops``, shape (windows, threads): whether
    a thread wants to end the run. ``lag``: by how many windows delivery is behind, 0 or 1: then a spike
    arrives after two windows at the earliest. ``barrier``: see `barrier`. ``sources``, shape (threads, all):
    room for the spikes of one step.
    """

    neuron: np.ndarray
    ends: np.ndarray
    stops: np.ndarray
    lag: int
    barrier: np.ndarray
    sources: np.ndarray


@intrinsic
def lowest_bit(typing_context, mask):
    """The number of the lowest bit that is set in ``mask`` (uint64, not 0)."""
    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], context.get_constant(types.boolean, True))
    return types.uint64(types.uint64), generate


@inner(forceinline=True)
def put_spikes(mask, first, step, output, spikes):
    """Write the spikes of the block that begins at neuron ``first``; the number of spikes written so far."""
    while mask != 0:
        output.step[spikes] = step
        output.neuron[spikes] = first + np.int64(lowest_bit(mask))
        spikes += 1
        mask &= mask - np.uint64(1)
    return spikes


def by_kind(own, alike, alike_without_i):
    """A step of a block by one of these, as its kind says."""
    @inner(inline="always")
    def step_block(kind, cells, drive, lo, hi, decay_bits):
        if kind == OWN:
            return own(cells, drive, lo, hi, decay_bits)
        if kind == ALIKE:
            return alike(cells, drive, lo, hi, decay_bits)
        return alike_without_i(cells, drive, lo, hi, decay_bits)
    return step_block


def of_one_kind(step):
    """A step of a block that is the same for all kinds."""
    @inner(inline="always")
    def step_block(kind, cells, drive, lo, hi, decay_bits):
        return step(cells, drive, lo, hi, decay_bits)
    return step_block


def stepping(step_block):
    """A function like `step_neurons` that makes the steps of blocks by ``step_block``."""
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
                    neurons.kind[b], neurons.cells[b], ring.drive[slot, b * BLOCK:(b + 1) * BLOCK],
                    neurons.lo, neurons.hi, neurons.decay_bits)
                neurons.moving[b] = moving > 0
                ring.touched[slot, b] = 0
                output.saturations[OF_I] += i_saturations
                output.saturations[OF_V] += v_saturations
                output.saturations[SATURATED] += z_saturations
                spikes = put_spikes(mask, neurons.first + b * BLOCK, step, output, spikes)
                evaluated += BLOCK
        return spikes, evaluated
    return step_neurons


step_neurons = stepping(by_kind(*STEPPERS["wide"][:3]))


@inner(inline="always")
def record_states(neurons, output, step):
    """RECORD: keep v and i of the chosen neurons."""
    for k in range(output.record.size):
        n, column = output.record[k], output.column[k]
        output.v[step, column] = neurons.cells[n // BLOCK, AT_V + n % BLOCK]
        output.i[step, column] = neurons.cells[n // BLOCK, AT_I + n % BLOCK]


@inner(inline="always")
def add_inputs(events, event, step, sources, n):
    """Add the inputs that spike behind the ``n`` first ``sources``; the next event, and how many now."""
    while event < events.step.size and events.step[event] == step:
        sources[n] = events.source[event]
        event += 1
        n += 1
    return event, n


@inner(inline="always")
def gather(team, window, at, sources):
    """Copy the spikes of all threads in a step of the window, in the order of neurons; how many there are."""
    n = 0
    for thread in range(team.neuron.shape[0]):
        for k in range(team.ends[window, thread, at], team.ends[window, thread, at + 1]):
            sources[n] = team.neuron[thread, k]
            n += 1
    return n


@inner(inline="always")
def wants_to_stop(stops):
    """Whether any thread does."""
    for thread in range(stops.size):
        if stops[thread]:
            return True
    return False


def _run(thread, neurons, ring, delivery, events, output, team, first, last, origin, work):
    """Run steps ``first`` to ``last``, fewer if ``work`` or the room for spikes is used up before.

    Steps count from the start of the run, which was step ``origin`` since the machine was cleared.
    ``work`` counts evaluated neurons and arrivals. Returns the next step and the number of spikes of
    this ``thread``. All threads of a team must run the same steps, and all return after the same.
    """
    neurons, ring, delivery, output = borrowed((neurons, ring, delivery, output))
    spikes = np.int64(0)  # 0 itself would be one more type to compile for
    event = first_at_least(events.step, first)
    room, window = output.step.size - output.margin, team.ends.shape[2] - 1
    threads, sources = team.neuron.shape[0], team.sources[thread]
    done_before = team.barrier[DONE + thread]
    step, delivered, windows, delivered_windows, stops = first, first, 0, 0, False
    while delivered < step or (step < last and not stops):
        if step < last and not stops:
            begin, ends = step, team.ends[windows % WINDOWS, thread]
            step = min(begin + window, last)
            ends[0] = spikes
            for s in range(begin, step):
                slot = ring_slot(origin + s, ring.drive.shape[0])
                draw(neurons, ring, slot, origin + s)
                spikes, evaluated = step_neurons(neurons, ring, slot, output, s, spikes)
                record_states(neurons, output, s)
                ends[s - begin + 1] = spikes
                work -= evaluated + output.record.size + 1
            team.stops[windows % WINDOWS, thread] = work <= 0 or spikes > room
            windows += 1
            if threads > 1:
                arrive(team.barrier, thread)
        if windows - delivered_windows <= team.lag and step < last and not stops:
            continue
        this, begin = delivered_windows % WINDOWS, delivered
        delivered, delivered_windows = min(begin + window, last), delivered_windows + 1
        if threads > 1:
            wait_for(team.barrier, done_before + delivered_windows)
        for s in range(begin, delivered):
            n = gather(team, this, s - begin, sources)
            event, n = add_inputs(events, event, s, sources, n)
            if n > 0:
                work -= deliver(sources[:n], origin + s, ring, delivery)
        stops = stops or wants_to_stop(team.stops[this])
    return step, spikes


def _compiled(numbers, has_alike, has_bitmaps, draws):
    """The function, which is the whole loop: what a function calls is optimised once more for each level of
    calls above it."""
    own, alike, alike_without_i, _ = (NOISY_STEPPERS if draws else STEPPERS)[numbers]
    step_block = by_kind(own, alike, alike_without_i) if has_alike else of_one_kind(own)
    return variant_of(_run, f"{numbers}{has_alike:d}{has_bitmaps:d}{draws:d}",
                      step_neurons=stepping(step_block), deliver=deliver_all if has_bitmaps else deliver,
                      draw=draw if draws else draw_nothing)


#: Functions like `_run`, by what is computed with, whether there are blocks of neurons that are alike,
#: whether there are bitmaps, and whether any neuron draws. Each is compiled when it is first used.
RUNS = {which: _compiled(*which) for which in itertools.product(STEPPERS, *[(True, False)] * 3)}
