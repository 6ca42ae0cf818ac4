"""Every machine that learns gives the results that were worked out by hand."""

import numpy as np
import pytest

from tests.contract.learning_cases import QUANTITIES, load_learning_cases, prepare
from tests.machines import LEARNING_MACHINES

CASES = load_learning_cases()


def run_step(machine, case, step):
    """One step of a case: ``(RunResult, what it says of each quantity)``."""
    prepare(machine, case.before.get(step, {}))
    result = machine.run(case.stimulus.window(step, step + 1), record=range(case.image.n_neurons),
                         commands=[0] if step in case.commands else [])
    learning = machine.read_learning()
    values = {name: read(learning) for name, read in QUANTITIES.items()}
    return result, values | {"v": result.v[0], "i": result.i[0], "z": result.state.z}


def check_case(machine, case):
    """Run a case on a machine that has its image loaded, and compare after each step."""
    spikes, counts = [], dict.fromkeys(case.counts, 0)
    for step in range(case.stimulus.steps):
        result, values = run_step(machine, case, step)
        for name, expected in case.expected.items():
            assert values[name].tolist() == expected[step].tolist(), f"{name} after step {step}"
        spikes += [(step, neuron) for neuron in result.raster.neuron.tolist()]
        for name in counts:
            counts[name] += getattr(result, name)
    assert spikes == case.spikes
    assert counts == case.counts


@pytest.mark.parametrize("machine", LEARNING_MACHINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_machine_gives_the_numbers_worked_by_hand_after_each_step(machine, case):
    check_case(LEARNING_MACHINES[machine](case.image), case)


@pytest.mark.parametrize("machine", LEARNING_MACHINES)
@pytest.mark.parametrize("case", [case for case in CASES if not case.before], ids=lambda case: case.name)
def test_a_single_run_ends_with_the_numbers_worked_by_hand(machine, case):
    loaded = LEARNING_MACHINES[machine](case.image)
    result = loaded.run(case.stimulus, commands=case.commands)
    learning = loaded.read_learning()
    for name in QUANTITIES.keys() & case.expected:
        np.testing.assert_array_equal(QUANTITIES[name](learning), case.expected[name][-1], name)
    assert list(zip(result.raster.step, result.raster.neuron, strict=True)) == case.spikes
    assert {name: getattr(result, name) for name in case.counts} == case.counts


def test_there_are_cases_and_no_two_have_one_name():
    names = [case.name for case in CASES]
    assert len(names) > 80
    assert len(set(names)) == len(names)
