"""Synapses of many samples: matrices where most pairs are joined, and the scattered rest.

Synapses of one projection and one delay that fill enough of the rectangle that they lie in are a matrix.
Either choice gives the same sums. Compiled code has a row for each bit of words of spikes; the rows of the
sources that spike are added vector by vector.
"""

from typing import NamedTuple

import numpy as np

from .rasters import WORD

#: Synapses are a matrix where at least one in so many of the pairs in their rectangle is joined.
SPARSEST = 4
#: What is added to a weight to make it a byte that is not negative.
BIAS = 128


class Rectangle(NamedTuple):
    """Synapses of one delay and one exponent between ranges of sources and neurons: ``row`` and ``column``
    count from the first ones. No range has both neurons and inputs."""

    first_source: int
    first_target: int
    delay: int
    exponent: int
    row: np.ndarray
    column: np.ndarray
    weight: np.ndarray

    @property
    def shape(self):
        return int(self.row.max()) + 1, int(self.column.max()) + 1

    @property
    def is_dense(self):
        return self.row.size * SPARSEST >= self.shape[0] * self.shape[1]

    def matrices(self):
        """Matrices of integers of 8 bits, and their exponents, that together add what the synapses do."""
        rest, exponent = np.zeros(self.shape, np.int64), self.exponent
        np.add.at(rest, (self.row, self.column), self.weight)
        while rest.any():
            digit = (rest + BIAS) % (2 * BIAS) - BIAS
            yield digit.astype(np.int8), exponent
            rest, exponent = (rest - digit) >> 8, exponent + 8


class Matrices(NamedTuple):
    """Matrix ``m`` adds ``(byte - BIAS) * scale[m]``, for each of its bytes in the rows of the sources that
    spike, to the neurons from ``first_target[m]`` on, after ``delay[m]``.

    It has a row for each bit of ``n_words[m]`` words from ``first_word[m]`` on. Rows are cut into
    ``n_tiles[m]`` tiles, some pairs of bytes each: the low bytes are the first half of the tile's columns,
    the high bytes the second. Tile after tile, the pairs lie in ``weight``, uint16, from ``start[m]`` on.
    """

    start: np.ndarray
    first_word: np.ndarray
    n_words: np.ndarray
    first_target: np.ndarray
    n_tiles: np.ndarray
    delay: np.ndarray
    scale: np.ndarray
    weight: np.ndarray


class Scattered(NamedTuple):
    """Synapses ``pointer[s] .. pointer[s + 1] - 1`` of the source of bit ``s`` each add ``contribution`` to
    ``target`` after ``delay``."""

    pointer: np.ndarray
    target: np.ndarray
    delay: np.ndarray
    contribution: np.ndarray


def rectangles(image, first, last):
    """The synapses onto the neurons ``first .. last - 1`` of an image as `Rectangle`: for each projection and
    delay one or more, from these neurons, those before, those behind and from the inputs."""
    for p in image.projections:
        source, target, delay, weight = p.sources(), p.first_target + p.target, p.delays(), p.weights()
        is_here = (target >= first) & (target < last)
        origin = np.searchsorted((first, last, image.n_neurons), source, side="right")
        for kind in range(4):
            chosen = is_here & (origin == kind)
            for d in np.unique(delay[chosen]):
                here = np.flatnonzero(chosen & (delay == d))
                least, lowest = source[here].min(), target[here].min()
                yield Rectangle(int(least), int(lowest), int(d), p.exponent, source[here] - least,
                                (target[here] - lowest).astype(np.int64), weight[here].astype(np.int64))


def pack_synapses(parts, words, narrow, wide):
    """What compiled code needs of the `Rectangle` ``parts``, whose sources are bits of ``words`` words.

    Returns `Matrices` with tiles of ``narrow`` pairs, for those that fit into one, `Matrices` with tiles of
    ``wide`` pairs, and `Scattered`.
    """
    tiled, scattered = {narrow: [], wide: []}, []
    for part in parts:
        if part.is_dense:
            tiled[narrow if part.shape[1] <= 2 * narrow else wide].append(part)
        else:
            scattered.append(part)
    return (*(_matrices(size, dense) for size, dense in tiled.items()), _scattered(scattered, words * WORD))


def _matrices(size, parts):
    fields, weights, start = [], [np.zeros(0, np.uint16)], 0
    for part in parts:
        for digits, exponent in part.matrices():
            pairs = _pairs(digits, part.first_source % WORD, size)
            fields.append((start, part.first_source // WORD, pairs.shape[1] // WORD, part.first_target,
                           pairs.shape[0], part.delay, 1 << exponent))
            weights.append(pairs.reshape(-1))
            start += pairs.size
    return Matrices(*np.array(fields, np.int64).reshape(-1, 7).T.copy(), np.concatenate(weights))


def _pairs(digits, first_row, size):
    """The tiles of a matrix that begins in row ``first_row`` of a word: uint16, shape (tiles, rows, size)."""
    rows = (first_row, -(first_row + digits.shape[0]) % WORD)
    padded = np.pad(digits, (rows, (0, -digits.shape[1] % (2 * size))))
    tiles = (padded.astype(np.int16) + BIAS).astype(np.uint16).reshape(len(padded), -1, 2, size)
    return (tiles[:, :, 0] | tiles[:, :, 1] << 8).transpose(1, 0, 2)


def _scattered(parts, bits):
    columns = [(p.first_source + p.row, p.first_target + p.column, np.full(p.row.size, p.delay),
                p.weight << p.exponent) for p in parts]
    bit, target, delay, contribution = (
        np.concatenate([np.zeros(0, np.int64), *part])
        for part in (zip(*columns, strict=True) if columns else [()] * 4))
    order = np.argsort(bit, kind="stable")
    pointer = np.searchsorted(bit[order], np.arange(bits + 1))
    return Scattered(pointer, target[order].astype(np.int32), delay[order].astype(np.int32),
                     contribution[order].astype(np.int32))
