"""A core that learns agrees with both simulators on random networks: spikes, states, weights, tags, traces,
what was clipped and saturated."""

from dataclasses import replace

import numpy as np
import pytest

from firmware.virtual import byte_level_board, pin_level_board
from hdl.cosim import SimulatorLink
from snnsim.contract import CoreConfig, Formats
from snnsim.contract.layout import Memory, memories_of, memory_shape
from snnsim.contract.terms import FACTOR
from snnsim.host.driver import Driver
from snnsim.host.serial_link import SerialLink
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.gateware import BOARD_LEARNING, LARGE_LEARNING, SMALL_LEARNING, compiled_core
from tests.generator import random_commands, random_learning_image, random_stimulus

STEPS, LONG = 40, 2000
CORES = {"small": SMALL_LEARNING, "board": BOARD_LEARNING}


def random_network(seed, config, steps=STEPS):
    """``(image, stimulus, commands)``"""
    image = random_learning_image(seed, config)
    return image, random_stimulus(seed, image, steps), random_commands(seed, steps)


def run(machine, stimulus, commands, record=()):
    """``(RunResult, LearningState)``"""
    return machine.run(stimulus, record, commands=commands), machine.read_learning()


def assert_same(image, a, b):
    assert first_difference(a[0], b[0]) is None
    assert first_learning_difference(image, a[1], b[1]) is None


def window(stimulus, commands, first, last):
    """Steps ``first .. last - 1`` of a stimulus and of commands."""
    inside = (commands >= first) & (commands < last)
    return stimulus.window(first, last), commands[inside] - first


def compare_runs(machine, network, pieces=2, record=False):
    """Runs of a machine that has a network loaded, each from where the last one ended, and those of both
    simulators."""
    image, stimulus, commands = network
    others = Simulator(image), ReferenceSimulator(image)
    recorded, size = range(image.n_neurons) if record else (), -(-stimulus.steps // pieces)
    for first in range(0, stimulus.steps, size):
        part = window(stimulus, commands, first, min(first + size, stimulus.steps))
        result = run(machine, *part, recorded)
        for other in others:
            assert_same(image, result, run(other, *part, recorded))


def compare(config, seeds, steps=STEPS, **how):
    for seed in seeds:
        network = random_network(seed, config, steps)
        compare_runs(compiled_core(config).load(network[0]), network, **how)


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_same_on_60_random_networks_on_a_small_core(first):
    compare(SMALL_LEARNING, range(first, first + 10))


@pytest.mark.parametrize("first", range(60, 80, 5))
def test_same_on_20_random_networks_on_the_core_of_a_board(first):
    compare(BOARD_LEARNING, range(first, first + 5))


@pytest.mark.parametrize("seed", range(100, 104))
@pytest.mark.parametrize("core", CORES)
def test_same_after_each_step(core, seed):
    network = random_network(seed, CORES[core], steps=15)
    compare_runs(compiled_core(CORES[core]).load(network[0]), network, pieces=15, record=True)


def test_the_networks_are_alive_and_learn():
    spikes = clips = saturations = changed = 0
    for seed in range(60):
        image, *stimulus = random_network(seed, SMALL_LEARNING)
        result, learned = run(Simulator(image), *stimulus)
        spikes, clips = spikes + len(result.raster), clips + result.weight_clips
        saturations += result.learning_saturations
        changed += any(not np.array_equal(w, p.weights())
                       for w, p in zip(learned.weights, image.projections, strict=True))
    assert spikes > 3000 and clips > 1000 and saturations > 1000 and changed > 30


# What a host does between runs

def writable(image, seed):
    """Random weights within their bounds, modulators, third factors."""
    rng = np.random.default_rng(seed)
    weights = [rng.integers(low, high + 1) for low, high in (p.weight_range() for p in image.projections)]
    return weights, rng.integers(FACTOR.lo, FACTOR.hi, 4), rng.integers(FACTOR.lo, FACTOR.hi, image.n_neurons)


def write(machine, weights, modulators, m):
    machine.write_weights(weights)
    machine.write_modulators(modulators)
    machine.write_third_factors(m)


def learning_seeds(count, config=SMALL_LEARNING, condition=lambda image: True):
    """The first seeds of networks that learn."""
    seeds = []
    while len(seeds) < count:
        seed = seeds[-1] + 1 if seeds else 0
        while not (image := random_learning_image(seed, config)).plasticity or not condition(image):
            seed += 1
        seeds.append(seed)
    return seeds


def test_what_is_written_is_read_and_counts_as_in_the_simulators():
    for seed in learning_seeds(12):
        image, *stimulus = random_network(seed, SMALL_LEARNING)
        machines = [compiled_core(SMALL_LEARNING).load(image), Simulator(image), ReferenceSimulator(image)]
        outcomes = []
        for machine in machines:
            run(machine, *stimulus)
            weights, modulators, m = writable(image, seed)
            write(machine, weights, modulators, m)
            learned = machine.read_learning()
            assert [w.tolist() for w in learned.weights] == [w.tolist() for w in weights]
            assert (learned.modulators.tolist(), learned.m.tolist()) == (modulators.tolist(), m.tolist())
            outcomes.append(run(machine, *stimulus))
        assert_same(image, outcomes[0], outcomes[1])
        assert_same(image, outcomes[0], outcomes[2])


def test_clear_keeps_the_weights_and_nothing_else():
    for seed in learning_seeds(12):
        image, *stimulus = random_network(seed, SMALL_LEARNING)
        machine = compiled_core(SMALL_LEARNING).load(image)
        begin = machine.read_learning()
        first = run(machine, *stimulus)
        machine.clear()
        expected = replace(begin, weights=first[1].weights)
        assert first_learning_difference(image, machine.read_learning(), expected) is None
        machine.write_weights([p.weights() for p in image.projections])
        assert_same(image, run(machine, *stimulus), first)


def without_chance(image):
    """What is learned or drawn by chance depends on the time, which no memory holds."""
    return image.noise is None and not any(rule.stochastic for rule in image.rules)


def test_a_network_goes_on_from_its_memories_as_they_were():
    """All memories, written back when the ring of delays has come round to where they were read."""
    driver, steps = compiled_core(SMALL_LEARNING), 3 * SMALL_LEARNING.delay_slots
    for seed in learning_seeds(8, condition=without_chance):
        image, stimulus, commands = random_network(seed, SMALL_LEARNING, steps=2 * steps)
        driver.load(image)
        run(driver, *window(stimulus, commands, 0, steps))
        memories = {memory: driver.read_memory(memory, 0, memory_shape(SMALL_LEARNING, memory)[0])
                    for memory in memories_of(SMALL_LEARNING)}
        rest = window(stimulus, commands, steps, 2 * steps)
        first = run(driver, *rest)
        for memory, words in memories.items():
            driver.write_memory(memory, 0, words)
        assert_same(image, run(driver, *rest), first)


def test_without_the_traces_it_goes_on_differently():
    driver, steps = compiled_core(SMALL_LEARNING), 3 * SMALL_LEARNING.delay_slots
    differences = 0
    for seed in learning_seeds(8, condition=without_chance):
        image, stimulus, commands = random_network(seed, SMALL_LEARNING, steps=2 * steps)
        outcomes = []
        for forgets in (False, True):
            driver.load(image)
            run(driver, *window(stimulus, commands, 0, steps))
            if forgets:
                traces = driver.read_memory(Memory.TRACES, 0, SMALL_LEARNING.plastic_rows)
                driver.write_memory(Memory.TRACES, 0, 0 * traces)
            outcomes.append(run(driver, *window(stimulus, commands, steps, 2 * steps))[1])
        differences += first_learning_difference(image, *outcomes) is not None
    assert differences > 2


# Other cores, in Amaranth's own simulator

TINY = {"neurons": 8, "inputs": 4, "delay_slots": 2, "synapse_words": 64, "rows": 24, "plastic_rows": 12,
        "post_classes": 2, "learning_rules": 2}
TINY_CORES = {
    "one lane, four terms of three factors at once": CoreConfig.with_learning(
        lanes=1, term_units=4, lane_factors=3, tables=1, read_registers=0, **TINY),
    "two lanes, nothing but pairs": CoreConfig(
        Formats(12, 12, 4, 3, 14, 2), lanes=2, term_units=2, lane_factors=1, **TINY),
    "eight lanes, tags and third factors": CoreConfig(
        Formats(weight_width=8), lanes=8, lane_factors=1, third_factors=1, tags=1, **TINY),
    "adaptive and without learning": CoreConfig(
        neurons=8, inputs=4, delay_slots=2, synapse_words=64, rows=24, adaptive=1),
}


@pytest.mark.parametrize("core", TINY_CORES)
def test_same_in_amaranths_own_simulator(core):
    config, alive = TINY_CORES[core], 0
    driver = Driver(SimulatorLink(config), timeout=60)
    for seed in learning_seeds(2, config) if config.learns else range(2):
        network = random_network(seed, config, steps=12)
        compare_runs(driver.load(network[0]), network)
        alive += len(ReferenceSimulator(network[0]).run(network[1]).raster)
    assert alive > 3


# Behind a serial port

def compare_board(board, config, seeds, steps=STEPS):
    with board(config) as virtual:
        driver = Driver(SerialLink(virtual.port))
        for seed in seeds:
            network = random_network(seed, config, steps)
            compare_runs(driver.load(network[0]), network)


def test_same_on_the_byte_level_board():
    compare_board(byte_level_board, SMALL_LEARNING, range(4))


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("config", [SMALL_LEARNING, BOARD_LEARNING, LARGE_LEARNING],
                         ids=["small", "board", "large"])
def test_same_on_40_random_networks_on_the_byte_level_board(config):
    compare_board(byte_level_board, config, range(40))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_same_on_20_random_networks_on_the_pin_level_board():
    compare_board(pin_level_board, BOARD_LEARNING, range(20))


# For long

LONG_CORES = (
    SMALL_LEARNING, BOARD_LEARNING, LARGE_LEARNING,
    CoreConfig.with_learning(neurons=64, inputs=64, lanes=1, term_units=4, lane_factors=2, read_registers=0,
                             delay_slots=64, synapse_words=4096, rows=256),
    CoreConfig.with_learning(formats=Formats(32, 16, 12, 5, 32, 16), neurons=64, inputs=64, lanes=2,
                             lane_factors=1, synapse_words=4096, rows=256, plastic_rows=128, tables=1),
)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(1000, 1120))
def test_same_on_120_random_networks_for_2000_steps(seed):
    """On each of the cores 24, everything compared after each hundred steps."""
    compare(LONG_CORES[seed % len(LONG_CORES)], [seed], steps=LONG, pieces=LONG // 100)
