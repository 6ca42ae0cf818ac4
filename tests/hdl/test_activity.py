"""Which regions are swept: those with a neuron not at rest, and those to which an arrival is under way."""

from hdl.activity import Activity
from snnsim.contract import CoreConfig
from tests.helpers import run_component

CONFIG = CoreConfig(neurons=64, inputs=16, lanes=4, delay_slots=8, rows=128)


def run(body):
    dut = Activity(CONFIG)

    async def testbench(ctx):
        await step(ctx, dut)  # at power-up everything is swept once
        await body(ctx, dut)

    run_component(dut, testbench)


async def pulse(ctx, dut, **values):
    for name, value in values.items():
        ctx.set(getattr(dut, name), value)
    await ctx.tick()
    for name in values:
        ctx.set(getattr(dut, name), 0)


async def step(ctx, dut):
    """End a sweep; the regions that the next one will visit."""
    await pulse(ctx, dut, swept=1)
    return ctx.get(dut.active)


def test_everything_is_swept_at_power_up_and_after_the_host_wrote():
    dut = Activity(CONFIG)
    everything = (1 << CONFIG.regions) - 1

    async def body(ctx):
        assert ctx.get(dut.active) == everything
        assert await step(ctx, dut) == 0
        await pulse(ctx, dut, wake=1)
        assert ctx.get(dut.active) == everything

    run_component(dut, body)


def test_a_region_stays_while_one_of_its_neurons_is_not_at_rest():
    async def body(ctx, dut):
        await pulse(ctx, dut, stir=1, stir_region=5)
        assert await step(ctx, dut) == 1 << 5
        await pulse(ctx, dut, stir=1, stir_region=5)
        assert await step(ctx, dut) == 1 << 5
        assert await step(ctx, dut) == 0

    run(body)


def test_a_region_is_swept_until_the_last_arrival_has_arrived():
    async def body(ctx, dut):
        await pulse(ctx, dut, hit=1 << 2, delay=3)
        await pulse(ctx, dut, hit=1 << 2, delay=1)
        seen = [ctx.get(dut.active)] + [await step(ctx, dut) for _ in range(3)]
        assert seen == [1 << 2, 1 << 2, 1 << 2, 0]

    run(body)


def test_a_longer_delay_extends_the_wait_and_the_longest_possible_is_kept():
    async def body(ctx, dut):
        await pulse(ctx, dut, hit=0b11, delay=2)
        await pulse(ctx, dut, hit=0b10, delay=8)
        seen = [await step(ctx, dut) for _ in range(8)]
        assert seen == [0b11, 0b10, 0b10, 0b10, 0b10, 0b10, 0b10, 0]

    run(body)


def test_a_ring_that_the_host_wrote_to_is_swept_whole_unless_it_was_cleared():
    async def body(ctx, dut):
        await pulse(ctx, dut, fill=1)
        seen = [await step(ctx, dut) for _ in range(CONFIG.delay_slots)]
        assert all(seen[:-1]) and not seen[-1]
        await pulse(ctx, dut, fill=1)
        await pulse(ctx, dut, empty=1)
        assert ctx.get(dut.active) == 0

    run(body)
