"""The driver against a software board, on a perfect line and on every kind of bad one."""

from itertools import count

import numpy as np
import pytest

from snnsim.contract import CONTRACT_VERSION, CoreConfig
from snnsim.contract.layout import Memory
from snnsim.contract.packets import CAPABILITY, EVENT, PROTOCOL_VERSION, From, To
from snnsim.errors import UserError
from snnsim.host import Driver, DriverError, LinkError
from snnsim.host.protocol import END, Packet, decode, encode
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator

from .networks import busy_image, busy_stimulus
from .software_board import FaultyLink, SoftwareBoard, VanishingLink

#: Small buffers, so that the host must wait for the core and the core for the host.
CONFIG = CoreConfig(event_buffer=64, spike_buffer=64, receive_words=128)
TIMEOUT = 1.0
STEPS = 60


@pytest.fixture(scope="module")
def image():
    return busy_image()


@pytest.fixture(scope="module")
def stimulus():
    return busy_stimulus(STEPS)


@pytest.fixture(scope="module")
def expected(image, stimulus):
    result = ReferenceSimulator(image).run(stimulus)
    assert len(result.raster) > 5 * CONFIG.spike_buffer and len(stimulus) > 5 * CONFIG.event_buffer
    return result


def driver_of(link, image, timeout=TIMEOUT):
    return Driver(link, timeout=timeout).load(image)


# A perfect line

def test_the_core_describes_itself():
    driver = Driver(SoftwareBoard(CONFIG, identity=0x123456789ABCDEF0))
    assert driver.config == CONFIG
    assert driver.identity == 0x123456789ABCDEF0


def test_a_run_is_that_of_the_reference(image, stimulus, expected):
    assert first_difference(driver_of(SoftwareBoard(CONFIG, image), image).run(stimulus), expected) is None


def test_runs_go_on_where_the_last_one_ended_until_cleared(image, stimulus, expected):
    driver = driver_of(SoftwareBoard(CONFIG, image), image)
    reference = ReferenceSimulator(image)
    for _ in range(2):
        assert first_difference(driver.run(stimulus), reference.run(stimulus)) is None
    driver.clear()
    assert first_difference(driver.run(stimulus), expected) is None


def test_states_are_recorded_after_each_step(image, stimulus):
    driver, reference = driver_of(SoftwareBoard(CONFIG, image), image), ReferenceSimulator(image)
    record = [3, 0, image.n_neurons - 1, 3]
    short = stimulus.window(0, 12)
    got, wanted = driver.run(short, record), reference.run(short, record)
    assert got.v.shape == (12, 4)
    assert first_difference(got, wanted) is None


def test_long_runs_are_cut_where_time_stamps_end(image, stimulus, expected, monkeypatch):
    monkeypatch.setattr("snnsim.host.driver.LARGEST_RUN", 7)
    board = SoftwareBoard(CONFIG, image)
    result = driver_of(board, image).run(stimulus)
    assert first_difference(result, expected) is None
    assert [p.payload[0] for p in board.executed if p.type == To.RUN] == [7] * 8 + [4]
    assert (result.clocks, result.clocks_max) == (10 * STEPS, 10)


def test_a_run_of_no_steps_does_nothing(image):
    nothing = SpikeRaster.empty(steps=0, neurons=image.n_inputs)
    result = driver_of(SoftwareBoard(CONFIG, image), image).run(nothing)
    assert (len(result.raster), result.raster.steps, result.clocks) == (0, 0, 0)
    assert np.array_equal(result.state.v, image.initial.v)


def test_progress_ends_at_the_number_of_steps_and_words(image, stimulus):
    loaded, ran = [], []
    driver = Driver(SoftwareBoard(CONFIG, image)).load(image, lambda *progress: loaded.append(progress))
    driver.run(stimulus, progress=lambda *progress: ran.append(progress))
    assert loaded[-1][0] == loaded[-1][1] and ran[-1] == (STEPS, STEPS)
    assert loaded == sorted(loaded) and ran == sorted(ran)


def test_memories_and_weights_read_back(image):
    driver = driver_of(SoftwareBoard(CONFIG, image), image)
    for weights, projection in zip(driver.read_weights(), image.projections, strict=True):
        assert np.array_equal(weights, projection.weights())
    words = np.arange(200, dtype=np.uint32).reshape(100, 2)
    driver.write_memory(Memory.STATE, 5, words)
    assert np.array_equal(driver.read_memory(Memory.STATE, 5, 100), words)
    assert np.array_equal(driver.read_state().v[5:7], [0, 2])


# Who is there

@pytest.mark.parametrize("word, value, message", [
    ("magic", 0x31323334, "no core of this project: its magic number is 0x31323334"),
    ("protocol_version", 9, f"protocol version 9, this snnsim {PROTOCOL_VERSION}: install"),
    ("contract_version", 9, f"contract version 9, this snnsim {CONTRACT_VERSION}: install"),
    ("digest_low", 1, "build the bitstream again"),
    ("neurons", 0, "a core that cannot be: neurons must be"),
    ("neurons", 128, "digest"),
])
def test_another_core_is_refused_in_one_line(word, value, message):
    board = SoftwareBoard(CONFIG)
    board.capability[CAPABILITY.index(word)] = value
    with pytest.raises(DriverError, match=message) as refusal:
        Driver(board, timeout=TIMEOUT)
    assert "\n" not in str(refusal.value)
    assert not board.executed


def test_a_shorter_description_is_refused():
    board = SoftwareBoard(CONFIG)
    board.capability = board.capability[:-1]
    with pytest.raises(DriverError, match="words instead of"):
        Driver(board, timeout=TIMEOUT)


def test_nobody_there_is_reported_within_the_timeout():
    deaf = FaultyLink(SoftwareBoard(CONFIG), there=lambda frame: [])
    with pytest.raises(DriverError, match="does not answer within 0.1 s: check the port"):
        Driver(deaf, timeout=0.1)


def test_somebody_else_there_is_reported():
    babbler = FaultyLink(SoftwareBoard(CONFIG), back=lambda frame: [b"OK\r\n"])
    with pytest.raises(DriverError, match="sends bytes, but not the greeting of a core"):
        Driver(babbler, timeout=0.1)


def test_garbage_before_the_greeting_does_not_matter(image, stimulus, expected):
    board = SoftwareBoard(CONFIG, image)
    board.write(b"\x07noise without an end")
    board._out += b"more noise" + END + b"\x03\x02"
    assert first_difference(driver_of(board, image).run(stimulus), expected) is None


def test_a_run_that_an_earlier_host_left_is_ended(image, stimulus, expected):
    board = SoftwareBoard(CONFIG, image)
    driver_of(board, image)
    first = EVENT.pack(step=0, id=0)
    for packet in (Packet(To.RUN, board._expected, 0, (60000, 100)),
                   Packet(To.EVENTS, board._expected + 1, 0, (first,))):
        board.write(encode(packet))
    assert board._running
    assert first_difference(driver_of(board, image).run(stimulus), expected) is None


# What is refused before anything is written

@pytest.mark.parametrize("config, message", [
    (CoreConfig(neurons=4), "neurons, the core has 4"),
    (CoreConfig(formats=CONFIG.formats.__class__(state_width=16)), "state_width of 24"),
])
def test_a_network_that_does_not_fit_leaves_the_board_alone(image, config, message):
    board = SoftwareBoard(config)
    with pytest.raises(UserError, match=message):
        driver_of(board, image)
    assert not board.executed


def test_without_a_network_there_is_nothing_to_run():
    with pytest.raises(DriverError, match="no network is loaded"):
        Driver(SoftwareBoard(CONFIG)).run(SpikeRaster.empty(steps=1, neurons=1))


def test_a_stimulus_of_another_network_is_refused(image):
    with pytest.raises(UserError, match="inputs"):
        driver_of(SoftwareBoard(CONFIG, image), image).run(
            SpikeRaster.empty(steps=1, neurons=image.n_inputs + 1))


@pytest.mark.parametrize("address, words", [(-1, 1), (CONFIG.neurons, 1), (0, CONFIG.neurons + 1), (0, 0)])
def test_memory_that_does_not_exist_is_refused(address, words):
    with pytest.raises(DriverError, match="do not all exist"):
        Driver(SoftwareBoard(CONFIG)).read_memory(Memory.STATE, address, words)


# Bad lines

def changed(frame):
    """The frame with its middle byte changed; never to 0, which would be its end."""
    middle = len(frame) // 2
    return frame[:middle] + bytes([frame[middle] ^ 1 or 2]) + frame[middle + 1:]


FAULTS = {
    "changed": lambda frame: [changed(frame)],
    "lost": lambda frame: [],
    "doubled": lambda frame: [frame, frame],
    "cut": lambda frame: [frame[:-3]],
    "torn": lambda frame: [frame[:2], frame[2:]],
}


def every(n, fault, first=5):
    """A fault in every n-th frame; the first frames pass."""
    numbers = count()
    return lambda frame: fault(frame) if (k := next(numbers)) >= first and k % n == 0 else [frame]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_bad_line_changes_nothing(way, fault, image, stimulus, expected):
    board = SoftwareBoard(CONFIG, image)
    driver = driver_of(FaultyLink(board, **{way: every(9, fault)}), image)
    assert first_difference(driver.run(stimulus), expected) is None
    for weights, projection in zip(driver.read_weights(), image.projections, strict=True):
        assert np.array_equal(weights, projection.weights())


@pytest.mark.parametrize("seed", range(4))
def test_a_bad_line_in_both_directions_changes_nothing(seed, image, stimulus, expected):
    rng = np.random.default_rng(seed)

    def noise(frame):
        fault = rng.choice(list(FAULTS)) if rng.random() < 0.08 else None
        return FAULTS[fault](frame) if fault else [frame]

    board = SoftwareBoard(CONFIG, image)
    driver = driver_of(FaultyLink(board, there=noise, back=noise), image, timeout=3 * TIMEOUT)
    assert first_difference(driver.run(stimulus), expected) is None


def nth_of(type, fault, n=0):
    """A fault in the n-th frame of one type."""
    seen = count()

    def apply(frame):
        packet = decode(frame)
        return fault(frame) if getattr(packet, "type", None) == type and next(seen) == n else [frame]
    return apply


@pytest.mark.parametrize("type", [From.SPIKES, From.DONE, From.CREDIT])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_one_bad_packet_of_a_run_changes_nothing(type, fault, image, stimulus, expected):
    link = FaultyLink(SoftwareBoard(CONFIG, image), back=nth_of(type, fault))
    assert first_difference(driver_of(link, image).run(stimulus), expected) is None


@pytest.mark.parametrize("type", [To.RUN, To.EVENTS, To.TAKEN])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_one_bad_packet_to_a_run_changes_nothing(type, fault, image, stimulus, expected):
    link = FaultyLink(SoftwareBoard(CONFIG, image), there=nth_of(type, fault))
    assert first_difference(driver_of(link, image).run(stimulus), expected) is None


def test_a_lost_answer_to_run_does_not_run_twice(image, stimulus, expected):
    board = SoftwareBoard(CONFIG, image)
    dropped, sent = [], []

    def lose(frame):
        # With the answers to the packets behind it, which would stand for it too.
        ran = To.RUN in [packet.type for packet in board.executed]
        if ran and len(dropped) < 3 and decode(frame).type == From.ACK:
            dropped.append(frame)
            return []
        return [frame]

    link = FaultyLink(board, back=lose, there=lambda frame: sent.append(decode(frame)) or [frame])
    result = driver_of(link, image).run(stimulus)
    assert [getattr(packet, "type", None) for packet in sent].count(To.RUN) > 1
    assert first_difference(result, expected) is None
    assert [packet.type for packet in board.executed].count(To.RUN) == 1


def test_the_packets_of_an_earlier_run_are_not_taken_for_those_of_this_one(image, stimulus, expected):
    """The answers to late questions arrive after the run is over."""
    board = SoftwareBoard(CONFIG, image)
    driver = driver_of(board, image)
    reference = ReferenceSimulator(image)
    for _ in range(3):
        assert first_difference(driver.run(stimulus), reference.run(stimulus)) is None
        board._send(From.STATUS, 0, payload=board._report())
        board._send(From.SPIKES, 0, argument=0, payload=board._spikes[:20])
        board._send(From.CREDIT, 0, argument=30)
        board._send(From.DONE, 0, payload=board._report())


# Boards that fail

def test_a_board_that_falls_silent_in_mid_run_is_reported(image, stimulus):
    board, silent = SoftwareBoard(CONFIG, image), []
    driver = driver_of(FaultyLink(board, back=lambda frame: [] if silent else [frame]), image, timeout=0.2)
    with pytest.raises(DriverError, match="within 0.2 s: check the cable|silent in mid-run for 0.2 s: check"):
        driver.run(stimulus, progress=lambda done, total: silent.append(done))
    silent.clear()
    driver.load(image).run(stimulus)  # and works again when it answers


def test_a_board_that_stands_still_is_reported(image, stimulus):
    board = SoftwareBoard(CONFIG, image)
    driver = driver_of(board, image, timeout=0.2)
    board._can_step = lambda: False
    with pytest.raises(DriverError, match="stands still in step 0 for 0.2 s, although it answers"):
        driver.run(stimulus)


def test_a_board_whose_clocks_go_on_without_an_end_of_the_step_is_reported(image, stimulus):
    board, clocks = SoftwareBoard(CONFIG, image), count()
    driver = driver_of(board, image, timeout=0.2)
    board._can_step = lambda: False
    board.clocks = lambda: next(clocks)
    with pytest.raises(DriverError, match="stands still in step 0 for 0.2 s, although it answers"):
        driver.run(stimulus)


@pytest.mark.parametrize("writes", [3, 20, 40])
def test_a_board_that_vanishes_is_reported(writes, image, stimulus):
    with pytest.raises(LinkError, match="is gone: plug it in again"):
        driver_of(VanishingLink(SoftwareBoard(CONFIG, image), writes), image).run(stimulus)


def test_a_line_that_spoils_every_frame_is_given_up(image):
    link = FaultyLink(SoftwareBoard(CONFIG, image), there=every(1, FAULTS["changed"], first=10))
    with pytest.raises(DriverError, match="does not answer"):
        driver_of(link, image, timeout=0.2)


def test_a_skipped_event_is_reported(image, stimulus):
    board = SoftwareBoard(CONFIG, image)
    driver = driver_of(board, image)
    execute = board._execute

    def spoil(packet):
        result = execute(packet)
        board._bad_event = True
        return result

    board._execute = spoil
    with pytest.raises(DriverError, match="skipped an input event"):
        driver.run(stimulus)


@pytest.mark.parametrize("word, name", [("steps", "steps"), ("events", "input events")])
def test_a_wrong_account_is_reported(word, name, image, stimulus):
    board = SoftwareBoard(CONFIG, image)
    driver = driver_of(board, image)
    report = board._report

    def wrong():
        from snnsim.contract.packets import REPORT
        words = report()
        words[REPORT.index(word)] += not board._running
        return words

    board._report = wrong
    with pytest.raises(DriverError, match=f"counts .* {name} in this run, the host"):
        driver.run(stimulus)


# Interrupts

def test_an_interrupt_ends_the_run_and_leaves_the_board_usable(image, stimulus, expected):
    board = SoftwareBoard(CONFIG, image)
    driver = driver_of(board, image)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        driver.run(stimulus, progress=interrupt)
    assert To.STOP in [packet.type for packet in board.executed]
    assert not board._running
    driver.clear()
    assert first_difference(driver.run(stimulus), expected) is None


def test_an_interrupted_load_leaves_no_half_network_behind(image, stimulus, expected):
    driver = driver_of(SoftwareBoard(CONFIG, image), image)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        driver.load(image, progress=interrupt)
    with pytest.raises(DriverError, match="no network is loaded"):
        driver.run(stimulus)
    assert first_difference(driver.load(image).run(stimulus), expected) is None


def test_an_interrupt_on_a_board_that_is_gone_is_still_an_interrupt(image, stimulus):
    link = VanishingLink(SoftwareBoard(CONFIG, image), 10**6)
    driver = driver_of(link, image, timeout=0.2)

    def interrupt(done, total):
        link._left = 0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        driver.run(stimulus, progress=interrupt)
