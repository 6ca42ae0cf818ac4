"""The core and the simulators draw the same noise, and the comparison finds faults in how it does."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import hdl.core
import hdl.neuron
import hdl.noise
from hdl.cosim import SimulatorLink
from snnsim import IntegerLIF, Network, Poisson, Population, SpikeRaster, compile, place
from snnsim.contract import CoreConfig
from snnsim.contract.config import MOST_NOISE_SOURCES
from snnsim.contract.noise import COLUMNS
from snnsim.host.driver import Driver
from snnsim.noise import Noise
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator
from tests.gateware import compiled_core
from tests.generator import random_image, random_stimulus
from tests.mutants import mutant, plant

from .test_gateware import assert_same, compare_runs

#: That of `snnsim compare` for networks with noise.
CONFIG = CoreConfig(noise_sources=MOST_NOISE_SOURCES)
SMALL = CoreConfig(neurons=12, inputs=4, lanes=4, delay_slots=4, synapse_words=96, rows=40, noise_sources=2)
STEPS = 40
NETWORKS = 3

FAULTS = {
    "the noise of the neuron before": (
        "hdl.noise", "noise.joined(of_step, neurons[1])", "noise.joined(of_step, neurons[2])"),
    "a step that is taken up once": (
        "hdl.noise", "h = noise.joined(h, of_step)", "h = noise.joined(h, 0)"),
    "the noise of step 1 for ever": ("hdl.sequencer", "self.time.eq(self.time + 1)", "self.time.eq(1)"),
    "the columns of another source": ("hdl.neuron", "source - 1))", "source))"),
    "a neuron that draws without a source": (
        "hdl.neuron", 'select(s["is_drawn"], drawn, 0)', "drawn"),
    "a threshold with the hash of the arrivals": (
        "hdl.neuron", '"hash": noise.stir_high(s["hash"])', '"hash": self.hash'),
    "at rest in spite of a source": ("hdl.neuron", ' | s.get("is_drawn", 0)', ""),
    "at rest in spite of a noisy threshold": (
        "hdl.neuron", 's.get("lowest", v_threshold)', "v_threshold"),
}
RULE_FAULT = "snnsim.contract.noise", "- (1 << (CENTRED_BITS - 1))) * amplitude", ") * amplitude"


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(20, 200, 20))])
def test_same_on_200_random_networks(first):
    drawing = 0
    for seed in range(first, first + 20):
        image = random_image(seed, CONFIG)
        drawing += image.noise is not None
        compare_runs(compiled_core(CONFIG).load(image), image, random_stimulus(seed, image, STEPS))
    assert drawing > 10


@pytest.mark.parametrize("seed", range(0, 100, 20))
def test_same_v_and_i_in_every_step(seed):
    image = random_image(seed, CONFIG)
    stimulus = random_stimulus(seed, image, 20)
    everyone = range(image.n_neurons)
    machine = compiled_core(CONFIG).load(image)
    assert_same(machine.run(stimulus, everyone), ReferenceSimulator(image).run(stimulus, everyone))


def test_a_cleared_core_draws_the_same_again():
    seed = next(s for s in itertools.count() if has_noise(random_image(s, CONFIG)))
    image = random_image(seed, CONFIG)
    stimulus = random_stimulus(seed, image, STEPS)
    machine = compiled_core(CONFIG).load(image)
    first, second = machine.run(stimulus), machine.run(stimulus)
    assert first_difference(first, second) is not None
    machine.clear()
    assert_same(machine.run(stimulus), first)


@pytest.mark.parametrize("neurons", [1, 17])
def test_the_clocks_of_a_step_with_noise_are_predicted(neurons):
    silent, background = IntegerLIF(v_threshold_q=1 << 22), Poisson(10.0, weight_q=1)
    cells = Population("cells", neurons, silent, background=background)
    image, quiet = compile(Network(1e-3, [cells]), CONFIG).image, np.zeros(neurons)
    awake = -(-neurons // CONFIG.region_neurons) * CONFIG.region_neurons
    machine = compiled_core(CONFIG).load(image)
    machine.run(SpikeRaster.empty(steps=1, neurons=0))  # in which all regions are awake
    result = machine.run(SpikeRaster.empty(steps=100, neurons=0))
    assert len(result.raster) == 0
    assert 0 <= place(image, CONFIG).predict_clocks(quiet, awake) - result.clocks / 100 < 3


def has_noise(image):
    return image.noise is not None and image.noise.source.any() and image.noise.amplitude.any()


@pytest.fixture(scope="module")
def networks():
    """Networks and stimuli of which noise decides, with the results of the reference."""
    chosen = [quiet_network()]
    for seed in itertools.count():
        image = random_image(seed, SMALL)
        stimulus = random_stimulus(seed, image, 12)
        if has_noise(image) and image.n_neurons == SMALL.neurons:
            expected = ReferenceSimulator(image).run(stimulus)
            if len(expected.raster) > 10:
                chosen.append((image, stimulus, expected))
        if len(chosen) == NETWORKS:
            return chosen


def quiet_network():
    """Nothing but rare arrivals and rare noise of a threshold ever wakes its neurons, some not even that."""
    n = SMALL.neurons
    image = compile(Network(1e-3, [Population("cells", n, IntegerLIF(v_threshold_q=1000))]), SMALL).image
    cut = np.full((2, COLUMNS), 1 << 13)  # an eighth
    noise = Noise(amplitude=np.where(np.arange(n) // 4 == 1, 1200, 0),
                  source=np.array([1, 0, 2, 0] + [0] * (n - 4)),
                  cut=cut, value=np.full_like(cut, 2000), other=np.zeros_like(cut), seed=5)
    image, stimulus = replace(image, noise=noise), SpikeRaster.from_events((), (), steps=40, neurons=0)
    return image, stimulus, ReferenceSimulator(image).run(stimulus)


def has_difference(networks):
    driver = Driver(SimulatorLink(SMALL), timeout=30)
    return any(first_difference(driver.load(image).run(stimulus), expected)
               for image, stimulus, expected in networks)


def test_the_core_without_a_fault_agrees(networks):
    assert not has_difference(networks)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(monkeypatch, networks, fault):
    plant(monkeypatch, hdl.core, mutant(*FAULTS[fault]))
    assert has_difference(networks)


def test_noise_that_only_raises_thresholds_is_found(monkeypatch, networks):
    monkeypatch.setattr(hdl.neuron, "noise", mutant(*RULE_FAULT))
    assert has_difference(networks)
