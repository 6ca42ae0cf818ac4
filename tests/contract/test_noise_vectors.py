"""Every machine with noise gives the results that were worked out by hand."""

import pytest

from tests.contract.learning_cases import load_learning_cases
from tests.contract.test_learning_vectors import check_case
from tests.machines import LEARNING_MACHINES

CASES = load_learning_cases(("noise",))


@pytest.mark.parametrize("machine", LEARNING_MACHINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_machine_gives_the_numbers_worked_by_hand_after_each_step(machine, case):
    check_case(LEARNING_MACHINES[machine](case.image), case)


def test_there_are_cases_and_no_two_have_one_name():
    names = [case.name for case in CASES]
    assert len(names) >= 18
    assert len(set(names)) == len(names)
