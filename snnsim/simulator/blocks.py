"""Synapses as dense rows, as bitmaps and as packed rows: blocks of all sources of a projection."""

import numpy as np

from .delivery import BLOCK_OF_ROWS, DENSE_ROW, PACKED_ROW, RANGE, Bitmaps, DenseRows, Packed
from .expand import WIDTH
from .rows import batches
from .vectors import WIDTH as VECTOR

#: Words of a bitmap come in so many: those of a long vector.
WORDS = 8
#: Bits of bitmaps that are packed at a time.
BITS_AT_A_TIME = 1 << 26


def pack_dense(projections, share, weight_dtype):
    """The `DenseRows` of some projections onto a share, a block for each delay."""
    blocks, rows, weights, begin = [], [np.zeros(0, DENSE_ROW)], [np.zeros(0, weight_dtype)], 0
    for p in projections:
        for delay in delays_of(p):
            block = (p.first_source, delay, 1 << p.exponent, sum(map(len, rows)), 0, 0, 0)
            blocks.append((p.n_sources, block))
            rows.append(np.zeros(p.n_sources, DENSE_ROW))
            for s in batches(p, share):
                which = s.delay == delay
                filled = _filled(rows[-1], s.source[which] - p.first_source, s.target[which], s.weight[which],
                                 begin)
                weights.append(filled.astype(weight_dtype))
                begin += filled.size
    return DenseRows(*_tables(blocks), np.concatenate(rows).view(np.recarray), np.concatenate(weights))


def pack_bitmaps(projections, share):
    """The `Bitmaps` of some projections onto a share, a block for each delay and weight."""
    blocks, bits, begin = [], [], 0
    for p in projections:
        first, size = _targets_in(p, share)
        words = words_of(max(size, 0))
        for delay in delays_of(p) if size > 0 else ():
            for weight in weights_of(p):
                block = (p.first_source, delay, int(weight) << p.exponent, begin, words, first, size)
                blocks.append((p.n_sources, block))
                rows = np.zeros((p.n_sources, words), np.uint64)
                for s in batches(p, share):
                    which = (s.delay == delay) & (s.weight == weight)
                    _set_bits(rows, s.source[which] - p.first_source,
                              _place(s.target[which] - first, words))
                bits.append(rows.reshape(-1))
                begin += rows.size
    ranges, table = _tables(blocks)
    return Bitmaps(ranges, table, np.concatenate([*bits, np.zeros(table["words"].max(initial=0), np.uint64)]))


def pack_packed(projections, share):
    """The `Packed` rows of some projections onto a share, a block for each delay. Weights have 8 bits."""
    blocks, rows, bits, weights = [], [], [], []
    n_bits = n_weights = 0
    for p in projections:
        first, size = _targets_in(p, share)
        words = words_of(max(size, 0))
        for delay in delays_of(p) if size > 0 else ():
            blocks.append((p.n_sources, (p.first_source, delay, 1 << p.exponent, sum(map(len, rows)),
                                         2 * words, first, size)))
            these, is_there = np.zeros(p.n_sources, PACKED_ROW), np.zeros((p.n_sources, words), np.uint64)
            counts = np.zeros(p.n_sources, np.int64)
            for s in batches(p, share):
                which = s.delay == delay
                source = s.source[which] - p.first_source
                _set_bits(is_there, source, s.target[which] - first)
                counts += np.bincount(source, minlength=p.n_sources)
                weights.append(s.weight[which].astype(np.int8))
            these["bits"] = n_bits + 2 * words * np.arange(p.n_sources)
            these["weight"] = n_weights + np.cumsum(counts) - counts
            rows.append(these)
            bits.append(is_there.reshape(-1).view(np.uint32))
            n_bits += bits[-1].size
            n_weights += int(counts.sum())
    end = np.array([(n_bits, n_weights)], PACKED_ROW)
    return Packed(*_tables(blocks), np.concatenate([*rows, end]).view(np.recarray),
                  np.concatenate([np.zeros(0, np.uint32), *bits]),
                  np.concatenate([*weights, np.zeros(WIDTH, np.int8)]))


def delays_of(p):
    """The different delays of a projection."""
    return np.flatnonzero(np.bincount(p.delay)) if p.n_synapses else np.zeros(0, np.int64)


def weights_of(p):
    """The different weights of a projection."""
    if p.n_synapses == 0:
        return np.zeros(0, np.int64)
    lowest = int(p.weight.min())
    return np.flatnonzero(np.bincount(p.weight.astype(np.int64) - lowest)) + lowest


def words_of(size):
    """Words of a bitmap of ``size`` neurons."""
    return -(-size // (64 * WORDS)) * WORDS


def _filled(rows, source, target, weight, begin):
    """Set the ``rows`` of some synapses, sorted by source and target; their weights, gaps filled by 0.

    The first of these is number ``begin``.
    """
    first_of = np.flatnonzero(np.diff(source, prepend=-1))
    end_of = np.append(first_of[1:], source.size)[:first_of.size]
    first = target[first_of] // VECTOR * VECTOR
    size = -(-(target[end_of - 1] + 1) // VECTOR) * VECTOR - first
    start = np.cumsum(size) - size
    weights = np.zeros(size.sum(), weight.dtype)
    weights[target + np.repeat(start - first, end_of - first_of)] = weight
    here = source[first_of]
    rows["start"][here], rows["target"][here], rows["length"][here] = start + begin, first, size
    return weights


def _targets_in(p, share):
    """The first target of a projection in a share, and of how many neurons its targets there are."""
    first = max(p.first_target - share.first, 0)
    return first, min(p.first_target + p.n_targets - share.first, share.size) - first


def _place(target, words):
    """Which bit of a bitmap belongs to each target; see `Bitmaps`."""
    byte, bit = target % (8 * words), target // (8 * words)
    return 64 * (byte // 8) + 8 * (byte % 8) + bit


def _set_bits(bits, row, place):
    """Set a bit of a row of words for each synapse."""
    at_a_time = max(1, BITS_AT_A_TIME // (64 * bits.shape[1]))
    for first in range(0, len(bits), at_a_time):
        here = slice(*np.searchsorted(row, (first, first + at_a_time)))
        flags = np.zeros((min(at_a_time, len(bits) - first), 64 * bits.shape[1]), np.uint8)
        flags[row[here] - first, place[here]] = 1
        bits[first:first + at_a_time] |= np.packbits(flags, axis=1, bitorder="little").view(np.uint64)


def _tables(blocks):
    """``(ranges, table)`` of blocks, ``(number of sources, fields)``, sorted by their sources."""
    fields = np.array([block for _, block in blocks], np.int64).reshape(-1, len(BLOCK_OF_ROWS.names))
    sources = np.array([(block[0], block[0] + n) for n, block in blocks], np.int64).reshape(-1, 2)
    order = np.lexsort(sources.T)
    edges, begins = np.unique(sources[order], axis=0, return_index=True)
    begins = np.sort(begins)
    ends = np.append(begins[1:], len(blocks))[:len(begins)]
    ranges = np.column_stack([sources[order][begins], begins, ends])
    return _table(RANGE, ranges), _table(BLOCK_OF_ROWS, fields[order])


def _table(kind, rows):
    table = np.zeros(len(rows), kind)
    for name, column in zip(kind.names, rows.T, strict=True):
        table[name] = column
    return table.view(np.recarray)
