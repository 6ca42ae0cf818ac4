"""The CRC in gateware against zlib's."""

import random
import zlib

from hdl.crc import Crc32
from tests.helpers import run_component


async def feed(ctx, dut, content):
    ctx.set(dut.start, 1)
    await ctx.tick()
    ctx.set(dut.start, 0)
    ctx.set(dut.valid, 1)
    for byte in content:
        ctx.set(dut.data, byte)
        await ctx.tick()
    ctx.set(dut.valid, 0)


def test_crc_equals_zlib():
    rng = random.Random(5)
    messages = [b"", b"123456789", bytes(9), *(rng.randbytes(rng.randrange(1, 300)) for _ in range(20))]

    async def body(ctx):
        for message in messages:
            await feed(ctx, dut, message)
            assert ctx.get(dut.crc) == zlib.crc32(message)
            assert not ctx.get(dut.matches)
            crc = zlib.crc32(message).to_bytes(4, "little")
            await feed(ctx, dut, message + crc)
            assert ctx.get(dut.matches)

    dut = Crc32()
    run_component(dut, body)
