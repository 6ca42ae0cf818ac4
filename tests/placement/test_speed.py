"""Clocks and bytes of a step, and which of them sets the pace."""

import math
from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import CoreConfig
from snnsim.placement import (
    ClockedCore,
    Load,
    Speed,
    full_load,
    full_synapses,
    load_at_rate,
    load_at_rest,
    place,
)
from snnsim.placement.placing import REST_CLOCKS, STEP_CLOCKS
from tests.placement.test_placing import SMALL, image

WIDE = CoreConfig(neurons=64, inputs=4, lanes=2, rows=68)  # sixteen regions of four neurons


def clocked(clock=10_000_000, baud=1_000_000):
    return ClockedCore(SMALL, clock, baud)


def test_the_slower_of_core_and_link_sets_the_pace():
    slow_core = Speed.of(Load(clocks=1000, bytes_to_host=1), clocked())
    assert (slow_core.core, slow_core.link) == (10_000, 100_000)
    assert (slow_core.steps_per_second, slow_core.limit) == (10_000, "core")
    slow_link = Speed.of(Load(clocks=10, bytes_to_host=1), clocked())
    assert (slow_link.steps_per_second, slow_link.limit) == (100_000, "link")


def test_the_directions_of_the_link_do_not_hinder_each_other():
    assert Speed.of(Load(1, bytes_to_host=20, bytes_to_core=10), clocked()).link == 5000
    assert Speed.of(Load(1, bytes_to_host=10, bytes_to_core=20), clocked()).link == 5000


def test_a_silent_link_does_not_hinder_the_core():
    speed = Speed.of(Load(10), clocked())
    assert (speed.link, speed.steps_per_second, speed.limit) == (math.inf, 1_000_000, "core")


def test_a_network_at_rest_costs_neither_neurons_nor_bytes():
    made = image(8, 4)
    assert load_at_rest(made, place(made, SMALL)) == Load(REST_CLOCKS)


@pytest.mark.parametrize(("parameter", "value"), [("bias", 1), ("v_threshold", -1), ("v_min", 1)])
def test_only_regions_of_neurons_that_never_rest_are_awake_at_rest(parameter, value):
    made = image(64, 0)
    values = np.zeros(64, np.int64)
    values[[5, 6, 63]] = value
    tonic = replace(made, parameters=replace(made.parameters, **{parameter: values}))
    assert load_at_rest(tonic, place(tonic, WIDE)).clocks == STEP_CLOCKS + 2 * (4 + 1)


def test_regions_without_neurons_of_the_network_are_never_awake():
    made = image(9, 0)
    assert load_at_rate(made, place(made, WIDE), 0.0).clocks == STEP_CLOCKS + 3 * (4 + 1)


def test_clocks_and_bytes_grow_in_proportion_to_the_rate():
    made = image(8, 4, (0, [0, 1, 8], [1, 2, 3], 1))
    loads = [load_at_rate(made, place(made, SMALL), rate) for rate in (0.0, 0.5, 1.0)]
    for name in ("clocks", "bytes_to_host", "bytes_to_core"):
        low, middle, high = (getattr(load, name) for load in loads)
        assert low < middle < high and middle == pytest.approx((low + high) / 2)
    assert loads[0].bytes == 0


def test_the_load_of_a_full_core_is_that_of_its_largest_all_to_all_network():
    n = np.arange(8)
    made = image(8, 0, (0, np.repeat(n, 8), np.tile(n, 8), 1))
    config = replace(SMALL, synapse_words=32)
    assert full_synapses(config) == 8
    assert full_load(config, 0.3).clocks == pytest.approx(load_at_rate(made, place(made, config), 0.3).clocks)
    assert full_load(config, 0.3).bytes == load_at_rate(made, place(made, config), 0.3).bytes


def test_a_core_without_memory_for_all_to_all_is_filled_with_what_it_holds():
    assert full_synapses(replace(SMALL, synapse_words=31)) == 6
