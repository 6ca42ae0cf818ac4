"""COBS in gateware against the `cobs` package."""

import random

import pytest
from cobs import cobs

from hdl.cobs import CobsDecoder, CobsEncoder
from tests.helpers import collect, put_all, run_component

rng = random.Random(1)
FRAMES = [
    b"\0", b"\0\0", b"\1", b"a\0", b"\0a", b"a\0b", bytes(range(256)), bytes(range(1, 255)),
    bytes(range(1, 256)), bytes(range(1, 255)) + b"\0", bytes([7]) * 254, bytes([7]) * 255,
    bytes([7]) * 508, bytes(300),
    *(bytes(rng.choice((0, 0, 1, 255, rng.randrange(256))) for _ in range(rng.randrange(1, 280)))
      for _ in range(30)),
]


def ref_encode(frames):
    return b"".join(cobs.encode(frame) + b"\0" for frame in frames)


def rtl_encode(frames):
    dut, out = CobsEncoder(), []
    content = [{"byte": byte, "last": k == len(frame) - 1}
               for frame in frames for k, byte in enumerate(frame)]

    async def feed(ctx):
        await put_all(ctx, dut.i, content)
        await ctx.tick().repeat(600)

    run_component(dut, feed, lambda ctx: collect(ctx, dut.o, out))
    return bytes(out)


def rtl_decode(wire):
    """The frames that come out: bytes, or None for one that was cut off."""
    dut, out, frames = CobsDecoder(), [], [b""]
    run_component(dut, lambda ctx: put_all(ctx, dut.i, wire), lambda ctx: collect(ctx, dut.o, out))
    for item in out:
        if not item.end:
            frames[-1] += bytes([item.byte])
            continue
        if item.bad:
            frames[-1] = None
        frames.append(b"")
    return frames[:-1]


def test_encoder_writes_what_the_cobs_package_writes():
    assert rtl_encode(FRAMES) == ref_encode(FRAMES)


def test_decoder_reads_what_the_cobs_package_writes():
    assert rtl_decode(ref_encode(FRAMES)) == FRAMES


@pytest.mark.parametrize("wire", [b"\x05\x01\x02\0", b"\xff\x01\0", b"\x02\0"])
def test_decoder_marks_a_frame_that_breaks_off_inside_a_block(wire):
    assert rtl_decode(wire + cobs.encode(b"whole") + b"\0") == [None, b"whole"]
