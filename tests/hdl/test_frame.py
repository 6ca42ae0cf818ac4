"""Frames: only whole packets with the right CRC come out, and none is executed twice."""

import random
import struct
import zlib

import pytest
from cobs import cobs

from hdl.frame import FrameReceiver, FrameTransmitter
from tests.helpers import collect, put_all, run_component

rng = random.Random(2)
PACKETS = [[rng.getrandbits(32) for _ in range(n)] for n in (1, 2, 3, 67, 1, 20)] + [[0], [0] * 67]


def content(packet):
    words = struct.pack(f"<{len(packet)}I", *packet)
    return words + struct.pack("<I", zlib.crc32(words))


def frame(packet):
    return cobs.encode(content(packet)) + b"\0"


def receive(wire, *, words=256, take=True):
    """Packets that come out of a receiver, and how many frames it reports as corrupt."""
    dut, out, corrupt = FrameReceiver(words), [], []

    async def feed(ctx):
        await put_all(ctx, dut.i, wire)
        await ctx.tick().repeat(8)
        if not take:
            ctx.set(dut.o.ready, 1)
            await drain(ctx, 8 * len(wire))
        await ctx.tick().repeat(8 * words)

    async def drain(ctx, clocks):
        for _ in range(clocks):
            _, _, valid, payload = await ctx.tick().sample(dut.o.valid, dut.o.payload)
            if valid:
                out.append(payload)

    async def count(ctx):
        while True:
            _, _, is_corrupt = await ctx.tick().sample(dut.corrupt)
            if is_corrupt:
                corrupt.append(True)

    observers = [count]
    if take:
        observers.append(lambda ctx: collect(ctx, dut.o, out))
    run_component(dut, feed, *observers)
    packets = []
    while out:
        length = out.pop(0)
        packets.append([out.pop(0) for _ in range(length)])
    return packets, len(corrupt)


def transmit(packets):
    dut, out = FrameTransmitter(), []
    words = [{"word": word, "last": k == len(packet) - 1}
             for packet in packets for k, word in enumerate(packet)]

    async def feed(ctx):
        await put_all(ctx, dut.i, words)
        await ctx.tick().until(~dut.busy)

    run_component(dut, feed, lambda ctx: collect(ctx, dut.o, out))
    return bytes(out)


def test_transmitter_writes_cobs_frames_with_a_crc():
    assert transmit(PACKETS) == b"".join(frame(packet) for packet in PACKETS)


def test_receiver_gives_every_whole_packet():
    assert receive(b"\0\0" + b"".join(frame(packet) for packet in PACKETS)) == (PACKETS, 0)


@pytest.mark.parametrize("position", range(12))
@pytest.mark.parametrize("bit", [0, 7])
def test_receiver_drops_a_frame_with_a_wrong_bit(position, bit):
    bad = bytearray(content([1, 0x02030405]))
    bad[position] ^= 1 << bit
    assert receive(cobs.encode(bytes(bad)) + b"\0" + frame([9])) == ([[9]], 1)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7, 9])
def test_receiver_drops_what_is_not_whole_words_or_has_no_header(length):
    words = bytes(range(1, length + 1))
    assert receive(cobs.encode(words) + b"\0" + frame([9])) == ([[9]], 1)


def test_receiver_drops_a_frame_without_room_whole_and_goes_on():
    first, second = [1] * 67, [2] * 60
    packets, corrupt = receive(frame(first) + frame(second) + frame([3]), words=128, take=False)
    assert (packets, corrupt) == ([first, [3]], 1)


def test_receiver_survives_a_frame_longer_than_its_buffer():
    assert receive(frame([5] * 400) + frame([3]), words=128) == ([[3]], 1)
