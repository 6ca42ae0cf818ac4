"""The core and the simulators agree on random networks: spikes, states, saturations."""

import pytest

from firmware.virtual import byte_level_board, pin_level_board
from hdl.cosim import SimulatorLink
from snnsim.contract import CoreConfig, Formats
from snnsim.host.driver import Driver
from snnsim.host.serial_link import SerialLink
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.gateware import gateware
from tests.generator import random_image, random_stimulus

STEPS = 40
NETWORKS = 200


def assert_same(a, b):
    difference = first_difference(a, b)
    assert difference is None, str(difference)


def compare_runs(machine, image, stimulus, expected=Simulator):
    """Two runs, the second from where the first ended: spikes, final states, saturations."""
    other, middle = expected(image), stimulus.steps // 2
    for window in ((0, middle), (middle, stimulus.steps)):
        part = stimulus.window(*window)
        assert_same(machine.run(part), other.run(part))


@pytest.mark.parametrize("first", range(0, NETWORKS, 20))
def test_same_on_200_random_networks(first):
    for seed in range(first, first + 20):
        image = random_image(seed)
        compare_runs(gateware(image), image, random_stimulus(seed, image, STEPS))


@pytest.mark.parametrize("seed", range(0, NETWORKS, 10))
def test_same_v_and_i_in_every_step(seed):
    image = random_image(seed)
    stimulus = random_stimulus(seed, image, 20)
    everyone = range(image.n_neurons)
    assert_same(gateware(image).run(stimulus, everyone), ReferenceSimulator(image).run(stimulus, everyone))


def test_clear_makes_a_run_repeat_itself():
    image = random_image(2)
    stimulus = random_stimulus(2, image, STEPS)
    machine = gateware(image)
    first = machine.run(stimulus)
    machine.clear()
    assert len(first.raster) > 0
    assert_same(machine.run(stimulus), first)


SMALL = {"inputs": 4, "synapse_words": 128, "rows": 48}
SMALL_CORES = {
    "one lane": CoreConfig(neurons=9, lanes=1, delay_slots=2, **SMALL),
    "two lanes": CoreConfig(neurons=10, lanes=2, delay_slots=4, **SMALL),
    "four lanes": CoreConfig(neurons=12, lanes=4, delay_slots=8, **SMALL),
    "eight lanes": CoreConfig(neurons=16, lanes=8, delay_slots=4, **SMALL),
    "narrow, noise": CoreConfig(Formats(12, 12, 4, 3, 14, 2), neurons=16, lanes=2, delay_slots=4,
                                noise_sources=1, adaptive=1, read_registers=0, **SMALL),
    "narrow": CoreConfig(Formats(12, 12, 4, 3, 14, 2), neurons=12, delay_slots=4, **SMALL),
    "wide": CoreConfig(Formats(32, 16, 16, 5, 32, 16), neurons=12, delay_slots=4, **SMALL),
}


@pytest.mark.parametrize("core", SMALL_CORES)
def test_same_in_amaranths_own_simulator(core):
    config = SMALL_CORES[core]
    driver = Driver(SimulatorLink(config), timeout=60)
    spikes = 0
    for seed in (1, 4, 8, 10):
        image = random_image(seed, config)
        stimulus = random_stimulus(seed, image, 20)
        driver.load(image)
        compare_runs(driver, image, stimulus, ReferenceSimulator)
        spikes += len(ReferenceSimulator(image).run(stimulus).raster)
    assert spikes > 10


def compare_board(board, seeds):
    with board(CoreConfig()) as virtual:
        driver = Driver(SerialLink(virtual.port))
        for seed in seeds:
            image = random_image(seed)
            compare_runs(driver.load(image), image, random_stimulus(seed, image, STEPS))


def test_same_on_the_byte_level_board():
    compare_board(byte_level_board, range(0, NETWORKS, 4))


def test_same_on_the_pin_level_board():
    compare_board(pin_level_board, range(0, NETWORKS, 20))


@pytest.mark.slow
@pytest.mark.parametrize("board", [byte_level_board, pin_level_board])
def test_same_on_200_random_networks_on_the_virtual_boards(board):
    compare_board(board, range(NETWORKS))
