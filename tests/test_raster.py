"""Rasters: sorted, each event once, the same after a detour through arrays or files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snnsim.errors import UserError
from snnsim.raster import SpikeRaster
from snnsim.storage import save_arrays

dense_arrays = hnp.arrays(bool, st.tuples(st.integers(0, 12), st.integers(0, 9)))


@given(dense_arrays)
def test_a_dense_array_comes_back(dense):
    raster = SpikeRaster.from_dense(dense)
    assert np.array_equal(raster.dense(), dense) and len(raster) == dense.sum()
    assert raster.counts().tolist() == dense.sum(axis=0).tolist()


@given(dense_arrays, st.randoms())
def test_the_order_in_which_events_are_given_does_not_matter(dense, random):
    raster = SpikeRaster.from_dense(dense)
    order = random.sample(range(len(raster)), len(raster))
    shuffled = SpikeRaster.from_events(raster.step[order], raster.neuron[order], steps=raster.steps,
                                       neurons=raster.neurons)
    assert shuffled == raster


@given(dense_arrays, st.integers(0, 12), st.integers(0, 12))
def test_a_window_is_the_slice_of_the_dense_array(dense, a, b):
    start, stop = sorted((min(a, len(dense)), min(b, len(dense))))
    assert SpikeRaster.from_dense(dense).window(start, stop) == SpikeRaster.from_dense(dense[start:stop])


def test_a_saved_raster_comes_back(tmp_path):
    raster = SpikeRaster.from_events([3, 1, 1], [0, 2, 1], steps=5, neurons=3)
    raster.save(tmp_path / "raster.npz")
    assert SpikeRaster.load(tmp_path / "raster.npz") == raster


def test_rasters_of_other_sizes_are_not_equal():
    assert SpikeRaster.empty(steps=3, neurons=2) != SpikeRaster.empty(steps=4, neurons=2)
    assert SpikeRaster.empty(steps=3, neurons=2) != SpikeRaster.empty(steps=3, neurons=3)


def events(step, neuron):
    return lambda: SpikeRaster.from_events(step, neuron, steps=4, neurons=3)


@pytest.mark.parametrize(("make", "message"), [
    (events([4], [0]), "step 4 does not exist: the raster has 4 steps, numbered from 0"),
    (events([-1], [0]), "step -1 does not exist"),
    (events([0], [3]), "neuron 3 does not exist: the raster has 3 neurons, numbered from 0"),
    (events([0], [-1]), "neuron -1 does not exist"),
    (events([1, 0, 1], [2, 2, 2]), "neuron 2 occurs twice in step 1; give each event once"),
    (events([1, 2], [0]), "as many steps as neurons, not 2 and 1"),
    (events([0.5], [0]), "steps of a raster must be a list of integers, not float64"),
    (lambda: SpikeRaster.from_dense([1, 0]), r"a dense raster has shape \(steps, neurons\), not \(2,\)"),
])
def test_events_that_are_no_raster_are_refused_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("header", "message"), [
    ({"steps": 1}, "neurons must be a non-negative integer, not None"),
    ({"steps": -1, "neurons": 1}, "steps must be a non-negative integer, not -1"),
    ({"steps": 1, "neurons": 2}, "neuron 2 does not exist"),
])
def test_a_file_with_a_wrong_header_is_refused(tmp_path, header, message):
    path = tmp_path / "raster.npz"
    save_arrays(path, "snnsim raster", 1, header, {"step": np.array([0]), "neuron": np.array([2])})
    with pytest.raises(UserError, match=message):
        SpikeRaster.load(path)
