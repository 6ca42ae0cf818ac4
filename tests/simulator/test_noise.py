"""Vectors of words against the rules of the contract, and the statistics of what the simulator draws.

All numbers are fixed by the contract, so a limit in standard errors is not a matter of luck.
"""

import numpy as np
import pytest
from numba import njit

from snnsim import (
    LIF,
    IntegerLIF,
    Network,
    Poisson,
    PoissonSource,
    Population,
    Simulator,
    SpikeRaster,
    compile,
)
from snnsim.contract.noise import mixed, neuron_noise, threshold_noise, threshold_product
from snnsim.simulator import words
from snnsim.simulator.vectors import WIDTH, load, store

#: Standard errors that a mean or a variance may be off.
LIMIT = 4
EDGES = (0, 1, (1 << 31) - 1, 1 << 31, (1 << 32) - WIDTH, (1 << 32) - 1)


@njit
def hash_words(of_step, first, hashes):
    for k in range(0, hashes.size, WIDTH):
        store(hashes, k, words.as_vector(neuron_noise(of_step, words.numbered(first + k))))


@njit
def move_words(hashes, amplitude, moved):
    for k in range(0, hashes.size, WIDTH):
        h = words.as_products(mixed(words.as_words(load(hashes, k))))
        product = threshold_product(h, words.as_products(load(amplitude, k)))
        store(moved, k, words.as_short(threshold_noise(product)))


@njit
def look_up_words(index, table, at, found):
    for k in range(0, index.size, WIDTH):
        store(found, k, words.look_up(table, at, words.as_words(load(index, k))))


@pytest.mark.parametrize("first", EDGES)
@pytest.mark.parametrize("of_step", EDGES)
def test_hashes_are_those_of_the_contract(of_step, first):
    hashes = np.zeros(4 * WIDTH, np.uint32)
    hash_words(of_step, first, hashes)
    assert hashes.tolist() == [neuron_noise(of_step, first + k) for k in range(hashes.size)]


@pytest.mark.parametrize("amplitude", [0, 1, 1000, (1 << 24) - 1, (1 << 31) - 1])
def test_thresholds_are_moved_as_the_contract_says(amplitude):
    hashes = np.append(np.random.default_rng(1).integers(0, 1 << 32, 60), EDGES[:4]).astype(np.uint32)
    moved = np.zeros(hashes.size, np.int32)
    move_words(hashes, np.full(hashes.size, amplitude, np.int32), moved)
    expected = [threshold_noise(threshold_product(mixed(h), amplitude)) for h in hashes.tolist()]
    assert moved.tolist() == expected
    assert amplitude < 2 or min(expected) < 0 < max(expected)


@pytest.mark.skipif("not words.is_fast()", reason="tables in registers need AVX-512")
def test_all_entries_of_a_table_are_looked_up_from_where_it_begins():
    table = np.random.default_rng(2).integers(-1 << 31, 1 << 31, 3 * words.ENTRIES).astype(np.int32)
    index = np.random.default_rng(3).permutation(words.ENTRIES).astype(np.uint32)
    for at in (0, words.ENTRIES, 2 * words.ENTRIES):
        found = np.zeros(index.size, np.int32)
        look_up_words(index, table, at, found)
        assert found.tolist() == table[at + index].tolist()


def run(population, steps, record=()):
    image = compile(Network(1e-3, population, seed=11)).image
    return Simulator(image).run(SpikeRaster.empty(steps=steps, neurons=0), record)


@pytest.mark.parametrize("mean", [0.02, 1.5, 20])
def test_arrivals_of_a_background_have_mean_and_variance_of_a_poisson_process(mean):
    neurons = IntegerLIF(v_threshold_q=1 << 22)  # whose i is what arrives in a step
    result = run(Population("p", 1000, neurons, background=Poisson(mean * 1e3, weight_q=3)), 200, range(1000))
    counts = result.i / 3
    n = counts.size
    assert abs(counts.mean() - mean) < LIMIT * np.sqrt(mean / n)
    assert abs(counts.var() - mean) < LIMIT * np.sqrt((mean + 2 * mean ** 2) / n)
    assert abs(np.corrcoef(counts[:, :-1].ravel(), counts[:, 1:].ravel())[0, 1]) < LIMIT / np.sqrt(n)
    assert abs(np.corrcoef(counts[:-1].ravel(), counts[1:].ravel())[0, 1]) < LIMIT / np.sqrt(n)


@pytest.mark.parametrize("probability", [0, 0.001, 0.05, 0.5, 1])
def test_sources_spike_at_their_rates(probability):
    n, steps = 500, 400
    counts = run(Population("p", n, PoissonSource(probability * 1e3)), steps).raster.counts()
    deviation = np.sqrt(probability * (1 - probability) / (n * steps))
    assert abs(counts.sum() / (n * steps) - probability) <= LIMIT * deviation
    if 0 < probability < 1:
        spread = steps * probability * (1 - probability)  # the variance of a neuron's count
        error = spread * np.sqrt((2 + 1 / spread) / n)
        assert abs(counts.var() - spread) < LIMIT * error


def test_a_noisy_threshold_is_crossed_as_often_as_it_lies_below():
    """v stays at 15 of 20 mV, and the threshold is moved by up to 10 mV: a quarter of it lies below."""
    neurons = LIF(tau_mem=0, v_threshold=20e-3, i_bias=15e-3, v_reset=0, threshold_noise=10e-3)
    n, steps = 1000, 100
    share = run(Population("p", n, neurons), steps).raster.counts().sum() / (n * steps)
    assert abs(share - 0.25) < LIMIT * np.sqrt(0.25 * 0.75 / (n * steps)) + 1e-4
