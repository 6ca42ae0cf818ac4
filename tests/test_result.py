"""The first difference of two runs names step, neuron, quantity and both values."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.image import State
from snnsim.raster import SpikeRaster
from snnsim.result import Difference, RunError, RunResult, check_run, first_difference
from tests.contract.cases import make_image


def raster(*events, steps=4, neurons=3):
    step, neuron = zip(*events, strict=True) if events else ((), ())
    return SpikeRaster.from_events(step, neuron, steps=steps, neurons=neurons)


def a_result(**changes):
    """Three neurons over four steps, neurons 2 and 0 recorded."""
    result = RunResult(
        raster=raster((1, 0), (3, 2)),
        state=State(np.array([5, 6, 7]), np.array([1, 2, 3]), np.array([0, 0, 4])),
        i_saturations=2, v_saturations=9, recorded=np.array([2, 0]),
        v=np.arange(8).reshape(4, 2), i=np.arange(8).reshape(4, 2) * 10)
    return replace(result, **changes)


def changed(array, where, value):
    array = array.copy()
    array[where] = value
    return array


def test_equal_results_have_no_difference():
    assert first_difference(a_result(), a_result()) is None


def test_a_spike_that_only_one_has():
    missing = a_result(raster=raster((1, 0)))
    assert first_difference(a_result(), missing) == Difference("spike", 3, 2, 1, 0)
    assert first_difference(missing, a_result()) == Difference("spike", 3, 2, 0, 1)
    assert str(first_difference(a_result(), missing)) == "step 3, neuron 2: spike 1 against 0"


def test_a_recorded_state_is_named_by_its_neuron_not_its_column():
    for name in ("v", "i"):
        other = a_result(**{name: changed(getattr(a_result(), name), (2, 1), -99)})
        value = int(getattr(a_result(), name)[2, 1])
        assert first_difference(a_result(), other) == Difference(name, 2, 0, value, -99)


def test_the_earliest_step_wins():
    other = a_result(raster=raster((1, 0)), v=changed(a_result().v, (2, 0), -99))
    assert first_difference(a_result(), other) == Difference("v", 2, 2, 4, -99)


def test_within_a_step_states_come_before_spikes():
    other = a_result(raster=raster((3, 2)), v=changed(a_result().v, (1, 0), -99))
    assert first_difference(a_result(), other).quantity == "v"


@pytest.mark.parametrize("name", "vir")
def test_a_final_state(name):
    state = a_result().state
    other = a_result(state=replace(state, **{name: changed(getattr(state, name), 1, 77)}))
    value = int(getattr(state, name)[1])
    assert first_difference(a_result(), other) == Difference(name, None, 1, value, 77)
    said = str(first_difference(a_result(), other))
    assert said == f"after the last step, neuron 1: {name} {value} against 77"


@pytest.mark.parametrize(("name", "value"), [("i_saturations", 2), ("v_saturations", 9)])
def test_a_count_of_saturations(name, value):
    difference = first_difference(a_result(), a_result(**{name: 3}))
    assert difference == Difference(name, None, None, value, 3)
    assert str(difference) == f"after the last step: {name} {value} against 3"


def test_clocks_are_not_compared():
    assert first_difference(a_result(), a_result(clocks=100, clocks_max=7)) is None


def test_records_of_one_side_only_are_left_out():
    other = a_result(recorded=None, v=None, i=None)
    assert first_difference(a_result(), other) is None


def test_two_rasters():
    assert first_difference(raster((0, 1)), raster((0, 1))) is None
    assert first_difference(raster((0, 1), (2, 2)), raster((0, 1), (2, 0))) == Difference("spike", 2, 0, 0, 1)


def test_rasters_of_other_shapes_and_other_recorded_neurons_cannot_be_compared():
    with pytest.raises(ValueError, match="5 steps, 3 neurons"):
        first_difference(a_result(), a_result(raster=raster(steps=5)))
    with pytest.raises(ValueError, match="states of different neurons"):
        first_difference(a_result(), a_result(recorded=np.array([1, 0])))


IMAGE = make_image([{}, {}], 3, [])


def test_check_run_returns_the_neurons_to_record_as_an_array():
    assert check_run(IMAGE, raster(), range(2)).tolist() == [0, 1]
    assert check_run(IMAGE, raster()).tolist() == []


def test_check_run_refuses_a_stimulus_over_other_inputs():
    with pytest.raises(RunError, match="the stimulus has 2 inputs, the network 3"):
        check_run(IMAGE, raster(neurons=2))


@pytest.mark.parametrize(("record", "message"), [
    ([0, 2], "neuron 2 cannot be recorded: the network has 2 neurons"),
    ([-1], "neuron -1 cannot be recorded"),
    ([0.5], "must be a list of neuron numbers"), ([[0]], "must be a list of neuron numbers")])
def test_check_run_refuses_what_cannot_be_recorded(record, message):
    with pytest.raises(RunError, match=message):
        check_run(IMAGE, raster(), record)
