"""What neurons draw by chance, block by block before a step: arrivals, and by how much thresholds are moved.

Arrivals are added to the drive, the others are a field of `cells`. Hashes are computed in vectors. The
columns of a noise source are looked up in registers where all neurons of a block draw from that source and
the processor can, otherwise in memory, one neuron after the other.
"""

from typing import NamedTuple

import numpy as np

from snnsim.contract.noise import (
    COLUMNS,
    column,
    drawn,
    lot,
    mixed,
    neuron_noise,
    step_noise,
    threshold_noise,
    threshold_product,
)

from . import words
from .cells import AT_NOISE, BLOCK, blocks_of
from .memory import aligned
from .rules import inner
from .vectors import WIDTH, load, store
from .words import as_products, as_short, as_vector, as_words, look_up, numbered

#: How many sources the neurons of a block draw from.
NONE, ONE, SEVERAL = range(3)


class Draws(NamedTuple):
    """What the neurons of a share draw.

    ``blocks``: those in which any neuron does; ``sources``: for each of these `NONE`, `ONE` or `SEVERAL`;
    ``is_noisy``: whether any of its thresholds is. ``source``, uint8, and ``amplitude``, int32: of each
    neuron, in whole blocks. ``cut``, ``value``, ``other``, int32: column ``c`` of source ``s`` is number
    ``s * COLUMNS + c``; source 0 gives nothing. ``hashes``: those of a block, for a while.
    """

    seed: int
    blocks: np.ndarray
    sources: np.ndarray
    is_noisy: np.ndarray
    source: np.ndarray
    amplitude: np.ndarray
    cut: np.ndarray
    value: np.ndarray
    other: np.ndarray
    hashes: np.ndarray

    @classmethod
    def of(cls, image, share):
        """What the neurons of a `Share` of an image draw."""
        hashes, noise = aligned(np.zeros(BLOCK, np.uint32)), image.noise
        if noise is None:
            flags, none = np.zeros(0, np.uint8), np.zeros(0, np.int32)
            return cls(0, np.zeros(0, np.int64), flags, flags, flags, none, none, none, none, hashes)
        source = _by_block(noise.source[share.first:share.last], np.uint8)
        amplitude = _by_block(noise.amplitude[share.first:share.last], np.int32)
        draws, is_noisy = source.any(axis=1), amplitude.any(axis=1)
        is_one = (source == source[:, :1]).all(axis=1) & words.is_fast()
        sources = np.where(draws, np.where(is_one, ONE, SEVERAL), NONE).astype(np.uint8)
        blocks = np.flatnonzero(draws | is_noisy)
        return cls(noise.seed, blocks, sources[blocks], is_noisy[blocks].astype(np.uint8), source.reshape(-1),
                   amplitude.reshape(-1), *map(_table, (noise.cut, noise.value, noise.other)), hashes)


def _by_block(values, kind):
    padded = np.zeros((blocks_of(len(values)), BLOCK), kind)
    padded.reshape(-1)[:len(values)] = values
    return padded


def _table(columns):
    """Columns of all sources from 0 on."""
    return aligned(np.concatenate([np.zeros(COLUMNS, np.int32), columns.reshape(-1).astype(np.int32)]))


@inner(inline="always")
def hash_block(of_step, first, hashes):
    """The hashes of the neurons of a block from number ``first`` on."""
    for k in range(0, BLOCK, WIDTH):
        store(hashes, k, as_vector(neuron_noise(of_step, numbered(first + k))))


@inner(inline="always")
def draw_from_one(at, draws, drive, first):
    """Add to the drive from ``first`` on what comes of the source whose columns begin ``at`` a number."""
    for k in range(0, BLOCK, WIDTH):
        h = as_words(load(draws.hashes, k))
        c = column(h)
        v = drawn(as_vector(lot(h)), look_up(draws.cut, at, c), look_up(draws.value, at, c),
                  look_up(draws.other, at, c))
        store(drive, first + k, load(drive, first + k) + v)


@inner(inline="always")
def draw_from_several(draws, drive, first):
    """Add to the drive from ``first`` on what comes of each neuron's own source."""
    for k in range(BLOCK):
        h = np.int64(draws.hashes[k])
        c = np.int64(draws.source[first + k]) * COLUMNS + column(h)
        drive[first + k] += drawn(lot(h), draws.cut[c], draws.value[c], draws.other[c])


@inner(inline="always")
def move_thresholds(draws, first, cells):
    """Write by how much the thresholds of the block ``cells``, whose first neuron in the share is ``first``,
    are moved."""
    for k in range(0, BLOCK, WIDTH):
        h = as_products(mixed(as_words(load(draws.hashes, k))))
        product = threshold_product(h, as_products(load(draws.amplitude, first + k)))
        store(cells, AT_NOISE + k, as_short(threshold_noise(product)))


@inner(inline="always")
def draw(neurons, ring, slot, now):
    """Draw for step ``now``, whose arrivals are in a ``slot`` of the ring, in all blocks not at rest."""
    draws, drive = neurons.draws, ring.drive[slot]
    of_step = step_noise(draws.seed, now)
    for j in range(draws.blocks.size):
        b = draws.blocks[j]
        if neurons.moving[b] | ring.touched[slot, b] == 0:
            continue  # so its neurons have no source
        first = b * BLOCK
        hash_block(of_step, neurons.first + first, draws.hashes)
        if draws.sources[j] == ONE:
            draw_from_one(np.int64(draws.source[first]) * COLUMNS, draws, drive, first)
        elif draws.sources[j] == SEVERAL:
            draw_from_several(draws, drive, first)
        if draws.is_noisy[j]:
            move_thresholds(draws, first, neurons.cells[b])


@inner(inline="always")
def draw_nothing(neurons, ring, slot, now):
    """The same where no neuron draws anything."""
