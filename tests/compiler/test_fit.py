"""What a network takes of a core, and how fast it would be there."""

import pytest

from snnsim import LIF, AllToAll, CoreConfig, Input, Network, Pairs, Population, Projection, compile
from snnsim.compiler import FanIn, Fit
from snnsim.placement import ClockedCore

CONFIG = CoreConfig()


def network(dt=1e-3):
    cell = LIF(tau_mem=20e-3, v_threshold=1.0)
    return Network(
        dt=dt, inputs=[Input("in", 3)], populations=[Population("a", 2, cell), Population("b", 4, cell)],
        projections=[Projection("in", "b", AllToAll(), weight=0.1, delay_steps=2),
                     Projection("a", "b", Pairs([0, 1, 1], [1, 2, 2]), weight=0.1)])


def fit(rate=0.1, dt=1e-3, **board):
    clocked = ClockedCore(CONFIG, **board) if board else None
    return Fit.of(compile(network(dt), CONFIG), rate, clocked)


def test_the_usage_is_what_the_placement_takes():
    usage = fit().usage
    assert usage["neurons"] == (6, CONFIG.neurons) and usage["inputs"] == (3, CONFIG.inputs)
    assert usage["delay slots"] == (2, CONFIG.delay_slots)
    assert usage["synapse words"] == (3 + 1 + 2, CONFIG.synapse_words)


def test_the_largest_fan_in_is_summed_over_projections_and_named():
    assert FanIn.largest(compile(network()).image) == FanIn(5, "b", 2)


def test_a_network_without_synapses_has_a_fan_in_of_0():
    lone = Network(dt=1e-3, populations=[Population("p", 2, LIF(tau_mem=1e-3, v_threshold=1.0))])
    assert FanIn.largest(compile(lone).image) == FanIn(0, "p", 0)


def test_without_a_clock_there_are_clocks_and_no_seconds():
    rest, rate, all_fire = fit().cases
    assert rest.load.clocks < rate.load.clocks < all_fire.load.clocks
    assert {case.speed for case in fit().cases} == {case.real_time for case in fit().cases} == {None}


@pytest.mark.parametrize("dt", [1e-3, 1e-4])
def test_the_real_time_factor_is_dt_times_the_steps_of_a_second(dt):
    for case in fit(dt=dt, clock=12_000_000, baud=115_200).cases:
        assert case.real_time == dt * min(case.speed.core, case.speed.link)


def test_the_rate_sets_only_the_middle_case():
    low, high = fit(0.1), fit(0.2)
    assert (low.cases[0], low.cases[2]) == (high.cases[0], high.cases[2])
    assert low.cases[1].load.clocks < high.cases[1].load.clocks
    assert fit(1.0).cases[1].load == low.cases[2].load


def test_the_text_names_what_is_taken_and_what_limits():
    text = str(fit(clock=12_000_000, baud=9600))
    lines = {line.split("  ")[0]: line for line in text.splitlines()}
    assert "6" in lines["neurons"] and "256" in lines["neurons"]
    assert lines["all fire"].endswith("link") and lines["at rest"].endswith("core")
    assert "largest fan-in: 5, of b[2]" in text
