"""Bytes on the wire: packets against bytes worked out by hand, and every kind of damage."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnsim.contract import CoreConfig
from snnsim.contract.packets import (
    LARGEST_PAYLOAD,
    PROTOCOL_VERSION,
    From,
    To,
    capability_words,
    report_words,
)
from snnsim.host.protocol import (
    LARGEST_FRAME,
    Corrupt,
    FrameDecoder,
    Packet,
    capability_of,
    decode,
    encode,
    report_of,
)

WORD = st.integers(0, 2**32 - 1)
PACKETS = st.builds(Packet, type=st.integers(0, 255), sequence=st.integers(0, 255),
                    argument=st.integers(0, 2**16 - 1),
                    payload=st.lists(WORD, max_size=LARGEST_PAYLOAD).map(tuple))


def test_the_bytes_of_a_hello_are_those_worked_out_by_hand():
    body = bytes([0x01, 0x07, 0x00, 0x00])  # type, sequence, argument
    crc = zlib.crc32(body).to_bytes(4, "little")
    assert 0 not in crc
    # COBS: 3 to the zero at [2], 1 to the zero at [3], 5 to the end.
    assert encode(Packet(To.HELLO, 7)) == bytes([3, 0x01, 0x07, 1, 5]) + crc + b"\0"


@given(st.lists(PACKETS, max_size=5), st.data())
def test_packets_come_back_however_the_stream_is_cut(packets, data):
    stream = b"".join(encode(packet) for packet in packets)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder = FrameDecoder()
    found = [item for first, last in zip([0, *cuts], [*cuts, len(stream)], strict=True)
             for item in decoder.feed(stream[first:last])]
    assert found == packets


@given(PACKETS, st.data())
def test_a_frame_with_one_changed_byte_is_never_a_packet(packet, data):
    frame = bytearray(encode(packet)[:-1])
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= data.draw(st.integers(1, 255))
    found = FrameDecoder().feed(bytes(frame) + b"\0")
    assert found and all(isinstance(item, Corrupt) for item in found)


def test_empty_frames_are_ignored():
    assert FrameDecoder().feed(b"\0\0\0" + encode(Packet(To.STOP)) + b"\0") == [Packet(To.STOP)]


def test_the_largest_packet_fits_the_largest_frame_and_one_word_more_does_not():
    largest = Packet(From.DATA, 1, 2, (0xFFFFFFFF,) * LARGEST_PAYLOAD)
    frame = encode(largest)
    assert len(frame) == LARGEST_FRAME + 1
    assert FrameDecoder().feed(frame) == [largest]
    with pytest.raises(ValueError, match="at most 66"):
        encode(Packet(From.DATA, payload=(0,) * (LARGEST_PAYLOAD + 1)))


def test_endless_garbage_is_one_corrupt_frame_and_takes_no_memory():
    decoder = FrameDecoder()
    for _ in range(100):
        assert decoder.feed(b"\x55" * 1000) == []
    garbage, packet = decoder.feed(b"\0" + encode(Packet(To.STOP)))
    assert isinstance(garbage, Corrupt) and "largest" in garbage.reason
    assert packet == Packet(To.STOP)
    assert len(decoder._partial) <= LARGEST_FRAME + 1


@pytest.mark.parametrize("frame, reason", [
    (b"\x05ab", "COBS"),
    (b"\x04abc", "3 bytes"),
    (b"\x09\1\2\3\4\5\6\7\x08", "CRC"),
])
def test_damage_is_named(frame, reason):
    assert reason in decode(frame).reason


def test_a_report_gives_its_words_by_name():
    names = report_words(CoreConfig(adaptive=1))
    words = {name: 100 + k for k, name in enumerate(names)}
    words |= {"flags": 0b101, "clocks_low": 7, "clocks_high": 1, "waited_low": 9, "waited_high": 0,
              "learn_clocks_low": 3, "learn_clocks_high": 2, "weight_clips_high": 0,
              "learning_saturations_high": 0}
    report = report_of(Packet(From.DONE, payload=tuple(words[name] for name in names)))
    assert (report.running, report.stopped, report.bad_event) == (True, False, True)
    assert (report.clocks, report.waited) == (2**32 + 7, 9)
    assert (report.steps, report.spikes, report.v_saturations) == (101, 102, 110)
    assert report.learn_clocks == 2 * 2**32 + 3
    assert (report.weight_clips, report.learning_saturations) == (113, 115)


def test_a_core_that_neither_learns_nor_adapts_reports_nothing_of_it():
    names = report_words(CoreConfig())
    report = report_of(Packet(From.DONE, payload=tuple(range(len(names)))))
    assert (report.learn_clocks, report.weight_clips, report.learning_saturations) == (0, 0, 0)
    assert report.v_saturations == len(names) - 1


def test_a_short_report_is_none():
    assert report_of(Packet(From.DONE, payload=(1, 2))) is None


def test_a_capability_gives_its_words_by_name():
    config = CoreConfig(neurons=64, plastic_rows=7)
    words = capability_of(Packet(From.HELLO, payload=tuple(capability_words(config, identity=5))))
    assert (words["neurons"], words["plastic_rows"], words["identity_low"]) == (64, 7, 5)
    assert words["protocol_version"] == PROTOCOL_VERSION
