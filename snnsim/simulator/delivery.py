"""How spikes reach the drive of their targets: compressed, dense and packed rows, and bitmaps.

All of them add the same integers. Which of them serves a projection is chosen in `choice`; what they need is
packed in `rows` and `blocks`.
"""

from typing import NamedTuple

import numpy as np

from snnsim.contract.schedule import arrival_step, ring_slot

from . import vectors
from .cells import BLOCK
from .counting import AT_A_TIME, MOST, PLANES, count_rows, spread_counts
from .expand import WIDTH, add_spread, bits_set
from .memory import LINE, prefetch
from .rule_tables import record
from .rules import inner

#: The weights ``start <= j < stop`` of one source, one delay and one scale; targets count from ``origin``.
SEGMENT = record("start", "stop", "origin", "scale", "delay")
#: Sources ``first <= s < end`` have the blocks ``first_block <= b < end_block``.
RANGE = record("first", "end", "first_block", "end_block")
#: Synapses of the sources from ``first_source`` on with one delay and one scale, which have rows from
#: ``start`` on. Bitmaps are ``words`` long and lead to the neurons ``target .. target + length - 1``.
BLOCK_OF_ROWS = record("first_source", "delay", "scale", "start", "words", "target", "length")
#: A dense row: a weight for each of ``length`` neurons from ``target`` on, from ``start`` on. Rows begin and
#: end where vectors of drive do.
DENSE_ROW = record("start", "target", "length")
#: Bytes of memory that are fetched ahead of their use; what follows, the processor guesses.
FETCHED = 4096
#: Where the bits and the weights of a packed row begin.
PACKED_ROW = record("bits", "weight")
#: Rows of weights of 8 bits whose sums have 16.
MOST_SUMMED = 255


class Rows(NamedTuple):
    """Compressed rows: source ``s`` has the segments ``pointer[s] <= k < pointer[s + 1]``, each of which adds
    ``weight[j] * scale`` to neuron ``origin + target[j]``; where all weights are 1 there are none."""

    pointer: np.ndarray
    segments: np.ndarray
    target: np.ndarray
    weight: np.ndarray


class DenseRows(NamedTuple):
    """Blocks whose sources are looked up by ``ranges``; their ``rows``, and the weights of these."""

    ranges: np.ndarray
    table: np.ndarray
    rows: np.ndarray
    weight: np.ndarray


class Bitmaps(NamedTuple):
    """Blocks whose sources are looked up by ``ranges``; their rows are ``bits``, uint64.

    In a bitmap of ``words`` words, bit ``j`` of byte ``b`` is neuron ``8 * words * j + b`` of the block. The
    last words of ``bits`` are an empty one.
    """

    ranges: np.ndarray
    table: np.ndarray
    bits: np.ndarray


class Packed(NamedTuple):
    """Blocks whose sources are looked up by ``ranges``; their ``rows``: bitmaps, 32 neurons in each of
    ``bits`` in ascending order, and the weights of those whose bits are set. A last row says where these
    end."""

    ranges: np.ndarray
    table: np.ndarray
    rows: np.ndarray
    bits: np.ndarray
    weight: np.ndarray


class Scratch(NamedTuple):
    """Room to count in. ``planes``, shape (PLANES, words): bits of each weight of the counts; ``counts``: a
    byte each, as words; ``rows``: where bitmaps begin; ``sums`` of weights, int16."""

    planes: np.ndarray
    counts: np.ndarray
    rows: np.ndarray
    sums: np.ndarray

    @classmethod
    def of(cls, bitmaps, packed):
        words = int(bitmaps.table["words"].max(initial=0))
        sums = WIDTH * int(packed.table["words"].max(initial=0))
        return cls(np.zeros((PLANES, words), np.uint64), np.zeros(8 * words, np.uint64),
                   np.zeros(MOST, np.int64), np.zeros(sums, np.int16))


class Delivery(NamedTuple):
    """All synapses onto some neurons. ``constant``: rows without weights of their own."""

    rows: Rows
    constant: Rows
    dense: DenseRows
    bitmaps: Bitmaps
    packed: Packed
    scratch: Scratch

    @property
    def has_bitmaps(self):
        """Whether there are any, alone or of packed rows."""
        return self.bitmaps.table.size + self.packed.table.size > 0


@inner(forceinline=True)
def mark_blocks(touched, first, last):
    """Say that something arrives at the neurons ``first .. last``."""
    for block in range(np.uint64(first // BLOCK), np.uint64(last // BLOCK + 1)):  # unsigned: not from the end
        touched[block] = 1


@inner(inline="always")
def mark_targets(touched, segment, target, spikes):
    """The same for the targets of a segment, which are sorted; one of so many ``spikes`` in a step."""
    first = segment.origin + np.int64(target[segment.start])
    last = segment.origin + np.int64(target[segment.stop - 1])
    if (segment.stop - segment.start) * spikes * BLOCK >= last - first:  # about one for each block in all
        mark_blocks(touched, first, last)
    else:
        for j in range(np.uint64(segment.start), np.uint64(segment.stop)):
            touched[(segment.origin + np.int64(target[j])) // BLOCK] = 1


@inner(forceinline=True)
def fetch(array, first, end):
    """Fetch some entries of an array, which will be read in this order; if they are many, the first."""
    end = min(end, first + FETCHED // array.itemsize)
    for j in range(first, end, LINE // array.itemsize):
        prefetch(array, j)


@inner(forceinline=True)
def fetch_rows(sources, k, rows):
    """Fetch what a spike of ``sources[k]`` is about to be sent over, and where the rows of the next are said.
    """
    if k + 1 < sources.size:
        prefetch(rows.segments, rows.pointer[sources[k + 1]])
    if k < sources.size:
        for s in range(rows.pointer[sources[k]], rows.pointer[sources[k] + 1]):
            segment = rows.segments[s]
            fetch(rows.target, segment.start, segment.stop)
            if rows.weight.size:
                fetch(rows.weight, segment.start, segment.stop)


@inner(forceinline=True)
def weighted(weight, j, scale):
    """What an arrival adds where each synapse has a weight."""
    return weight[j] * scale


@inner(forceinline=True)
def constant(weight, j, scale):
    """What it adds where all weights are 1."""
    return scale


def sending_rows(arrival):
    """A function that adds a spike's arrivals over compressed rows, ``arrival`` each, to the ring."""
    @inner(inline="always")
    def send(source, step, ring, rows, spikes):
        work = 0
        for k in range(rows.pointer[source], rows.pointer[source + 1]):
            segment = rows.segments[k]
            slot = ring_slot(arrival_step(step, segment.delay), ring.drive.shape[0])
            drive, scale, origin = ring.drive[slot], segment.scale, np.uint64(segment.origin)
            for j in range(np.uint64(segment.start), np.uint64(segment.stop)):  # unsigned: not from the end
                drive[origin + np.uint64(rows.target[j])] += arrival(rows.weight, j, scale)
            mark_targets(ring.touched[slot], segment, rows.target, spikes)
            work += segment.stop - segment.start
        return work
    return send


send_rows, send_constant = sending_rows(weighted), sending_rows(constant)


@inner()
def first_at_least(values, bound):
    """Where the first of sorted ``values`` is that is at least ``bound``."""
    lo, hi = 0, values.size
    if hi == 0 or values[0] >= bound:  # often; a search is guessed wrong
        return 0
    if values[hi - 1] < bound:
        return hi
    while lo < hi:
        middle = (lo + hi) // 2
        if values[middle] < bound:
            lo = middle + 1
        else:
            hi = middle
    return lo


@inner(inline="always")
def add_row(drive, row, scale, weights):
    """Add a dense row."""
    start, target, length, scale = row.start, row.target, row.length, vectors.number(scale)
    for j in range(0, length, vectors.WIDTH):
        arrivals = vectors.load(weights, start + j) * scale
        vectors.store(drive, target + j, vectors.load(drive, target + j) + arrivals)


@inner(inline="always")
def add_four_rows(drive, first, rows, scale, weights):
    """Add four dense rows onto the same neurons, which are read and written once."""
    a, b, c, d, target, length = first.start, rows[0], rows[1], rows[2], first.target, first.length
    scale = vectors.number(scale)
    for j in range(0, length, vectors.WIDTH):
        two = vectors.load(weights, a + j) + vectors.load(weights, b + j)
        four = two + vectors.load(weights, c + j) + vectors.load(weights, d + j)
        vectors.store(drive, target + j, vectors.load(drive, target + j) + four * scale)


@inner(inline="always")
def add_dense(sources, block, drive, touched, dense, scratch):
    """Add the dense rows of ``sources``; the number of weights."""
    work, k = 0, 0
    while k < sources.size:
        row = dense.rows[block.start + sources[k] - block.first_source]
        k += 1
        if row.length == 0:
            continue
        alike = 0
        while alike < 3 and k + alike < sources.size:
            other = dense.rows[block.start + sources[k + alike] - block.first_source]
            if other.target != row.target or other.length != row.length:
                break
            scratch.rows[alike] = other.start
            alike += 1
        if alike == 3:
            add_four_rows(drive, row, scratch.rows, block.scale, dense.weight)
            k += 3
            work += 3 * row.length
        else:
            add_row(drive, row, block.scale, dense.weight)
        mark_blocks(touched, row.target, row.target + row.length - 1)
        work += row.length
    return work


@inner(inline="always")
def add_bits(sources, block, drive, touched, bitmaps, scratch):
    """Add the bitmaps of ``sources``; the number of words."""
    rows, words, n = scratch.rows, block.words, 0
    drive = drive[block.target:block.target + block.length]
    for k in range(sources.size):
        rows[n] = block.start + (sources[k] - block.first_source) * words
        n += 1
        if n == MOST or k == sources.size - 1:
            while n % AT_A_TIME:
                rows[n] = bitmaps.bits.size - words
                n += 1
            n_planes = count_rows(rows[:n], words, bitmaps.bits, scratch.planes)
            spread_counts(scratch.planes, n_planes, words, scratch.counts)
            counts = scratch.counts.view(np.uint8)
            for t in range(drive.size):
                drive[t] += counts[t] * block.scale
            n = 0
    mark_blocks(touched, block.target, block.target + block.length - 1)
    return sources.size * words


@inner(inline="always")
def add_packed(sources, block, drive, touched, packed, scratch):
    """Add the packed rows of ``sources``; the number of words."""
    sums, first = scratch.sums, block.start - block.first_source
    drive = drive[block.target:block.target + block.length]
    n = 0
    for k in range(sources.size):
        row = packed.rows[first + sources[k]]
        if k + 1 < sources.size:
            following = first + sources[k + 1]
            fetch(packed.bits, packed.rows[following].bits, packed.rows[following].bits + block.words)
            fetch(packed.weight, packed.rows[following].weight, packed.rows[following + 1].weight)
        at = row.weight
        for w in range(block.words):
            mask = packed.bits[row.bits + w]
            add_spread(sums, WIDTH * w, mask, packed.weight, at)
            at += bits_set(mask)
        n += 1
        if n == MOST_SUMMED or k == sources.size - 1:
            for t in range(drive.size):
                drive[t] += sums[t] * block.scale
                sums[t] = 0
            n = 0
    mark_blocks(touched, block.target, block.target + block.length - 1)
    return sources.size * block.words


def sending(add):
    """A function that adds the arrivals of a step's spikes to the ring; ``sources`` are in ascending order.

    ``add`` does so for those that a block has.
    """
    @inner(forceinline=True)
    def send(sources, step, ring, blocks, scratch):
        work = 0
        for q in range(blocks.ranges.size):
            some = blocks.ranges[q]
            first, end = first_at_least(sources, some.first), first_at_least(sources, some.end)
            if first == end:
                continue
            for b in range(some.first_block, some.end_block):
                block = blocks.table[b]
                slot = ring_slot(arrival_step(step, block.delay), ring.drive.shape[0])
                work += add(sources[first:end], block, ring.drive[slot], ring.touched[slot], blocks, scratch)
        return work
    return send


send_dense, send_bits, send_packed = sending(add_dense), sending(add_bits), sending(add_packed)


@inner(forceinline=True)
def deliver(sources, step, ring, delivery):
    """Add the arrivals of a step's spikes to the ring, where nothing has bitmaps. Returns how much work."""
    work = 0
    if delivery.rows.segments.size + delivery.constant.segments.size > 0:
        for k in range(sources.size):
            fetch_rows(sources, k + 1, delivery.rows)
            fetch_rows(sources, k + 1, delivery.constant)
            work += send_rows(sources[k], step, ring, delivery.rows, sources.size)
            work += send_constant(sources[k], step, ring, delivery.constant, sources.size)
    return work + send_dense(sources, step, ring, delivery.dense, delivery.scratch)


@inner(forceinline=True)
def deliver_all(sources, step, ring, delivery):
    """The same where there are."""
    return (deliver(sources, step, ring, delivery)
            + send_bits(sources, step, ring, delivery.bitmaps, delivery.scratch)
            + send_packed(sources, step, ring, delivery.packed, delivery.scratch))
