"""The kernels and the reference draw the same noise: spikes, states and all that was learned are the same."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import CoreConfig
from snnsim.contract.noise import column, lot, neuron_noise, step_noise
from snnsim.noise import Noise
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator, Simulator, kernel, noise, plain_machine, simulator, words
from snnsim.simulator.choice import Method
from tests.contract.cases import make_image
from tests.equivalence.test_simulators import alike, can_be, everything, many_blocks
from tests.generator import (
    noisy,
    random_commands,
    random_config,
    random_image,
    random_learning_config,
    random_learning_image,
    random_stimulus,
)

STEPS = 40


def network(seed):
    """A random network with noise and a stimulus, half of the formats random, too."""
    image = random_image(seed, noisy(random_config(seed) if seed % 2 else CoreConfig(), seed))
    return image, random_stimulus(seed, image, STEPS)


def learning_network(seed):
    config = random_learning_config(seed) if seed % 2 else CoreConfig.with_learning()
    image = random_learning_image(seed, noisy(config, seed))
    return image, random_stimulus(seed, image, STEPS), random_commands(seed, STEPS)


def assert_same(image, stimulus, **how):
    difference = first_difference(everything(ReferenceSimulator(image), stimulus),
                                  everything(Simulator(image, **how), stimulus))
    assert difference is None, str(difference)


@pytest.mark.parametrize("seed", range(120))
def test_same_on_a_random_network(seed):
    assert_same(*network(seed))


@pytest.mark.parametrize("seed", range(60))
def test_same_on_blocks_of_neurons_that_are_alike(monkeypatch, seed):
    monkeypatch.setattr(kernel, "MANY", 0)
    image = alike(seed, noisy(random_config(seed) if seed % 2 else CoreConfig(), seed))
    assert_same(image, SpikeRaster.from_dense(np.random.default_rng(seed).random((STEPS, 3)) < 0.3))


@pytest.mark.parametrize("numbers", ["wide", "halves"])
def test_same_whatever_is_computed_with(monkeypatch, numbers):
    monkeypatch.setattr(kernel, "MANY", 0)
    monkeypatch.setattr(plain_machine, "numbers_of", lambda formats: numbers)
    for seed in range(0, 40, 2):  # states of 24 bits
        assert_same(*network(seed))


def test_same_where_columns_are_looked_up_in_memory(monkeypatch):
    monkeypatch.setattr(words, "is_fast", lambda: False)
    for seed in range(40):
        assert_same(*network(seed))


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_every_number_of_threads_is_the_same(threads):
    for seed in range(20):
        image, stimulus = network(seed)
        image = many_blocks(image)
        assert first_difference(everything(Simulator(image), stimulus),
                                everything(Simulator(image, threads=threads), stimulus)) is None, seed


@pytest.mark.parametrize("method", list(Method))
def test_every_delivery_is_the_same(method):
    for seed in range(0, 40, 2):
        image, stimulus = network(seed)
        assert_same(image, stimulus, delivery={
            p.name: method for p in image.projections if can_be(method, p, image)})


@pytest.mark.parametrize("seed", range(30))
def test_a_run_in_pieces_is_the_run_and_clear_begins_again(monkeypatch, seed):
    image, stimulus = network(seed)
    whole, pieces = everything(ReferenceSimulator(image), stimulus), Simulator(image)
    if seed % 2:
        monkeypatch.setattr(simulator, "CHUNK_WORK", 1)
    for _ in range(2):
        parts = [everything(pieces, stimulus.window(*ends)) for ends in ((0, 1), (1, 20), (20, STEPS))]
        np.testing.assert_array_equal(np.concatenate([part.v for part in parts]), whole.v)
        np.testing.assert_array_equal(np.concatenate([part.i for part in parts]), whole.i)
        pieces.clear()


@pytest.mark.parametrize("origin", [(1 << 31) - 7, (1 << 32) - 7])
def test_steps_count_modulo_2_to_the_32(origin):
    image = make_image([{"keep_v": 4000, "v_threshold": 90, "v_min": -100}] * 70, 0, [])
    image = replace(image, noise=background(70, 5))
    results = []
    for machine in (ReferenceSimulator(image), Simulator(image)):
        machine._time = origin
        results.append(everything(machine, SpikeRaster.empty(steps=20, neurons=0)))
    assert first_difference(*results) is None
    assert len(results[0].raster) > 10


def background(n, seed):
    """Noise of one source from which all ``n`` neurons draw, with noisy thresholds of every other one."""
    rng = np.random.default_rng(seed)
    cut, (value, other) = rng.integers(0, 1 << 16, (1, 64)), rng.integers(-20, 30, (2, 1, 64))
    return Noise(np.arange(n) % 2 * 50, np.ones(n, np.int64), cut, value, other, seed)


def test_a_lot_at_the_cut_gives_the_other_value():
    """Each neuron's column is cut where its lot of the first step is, or one behind it."""
    n = 64
    hashes = [neuron_noise(step_noise(3, 0), k) for k in range(n)]
    for behind in (0, 1):
        cut = np.zeros((n, 64), np.int64)
        for k, h in enumerate(hashes):
            cut[k, column(h)] = lot(h) + behind
        image = replace(make_image([{}] * n, 0, []), noise=Noise(
            np.zeros(n, np.int64), np.arange(1, n + 1), cut, np.full((n, 64), 7), np.full((n, 64), -7), 3))
        one = replace(image.noise, source=np.full(n, 9))  # of which one neuron's lot is at the cut
        stimulus = SpikeRaster.empty(steps=1, neurons=0)
        assert everything(Simulator(image), stimulus).i.tolist() == [[7 if behind else -7] * n]
        assert_same(replace(image, noise=one), stimulus)


def test_a_neuron_whose_noise_is_mostly_nothing_is_never_at_rest():
    """Of 200 neurons that forget all at once, one draws 50 in one step of 16."""
    n, cut = 200, np.zeros((1, 64), np.int64)
    value, other = np.zeros((2, 1, 64), np.int64)
    other[0, :4] = 50
    source = (np.arange(n) == 130).astype(np.int64)
    image = replace(make_image([{"v_threshold": 40}] * n, 0, []),
                    noise=Noise(np.zeros(n, np.int64), source, cut, value, other, 1))
    stimulus = SpikeRaster.empty(steps=400, neurons=0)
    assert_same(image, stimulus)
    assert 5 < Simulator(image).run(stimulus).raster.counts()[130] < 60


def test_a_block_rests_unless_a_threshold_can_fall_below_zero():
    """A neuron with threshold 40 and amplitude 40 never fires by itself; with amplitude 41 it does."""
    def blocks_at_rest(amplitude):
        image = replace(make_image([{"v_threshold": 40}] * 64, 0, []), noise=Noise(
            np.full(64, amplitude), np.zeros(64, np.int64), seed=2))
        machine, stimulus = Simulator(image), SpikeRaster.empty(steps=200, neurons=0)
        assert_same(image, stimulus)
        spikes = len(machine.run(stimulus).raster)
        return spikes, int(machine._machine._members[0].neurons.moving[0])

    assert blocks_at_rest(40) == (0, 0)
    spikes, moving = blocks_at_rest(41)
    assert spikes > 0 and moving == 1


def test_what_neurons_draw_lies_in_memory_narrowly():
    image = replace(make_image([{}] * 70, 0, []), noise=background(70, 1))
    draws = Simulator(image)._machine._members[0].neurons.draws
    assert draws.source.dtype == np.uint8
    assert {array.dtype for array in draws[5:9]} == {np.dtype(np.int32)}
    assert draws.sources.tolist() == [noise.ONE if words.is_fast() else noise.SEVERAL, noise.SEVERAL]


@pytest.mark.parametrize("seed", range(80))
def test_same_on_a_random_network_that_learns(seed):
    image, *stimulus = learning_network(seed)
    expected = run_learning(ReferenceSimulator(image), *stimulus)
    for replay in (False, True):
        result, state = run_learning(Simulator(image, replay), *stimulus)
        assert first_difference(expected[0], result) is None
        assert first_learning_difference(image, expected[1], state) is None


def run_learning(machine, stimulus, commands):
    result = machine.run(stimulus, range(machine.image.n_neurons), commands=commands)
    return result, machine.read_learning()


def test_these_networks_draw_learn_and_adapt():
    images = [learning_network(seed)[0] for seed in range(80)]
    drawing = [i for i in images if i.noise and i.noise.source.any() and i.noise.amplitude.any()]
    assert sum(i.learns for i in drawing) > 10
    assert sum(i.adaptation is not None for i in drawing) > 5
