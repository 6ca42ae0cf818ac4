"""Connection rules: which pairs, in which order, how likely."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnsim.connect import AllToAll, Dense, FixedInDegree, FixedProbability, OneToOne, Pairs
from snnsim.errors import UserError

RANDOM_RULES = [FixedProbability(0.3, seed=1), FixedProbability(0.9, seed=1, self_connections=False),
                FixedInDegree(3, seed=1), FixedInDegree(15, seed=1, self_connections=False)]
ORDERED_RULES = [AllToAll(), AllToAll(self_connections=False), OneToOne(), *RANDOM_RULES,
                 Dense(np.eye(20) + np.eye(20, k=3))]


@pytest.mark.parametrize("rule", ORDERED_RULES, ids=repr)
def test_synapses_are_in_the_order_of_pre_then_post(rule):
    pre, post = rule.pairs(20, 20)
    assert pre.size and np.all(np.diff(pre.astype(int) * 20 + post) > 0)


@pytest.mark.parametrize("rule", [*ORDERED_RULES, Pairs([3, 1], [0, 0])], ids=repr)
def test_count_is_the_number_of_pairs(rule):
    assert rule.count(20, 20) == rule.pairs(20, 20)[0].size


@pytest.mark.parametrize("rule", [r for r in ORDERED_RULES if not r.self_connections], ids=repr)
def test_without_self_connections_no_neuron_meets_itself(rule):
    pre, post = rule.pairs(20, 20)
    assert not np.any(pre == post)


def test_all_to_all_is_every_pair():
    pre, post = AllToAll().pairs(2, 3)
    assert pre.tolist() == [0, 0, 0, 1, 1, 1] and post.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("rule", RANDOM_RULES, ids=repr)
def test_a_random_rule_repeats_itself(rule):
    assert all(np.array_equal(a, b) for a, b in zip(rule.pairs(30, 30), rule.pairs(30, 30), strict=True))


@pytest.mark.parametrize("rule", [lambda s: FixedProbability(0.3, s), lambda s: FixedInDegree(3, s)])
def test_another_seed_gives_other_synapses(rule):
    assert not np.array_equal(rule(1).pairs(30, 30)[0], rule(2).pairs(30, 30)[0])


@pytest.mark.parametrize("rule", [FixedProbability(0.2, 0), FixedProbability(0.8, 0), FixedInDegree(2, 0),
                                  FixedInDegree(8, 0)], ids=repr)
def test_every_pair_is_equally_likely(rule):
    runs, hits = 2000, np.zeros((10, 6))
    for seed in range(runs):
        hits[type(rule)(*list(vars(rule).values())[:1], seed).pairs(10, 6)] += 1
    p = rule.p if isinstance(rule, FixedProbability) else rule.k / 10
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


def test_pairs_keep_their_order_and_their_repetitions():
    pre, post = Pairs([3, 0, 3], [1, 2, 1]).pairs(4, 3)
    assert pre.tolist() == [3, 0, 3] and post.tolist() == [1, 2, 1]


@given(st.integers(0, 6), st.integers(0, 6))
def test_empty_populations_are_joined_by_nothing(n_pre, n_post):
    for rule in (AllToAll(), FixedProbability(0.5, 0), Dense(np.ones((n_pre, n_post)))):
        pre, post = rule.pairs(n_pre, n_post)
        assert pre.shape == post.shape and (pre.size == 0 or (n_pre and n_post))
    assert FixedInDegree(2, 0).pairs(n_pre, 0)[0].size == 0


@pytest.mark.parametrize(("make", "message"), [
    (lambda: OneToOne().pairs(2, 3),
     "OneToOne joins populations of one size, not of 2 and 3; use another rule"),
    (lambda: FixedInDegree(5, 0).pairs(4, 1), "k must be at most the 4 neurons .* not 5"),
    (lambda: FixedInDegree(4, 0, self_connections=False).pairs(4, 4), "at most the 3 neurons"),
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
