"""The driver and what a core learns, against a software board: commands, counts, weights, and bad lines."""

import numpy as np
import pytest

from snnsim.contract import CoreConfig
from snnsim.contract.packets import EVENT, To
from snnsim.host import Driver, DriverError
from snnsim.random_learning import random_commands, random_learning_image
from snnsim.random_networks import random_stimulus
from snnsim.result import RunError, first_difference, first_weight_difference
from snnsim.simulator import ReferenceSimulator

from .software_board import FaultyLink, SoftwareBoard
from .test_driver import FAULTS, every

#: Small buffers, as for cores that do not learn.
CONFIG = CoreConfig.with_learning(event_buffer=64, spike_buffer=64, receive_words=128)
STEPS, SEED = 50, 41
IMAGE = random_learning_image(SEED, CONFIG)
STIMULUS, COMMANDS = random_stimulus(SEED, IMAGE, STEPS), random_commands(SEED, STEPS)


@pytest.fixture(scope="module")
def reference():
    """A reference that has run with the commands, and what it gave."""
    machine = ReferenceSimulator(IMAGE)
    return machine, machine.run(STIMULUS, commands=COMMANDS)


def driver_of(link, timeout=1.0):
    return Driver(link, timeout=timeout).load(IMAGE)


def assert_same(driver, result, reference):
    machine, expected = reference
    assert first_difference(result, expected) is None
    assert first_weight_difference(IMAGE, driver.read_weights(), machine.read_weights()) is None


def test_a_run_with_commands_is_that_of_the_reference(reference):
    driver = driver_of(SoftwareBoard(CONFIG, IMAGE))
    assert_same(driver, driver.run(STIMULUS, commands=COMMANDS), reference)


def test_the_run_learns_and_needs_its_commands(reference):
    machine, expected = reference
    assert expected.weight_clips > 0 and expected.learning_saturations > 0
    assert any(not np.array_equal(w, p.weights())
               for w, p in zip(machine.read_weights(), IMAGE.projections, strict=True))
    without = ReferenceSimulator(IMAGE)
    without.run(STIMULUS)
    assert first_weight_difference(IMAGE, without.read_weights(), machine.read_weights()) is not None


def test_commands_go_as_input_events_behind_the_last_input_in_their_steps():
    board = SoftwareBoard(CONFIG, IMAGE)
    driver_of(board).run(STIMULUS, commands=COMMANDS)
    events = [EVENT.unpack(word) for p in board.executed if p.type == To.EVENTS for word in p.payload]
    assert len(events) == len(STIMULUS) + len(COMMANDS)
    assert [e["step"] for e in events if e["id"] == CONFIG.inputs] == COMMANDS.tolist()
    assert [e["step"] for e in events] == sorted(e["step"] for e in events)


def test_commands_and_counts_go_across_the_ends_of_runs(reference, monkeypatch):
    monkeypatch.setattr("snnsim.host.driver.LARGEST_RUN", 7)
    driver = driver_of(SoftwareBoard(CONFIG, IMAGE))
    assert_same(driver, driver.run(STIMULUS, commands=COMMANDS), reference)


def test_learned_weights_stay_when_the_state_is_cleared(reference):
    driver, again = driver_of(SoftwareBoard(CONFIG, IMAGE)), ReferenceSimulator(IMAGE)
    for machine in (driver, again):
        machine.run(STIMULUS, commands=COMMANDS)
        machine.clear()
    assert_same(driver, driver.run(STIMULUS), (again, again.run(STIMULUS)))


def test_weights_that_are_written_are_read_and_learn_on():
    driver, again = driver_of(SoftwareBoard(CONFIG, IMAGE)), ReferenceSimulator(IMAGE)
    weights = [np.where(np.arange(p.n_synapses) % 2, *p.weight_range()) for p in IMAGE.projections]
    for machine in (driver, again):
        machine.write_weights(weights)
    assert first_weight_difference(IMAGE, driver.read_weights(), weights) is None
    assert_same(driver, driver.run(STIMULUS), (again, again.run(STIMULUS)))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_bad_line_changes_nothing_that_is_learned(way, fault, reference):
    driver = driver_of(FaultyLink(SoftwareBoard(CONFIG, IMAGE), **{way: every(9, fault)}))
    assert_same(driver, driver.run(STIMULUS, commands=COMMANDS), reference)


def test_a_core_that_cannot_learn_takes_no_command():
    config = CoreConfig()
    image = random_learning_image(1, config)
    board = SoftwareBoard(config, image)
    stimulus = random_stimulus(1, image, STEPS)
    Driver(board).load(image).run(stimulus, commands=[3, 4])
    sent = sum(len(packet.payload) for packet in board.executed if packet.type == To.EVENTS)
    assert sent == len(stimulus) > 0


def test_third_factors_are_refused_by_a_core_that_has_none():
    config = CoreConfig.with_learning(third_factors=0)
    images = (random_learning_image(seed, config) for seed in range(20))
    image = next(image for image in images if image.plasticity)
    driver = Driver(SoftwareBoard(config, image)).load(image)
    with pytest.raises(DriverError, match="has no third factors: use one with third_factors=1"):
        driver.write_third_factors(np.zeros(image.n_neurons, int))


@pytest.mark.parametrize("commands", [[-1], [STEPS]])
def test_a_command_outside_the_run_is_refused(commands):
    with pytest.raises(RunError):
        driver_of(SoftwareBoard(CONFIG, IMAGE)).run(STIMULUS, commands=commands)
