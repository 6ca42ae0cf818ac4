"""What the tests of equivalence share."""

import itertools
import sys

import numba
import pytest

from tests.mutants import interpreted_simulator, mutant_simulators

NAMES = (f"planted{k}" for k in itertools.count())


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A function that plants a fault into a copy of contract and simulator, and returns that `Simulator`."""
    def plant(file, text, fault):
        package = next(NAMES)
        mutant_simulators(tmp_path, package, file, text, fault)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
        return interpreted_simulator(package)

    yield plant
    for name in [name for name in sys.modules if name.startswith("planted")]:
        del sys.modules[name]
