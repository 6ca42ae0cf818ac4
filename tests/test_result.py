"""The first difference of two runs names step, neuron, quantity and both values."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.image import State
from snnsim.raster import SpikeRaster
from snnsim.result import (
    Difference,
    RunError,
    RunResult,
    check_commands,
    check_modulators,
    check_run,
    check_third_factors,
    check_weights,
    first_difference,
    first_learning_difference,
    first_weight_difference,
)
from snnsim.simulator import ReferenceSimulator
from tests.contract.cases import make_image
from tests.learning_images import image as learning_image


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


def test_an_adaptation_is_a_final_state():
    state = replace(a_result().state, z=np.array([0, 8, 9]))
    other = replace(state, z=np.array([0, 8, 7]))
    assert first_difference(a_result(state=state), a_result(state=state)) is None
    assert first_difference(a_result(state=state), a_result(state=other)) == Difference("z", None, 2, 9, 7)


@pytest.mark.parametrize(("name", "value"), [
    ("i_saturations", 2), ("v_saturations", 9), ("weight_clips", 0), ("learning_saturations", 0)])
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


@pytest.mark.parametrize(("commands", "steps"), [([], []), ([3, 0, 3], [0, 3]), (range(2), [0, 1]),
                                                 (np.array([2], np.int8), [2])])
def test_check_commands_returns_each_step_once_in_order(commands, steps):
    assert check_commands(raster(), commands).tolist() == steps


@pytest.mark.parametrize(("commands", "message"), [
    ([4], "there is no step 4 to command learning in: the run has 4, numbered from 0"),
    ([-1], "there is no step -1"), ([0.5], "commands must be steps, not float64")])
def test_check_commands_refuses_steps_that_there_are_not(commands, message):
    with pytest.raises(RunError, match=message):
        check_commands(raster(), commands)


LEARNING = learning_image()
STATE = ReferenceSimulator(LEARNING).read_learning()


def weights_with(projection, synapse, weight):
    weights = [w.copy() for w in STATE.weights]
    weights[projection][synapse] = weight
    return weights


def test_check_weights_returns_arrays_of_integers():
    checked = check_weights(LEARNING, [w.astype(np.int8).tolist() for w in weights_with(0, 0, 50)])
    assert checked[0].tolist() == [50, -60, 7] and checked[0].dtype == np.int64


@pytest.mark.parametrize(("weights", "message"), [
    (STATE.weights[:1], "weights must have shapes .*, one array for each projection"),
    (weights_with(0, 0, 51), r"projection 'first': weight\[0\] must be between -20 and 50, not 51"),
    (weights_with(0, 1, -59), r"projection 'first': weight\[1\] must be between -60 and -60, not -59"),
    (weights_with(2, 0, 6), "the weights of projection 'fixed' are fixed: compile the network with others"),
    ([w + 0.5 for w in STATE.weights], "weights must be integers, not float64")])
def test_check_weights_refuses_what_no_learning_could_have_made(weights, message):
    with pytest.raises(RunError, match=message):
        check_weights(LEARNING, weights)


def test_check_modulators_and_third_factors_return_arrays():
    assert check_modulators(LEARNING, [1, 2, 3, -32768]).tolist() == [1, 2, 3, -32768]
    assert check_third_factors(LEARNING, [0, 32767, 0]).tolist() == [0, 32767, 0]


@pytest.mark.parametrize(("check", "values", "message"), [
    (check_modulators, [1, 2, 3], r"modulators must be integers of shape \(4,\), not int64 of shape \(3,\)"),
    (check_modulators, [0, 0, 0, 1.0], r"modulators must be integers of shape \(4,\), not float64"),
    (check_modulators, [0, 0, 0, 1 << 15], r"modulators must be between -32768 and 32767 \(1 is 16384\)"),
    (check_third_factors, [0] * 4, r"third factors must be integers of shape \(3,\), not int64"),
    (check_third_factors, [0, 0, -32769], "third factors must be between -32768 and 32767")])
def test_factors_that_the_host_cannot_write_are_refused(check, values, message):
    with pytest.raises(RunError, match=message):
        check(LEARNING, values)


def test_a_network_that_does_not_learn_has_no_factors_to_write():
    with pytest.raises(RunError, match="the network does not learn, and so has no modulators"):
        check_modulators(IMAGE, [0, 0, 0, 0])
    with pytest.raises(RunError, match="the network does not learn, and so has no third factors"):
        check_third_factors(IMAGE, [0, 0])


def of_synapses(name, projection, synapse):
    """The state with one more in the weights or tags of a projection."""
    values = [v.copy() for v in getattr(STATE, name)]
    values[projection][synapse] += 1
    return replace(STATE, **{name: tuple(values)})


def with_one_more(name, k):
    return replace(STATE, **{name: changed(getattr(STATE, name), k, getattr(STATE, name)[k] + 1)})


LEARNING_DIFFERENCES = [
    (of_synapses("weights", 0, 2), "neuron 1: weight from input 1 in 'first' (its synapse 2) 7 against 8"),
    (of_synapses("weights", 2, 1), "neuron 2: weight from neuron 2 in 'fixed' (its synapse 1) -6 against -5"),
    (of_synapses("tags", 1, 0), "neuron 0: tag from neuron 1 in 'second' (its synapse 0) 0 against 1"),
    (with_one_more("x1", 1), "trace x1 of input 0 in 'first', arrivals after 2 steps 0 against 1"),
    (with_one_more("x2", 4), "trace x2 of neuron 2 in 'second' 0 against 1"),
    (with_one_more("y1", 1), "neuron 1: trace y1 0 against 1"),
    (with_one_more("y2", 2), "neuron 2: trace y2 0 against 1"),
    (with_one_more("m", 2), "neuron 2: third factor -6 against -5"),
    (with_one_more("modulators", 0), "modulator M0 1 against 2"),
]


@pytest.mark.parametrize(("other", "said"), LEARNING_DIFFERENCES)
def test_a_difference_in_what_learning_changes_is_named(other, said):
    found = str(first_learning_difference(LEARNING, STATE, other))
    assert found.removeprefix("after the last step").lstrip(",: ") == said


def test_equal_states_of_learning_have_no_difference():
    assert first_learning_difference(LEARNING, STATE, replace(STATE)) is None


def test_differences_in_learning_come_in_the_order_of_the_state():
    """All from one on differ; the first of them is named."""
    quantities = ["weights", "tags", "x1", "x2", "y1", "y2", "m", "modulators"]
    names = ["weight", "tag", "trace x1", "trace x2", "trace y1", "trace y2", "third factor", "modulator M0"]
    for k, name in enumerate(names):
        values = {q: getattr(STATE, q) for q in quantities[k:]}
        other = replace(STATE, **{q: tuple(x + 1 for x in v) if isinstance(v, tuple) else v + 1
                                  for q, v in values.items()})
        assert first_learning_difference(LEARNING, STATE, other).quantity.startswith(name)


def test_weights_alone_can_be_compared():
    other = of_synapses("weights", 0, 2)
    found = first_weight_difference(LEARNING, STATE.weights, other.weights)
    assert found == first_learning_difference(LEARNING, STATE, other)
    assert first_weight_difference(LEARNING, STATE.weights, STATE.weights) is None
