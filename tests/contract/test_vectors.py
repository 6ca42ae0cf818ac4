"""Every machine gives the results that were worked out by hand."""

import numpy as np
import pytest

from tests.contract.cases import load_cases
from tests.machines import MACHINES

CASES = load_cases()


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_machine_gives_the_numbers_worked_by_hand(machine, case):
    result = MACHINES[machine](case.image).run(case.stimulus, record=range(case.image.n_neurons))
    np.testing.assert_array_equal(result.i, case.i)
    np.testing.assert_array_equal(result.v, case.v)
    assert list(zip(result.raster.step, result.raster.neuron, strict=True)) == case.spikes
    assert (result.i_saturations, result.v_saturations) == (case.i_saturations, case.v_saturations)


def test_there_are_cases_and_no_two_have_one_name():
    names = [case.name for case in CASES]
    assert len(names) > 40
    assert len(set(names)) == len(names)
