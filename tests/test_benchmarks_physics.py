"""The statistics of spikes are what their names say, and a difference between two machines is found."""

import numpy as np
import pytest

from benchmarks import peers, physics
from benchmarks.machines import OURS
from benchmarks.physics import Comparison
from benchmarks.spike_statistics import STATISTICS, correlations, distance, irregularities, rates
from benchmarks.told import told

SECONDS = 50.0


def poisson(n, rate, seed):
    """``(t, neuron)`` of ``n`` Poisson trains, in no order."""
    rng = np.random.default_rng(seed)
    neuron = np.repeat(np.arange(n), rng.poisson(rate * SECONDS, n))
    return rng.uniform(0, SECONDS, neuron.size), neuron


def test_clocks_are_regular_and_poisson_is_not():
    t, neuron = np.tile(np.arange(0.05, SECONDS, 0.1), 3), np.repeat([0, 1, 3], 500)
    assert rates(t, neuron, 4, SECONDS).tolist() == [10, 10, 0, 10]
    assert irregularities(t, neuron, 4, SECONDS) == pytest.approx([0, 0, 0], abs=1e-6)
    assert irregularities(*poisson(100, 20, 1), 100, SECONDS).mean() == pytest.approx(1, abs=0.02)


def test_neurons_with_few_intervals_say_nothing_of_regularity():
    assert irregularities(np.arange(10) / 10, np.zeros(10, int), 1, 1.0).size == 0
    assert irregularities(np.arange(11) / 10, np.zeros(11, int), 1, 1.1).size == 1


def test_equal_trains_are_correlated_and_independent_ones_are_not():
    t, neuron = poisson(1, 20, 2)
    same = correlations(np.tile(t, 3), np.repeat([0, 1, 2], t.size), 4, SECONDS)
    assert same == pytest.approx(np.ones(3))  # of the three that fire
    apart = correlations(*poisson(20, 20, 3), 20, SECONDS)
    assert apart.size == 190 and abs(apart.mean()) < 0.01


def test_the_distance_is_that_between_cumulative_distributions():
    assert distance(np.arange(10), np.arange(10)[::-1]) == 0
    assert distance(np.arange(10), np.arange(10) + 20) == 1
    assert distance([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5


def runs(mean, seeds):
    """Of normal values; each seed has a mean of its own."""
    rng = np.random.default_rng(seeds)
    return [rng.normal(mean + 0.1 * rng.normal(), 1, 1000) for _ in range(8)]


def test_two_machines_alike_are_called_so_and_others_are_not():
    assert Comparison.of(runs(0, 1), runs(0, 2)).alike
    assert not Comparison.of(runs(0.3, 1), runs(0, 2)).alike


def test_the_network_has_the_fan_in_and_the_delays_that_it_says():
    network = physics.network(3, n=1000)
    numbers = told(network, 1.0)
    post = np.concatenate([numbers[f"post{k}"] for k in range(4)])
    assert (np.bincount(post) == sum(physics.FAN_IN.values())).all()
    delays = np.concatenate([numbers[f"delay{k}"] for k in range(4)])
    assert physics.DELAYS[0] <= delays.min() and delays.max() <= physics.DELAYS[1]
    assert np.ptp(numbers["v_init"]) > 0.019
    assert not np.array_equal(numbers["pre0"], told(physics.network(4, n=1000), 1.0)["pre0"])


def fake_machines(monkeypatch, is_other=False):
    """In place of simulations Poisson trains; of all machines alike, but for the fault, which fires more."""
    def rate(network):
        return 20 * (network.projections[-1].weight / (-physics.INHIBITION * physics.WEIGHT)) ** 8

    seeds = iter(range(1000))
    monkeypatch.setattr(physics, "SECONDS", SECONDS)
    monkeypatch.setattr(physics, "N", 400)
    monkeypatch.setattr(physics, "network", lambda seed, **changes: NETWORK(seed, n=400, **changes))
    monkeypatch.setattr(physics, "statistics", lambda t, neuron: STATISTICS_OF(t, neuron, 400, SECONDS))
    monkeypatch.setattr(physics, "ours", lambda network, *_, **__: poisson(
        400, rate(network) * (1.2 if is_other else 1), next(seeds)))
    monkeypatch.setattr(physics, "nest", lambda network, *_: poisson(400, 20, next(seeds)))
    monkeypatch.setattr(peers, "has", lambda module: True)


NETWORK, STATISTICS_OF = physics.network, physics.statistics


@pytest.mark.parametrize(("is_other", "code", "said"), [
    (False, 0, "6 seeds: snnsim and NEST are alike; the planted fault is found"),
    (True, 1, "6 seeds: snnsim and NEST are different; the planted fault is found"),
])
def test_the_command_gives_a_verdict_and_a_picture(monkeypatch, tmp_path, capsys, is_other, code, said):
    fake_machines(monkeypatch, is_other)
    assert physics.main(["--seeds", "6", "-o", str(tmp_path / "p.png"), "--results", str(tmp_path)]) == code
    assert (tmp_path / physics.TABLE).read_text().splitlines()[-1] == said
    output = capsys.readouterr().out
    assert output.splitlines()[-1] == said
    assert all(name in (tmp_path / physics.TABLE).read_text() for name in STATISTICS)
    assert (tmp_path / "p.png").stat().st_size > 10_000


def test_a_fault_that_is_not_found_is_a_failure(monkeypatch, tmp_path, capsys):
    fake_machines(monkeypatch)
    monkeypatch.setattr(physics, "FAULT", 0.0)
    assert physics.main(["--seeds", "6", "-o", str(tmp_path / "p.png"), "--results", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith("the planted fault is not found")


def test_without_nest_there_is_no_verdict(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "python")
    assert physics.main([]) == 2
    assert capsys.readouterr().out == "NEST is not installed: python -m benchmarks.peers\n"


def test_bins_hold_equally_many_of_the_rates_that_there_can_be():
    edges = physics.edges(np.arange(0, 2000) / 5)
    held, _ = np.histogram(np.arange(0, 2000) / 5, edges)
    assert np.ptp(held[:-1]) == 0 and held.size > 30


def test_our_spikes_are_those_of_the_network_with_times_at_the_end_of_their_steps():
    t, neuron = physics.ours(physics.network(0, n=500 * 2), 0.05)
    assert t.size > 500 and t.min() >= 1e-4 and t.max() <= 0.05 + 1e-9 and neuron.max() < 1000
    assert OURS == "snnsim"
