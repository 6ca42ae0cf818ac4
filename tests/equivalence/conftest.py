"""What the tests of equivalence share."""

import numba
import pytest

from tests.mutants import interpreted_simulator


@pytest.fixture
def planted(faulty_copy, monkeypatch):
    """A function that plants a fault into a copy of contract and simulator, and returns that `Simulator`."""
    def plant(file, text, fault):
        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
        return interpreted_simulator(faulty_copy(file, text, fault))
    return plant
