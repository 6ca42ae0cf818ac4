"""The generator's bits are fair; neighbours in step, source, target and neuron know nothing of each other.

All numbers are fixed by the contract, so a limit in standard deviations is not a matter of luck: 5 of them,
where the largest of a thousand is expected at 3 to 4.
"""

import numpy as np
import pytest

from snnsim.contract.noise import (
    column,
    joined,
    lot,
    mixed,
    neuron_noise,
    noise_bits,
    source_noise,
    step_noise,
    synapse_noise,
    threshold_noise,
    threshold_product,
)

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


def of_neurons(seed):
    return neuron_noise(step_noise(seed, 7), np.arange(N))


def of_a_neuron(seed):
    return neuron_noise(step_noise(seed, np.arange(N)), 3)


def of_neurons_and_steps(seed):
    """Of 256 neurons, one after the other in each of 256 steps."""
    step, neuron = np.divmod(np.arange(N), 256)
    return neuron_noise(step_noise(seed, step), neuron)


def of_thresholds(seed):
    return mixed(of_neurons(seed))


def of_a_threshold(seed):
    return mixed(of_a_neuron(seed))


SEQUENCES = (of_targets, of_sources, of_steps, of_seeds, of_pairs, of_neurons, of_a_neuron,
             of_neurons_and_steps, of_thresholds, of_a_threshold)


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


@pytest.mark.parametrize("sequence", [of_neurons, of_a_neuron, of_neurons_and_steps])
def test_what_a_neuron_draws_and_the_noise_of_its_threshold_are_not_correlated(sequence):
    h = sequence(0)
    assert worst_correlation(h, mixed(h)) < LIMIT


@pytest.mark.parametrize("sequence", [of_neurons, of_a_neuron, of_neurons_and_steps])
def test_columns_and_lots_are_uniform_and_independent(sequence):
    h = sequence(2)
    cells = 16 * column(h) + (lot(h) >> 12)
    counts = np.bincount(cells, minlength=1024)
    assert abs(((counts - 64) ** 2 / 64).sum() - 1023) < LIMIT * np.sqrt(2 * 1023)


def test_the_noise_of_thresholds_is_uniform_between_its_ends():
    noise = threshold_noise(threshold_product(of_thresholds(3), 50))
    counts = np.bincount(noise + 50, minlength=100)
    assert counts.size == 100
    assert abs(((counts - N / 100) ** 2 / (N / 100)).sum() - 99) < LIMIT * np.sqrt(2 * 99)


def nearest_steps(seed):
    """The hashes of the two of 65536 steps that are closest to each other, and by how much they differ."""
    ascending = np.sort(step_noise(seed, np.arange(N)))
    k = np.diff(ascending).argmin()
    return ascending[k], ascending[k + 1], ascending[k + 1] - ascending[k]


def share_of_shifted(noise, seed):
    """In how many of 65536 neurons in one step the noise is that of a neighbour in another step."""
    earlier, later, distance = nearest_steps(seed)
    neurons = np.arange(N)
    return np.mean(noise(earlier, neurons + distance) == noise(later, neurons))


def step_taken_up_once(step_noise, neuron):
    return mixed(mixed(joined(step_noise, neuron)))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_step_has_the_noise_of_another_in_neighbours(seed):
    assert share_of_shifted(neuron_noise, seed) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_taken_up_once_would_give_neighbours_the_noise_of_another_step(seed):
    assert share_of_shifted(step_taken_up_once, seed) == 1


@pytest.mark.parametrize("distance", [1, 2, 3, 64, 4096])
def test_the_thresholds_of_steps_with_hashes_close_to_each_other_are_not_correlated(distance):
    neurons, step = np.arange(N), step_noise(0, 7)
    near = mixed(neuron_noise(step + distance, neurons))
    for here in (mixed(neuron_noise(step, neurons)), mixed(neuron_noise(step, neurons + distance))):
        assert worst_correlation(here, near) < LIMIT


def test_neighbours_would_be_correlated_after_one_round():
    h = mixed(joined(step_noise(0, 7), np.arange(N)))
    assert worst_correlation(h[:-1], h[1:]) > 10 * LIMIT
