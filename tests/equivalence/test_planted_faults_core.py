"""The comparison with the reference finds faults of the core: each is planted into its text and run.

In Amaranth's own simulator, on a small core, so that no fault has to be compiled. That the core without a
fault passes shows that it is the fault which is found.
"""

import importlib

import pytest

import hdl.core
from hdl.cosim import SimulatorLink
from snnsim.contract import CoreConfig
from snnsim.host.driver import Driver
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator
from tests.generator import random_image, random_stimulus
from tests.mutants import mutant, plant

CONFIG = CoreConfig(neurons=20, inputs=8, lanes=4, delay_slots=4, synapse_words=256, rows=96)
STEPS = 24

FAULTS = {
    "a wrong delay slot": ("hdl.synapse", "self.slot + synapse.delay + 1", "self.slot + synapse.delay"),
    "a lost carry": ("hdl.delay", "read.data + value", "((read.data >> 8) + (value >> 8)) << 8"),
    "a stale accumulator": ("hdl.delay", "transparent_for=(write,)", ""),
    "an accumulator not cleared": ("hdl.delay", "adding | self.clear[bank]", "adding"),
    "a skipped neuron": ("hdl.sequencer", "== config.neurons - 1)", "== config.neurons - 2)"),
    "a region at rest too early": ("hdl.activity", "(self.delay > remaining[k])", "(self.delay > remaining[k] + 1)"),
    "a region that does not stay awake": ("hdl.activity", "awake[k] | ", ""),
    "a dropped input event": (
        "hdl.sequencer", "with m.Elif((events.p.step < self._steps) | ~is_known):",
        "with m.Elif((events.p.step < self._steps) | ~is_known | (events.p.id == 1)):"),
    "a dropped spike": ("hdl.sequencer", "rows.valid.eq(fired.r_rdy & self.spikes.ready)",
                        "rows.valid.eq(fired.r_rdy & self.spikes.ready & (fired.r_data != 3))"),
    "a row cut short": ("hdl.synapse", "left.eq(self.i.p.length - 1)", "left.eq(self.i.p.length >> 1)"),
    "a forgotten continuation": ("hdl.synapse", "with m.If(descriptor.next != 0):", "with m.If(0):"),
    "an exponent of the row before": ("hdl.synapse", "word_exponent.eq(exponent)", "word_exponent.eq(self.i_exponent)"),
    "one delay too many between states and parameters": (
        "hdl.neuron", "s = stage(s, drop=(\"v_leaked\", \"bias\"),", "s = stage(s, drop=(\"v_leaked\",),"),
}
RULE_FAULTS = {
    ">= for >": ("snnsim.contract.neuron", "(v > v_threshold)", "(v >= v_threshold)"),
    "fires while refractory": ("snnsim.contract.neuron", "(r == 0) & (v > v_threshold)", "(v > v_threshold)"),
    "never tonic": ("snnsim.contract.neuron", "(bias != 0) | (v_threshold < 0) | (v_min > 0)", "(v_threshold < 0)"),
}


@pytest.fixture(scope="module")
def networks():
    """Networks and stimuli that use what the core has, with the results of the reference."""
    chosen = []
    for seed in range(12):
        image = random_image(seed, CONFIG)
        stimulus = random_stimulus(seed, image, STEPS)
        chosen.append((image, stimulus, ReferenceSimulator(image).run(stimulus)))
    return [network for network in chosen if len(network[2].raster) and network[0].n_synapses]


def has_difference(networks):
    driver = Driver(SimulatorLink(CONFIG), timeout=20)
    return any(first_difference(driver.load(image).run(stimulus), expected)
               for image, stimulus, expected in networks)


def test_the_core_without_a_fault_agrees(networks):
    assert len(networks) >= 5
    assert not has_difference(networks)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(monkeypatch, networks, fault):
    module, text, replacement = FAULTS[fault]
    plant(monkeypatch, hdl.core, mutant(module, text, replacement))
    assert has_difference(networks)


@pytest.mark.parametrize("fault", RULE_FAULTS)
def test_planted_fault_of_a_rule_is_found(monkeypatch, networks, fault):
    faulty = mutant(*RULE_FAULTS[fault])
    monkeypatch.setattr(importlib.import_module("hdl.neuron"), "rules", faulty)
    assert has_difference(networks)
