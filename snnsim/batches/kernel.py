"""Copies of a network that step together: one compiled loop over many samples.

The neurons of a group of copies lie one copy after the other in the blocks of `snnsim.simulator.cells`, so
that a small network, too, fills the vectors; what a copy's sources send goes to its own neurons. A group
begins from the image's initial state and runs all steps of its samples; then comes the next.
"""

import itertools
from typing import NamedTuple

import numpy as np

from snnsim.contract.schedule import arrival_step, ring_slot
from snnsim.simulator.cells import BLOCK, OF_I, OF_V, OWN, SATURATED, STEPPERS
from snnsim.simulator.kernel import by_kind, lowest_bit, of_one_kind
from snnsim.simulator.memory import borrowed
from snnsim.simulator.rules import inner, variant_of

from .lanes import operations
from .rasters import words_of
from .synapses import BIAS

#: Pairs of bytes in a tile of a matrix, small and usual.
NARROW, WIDE = 16, 64
#: Rows of a tile whose bytes can be summed in 16 bits.
MOST_ROWS = 256


class Samples(NamedTuple):
    """What comes in and goes out, sample by sample.

    ``inputs``, ``spikes``: spikes as bits in words, shape (samples, steps, words). ``sums``: arrivals that
    are known beforehand, int32, shape (samples, steps, neurons), or none, with 0 steps. ``states``: those at
    the end, shape (samples, states, neurons), or nothing, with 0 samples.
    """

    inputs: np.ndarray
    sums: np.ndarray
    spikes: np.ndarray
    states: np.ndarray

    @classmethod
    def empty(cls, samples, steps, n, inputs=None, sums=None, states=0):
        """Of ``samples`` samples over ``n`` neurons of which so many ``states`` are wanted, not run yet."""
        inputs = np.zeros((samples, steps, 0), np.uint64) if inputs is None else inputs
        sums = np.zeros((samples, 0, n), np.int32) if sums is None else sums
        return cls(np.require(inputs, np.uint64, "CW"), np.require(sums, np.int32, "CW"),
                   np.zeros((samples, steps, words_of(n)), np.uint64),
                   np.zeros((samples if states else 0, states, n), np.int32))


@inner(inline="always")
def add_sums(sums, drive):
    """Add ``sums``, of each copy's neurons, to the drive."""
    for c in range(sums.shape[0]):
        here = drive[c * sums.shape[1]:(c + 1) * sums.shape[1]]
        for k in range(here.size):
            here[k] += sums[c, k]


@inner(inline="always")
def begin_group(copies, lanes):
    """Put ``lanes`` neurons of the group to their initial state; those behind them in their block have no
    parameters, and so are at rest. The number of blocks."""
    blocks = (lanes + BLOCK - 1) // BLOCK
    copies.cells[:blocks] = copies.initial[:blocks]
    copies.drive[:] = 0
    if lanes % BLOCK and lanes < copies.count * copies.n:
        copies.kind[blocks - 1] = OWN
        for field in range(0, copies.cells.shape[1], BLOCK):
            copies.cells[blocks - 1, field + lanes % BLOCK:field + BLOCK] = 0
    return blocks


def stepping(step_block):
    """A function like `step_copies` that makes the steps of blocks by ``step_block``."""
    @inner(inline="always")
    def step_copies(copies, blocks, slot):
        """DELIVER, INTEGRATE, FIRE and RESET of all neurons; their spikes are in ``copies.masks``."""
        for b in range(blocks):
            mask, i_saturations, v_saturations, z_saturations, _ = step_block(
                copies.kind[b], copies.cells[b], copies.drive[slot, b * BLOCK:(b + 1) * BLOCK],
                copies.lo, copies.hi, copies.decay_bits)
            copies.masks[b] = mask
            copies.saturations[OF_I] += i_saturations
            copies.saturations[OF_V] += v_saturations
            copies.saturations[SATURATED] += z_saturations
    return step_copies


step_copies = stepping(by_kind(*STEPPERS["wide"][:3]))


@inner(inline="always")
def take_bits(masks, first, n, row):
    """The ``n`` bits of ``masks`` from number ``first`` on, as the words of ``row``."""
    word, shift = first // BLOCK, np.uint64(first % BLOCK)
    for k in range(row.size):
        bits = masks[word + k] >> shift
        if shift != 0:
            bits |= masks[word + k + 1] << (np.uint64(BLOCK) - shift)
        row[k] = bits
    if n % BLOCK:
        row[row.size - 1] &= (np.uint64(1) << np.uint64(n % BLOCK)) - np.uint64(1)


def sending(size):
    """A function like `send_narrow` for tiles of ``size`` pairs."""
    zeros, loaded, added, high_bytes, low_sums, put = operations(size)

    @inner(inline="always")
    def put_sums(whole, high, rows, scale, drive, first):
        """Add the sums of the bytes of ``rows`` rows to the drive from ``first`` on."""
        less = np.int32(BIAS * rows)
        put(low_sums(whole, high), less, scale, drive, first)
        put(high, less, scale, drive, first + size)

    @inner(inline="always")
    def send_tile(words, first_word, n_words, weight, start, scale, drive, first):
        """Add the rows of a tile, from ``start`` on, whose bits are set in some ``words`` to the drive."""
        whole, high, rows = zeros(), zeros(), 0
        for w in range(n_words):
            if rows > MOST_ROWS - BLOCK:
                put_sums(whole, high, rows, scale, drive, first)
                whole, high, rows = zeros(), zeros(), 0
            bits, row = words[first_word + w], start + w * BLOCK * size
            while bits != 0:
                pairs = loaded(weight, row + np.int64(lowest_bit(bits)) * size)
                whole, high = added(whole, pairs), added(high, high_bytes(pairs))
                rows += 1
                bits &= bits - np.uint64(1)
        if rows:
            put_sums(whole, high, rows, scale, drive, first)

    @inner(inline="always")
    def send(words, now, first_neuron, drive, matrices):
        """Add the arrivals of the sources that spike, in ``words``, through all matrices."""
        for m in range(matrices.start.size):
            slot = ring_slot(arrival_step(now, matrices.delay[m]), drive.shape[0])
            n_words, scale = matrices.n_words[m], np.int32(matrices.scale[m])
            for tile in range(matrices.n_tiles[m]):
                send_tile(words, matrices.first_word[m], n_words, matrices.weight,
                          matrices.start[m] + tile * n_words * BLOCK * size, scale, drive[slot],
                          first_neuron + matrices.first_target[m] + tile * 2 * size)
    return send


send_narrow = sending(NARROW)
send_wide = sending(WIDE)


@inner(inline="always")
def send_scattered(words, now, first_neuron, drive, scattered):
    """Add the arrivals of the sources that spike, in ``words``, over scattered synapses."""
    for w in range(words.size):
        bits = words[w]
        while bits != 0:
            source = w * BLOCK + np.int64(lowest_bit(bits))
            for k in range(scattered.pointer[source], scattered.pointer[source + 1]):
                slot = ring_slot(arrival_step(now, scattered.delay[k]), drive.shape[0])
                drive[slot, first_neuron + scattered.target[k]] += scattered.contribution[k]
            bits &= bits - np.uint64(1)


@inner(inline="always")
def put_states(copies, states):
    """Write the states of the copies as they are now."""
    for c in range(states.shape[0]):
        for k in range(copies.n):
            lane = c * copies.n + k
            for field in range(copies.fields.size):
                states[c, field, k] = copies.cells[lane // BLOCK, copies.fields[field] + lane % BLOCK]


def _run(copies, narrow, wide, scattered, samples, start, stop):
    """Run samples ``start .. stop - 1``, a group of copies at a time, each from the initial state."""
    copies, narrow, wide, scattered, samples = borrowed((copies, narrow, wide, scattered, samples))
    words_n, words, drive = samples.spikes.shape[2], copies.words, copies.drive
    for first in range(start, stop, copies.count):
        count = min(copies.count, stop - first)
        blocks = begin_group(copies, count * copies.n)
        for now in range(samples.spikes.shape[1]):
            slot = ring_slot(now, drive.shape[0])
            if samples.sums.shape[1]:
                add_sums(samples.sums[first:first + count, now], drive[slot])
            step_copies(copies, blocks, slot)
            for c in range(count):
                first_neuron = c * copies.n
                take_bits(copies.masks, first_neuron, copies.n, words[:words_n])
                for k in range(words_n):  # to copy whole slices takes longer
                    samples.spikes[first + c, now, k] = words[k]
                for k in range(words.size - words_n):
                    words[words_n + k] = samples.inputs[first + c, now, k]
                send_narrow(words, now, first_neuron, drive, narrow)
                send_wide(words, now, first_neuron, drive, wide)
                if scattered.target.size:
                    send_scattered(words, now, first_neuron, drive, scattered)
        if samples.states.shape[0]:
            put_states(copies, samples.states[first:first + count])


def _compiled(numbers, is_adaptive):
    own, alike, alike_without_i, adaptive = STEPPERS[numbers]
    step_block = of_one_kind(adaptive) if is_adaptive else by_kind(own, alike, alike_without_i)
    return variant_of(_run, f"{numbers}{is_adaptive:d}", (__file__,), step_copies=stepping(step_block))


#: Functions like `_run`, by what is computed with and whether thresholds adapt; compiled when first used.
RUNS = {which: _compiled(*which) for which in itertools.product(STEPPERS, (True, False))}
