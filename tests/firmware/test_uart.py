# amaranth: UnusedElaboratable=no
"""The UART: bits on a line to bytes and back, on good lines and bad ones."""

import pytest
from amaranth import Module
from amaranth.lib import wiring

from firmware.uart import SMALLEST_DIVISOR, UARTReceiver, UARTTransmitter
from tests.helpers import collect, put_all, run_component

DIVISORS = [SMALLEST_DIVISOR, 5, 12, 104]
BYTES = [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, 0x42]


def frame_bits(byte, stop=1):
    """Start bit, data bits from the least significant on, stop bit."""
    return [0, *((byte >> k) & 1 for k in range(8)), stop]


async def send_bits(ctx, pin, bits, divisor):
    for bit in bits:
        ctx.set(pin, bit)
        for _ in range(divisor):
            await ctx.tick()


def received(bits, divisor, *, sender_divisor=None):
    """The bytes that a receiver takes from ``bits``, with an idle line around them."""
    dut, out = UARTReceiver(divisor), []

    async def line(ctx):
        await send_bits(ctx, dut.rx, [1, 1, *bits, 1, 1, 1], sender_divisor or divisor)

    run_component(dut, line, lambda ctx: collect(ctx, dut.o, out))
    return out


@pytest.mark.parametrize("divisor", DIVISORS)
def test_bytes_are_received_back_to_back(divisor):
    assert received([bit for byte in BYTES for bit in frame_bits(byte)], divisor) == BYTES


@pytest.mark.parametrize("sender_divisor", [100, 108])
def test_a_sender_almost_four_percent_off_is_understood(sender_divisor):
    bits = [bit for byte in BYTES for bit in [*frame_bits(byte), 1]]
    assert received(bits, 104, sender_divisor=sender_divisor) == BYTES


def test_a_byte_with_a_bad_stop_bit_is_dropped_and_the_next_is_received():
    assert received([*frame_bits(0x12, stop=0), 1, 1, *frame_bits(0x34)], 8) == [0x34]


def test_a_line_held_low_gives_no_bytes_until_it_is_released():
    assert received([0] * 35 + [1, *frame_bits(0x34)], 8) == [0x34]


def test_a_glitch_shorter_than_half_a_bit_is_no_start():
    dut, out = UARTReceiver(16), []

    async def line(ctx):
        await send_bits(ctx, dut.rx, [1], 16)
        await send_bits(ctx, dut.rx, [0], 5)
        await send_bits(ctx, dut.rx, [1, *frame_bits(0x77), 1, 1], 16)

    run_component(dut, line, lambda ctx: collect(ctx, dut.o, out))
    assert out == [0x77]


def test_a_byte_that_nobody_took_stays_and_the_next_is_dropped():
    dut, out = UARTReceiver(8), []

    async def line(ctx):
        await send_bits(ctx, dut.rx, [1, *frame_bits(1), *frame_bits(2), 1], 8)
        ctx.set(dut.o.ready, 1)
        await send_bits(ctx, dut.rx, [*frame_bits(3), 1, 1], 8)

    async def watch(ctx):
        while True:
            *_, valid, ready, payload = await ctx.tick().sample(dut.o.valid, dut.o.ready, dut.o.payload)
            if valid and ready:
                out.append(payload)

    run_component(dut, line, watch)
    assert out == [1, 3]


@pytest.mark.parametrize("divisor", DIVISORS)
def test_the_transmitter_puts_the_bits_worked_out_by_hand_on_the_line(divisor):
    dut, samples = UARTTransmitter(divisor), []

    async def line(ctx):
        while ctx.get(dut.tx):
            await ctx.tick()
        for _ in range(10 * divisor):
            samples.append(ctx.get(dut.tx))
            await ctx.tick()

    run_component(dut, line, lambda ctx: put_all(ctx, dut.i, [0b01001101]))
    assert samples == [bit for bit in (0, 1, 0, 1, 1, 0, 0, 1, 0, 1) for _ in range(divisor)]


class Loop(wiring.Component):
    """A transmitter wired to a receiver."""

    def __init__(self, divisor):
        self.transmitter, self.receiver = UARTTransmitter(divisor), UARTReceiver(divisor)
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.transmitter, m.submodules.receiver = self.transmitter, self.receiver
        m.d.comb += self.receiver.rx.eq(self.transmitter.tx)
        return m


@pytest.mark.parametrize("divisor", DIVISORS[:3])
def test_the_receiver_hears_what_the_transmitter_says_at_full_rate(divisor):
    dut, out = Loop(divisor), []

    async def send(ctx):
        await put_all(ctx, dut.transmitter.i, range(256))
        for _ in range(12 * divisor):
            await ctx.tick()

    run_component(dut, send, lambda ctx: collect(ctx, dut.receiver.o, out))
    assert out == list(range(256))


@pytest.mark.parametrize("component", [UARTReceiver, UARTTransmitter])
@pytest.mark.parametrize("divisor", [3, 0, -1, 8.0, True])
def test_a_divisor_too_small_is_refused(component, divisor):
    with pytest.raises(ValueError, match="divisor must be an integer of at least 4 clocks a bit"):
        component(divisor)
