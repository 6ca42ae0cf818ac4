"""Batches of spikes as bits, dense arrays and rasters."""

import numpy as np
import pytest

from snnsim.batches import BatchError, RasterBatch
from snnsim.raster import SpikeRaster


def random_dense(samples, steps, neurons):
    return np.random.default_rng(neurons).random((samples, steps, neurons)) < 0.3


@pytest.mark.parametrize("neurons", [0, 1, 7, 8, 63, 64, 65, 130])
def test_a_batch_of_dense_spikes_gives_them_back(neurons):
    dense = random_dense(3, 5, neurons)
    for same in (dense, dense.astype(np.uint8) * 3, dense.astype(np.int64) << 40):
        np.testing.assert_array_equal(RasterBatch.from_dense(same).dense(), dense)


@pytest.mark.parametrize("neurons", [1, 64, 130])
def test_a_batch_of_rasters_is_that_of_their_dense_spikes(neurons):
    dense = random_dense(3, 5, neurons)
    batch = RasterBatch.from_rasters(SpikeRaster.from_dense(sample) for sample in dense)
    assert batch == RasterBatch.from_dense(dense)
    assert batch.raster(2) == SpikeRaster.from_dense(dense[2])


def test_bit_k_of_word_k_is_neuron_k():
    batch = RasterBatch.from_rasters([SpikeRaster.from_events([1, 1], [3, 64], steps=2, neurons=70)])
    assert batch.words.tolist() == [[[0, 0], [8, 1]]]


def test_counts_are_the_spikes_of_each_neuron_in_each_sample():
    dense = random_dense(4, 300, 70)
    np.testing.assert_array_equal(RasterBatch.from_dense(dense).counts(), dense.sum(axis=1))


def test_samples_can_be_taken_from_a_batch():
    dense = random_dense(6, 5, 70)
    batch = RasterBatch.from_dense(dense)
    assert len(batch[1:4]) == 3 and batch[1:4] == RasterBatch.from_dense(dense[1:4])
    assert batch[np.array([5, 0])] == RasterBatch.from_dense(dense[[5, 0]])


def test_one_spike_more_is_another_batch():
    dense = random_dense(2, 5, 70)
    other = dense.copy()
    other[1, 4, 69] ^= True
    assert RasterBatch.from_dense(dense) != RasterBatch.from_dense(other)


@pytest.mark.parametrize(("make", "why"), [
    (lambda: RasterBatch.from_dense(np.zeros((3, 4))), "of shape"),
    (lambda: RasterBatch.from_dense(np.zeros((3, 4, 5))), "not float64"),
    (lambda: RasterBatch.from_rasters([]), "0 different sizes"),
    (lambda: RasterBatch.from_rasters([SpikeRaster.empty(steps=s, neurons=2) for s in (3, 4)]),
     "2 different sizes"),
])
def test_what_is_no_batch_is_refused(make, why):
    with pytest.raises(BatchError, match=why):
        make()
