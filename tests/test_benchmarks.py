"""What the benchmarks count in clocks, which are the same on every machine."""

from dataclasses import replace

import pytest

from benchmarks import neurocorex_steps
from firmware.platforms import find_board


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
