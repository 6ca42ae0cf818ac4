"""What the core answers to packets: what it executes, once and in order, and what it refuses and why."""

import pytest

from hdl.command import CLEARED
from hdl.cosim import CompiledLink
from snnsim.contract import CoreConfig
from snnsim.contract.layout import Memory, columns, memories_of, memory_shape
from snnsim.contract.packets import (
    EVENT,
    LARGEST_DATA,
    LARGEST_RUN,
    Flag,
    From,
    Nack,
    To,
    report_words,
)
from snnsim.host.protocol import FrameDecoder, Packet, encode
from tests.gateware import BOARD_LEARNING, SMALL_LEARNING

CONFIG = CoreConfig()
CORES = {"core": CONFIG, "core that learns": SMALL_LEARNING}
STATE_COLUMNS = columns(CONFIG, Memory.STATE)


class Host:
    """Sends packets one by one and gives the answers as they are."""

    def __init__(self, config=CONFIG):
        self.config = config
        self._link, self._decoder = CompiledLink(config), FrameDecoder()
        self.sequence = 0
        assert [p.type for p in self.exchange(Packet(To.HELLO, 255))] == [From.HELLO]

    def exchange(self, *packets):
        self._link.write(b"".join(encode(packet) for packet in packets))
        answers = []
        while data := self._link.read(0.05):
            answers += self._decoder.feed(data)
        return answers

    def next(self, type, argument=0, *payload):
        """The packet with the number that the core expects."""
        packet = Packet(type, self.sequence, argument, payload)
        self.sequence = (self.sequence + 1) % 256
        return packet

    def refused(self, type, argument=0, *payload):
        """The reason why a packet was not executed; the core must go on expecting its number."""
        answer, = self.exchange(Packet(type, self.sequence, argument, payload))
        assert (answer.type, answer.sequence) == (From.NACK, self.sequence)
        return Nack(answer.argument)

    def done(self, type, argument=0, *payload):
        packet = self.next(type, argument, *payload)
        answers = self.exchange(packet)
        assert (answers[0].type, answers[0].sequence) == (From.ACK, packet.sequence)
        return answers[1:]

    def read(self, memory, address, words):
        answer, = self.exchange(self.next(To.READ, memory, address, words))
        assert answer.type == From.DATA
        return answer.payload

    def status(self):
        answer, = self.exchange(Packet(To.STATUS))
        assert answer.type == From.STATUS
        return self.report(answer)

    def report(self, answer):
        """The words of a report by name."""
        return dict(zip(report_words(self.config), answer.payload, strict=True))


@pytest.fixture
def host():
    return Host()


def masks_of(config, memory):
    """What each column of a memory keeps of a positive number."""
    if memory in (Memory.DRIVE, Memory.THIRD):
        return [config.formats.drive.hi] * config.lanes
    width = memory_shape(config, memory)[1]
    return [(1 << min(32, width - 32 * k)) - 1 for k in range(columns(config, memory))]


def written_to(host):
    """Two words at either end of each memory, or its only one, by memory and address, written through
    ``host``.

    Not the settings, which are registers of many widths.
    """
    written = {}
    for memory in memories_of(host.config):
        if memory != Memory.SETTINGS:
            depth = memory_shape(host.config, memory)[0]
            masks = masks_of(host.config, memory) * min(2, depth)
            for address in {0, max(0, depth - 2)}:
                words = [(0x01234567 * (k + 1) + address) & mask for k, mask in enumerate(masks)]
                host.done(To.WRITE, memory, address, *words)
                written[memory, address] = words
    return written


@pytest.mark.parametrize("core", CORES)
def test_what_is_written_is_read_from_every_memory_and_its_ends(core):
    host = Host(CORES[core])
    for (memory, address), words in written_to(host).items():
        assert read_words(host, memory, address) == words, memory


def read_words(host, memory, address):
    return list(host.read(memory, address, min(2, memory_shape(host.config, memory)[0])))


@pytest.mark.parametrize("core", CORES)
def test_clear_zeroes_state_and_what_is_learned_but_the_weights(core):
    host = Host(CORES[core])
    written = written_to(host)
    host.done(To.CLEAR)
    for (memory, address), words in written.items():
        expected = [0] * len(words) if memory in CLEARED else words
        assert read_words(host, memory, address) == expected, memory


@pytest.mark.parametrize(("core", "memory"), [
    (core, memory) for core, config in CORES.items() for memory in memories_of(config)])
def test_an_address_beyond_a_memory_is_refused_however_far(core, memory):
    config = CORES[core]
    host, words = Host(config), memory_shape(config, memory)[0]
    data = [0] * columns(config, memory)
    for address in (words, words + 1, 1 << 20, (1 << 32) - 1):
        assert host.refused(To.READ, memory, address, 1) == Nack.ADDRESS
        assert host.refused(To.WRITE, memory, address, *data) == Nack.ADDRESS
    assert host.refused(To.READ, memory, words - 1, 2) == Nack.ADDRESS
    assert len(host.read(memory, words - 1, 1)) == len(data)


def test_a_memory_that_there_is_not_is_refused(host):
    for memory in (Memory.POST, Memory.THIRD, 0xFFFF):
        assert host.refused(To.READ, memory, 0, 1) == Nack.ADDRESS
        assert host.refused(To.WRITE, memory, 0, 1) == Nack.ADDRESS


def test_a_memory_that_is_missing_among_others_is_refused():
    """A core that learns, without tables, tags, modulators and third factors."""
    host, there = Host(BOARD_LEARNING), memories_of(BOARD_LEARNING)
    missing = [memory for memory in Memory if memory not in there]
    assert Memory.TABLES in missing and Memory.TAGS in missing and Memory.SETTINGS in there
    for memory in missing:
        assert host.refused(To.READ, memory, 0, 1) == Nack.ADDRESS
        assert host.refused(To.WRITE, memory, 0, 1) == Nack.ADDRESS


@pytest.mark.parametrize("packet", [
    (0,), (0x3F,), (0x43,), (0xFF,), (To.READ, 0, 0), (To.READ, 0, 0, 0), (To.READ, 0, 0, 65),
    (To.READ, Memory.PARAMETERS, 0, LARGEST_DATA // columns(CONFIG, Memory.PARAMETERS) + 1),
    (To.WRITE, 0, 0),
    (To.WRITE, Memory.STATE, 0, *range(STATE_COLUMNS - 1)), (To.CLEAR, 0, 1), (To.RUN, 0, 1),
    (To.RUN, 0, LARGEST_RUN + 1, 0), (To.STOP, 0, 1),
])
def test_what_is_no_packet_of_the_protocol_is_refused(host, packet):
    assert host.refused(*packet) == Nack.UNKNOWN
    host.done(To.STOP)  # and the next one is executed


def test_a_packet_that_comes_twice_is_executed_once(host):
    for value in (1, 2):
        host.done(To.WRITE, Memory.STATE, 0, *[value] * STATE_COLUMNS)
    again = Packet(To.WRITE, 0, Memory.STATE, (0, *[1] * STATE_COLUMNS))
    assert [(a.type, a.sequence) for a in host.exchange(again)] == [(From.ACK, 0)]
    assert host.read(Memory.STATE, 0, 1)[0] == 2


def test_a_read_that_comes_twice_is_answered_twice(host):
    packet = host.next(To.READ, Memory.STATE, 0, 1)
    first, second = host.exchange(packet, packet)
    assert (first.type, first.payload) == (second.type, second.payload)
    host.done(To.STOP)


def test_a_gap_in_the_numbers_is_refused_until_it_is_filled(host):
    first, second = host.next(To.STOP), host.next(To.STOP)
    answer, = host.exchange(second)
    assert (answer.type, answer.argument, answer.sequence) == (From.NACK, Nack.SEQUENCE, first.sequence)
    assert [a.type for a in host.exchange(first, second)] == [From.ACK, From.ACK]


def test_numbers_wrap(host):
    for _ in range(6):
        answers = host.exchange(*(host.next(To.STOP) for _ in range(50)))
        assert [a.type for a in answers] == [From.ACK] * 50


def test_during_a_run_only_its_own_packets_are_executed(host):
    host.done(To.RUN, 0, 10, 1)  # waits for its event
    assert host.refused(To.CLEAR) == Nack.STATE
    assert host.refused(To.RUN, 0, 1, 0) == Nack.STATE
    assert host.refused(To.READ, Memory.STATE, 0, 1) == Nack.STATE
    assert host.status()["flags"] == 1 << Flag.RUNNING
    answers = host.done(To.EVENTS, 0, EVENT.pack(step=9, id=0))
    assert [a.type for a in answers] == [From.DONE]
    assert host.status()["steps"] == 10
    assert host.refused(To.EVENTS, 0, EVENT.pack(step=0, id=0)) == Nack.STATE


def test_more_events_than_there_is_room_for_are_refused(host):
    last = LARGEST_RUN - 1
    events = [EVENT.pack(step=last, id=0)] * 64  # the core takes them when it gets there
    run = host.next(To.RUN, 0, LARGEST_RUN, 1000)
    filling = [host.next(To.EVENTS, 0, *events) for _ in range(CONFIG.event_buffer // len(events))]
    answers = host.exchange(run, *filling, Packet(To.EVENTS, host.sequence, 0, tuple(events)))
    assert [a.type for a in answers[:6]] == [From.ACK] * 5 + [From.NACK]
    assert answers[5].argument == Nack.OVERFLOW


@pytest.mark.parametrize("event", [{"step": 0, "id": CONFIG.inputs}, {"step": 0, "id": 0}])
def test_an_event_of_no_input_or_of_a_past_step_is_skipped_and_flagged(host, event):
    events = [EVENT.pack(step=3, id=1), EVENT.pack(**event), EVENT.pack(step=4, id=1)]
    host.done(To.RUN, 0, 6, len(events))
    report = host.report(host.done(To.EVENTS, 0, *events)[-1])
    assert report["flags"] == 1 << Flag.BAD_EVENT
    assert (report["steps"], report["events"]) == (6, 3)


def test_the_number_behind_the_inputs_commands_a_core_that_learns():
    inputs, flags = SMALL_LEARNING.inputs, []
    for event in (inputs, inputs + 1):
        host = Host(SMALL_LEARNING)
        host.done(To.RUN, 0, 6, 1)
        report = host.report(host.done(To.EVENTS, 0, EVENT.pack(step=2, id=event))[-1])
        assert report["events"] == 1
        flags.append(report["flags"])
    assert flags == [0, 1 << Flag.BAD_EVENT]


def test_a_run_that_waits_is_ended_by_stop(host):
    host.done(To.RUN, 0, 10, 5)
    answers = host.done(To.STOP)
    assert [a.type for a in answers] == [From.DONE]
    report = host.report(answers[0])
    assert report["flags"] == 1 << Flag.STOPPED
    assert report["steps"] == 1
    assert report["waited_low"] > 0
