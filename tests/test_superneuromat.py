"""SuperNeuroMAT, written by others, as the judge: its neuron with constant leak, and its window rule."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim import History, SumOfProducts
from tests.superneuromat_networks import (
    BOUND,
    LONGEST_DELAY,
    NEURONS,
    STEPS,
    drawn,
    driven,
    ours,
    theirs,
    theirs_with_weights_as_sent,
)

SEEDS = range(50)


def differs(a, b):
    """Whether spikes or weights do, in any bit."""
    return not (np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1]))


def test_neurons_with_leak_reset_refractory_time_and_delays_spike_alike():
    spikes = 0
    for seed in SEEDS:
        network = drawn(seed, learns=False)
        a, b = ours(network), theirs(network)
        assert not differs(a, b), seed
        spikes += a[0].sum()
    assert spikes > 0.1 * len(SEEDS) * STEPS * NEURONS


def test_weights_learned_from_given_spikes_are_equal():
    changes = []
    for seed in SEEDS:
        network = driven(seed)
        a, b = ours(network), theirs(network)
        assert not differs(a, b), seed
        changes.append(np.ptp(a[1] - network.plastic[2]))
    # Forgetting is the same for all of them; this is more than any single pair of spikes.
    assert np.median(changes) > 2.0 ** -5


def test_weights_learned_from_spikes_that_they_cause_are_equal():
    caused = 0
    for seed in SEEDS:
        network = drawn(seed)
        a, b = ours(network), theirs_with_weights_as_sent(network)
        assert not differs(a, b), seed
        pre, post, weight, delay = network.plastic
        silenced = replace(network, plastic=(pre, post, 0 * weight, delay))
        caused += differs(a, ours(silenced))
    assert caused > len(SEEDS) / 2


@pytest.mark.parametrize("fault", [
    lambda n: replace(n, refractory=n.refractory + (np.arange(NEURONS) == 3)),
    lambda n: replace(n, threshold=n.threshold - 2.0 ** -8),  # what was just not enough is
    lambda n: replace(n, leak=np.where(np.arange(NEURONS) == 3, 0.125, n.leak)),
    lambda n: replace(n, fixed=(*n.fixed[:3], n.fixed[3] + (np.arange(n.fixed[3].size) == 0))),
    lambda n: replace(n, reset=n.reset + 0.25 * (np.arange(NEURONS) == 3)),
    lambda n: replace(n, a_plus=n.a_plus + 2.0 ** -8 * (np.arange(n.window) == n.window - 1)),
    lambda n: replace(n, a_minus=n.a_minus + 2.0 ** -8 * (np.arange(n.window) == 0)),
    lambda n: replace(n, a_plus=n.a_plus[::-1]),
], ids=["refractory time", "threshold not strict", "leak", "delay", "reset", "last tap",
        "first forgetting", "taps in reverse"])
def test_a_planted_difference_is_seen(fault):
    seen = [differs(ours(fault(network)), theirs_with_weights_as_sent(network))
            for network in map(drawn, SEEDS[:20])]
    assert any(seen)


def test_lags_from_before_the_first_step_are_all_that_warming_up_changes():
    """Without it, SuperNeuroMAT forgets less in the first steps: in step s by the lags beyond s."""
    for seed in SEEDS:
        network = driven(seed)
        spared = sum(network.a_minus[s:].sum() for s in range(network.window))
        a, b = ours(network), theirs(network, is_warm=False)
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1] + spared, b[1])


def test_superneuromat_delivers_spikes_with_what_the_step_has_just_taught():
    """The reason why it is given the weights above: as it is, it differs wherever that makes a spike."""
    seen = [differs(ours(network), theirs(network)) for network in map(drawn, SEEDS)]
    assert 0 < sum(seen)


def delayed_window(network):
    """SuperNeuroMAT's rule for a synapse with a delay, which is a chain of neurons: it sees a spike when it
    leaves the last of them, a step before it arrives. So its first lag is an arrival in this step."""
    taps = network.a_plus + network.a_minus
    rest = taps[1:] if network.window > 1 else [0.0]
    return SumOfProducts("@post w += first * pre + x1; w -= forgetting", x1=History(rest), arrival=True,
                         w_min=-BOUND, w_max=BOUND,
                         parameters={"first": taps[0], "forgetting": network.a_minus.sum()})


def test_synapses_with_delays_learn_alike_by_a_rule_of_arrivals():
    for seed in SEEDS:
        network = driven(seed, LONGEST_DELAY)
        assert not differs(ours(network, delayed_window(network)), theirs(network)), seed
