"""The generator's bits are fair, and neighbours in step, source and target know nothing of each other.

All numbers are fixed by the contract, so a limit in standard deviations is not a matter of luck: 5 of them,
where the largest of a thousand is expected at 3 to 4.
"""

import numpy as np
import pytest

from snnsim.contract.noise import joined, mixed, noise_bits, source_noise, step_noise, synapse_noise

N = 1 << 16
LIMIT = 5
SEEDS = (0, 1, 0xDEADBEEF)


def of_targets(seed, synapse=synapse_noise):
    return synapse(source_noise(step_noise(seed, 7), 3), np.arange(N))


def of_sources(seed, synapse=synapse_noise):
    return synapse(source_noise(step_noise(seed, 7), np.arange(N)), 5)


def of_steps(seed, synapse=synapse_noise):
    return synapse(source_noise(step_noise(seed, np.arange(N)), 3), 5)


def of_seeds(seed, synapse=synapse_noise):
    return synapse(source_noise(step_noise(np.arange(N) + seed, 7), 3), 5)


def of_pairs(seed, synapse=synapse_noise):
    """Of all pairs among 256 neurons, in one step."""
    source, target = np.divmod(np.arange(N), 256)
    return synapse(source_noise(step_noise(seed, 7), source), target)


SEQUENCES = (of_targets, of_sources, of_steps, of_seeds, of_pairs)


def signs(h):
    """The bits of hashes as -1 and 1, shape (n, 32)."""
    return 2.0 * ((h[:, None] >> np.arange(32)) & 1) - 1


def worst_bit(h):
    """How far, in standard deviations, the mean of a bit is from one half."""
    return np.abs(signs(h).sum(axis=0)).max() / np.sqrt(len(h))


def worst_correlation(a, b):
    """How far, in standard deviations, any bit of ``a`` is from being independent of any bit of ``b``."""
    return np.abs(signs(a).T @ signs(b)).max() / np.sqrt(len(a))


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_bit_is_as_often_1_as_0(sequence, seed):
    assert worst_bit(sequence(seed)) < LIMIT


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("bits", [8, 10])
def test_the_highest_bits_are_uniform(sequence, bits):
    counts = np.bincount(noise_bits(sequence(1), bits), minlength=1 << bits)
    expected, freedom = N / len(counts), len(counts) - 1
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi_squared - freedom) < LIMIT * np.sqrt(2 * freedom)


@pytest.mark.parametrize("distance", [1, 2, 3, 4, 8, 64, 256])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_neighbours_are_not_correlated(sequence, distance):
    h = sequence(0)
    assert worst_correlation(h[:-distance], h[distance:]) < LIMIT


def test_a_pair_and_the_pair_reversed_are_not_correlated():
    h = of_pairs(1).reshape(256, 256)
    upper = np.triu_indices(256, 1)
    assert worst_correlation(h[upper], h.T[upper]) < LIMIT


def test_the_bits_of_one_hash_are_not_correlated():
    h = of_pairs(1)
    correlation = np.abs(signs(h).T @ signs(h)) / np.sqrt(N)
    np.fill_diagonal(correlation, 0)
    assert correlation.max() < LIMIT


def test_mixing_is_a_permutation():
    h = np.unique(np.concatenate([np.arange(N), np.random.default_rng(0).integers(0, 1 << 32, N)]))
    assert np.unique(mixed(h)).size == h.size


def one_round(source_noise, target):
    return mixed(joined(source_noise, target))


def test_one_round_for_the_target_would_be_seen():
    h = of_targets(0, one_round)
    assert worst_correlation(h[:-1], h[1:]) > 10 * LIMIT


def test_a_biased_bit_would_be_seen():
    h = of_targets(0)
    assert worst_bit(np.where(h % 16 == 0, h | 1 << 31, h)) > LIMIT
