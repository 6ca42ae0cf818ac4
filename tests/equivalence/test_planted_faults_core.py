"""The comparison with the reference finds faults of the core: each is planted into its text and run.

In Amaranth's own simulator, on a small core, so that no fault has to be compiled. That the core without a
fault passes shows that it is the fault which is found.
"""

import itertools
from dataclasses import replace

import pytest

import hdl.core
import hdl.neuron
from hdl.cosim import SimulatorLink
from snnsim.contract import CoreConfig
from snnsim.host.driver import Driver
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator
from tests.contract.cases import load_cases
from tests.generator import random_image, random_stimulus
from tests.mutants import mutant, plant

CONFIG = CoreConfig(neurons=12, inputs=4, lanes=4, delay_slots=4, synapse_words=96, rows=40)
STEPS = 16
NETWORKS = 6

FAULTS = {
    "a wrong delay slot": ("hdl.synapse", "self.slot + synapse.delay + 1", "self.slot + synapse.delay"),
    "a lost carry": ("hdl.delay", "base + value", "((base >> 8) + (value >> 8)) << 8"),
    "a stale accumulator": ("hdl.delay", "Mux(again, written, read.data)", "read.data"),
    "an accumulator not cleared": ("hdl.delay", "writing | self.clear[bank]", "writing"),
    "a skipped neuron": ("hdl.sequencer", "== config.neurons - 1)", "== config.neurons - 2)"),
    "a region at rest too early": (
        "hdl.activity", "(self.delay > remaining[k])", "(self.delay > remaining[k] + 1)"),
    "a region that does not stay awake": ("hdl.activity", "awake[k] | ", ""),
    "a dropped input event": (
        "hdl.sequencer", "m.d.comb += [rows.valid.eq(1), self._takes_event.eq(rows.ready)]",
        "m.d.comb += [rows.valid.eq(event.id != 1), self._takes_event.eq(rows.ready)]"),
    "a spike that is not reported": (
        "hdl.sequencer", "rows.valid.eq(fired.r_rdy & self.spikes.ready),\n"
        "                self.spikes.valid.eq(fired.r_rdy & rows.ready),",
        "rows.valid.eq(fired.r_rdy & (self.spikes.ready | (fired.r_data == 3))),\n"
        "                self.spikes.valid.eq(fired.r_rdy & rows.ready & (fired.r_data != 3)),"),
    "a spike that is not delivered": (
        "hdl.sequencer", "rows.payload.eq(fired.r_data),", "rows.payload.eq(self._config.rows - 1),"),
    "a row cut short": ("hdl.synapse", "left.eq(self.i.p.length - 1)", "left.eq(self.i.p.length >> 1)"),
    "a forgotten continuation": ("hdl.synapse", "with m.If(descriptor.next != 0):", "with m.If(0):"),
    "an exponent of the row before": (
        "hdl.synapse", "word_exponent.eq(exponent)", "word_exponent.eq(self.i_exponent)"),
}
RULE_FAULTS = {
    ">= for >": ("snnsim.contract.neuron", "(v > v_threshold)", "(v >= v_threshold)"),
    "fires while refractory": ("snnsim.contract.neuron", "(r == 0) & (v > v_threshold)", "(v > v_threshold)"),
}
REST_FAULTS = {
    "at rest in spite of a bias": (
        "snnsim.contract.neuron", "(bias != 0) | (v_threshold < 0)", "(v_threshold < 0)"),
    "at rest in spite of a countdown": ("snnsim.contract.neuron", "(i == 0) & (r == 0)", "(i == 0)"),
}


@pytest.fixture(scope="module")
def networks():
    """Networks and stimuli that use what the core has, with the results of the reference."""
    chosen = []
    for seed in itertools.count():
        image = random_image(seed, CONFIG)
        stimulus = random_stimulus(seed, image, STEPS)
        expected = ReferenceSimulator(image).run(stimulus)
        if image.n_neurons == CONFIG.neurons and len(expected.raster) > 10 and image.n_synapses > 20:
            chosen.append((image, stimulus, expected))
        if len(chosen) == NETWORKS:
            return chosen


@pytest.fixture(scope="module")
def resting():
    """The hand-worked cases of neurons that seem to be at rest and are not."""
    return [(case.image, case.stimulus, ReferenceSimulator(case.image).run(case.stimulus))
            for case in load_cases(["rest"])]


def has_difference(networks):
    config = replace(CONFIG, formats=networks[0][0].formats)
    driver = Driver(SimulatorLink(config), timeout=20)
    return any(first_difference(driver.load(image).run(stimulus), expected)
               for image, stimulus, expected in networks)


def test_the_core_without_a_fault_agrees(networks, resting):
    assert not has_difference(networks)
    assert not has_difference(resting)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(monkeypatch, networks, fault):
    plant(monkeypatch, hdl.core, mutant(*FAULTS[fault]))
    assert has_difference(networks)


@pytest.mark.parametrize("fault", RULE_FAULTS)
def test_planted_fault_of_a_rule_is_found(monkeypatch, networks, fault):
    monkeypatch.setattr(hdl.neuron, "rules", mutant(*RULE_FAULTS[fault]))
    assert has_difference(networks)


@pytest.mark.parametrize("fault", REST_FAULTS)
def test_planted_fault_of_resting_is_found(monkeypatch, resting, fault):
    monkeypatch.setattr(hdl.neuron, "rules", mutant(*REST_FAULTS[fault]))
    assert has_difference(resting)
