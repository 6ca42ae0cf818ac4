"""The buffer of events: nothing is lost, everything can be sent again until it is acknowledged."""

from hdl.events import EventBuffer
from tests.helpers import get, put_all, run_component

DEPTH = 64


def run(body, **settings):
    dut = EventBuffer(DEPTH, **settings)

    async def testbench(ctx):
        await body(ctx, dut)

    run_component(dut, testbench)


async def take(ctx, dut, number):
    ctx.set(dut.take_number, number)
    ctx.set(dut.take, 1)
    await ctx.tick()
    ctx.set(dut.take, 0)
    await ctx.tick()


async def is_full(ctx, dut):
    """Whether an event that is offered is not taken, however long."""
    ctx.set(dut.i.valid, 1)
    taken = []
    for _ in range(6):
        _, _, ready = await ctx.tick().sample(dut.i.ready)
        taken.append(ready)
    ctx.set(dut.i.valid, 0)
    return not any(taken)


async def again(ctx, dut):
    ctx.set(dut.again, 1)
    await ctx.tick()
    ctx.set(dut.again, 0)


def test_events_come_out_in_order():
    async def body(ctx, dut):
        await put_all(ctx, dut.i, range(100, 140))
        assert [await get(ctx, dut.o) for _ in range(40)] == list(range(100, 140))
        assert ctx.get(dut.sent) == 40

    run(body)


def test_a_full_buffer_waits_until_events_are_acknowledged():
    async def body(ctx, dut):
        await put_all(ctx, dut.i, range(DEPTH))
        assert await is_full(ctx, dut)
        for _ in range(DEPTH):
            await get(ctx, dut.o)
        assert await is_full(ctx, dut)  # sent is not yet acknowledged
        await take(ctx, dut, 10)
        await put_all(ctx, dut.i, range(1000, 1010))
        assert await is_full(ctx, dut)

    run(body)


def test_again_repeats_from_the_first_event_not_acknowledged():
    async def body(ctx, dut):
        await put_all(ctx, dut.i, range(20))
        for _ in range(20):
            await get(ctx, dut.o)
        await take(ctx, dut, 12)
        await again(ctx, dut)
        assert [await get(ctx, dut.o) for _ in range(8)] == list(range(12, 20))

    run(body)


def test_numbers_wrap():
    async def body(ctx, dut):
        for start in range(0, 1024 + 64, 32):
            await put_all(ctx, dut.i, range(start, start + 32))
            assert await get(ctx, dut.o) == start
            for _ in range(31):
                await get(ctx, dut.o)
            await take(ctx, dut, (start + 32) % 1024)
        assert ctx.get(dut.used) == 0
        assert ctx.get(dut.sent) == 64

    run(body, number_bits=10)


def test_an_acknowledgement_of_events_never_sent_is_ignored():
    async def body(ctx, dut):
        await put_all(ctx, dut.i, range(DEPTH))
        await get(ctx, dut.o)
        await take(ctx, dut, 40)
        assert await is_full(ctx, dut)

    run(body)
