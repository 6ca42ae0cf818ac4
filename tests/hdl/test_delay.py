"""The ring of accumulators: exact sums whatever arrives in consecutive clocks."""

import random

from hdl.delay import DriveRing, ring_address
from snnsim.contract import CoreConfig
from snnsim.contract.layout import Memory, memory_shape
from tests.helpers import run_component

CONFIG = CoreConfig(neurons=16, inputs=16, lanes=4, delay_slots=4, rows=64)
DEPTH = memory_shape(CONFIG, Memory.DRIVE)[0]


async def add(ctx, dut, additions):
    """One clock: {bank: (address, value)}."""
    for bank in range(CONFIG.lanes):
        address, value = additions.get(bank, (0, 0))
        ctx.set(dut.add_address[bank], address)
        ctx.set(dut.add_value[bank], value)
    ctx.set(dut.add_valid, sum(1 << bank for bank in additions))
    await ctx.tick()
    ctx.set(dut.add_valid, 0)


async def sweep(ctx, dut, address, clear):
    ctx.set(dut.sweep, 1)
    ctx.set(dut.sweep_address, address)
    await ctx.tick()
    ctx.set(dut.sweep, 0)
    sums = [ctx.get(dut.r_data[bank]) for bank in range(CONFIG.lanes)]
    ctx.set(dut.clear, clear)
    await ctx.tick()
    ctx.set(dut.clear, 0)
    return sums


def test_sums_are_exact_also_for_the_same_accumulator_in_consecutive_clocks():
    rng = random.Random(4)
    expected = [[0] * CONFIG.lanes for _ in range(DEPTH)]

    async def body(ctx):
        for _ in range(2000):
            additions = {bank: (rng.choice((3, 4, rng.randrange(DEPTH))), rng.randint(-1000, 1000))
                         for bank in range(CONFIG.lanes) if rng.random() < 0.8}
            for bank, (address, value) in additions.items():
                expected[address][bank] += value
            await add(ctx, dut, additions)
        await ctx.tick()
        assert [await sweep(ctx, dut, address, clear=0) for address in range(DEPTH)] == expected

    dut = DriveRing(CONFIG)
    run_component(dut, body)


def test_sweep_clears_only_the_banks_it_is_told_to():
    async def body(ctx):
        await add(ctx, dut, {bank: (5, bank + 1) for bank in range(4)})
        await ctx.tick()
        assert await sweep(ctx, dut, 5, clear=0b0110) == [1, 2, 3, 4]
        assert await sweep(ctx, dut, 5, clear=0) == [1, 0, 0, 4]

    dut = DriveRing(CONFIG)
    run_component(dut, body)


def test_slots_do_not_overlap():
    addresses = {ring_address(CONFIG, slot, index) for slot in range(4) for index in range(CONFIG.groups)}
    assert addresses == set(range(DEPTH))
