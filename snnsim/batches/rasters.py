"""Spikes of many samples, a bit each."""

from dataclasses import dataclass

import numpy as np

from snnsim.errors import UserError
from snnsim.raster import SpikeRaster

WORD = 64


class BatchError(UserError):
    """Samples that are no batch: of different sizes, or of a shape that means nothing."""


@dataclass(frozen=True, eq=False)
class RasterBatch:
    """The spikes of ``neurons`` neurons (or inputs) over ``steps`` steps, for each of some samples.

    ``words``: uint64, shape (samples, steps, words of 64 bits); bit ``k % 64`` of word ``k // 64`` is set
    where neuron ``k`` spikes, those behind the last neuron are 0. Build one with `from_dense` or
    `from_rasters`.
    """

    neurons: int
    words: np.ndarray

    @classmethod
    def from_dense(cls, dense):
        """A batch from an array of shape (samples, steps, neurons), non-zero where a spike is."""
        dense = check_dense(dense)
        batch = cls.empty(*dense.shape)
        packed = _packed(dense if dense.dtype.itemsize == 1 else dense != 0)
        _bytes(batch.words)[:, :, :packed.shape[2]] = packed
        return batch

    @classmethod
    def from_rasters(cls, rasters):
        """A batch of `SpikeRaster` of one size."""
        rasters = list(rasters)
        sizes = {(raster.steps, raster.neurons) for raster in rasters}
        if len(sizes) != 1:
            raise BatchError(f"rasters of {len(sizes)} different sizes are no batch: give one or more, of as "
                             f"many steps and neurons each")
        batch = cls.empty(len(rasters), *sizes.pop())
        for words, raster in zip(batch.words, rasters, strict=True):
            bit = np.uint64(1) << (raster.neuron % WORD).astype(np.uint64)
            np.bitwise_or.at(words, (raster.step, raster.neuron // WORD), bit)
        return batch

    @classmethod
    def empty(cls, samples, steps, neurons):
        return cls(neurons, np.zeros((samples, steps, words_of(neurons)), np.uint64))

    @property
    def steps(self):
        return self.words.shape[1]

    def dense(self):
        """Booleans of shape (samples, steps, neurons)."""
        return np.unpackbits(_bytes(self.words), axis=2, count=self.neurons, bitorder="little").view(bool)

    def raster(self, sample):
        """The `SpikeRaster` of one sample."""
        return SpikeRaster.from_dense(self[[sample]].dense()[0])

    def counts(self):
        """Spikes of each neuron in each sample, int64, shape (samples, neurons)."""
        counts = np.zeros((len(self), self.neurons), np.int64)
        for step in range(self.steps):  # all at once would take a byte for each bit
            counts += RasterBatch(self.neurons, self.words[:, step:step + 1]).dense()[:, 0]
        return counts

    def __len__(self):
        return self.words.shape[0]

    def __getitem__(self, samples):
        """The batch of some samples: a slice, or an array of numbers."""
        return RasterBatch(self.neurons, self.words[samples])

    def __eq__(self, other):
        if not isinstance(other, RasterBatch):
            return NotImplemented
        return self.neurons == other.neurons and np.array_equal(self.words, other.words)


def check_dense(dense):
    """Return ``dense`` as an array of shape (samples, steps, neurons), or raise `BatchError`."""
    dense = np.asarray(dense)
    if dense.ndim != 3 or dense.dtype.kind not in "biu":
        raise BatchError(f"a dense batch holds booleans or integers of shape (samples, steps, neurons), "
                         f"not {dense.dtype} of shape {dense.shape}")
    return dense


def words_of(neurons):
    """Words that have a bit for each of ``neurons``."""
    return -(-neurons // WORD)


def _packed(dense):
    """The bytes whose bits are the rows of an array of three dimensions."""
    if dense.shape[2] % 8:  # row by row takes longer
        return np.packbits(dense, axis=2, bitorder="little")
    return np.packbits(dense, bitorder="little").reshape(*dense.shape[:2], dense.shape[2] // 8)


def _bytes(words):
    """The bits of words in the order of their numbers, eight a byte: the same memory."""
    return np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
