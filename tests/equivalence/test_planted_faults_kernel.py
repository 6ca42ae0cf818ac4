"""The comparison with the reference finds faults: each is planted into a copy of the text and run.

The copies run as plain Python (numba compiles for seconds, and the text is what is tested here). That
the copy without a fault passes shows that it is the fault which is found.
"""

import itertools
import sys
from dataclasses import replace

import numba
import numpy as np
import pytest

from snnsim.image import ImageProjection, Part
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.contract.cases import load_cases, make_image
from tests.generator import random_config, random_image, random_stimulus
from tests.mutants import interpreted_simulator, mutant_simulators

STEPS = 30
NAMES = (f"planted{k}" for k in itertools.count())

FAULTS = {
    "fires at the threshold": ("contract/neuron.py", "(v > v_threshold)", "(v >= v_threshold)"),
    "fires while refractory": ("contract/neuron.py", "(r == 0) & (v > v_threshold)", "(v > v_threshold)"),
    "forgets the countdown at rest": ("contract/neuron.py", "(i == 0) & (r == 0)", "(i == 0)"),
    "rounds down": ("contract/arithmetic.py", "select(x < 0, (1 << bits) - 1, 0)", "0"),
    "arrives a step late": ("contract/schedule.py", "return step + delay", "return step + delay + 1"),
    "takes the wrong delay slot": ("simulator/simulator.py", "1 << (self.image.delay_max - 1).bit_length()",
                                   "max(1, 1 << (self.image.delay_max - 1).bit_length() - 1)"),
    "saturates before the sum": (
        "simulator/cells.py", "np.int64(drive[k])", "bounded(np.int64(drive[k]), lo, hi)"),
    "does not take the arrivals": ("simulator/cells.py", "drive[k] = 0", "pass"),
    "skips a block with one neuron moving": ("simulator/kernel.py", "= moving > 0", "= moving > 1"),
    "skips a block with sparse arrivals": (
        "simulator/kernel.py", "touched[target // np.uint64(BLOCK)] = 1", "pass"),
    "skips a block with dense arrivals": (
        "simulator/kernel.py", "(target + weight.size - 1) // BLOCK + 1] = 1",
        "(target + weight.size - 1) // BLOCK] = 1"),
    "drops the second input event of a step": (
        "simulator/kernel.py", "            sources += 1\n", "            sources = spikes + 1\n"),
    "drops the second spike of a block": ("simulator/kernel.py", "while mask != 0:", "if mask != 0:"),
    "drops what is in flight between runs": ("simulator/simulator.py", "self._time = origin + done", "pass"),
    "fills a gap with a weight": ("simulator/rows.py", "weight = np.zeros(span", "weight = np.ones(span"),
    "loses the exponent": ("simulator/rows.py", "1 << p.exponent", "1"),
}


def _is_small_and_alive(image, raster):
    return image.n_neurons <= 66 and 0 < image.n_synapses < 3000 and len(raster) > 3


def _random_networks():
    for seed in itertools.count():
        image = random_image(seed, random_config(seed) if seed % 2 else None)
        stimulus = random_stimulus(seed, image, STEPS)
        if _is_small_and_alive(image, Simulator(image).run(stimulus).raster):
            yield image, stimulus


def _quiet_network():
    """70 neurons at rest that one event reaches all at once."""
    image = make_image([{"v_threshold": 40}] * 70, 0, [])
    everywhere = ImageProjection("r", 70, 1, 0, 70, 0, np.array([0, 70]), np.arange(70),
                                 np.full(70, 50), np.array([3]))
    one_event = SpikeRaster.from_events([4], [0], steps=STEPS, neurons=1)
    return replace(image, inputs=(Part("k", 0, 1),), projections=(everywhere,)), one_event


@pytest.fixture(scope="module")
def networks():
    """Networks, their stimuli in two parts, and the reference's results."""
    chosen = [*itertools.islice(_random_networks(), 16), _quiet_network(),
              *((case.image, case.stimulus) for case in load_cases())]
    return [_with_results(image, stimulus) for image, stimulus in chosen]


def _with_results(image, stimulus):
    reference, half = ReferenceSimulator(image), stimulus.steps // 2
    parts = (stimulus.window(0, half), stimulus.window(half, stimulus.steps))
    return image, parts, [run(reference, part) for part in parts]


def run(machine, stimulus):
    return machine.run(stimulus, record=range(machine.image.n_neurons))


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


def differences(machine, networks):
    """The first difference on each network; an index out of range is one, too."""
    for image, parts, expected in networks:
        simulator = machine(image)
        for part, result in zip(parts, expected, strict=True):
            try:
                yield first_difference(result, run(simulator, part))
            except IndexError as error:
                yield error


def test_the_copy_without_a_fault_agrees(planted, networks):
    machine = planted("simulator/kernel.py", "spikes = 0\n", "spikes = 0\n")
    assert not any(differences(machine, networks))


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(planted, networks, fault):
    assert any(differences(planted(*FAULTS[fault]), networks))
