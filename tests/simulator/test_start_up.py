"""What a process loads before its first step, and what it compiles."""

import subprocess
import sys

import pytest


def python(program):
    """What a program prints in a process of its own."""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


RUN = """
import sys
from snnsim import LIF, Network, Population, Simulator, SpikeRaster, compile
network = Network(1e-3, Population("p", 3, LIF(tau_mem=20e-3, v_threshold=15e-3)))
Simulator(compile(network).image).run(SpikeRaster.empty(steps=2, neurons=0))
"""


def test_the_front_door_loads_nothing_heavy():
    heavy = {"numpy", "numba", "scipy", "amaranth", "rich", "matplotlib"}
    loaded = python("import sys, snnsim, snnsim.cli; print(*{name.split('.')[0] for name in sys.modules})")
    assert "snnsim" in loaded and "numba" not in loaded
    assert not heavy & set(python("import sys, snnsim; print(*{n.split('.')[0] for n in sys.modules})"))


def test_a_run_does_not_load_scipy():
    loaded = python(RUN + "print(*sys.modules)")
    assert "numba" in loaded and "scipy.linalg" not in loaded


@pytest.mark.parametrize("module", ["snnsim.simulator.learning_kernel"])
def test_a_run_without_learning_compiles_nothing_of_learning(module):
    counts = python(RUN + f"import {module} as learning, snnsim.simulator.kernel as kernel\n"
                    "for m in (learning, kernel): print(sum(len(run.signatures) for run in m.RUNS.values()))")
    assert counts == ["0", "1"]


def test_numba_still_multiplies_matrices_with_scipy():
    found = python("import snnsim.simulator.rules, numpy as np, sys\nfrom numba import njit\n"
                   "a = np.arange(6.0).reshape(2, 3)\nproduct = njit(lambda a, b: a @ b)(a, a.T)\n"
                   "print((product == a @ a.T).all(), 'scipy.linalg' in sys.modules)")
    assert found == ["True", "True"]
