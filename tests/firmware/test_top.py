"""The top level in Amaranth's simulator: a greeting through the pins."""

from firmware.top import Top
from snnsim.contract import CoreConfig
from snnsim.contract.packets import From, To, capability_words
from snnsim.host.protocol import FrameDecoder, Packet, encode
from tests.helpers import run_component

from .test_uart import frame_bits, send_bits

DIVISOR = 8
CONFIG = CoreConfig(neurons=8, inputs=8, delay_slots=2, synapse_words=16, rows=16, receive_words=128,
                    event_buffer=64, spike_buffer=64)


def test_a_core_answers_through_its_pins():
    dut = Top(CONFIG, DIVISOR, identity=77)
    line = []  # the level of tx in each clock

    async def watch(ctx):
        while True:
            line.append(ctx.get(dut.tx))
            await ctx.tick()

    async def greet(ctx):
        await send_bits(ctx, dut.rx, [1], DIVISOR)
        for byte in encode(Packet(To.HELLO, 3)):
            await send_bits(ctx, dut.rx, frame_bits(byte), DIVISOR)
        assert ctx.get(dut.busy)
        for _ in range(20_000):
            if not ctx.get(dut.busy):
                break
            await ctx.tick()

    run_component(dut, greet, watch)
    answer, = FrameDecoder().feed(read_line(line))
    assert answer == Packet(From.HELLO, 3, 0, tuple(capability_words(CONFIG, identity=77)))


def read_line(line):
    """The bytes on a line that was sampled in each clock."""
    data, k = bytearray(), 0
    while k + 10 * DIVISOR <= len(line):
        if line[k]:
            k += 1
            continue
        bits = line[k + DIVISOR // 2:k + 10 * DIVISOR:DIVISOR]
        assert bits == frame_bits(sum(bit << n for n, bit in enumerate(bits[1:9])))
        data.append(sum(bit << n for n, bit in enumerate(bits[1:9])))
        k += 10 * DIVISOR - 1
    return bytes(data)
