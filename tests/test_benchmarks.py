"""What the benchmarks count in clocks, which are the same on every machine, and how they compare."""

from dataclasses import replace

import pytest

from benchmarks import learning_speed, neurocorex_steps, peers
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


@pytest.fixture(scope="module")
def learning():
    return learning_speed.network(400)


def test_the_network_of_the_benchmark_of_learning_learns_the_same_in_both_schedules(learning):
    machines = [learning_speed.Ours(learning, 500, replay) for replay in (False, True)]
    runs = [machine.run() for machine in machines]
    weights = [machine.simulator.read_weights()[0] for machine in machines]
    assert runs[0]["spikes"] == runs[1]["spikes"] > 400
    assert (weights[0] == weights[1]).all() and (weights[0] != learning.projections[0].weights()).any()


def test_what_others_are_told_of_the_network_is_in_units_of_the_threshold(learning):
    told = learning_speed.describe(learning, 500)
    assert told["weight0"] == pytest.approx(learning_speed.WEIGHT, rel=1e-3)
    assert told["weight2"] == pytest.approx(-learning_speed.INHIBITION * learning_speed.WEIGHT, rel=1e-3)
    assert told["target1"].min() == 320 and told["duration_ms"] == 50


def test_peers_that_are_not_installed_are_named_and_left_out(learning, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "python")
    assert learning_speed.start_peers(learning, 500, tmp_path) == {}
    assert capsys.readouterr().out.splitlines() == [
        f"{name}: not installed (python -m benchmarks.peers)" for name in learning_speed.PEERS]


def test_rates_that_differ_are_not_compared():
    runs = {"snnsim": [{"spikes": 400}], "NEST": [{"spikes": 430}]}
    assert learning_speed.check_rates(runs, 1, 10) == {"snnsim": 40, "NEST": 43}
    runs["NEST"][0]["spikes"] = 450
    with pytest.raises(SystemExit, match="NEST fires at 45.0 Hz, not at the 40.0 of snnsim"):
        learning_speed.check_rates(runs, 1, 10)
