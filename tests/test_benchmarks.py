"""What the benchmarks count in clocks, which are the same on every machine."""

from dataclasses import replace

import pytest

import hdl.learner
from benchmarks import learning_core, neurocorex_steps
from firmware.platforms import find_board
from hdl.cosim import SimulatorLink
from snnsim import CoreConfig, Formats, compile
from snnsim.host import Driver
from tests.gateware import compiled_core
from tests.mutants import mutant, plant


@pytest.fixture(scope="module")
def measured():
    return neurocorex_steps.measure(find_board("icebreaker"))


def test_an_icebreaker_makes_100_times_the_steps_of_neurocorex(measured):
    assert measured.firing == pytest.approx(neurocorex_steps.RATE, rel=2e-3)
    assert measured.ratio >= 100


def test_the_clocks_were_predicted(measured):
    assert measured.predicted == pytest.approx(measured.clocks, rel=0.05)


def test_a_core_that_took_twice_the_clocks_would_not_reach_it(measured):
    twice = replace(measured, core=measured.core / 2)
    assert twice.ratio < 100


@pytest.fixture(scope="module")
def learned():
    """The benchmark of a core that learns, shorter."""
    compilation = compile(learning_core.network(), learning_core.CORE)
    core = compiled_core(learning_core.CORE)
    return learning_core.measure(core, compilation, learning_core.RATES[0], before=120, steps=100)


@pytest.mark.slow
def test_256_neurons_all_to_all_at_10_hz_learn_in_real_time_at_24_mhz(learned):
    assert learned.rate >= 10
    assert learned.clocks < learned.longest < learning_core.CLOCK * learning_core.DT


@pytest.mark.slow
def test_the_clocks_of_a_core_that_learns_were_predicted(learned):
    assert learned.predicted == pytest.approx(learned.clocks, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("terms", learning_core.PROGRAMS)
def test_a_word_of_synapses_learns_in_two_clocks(terms):
    assert learning_core.clocks_of_a_word(compiled_core(learning_core.CORE), terms) <= 2


def test_words_that_take_twice_the_clocks_are_seen(monkeypatch):
    config = CoreConfig(
        formats=Formats(weight_width=16), neurons=32, inputs=4, lanes=2, delay_slots=4, synapse_words=64,
        rows=40, plastic_rows=4, learning_rules=2, post_classes=2, lane_factors=1)
    assert learning_core.clocks_of_a_word(Driver(SimulatorLink(config), timeout=60), 1) == 2
    plant(monkeypatch, hdl.learner, mutant(
        "hdl.learn", "last.eq(Mux(groups > 2, groups - 1, 1))", "last.eq(3)"))
    assert learning_core.clocks_of_a_word(Driver(SimulatorLink(config), timeout=60), 1) == 4
