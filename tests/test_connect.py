"""Connection rules: which pairs, in which order, how likely."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnsim import sampling, slices
from snnsim.connect import (
    AllToAll,
    Dense,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotal,
    OneToOne,
    Pairs,
)
from snnsim.errors import UserError
from snnsim.sizes import nbytes

RANDOM_RULES = [FixedProbability(0.3, seed=1), FixedProbability(0.9, seed=1, self_connections=False),
                FixedInDegree(3, seed=1), FixedInDegree(15, seed=1, self_connections=False),
                FixedOutDegree(3, seed=1), FixedOutDegree(15, seed=1, self_connections=False)]
ORDERED_RULES = [AllToAll(), AllToAll(self_connections=False), OneToOne(), *RANDOM_RULES,
                 Dense(np.eye(20) + np.eye(20, k=3))]


@pytest.mark.parametrize("rule", ORDERED_RULES, ids=repr)
def test_synapses_are_in_the_order_of_pre_then_post(rule):
    pre, post = rule.pairs(20, 20)
    assert pre.size and np.all(np.diff(pre.astype(int) * 20 + post) > 0)


@pytest.mark.parametrize("rule", [*ORDERED_RULES, Pairs([3, 1], [0, 0]), FixedTotal(70, 1),
                                  FixedTotal(70, 1, False)], ids=repr)
def test_count_is_the_number_of_pairs(rule):
    assert rule.count(20, 20) == rule.pairs(20, 20)[0].size


@pytest.mark.parametrize("rule", [*(r for r in ORDERED_RULES if not r.self_connections),
                                  FixedTotal(500, seed=1, self_connections=False)], ids=repr)
def test_without_self_connections_no_neuron_meets_itself(rule):
    pre, post = rule.pairs(20, 20)
    assert not np.any(pre == post)


def test_all_to_all_is_every_pair():
    pre, post = AllToAll().pairs(2, 3)
    assert pre.tolist() == [0, 0, 0, 1, 1, 1] and post.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("rule", [*RANDOM_RULES, FixedTotal(70, 1)], ids=repr)
def test_a_random_rule_repeats_itself(rule):
    assert all(np.array_equal(a, b) for a, b in zip(rule.pairs(30, 30), rule.pairs(30, 30), strict=True))


@pytest.mark.parametrize("rule", [lambda s: FixedProbability(0.3, s), lambda s: FixedInDegree(3, s),
                                  lambda s: FixedOutDegree(3, s), lambda s: FixedTotal(90, s)])
def test_another_seed_gives_other_synapses(rule):
    assert not np.array_equal(*(np.stack(rule(seed).pairs(30, 30)) for seed in (1, 2)))


@pytest.mark.parametrize("rule", [FixedProbability(0.2, 0), FixedProbability(0.8, 0), FixedInDegree(2, 0),
                                  FixedInDegree(8, 0), FixedOutDegree(2, 0), FixedOutDegree(5, 0)], ids=repr)
def test_every_pair_is_equally_likely(rule):
    runs, hits = 2000, np.zeros((10, 6))
    for seed in range(runs):
        hits[type(rule)(*list(vars(rule).values())[:1], seed).pairs(10, 6)] += 1
    p = rule.count(10, 6) / 60 if not isinstance(rule, FixedProbability) else rule.p
    assert np.abs(hits - runs * p).max() < 5 * np.sqrt(runs * p * (1 - p))


@pytest.mark.parametrize(("p", "count"), [(0, 0), (1, 200)])
def test_probabilities_0_and_1_are_exact(p, count):
    assert FixedProbability(p, 0).count(10, 20) == count


def test_a_tiny_probability_ends():
    assert FixedProbability(1e-300, 0).count(100, 100) == 0


@pytest.mark.parametrize("k", [0, 1, 7, 12, 13, 25])
def test_every_neuron_has_the_same_in_degree_from_different_neurons(k):
    pre, post = FixedInDegree(k, seed=5).pairs(25, 40)
    assert np.bincount(post, minlength=40).tolist() == [k] * 40
    assert len(set(zip(pre.tolist(), post.tolist(), strict=True))) == 40 * k


@pytest.mark.parametrize("k", [0, 1, 7, 12, 13, 25])
def test_every_neuron_has_the_same_out_degree_to_different_neurons(k):
    pre, post = FixedOutDegree(k, seed=5).pairs(40, 25)
    assert np.bincount(pre, minlength=40).tolist() == [k] * 40
    assert len(set(zip(pre.tolist(), post.tolist(), strict=True))) == 40 * k


@pytest.mark.parametrize("self_connections", [True, False])
def test_a_fixed_total_is_spread_over_all_pairs_evenly_and_repeats_some(self_connections):
    n, hits = 60_000, np.zeros((10, 10), int)
    np.add.at(hits, FixedTotal(n, 3, self_connections).pairs(10, 10), 1)
    possible = np.ones((10, 10), bool) if self_connections else ~np.eye(10, dtype=bool)
    p = 1 / possible.sum()
    assert hits.sum() == n and not hits[~possible].any()
    assert 0 < np.abs(hits[possible] - n * p).max() < 5 * np.sqrt(n * p * (1 - p))


def test_a_fixed_total_is_in_the_order_of_pre_then_post():
    pre, post = FixedTotal(500, seed=1).pairs(20, 20)
    assert np.all(np.diff(pre.astype(int) * 20 + post) >= 0)


@pytest.mark.parametrize("rule", [FixedProbability(0.02, 4), FixedInDegree(40, 4), FixedInDegree(700, 4),
                                  FixedOutDegree(40, 4), FixedTotal(20_000, 4)], ids=repr)
def test_the_length_of_slices_does_not_change_what_is_drawn(rule, monkeypatch):
    whole = rule.pairs(1000, 1000)
    for module in (slices, sampling):
        monkeypatch.setattr(module, "LENGTH", 777)
    assert all(map(np.array_equal, rule.pairs(1000, 1000), whole))


#: SHA-256 of what the rules of version 0.1.0 drew: networks described then are still the same networks.
DRAWN = [(FixedProbability(0.3, 4), 30, 30, "ac6220183247"),
         (FixedProbability(0.001, 3), 3000, 5000, "e860c7b79207"),
         (FixedInDegree(300, 7), 3000, 5000, "922e866baf52"), (FixedInDegree(20, 7), 30, 30, "91fef4215be2")]


@pytest.mark.parametrize(("rule", "n_pre", "n_post", "digest"), DRAWN)
def test_a_seed_draws_what_it_always_drew(rule, n_pre, n_post, digest):
    assert sha256(b"".join(end.astype("<i8").tobytes() for end in rule.pairs(n_pre, n_post))
                  ).hexdigest()[:12] == digest


@pytest.mark.parametrize("rule", [r for r in (*ORDERED_RULES, FixedTotal(70, 1)) if type(r) is not OneToOne],
                         ids=repr)
def test_targets_that_are_kept_hold_no_more_memory_than_they_need(rule):
    post = rule.pairs(20, 20)[1]
    assert nbytes(post) == post.nbytes


def test_pairs_keep_their_order_and_their_repetitions():
    pre, post = Pairs([3, 0, 3], [1, 2, 1]).pairs(4, 3)
    assert pre.tolist() == [3, 0, 3] and post.tolist() == [1, 2, 1]


@given(st.integers(0, 6), st.integers(0, 6))
def test_empty_populations_are_joined_by_nothing(n_pre, n_post):
    for rule in (AllToAll(), FixedProbability(0.5, 0), Dense(np.ones((n_pre, n_post))), FixedTotal(0, 0)):
        pre, post = rule.pairs(n_pre, n_post)
        assert pre.shape == post.shape and (pre.size == 0 or (n_pre and n_post))
    assert FixedInDegree(2, 0).pairs(n_pre, 0)[0].size == 0
    assert FixedOutDegree(2, 0).pairs(0, n_post)[0].size == 0


@pytest.mark.parametrize(("make", "message"), [
    (lambda: OneToOne().pairs(2, 3),
     "OneToOne joins populations of one size, not of 2 and 3; use another rule"),
    (lambda: FixedInDegree(5, 0).pairs(4, 1), "k must be at most the 4 neurons .* not 5"),
    (lambda: FixedInDegree(4, 0, self_connections=False).pairs(4, 4), "at most the 3 neurons"),
    (lambda: FixedOutDegree(5, 0).pairs(1, 4), "FixedOutDegree k must be at most the 4 neurons .* not 5"),
    (lambda: FixedTotal(5, 0).pairs(0, 4), "n must be 0 between 0 and 4 neurons, which have no pair"),
    (lambda: FixedTotal(5, 0, self_connections=False).pairs(1, 1), "n must be 0 between 1 and 1 neurons"),
    (lambda: FixedProbability(1.5, 0), "p must be a finite number between 0 and 1, not 1.5"),
    (lambda: FixedProbability(float("nan"), 0), "p must be .* not nan"),
    (lambda: FixedProbability(0.5, "x"), "seed must be an integer"),
    (lambda: Pairs([0], [0, 1]), "as many pre- as post-synaptic neurons, not 1 and 2"),
    (lambda: Pairs([0, 4], [0, 0]).pairs(4, 1), r"pre\[1\] must be between 0 and 3, the last neuron, not 4"),
    (lambda: Pairs([-1], [0]), r"pre\[0\] must be an integer of at least 0, not -1"),
    (lambda: Pairs([0.5], [0]), "pre must be an integer or an array of integers"),
    (lambda: Pairs([0], [0], shape=(3,)), r"shape must be \(n_pre, n_post\)"),
    (lambda: Dense([1, 2]), r"mask must be numbers of shape \(n_pre, n_post\)"),
    (lambda: Dense([[1], [1, 2]]), "rows of one length"),
    (lambda: Dense(np.ones((2, 3))).pairs(3, 2), r"must have shape \(3, 2\).*not \(2, 3\); transpose"),
    (lambda: AllToAll(self_connections=1), "self_connections must be True or False"),
])
def test_a_rule_that_cannot_be_is_refused_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
