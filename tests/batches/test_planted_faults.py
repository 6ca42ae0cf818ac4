"""The comparison with the reference finds faults: each is planted into a copy of the text and run.

The copies run as plain Python, as in `tests.equivalence.test_planted_faults_kernel`.
"""

import importlib
import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pytest

from snnsim.contract import CoreConfig, Formats
from snnsim.image import ImageProjection, Part
from snnsim.raster import SpikeRaster
from snnsim.simulator import ReferenceSimulator
from tests.batches.samples import BACKENDS, first_wrong, layers, one_by_one, random_samples
from tests.contract.cases import make_image
from tests.generator import random_image
from tests.mutants import interpreted_simulator

SAMPLES, STEPS, GROUP = 8, 12, 150

FAULTS = {
    "begins as the last group ended": (
        "kernel.py", "copies.cells[:blocks] = copies.initial[:blocks]", "pass"),
    "receives what the last group sent": ("kernel.py", "copies.drive[:] = 0", "pass"),
    "counts what copies without a sample do": (
        "kernel.py", "copies.cells[blocks - 1, field + lanes % BLOCK:field + BLOCK] = 0", "pass"),
    "loses spikes that lie in the next word": ("kernel.py", "if shift != 0:", "if False:"),
    "takes spikes of the next copy": ("kernel.py", "    if n % BLOCK:", "    if False:"),
    "sums more rows than fit": ("kernel.py", "MOST_ROWS = 256", "MOST_ROWS = 1 << 20"),
    "takes the bias of one row only": ("kernel.py", "np.int32(BIAS * rows)", "np.int32(BIAS)"),
    "swaps the halves of a tile": ("kernel.py", "put(high, less, scale, drive, first + size)",
                                   "put(high, less, scale, drive, first)"),
    "lets matrices arrive at once": (
        "kernel.py", "arrival_step(now, matrices.delay[m])", "arrival_step(now, 1)"),
    "lets scattered synapses arrive at once": (
        "kernel.py", "arrival_step(now, scattered.delay[k])", "arrival_step(now, 1)"),
    "scatters into the first copy": (
        "kernel.py", "drive[slot, first_neuron + scattered.target[k]]", "drive[slot, scattered.target[k]]"),
    "loses the upper digits of weights": ("synapses.py", "(rest - digit) >> 8", "0 * rest"),
    "begins a matrix at its word": ("synapses.py", "part.first_source % WORD, size)", "0, size)"),
    "forgets the second synapse of a pair": (
        "synapses.py", "np.add.at(rest, (self.row, self.column), self.weight)",
        "rest[self.row, self.column] = self.weight"),
    "counts saturations again": ("stage.py", "copies.saturations[:] = 0", "pass"),
}
TORCH_FAULTS = {
    "loses the exponent of products": ("products.py", "1 << p.exponent", "1"),
    "counts inputs from the first neuron": ("products.py", "p.first_source - self._n)", "0)"),
    "adds to the first columns": (
        "products.py", "p.first_target:p.first_target + p.n_columns", ":p.n_columns"),
    "adds no sums": ("kernel.py", "here[k] += sums[c, k]", "pass"),
    "takes the sums of the first step": ("kernel.py", "samples.sums[first:first + count, now]",
                                         "samples.sums[first:first + count, 0]"),
}


def _many_rows():
    """All of 300 inputs fire; a neuron saturates by itself."""
    base = make_image([{"v_threshold": 1 << 20}] * 11 + [{"bias": (1 << 23) - 1, "keep_v": 1 << 16}], 0, [],
                      Formats())
    dense = ImageProjection("r", 12, 300, 0, 12, 0, 12 * np.arange(301), np.tile(np.arange(12), 300),
                            np.full(3600, 127), np.array([2]))
    stimulus = SpikeRaster.from_dense(np.ones((4, 300), bool))
    return replace(base, inputs=(Part("in", 0, 300),), projections=(dense,)), [stimulus] * 2


def _wide_weights():
    """Weights of 16 bits, each pair joined twice."""
    formats, rng = Formats(weight_width=16), np.random.default_rng(0)
    base = make_image([{"v_threshold": 1 << 20}] * 9, 0, [], formats)
    twice = ImageProjection("r", 9, 9, 0, 9, 0, 18 * np.arange(10), np.tile(np.arange(9).repeat(2), 9),
                            rng.integers(-32768, 32768, 162), np.array([1]))
    stimulus = SpikeRaster.from_dense(rng.random((6, 9)) < 0.4)
    return replace(base, inputs=(Part("in", 0, 9),), projections=(twice,)), [stimulus] * 2


def _random_networks():
    for seed in itertools.count(400):
        image = random_image(seed, replace(CoreConfig(), neurons=28, inputs=32))
        if 8 < image.n_neurons and 30 < image.n_synapses < 3000:
            yield image, random_samples(seed, image, SAMPLES, STEPS)


def _layered():
    rng = np.random.default_rng(1)
    return layers((3, 0), (0, 1), (1, 2), (2, 1)), [SpikeRaster.from_dense(rng.random((STEPS, 20)) < 0.4)
                                                    for _ in range(8)]


@pytest.fixture(scope="module")
def networks():
    """Networks, samples, and what the reference makes of each; those where most can go wrong come first."""
    chosen = [_layered(), _many_rows(), _wide_weights(), *itertools.islice(_random_networks(), 6)]
    return [(image, stimuli, one_by_one(ReferenceSimulator(image), stimuli)) for image, stimuli in chosen]


@pytest.fixture
def planted(faulty_copy, tmp_path, monkeypatch):
    """A function that plants a fault into a copy of contract, simulator and batches; its `BatchSimulator`."""
    def plant(file, text, fault):
        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
        package = faulty_copy(f"batches/{file}", text, fault)
        copy = tmp_path / package / "batches"
        shutil.copy(Path(__file__).with_name("lanes_by_hand.py"), copy / "lanes.py")
        for module in copy.glob("*.py"):
            own = module.read_text().replace("from snnsim.simulator", f"from {package}.simulator")
            module.write_text(own)
        interpreted_simulator(package)
        kernel = importlib.import_module(f"{package}.simulator.kernel")
        importlib.import_module(f"{package}.simulator.memory").borrowed = kernel.borrowed
        monkeypatch.setattr(importlib.import_module(f"{package}.batches.copies"), "GROUP", GROUP)
        return importlib.import_module(f"{package}.batches").BatchSimulator
    return plant


def differences(machine, networks, backend):
    """The first thing that is wrong on each network, run twice; an index out of range is, too."""
    for image, stimuli, expected in networks:
        try:
            batches = machine(image, backend, threads=1)
            yield first_wrong(batches.run(stimuli, state=True), expected)
            yield first_wrong(batches.run(stimuli, state=True), expected)
        except (IndexError, ValueError) as error:
            yield error


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_copy_without_a_fault_agrees(planted, networks, backend):
    machine = planted("kernel.py", "MOST_ROWS = 256", "MOST_ROWS = 256")
    assert list(filter(None, differences(machine, networks, backend))) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(planted, networks, fault):
    assert any(differences(planted(*FAULTS[fault]), networks, "numba"))


@pytest.mark.parametrize("fault", TORCH_FAULTS)
def test_planted_fault_of_products_is_found(planted, networks, fault):
    pytest.importorskip("torch")
    assert any(differences(planted(*TORCH_FAULTS[fault]), networks, "torch"))
