"""Registers of learning: read as they were written, and modulators that go on as the contract's rules say."""

import random

from hdl.settings import Settings
from snnsim.contract import CoreConfig, plasticity
from snnsim.contract import neuron as rules
from snnsim.contract.layout import Memory, Setting, memory_shape
from snnsim.contract.terms import FACTOR, MODULATORS
from tests.helpers import run_component

CONFIG = CoreConfig(neurons=16, inputs=16, delay_slots=4, rows=64, plastic_rows=9, modulators=1)
WITHOUT = CoreConfig(neurons=16, inputs=16, delay_slots=4, rows=64, plastic_rows=9)
WORDS, _ = memory_shape(CONFIG, Memory.SETTINGS)


async def write(ctx, dut, address, word):
    ctx.set(dut.host.select, 1)
    ctx.set(dut.host.address, address)
    ctx.set(dut.host.w_data, word & 0xFFFFFFFF)
    ctx.set(dut.host.w_en, 1)
    await ctx.tick()
    ctx.set(dut.host.w_en, 0)


async def read(ctx, dut, address):
    ctx.set(dut.host.address, address)
    await ctx.tick()
    return ctx.get(dut.host.r_data)


def modulator_words(values):
    """``(address, word)`` of value, decay factor and gain of each modulator."""
    for g, words in enumerate(values):
        yield from ((Setting.MODULATORS + 3 * g + k, word) for k, word in enumerate(words))


def test_every_register_reads_as_it_was_written():
    dut, keep = Settings(CONFIG), CONFIG.formats.keep.hi
    written = {Setting.ROWS: 9, Setting.SEED: 0xFEDCBA98, **dict(modulator_words(
        [(-5, keep, 7), (FACTOR.lo, 0, FACTOR.hi), (FACTOR.hi, 1, FACTOR.lo), (1, keep - 1, -1)]))}

    async def body(ctx):
        for address, word in written.items():
            await write(ctx, dut, address, word)
        for address in range(WORDS):
            assert await read(ctx, dut, address) == written.get(address, 0) & 0xFFFFFFFF
        assert (ctx.get(dut.rows), ctx.get(dut.seed)) == (9, 0xFEDCBA98)
        assert [ctx.get(value) for value in dut.modulators] == [-5, FACTOR.lo, FACTOR.hi, 1]

    run_component(dut, body)


def test_a_core_without_modulators_has_none_that_are_not_0():
    dut = Settings(WITHOUT)

    async def body(ctx):
        for address in range(WORDS):
            await write(ctx, dut, address, 5)
        assert [await read(ctx, dut, address) for address in range(WORDS)] == [5, 5] + [0] * (WORDS - 2)
        assert [ctx.get(value) for value in dut.modulators] == [0] * MODULATORS

    run_component(dut, body)


async def count(ctx, dut, spikes):
    """Spikes of sources that count so and so."""
    ctx.set(dut.counted, 1)
    for counts in spikes:
        ctx.set(dut.counts, {f"m{g}": n for g, n in enumerate(counts)})
        await ctx.tick()
    ctx.set(dut.counted, 0)


async def update(ctx, dut):
    """``(saturations, clocks)``"""
    ctx.set(dut.update, 1)
    saturations = clocks = 0
    while True:
        *_, busy, saturated = await ctx.tick().sample(dut.busy, dut.saturated)
        ctx.set(dut.update, 0)
        saturations, clocks = saturations + saturated, clocks + 1
        if not busy:
            return saturations, clocks


def test_modulators_decay_and_take_up_what_was_counted():
    dut, rng, seen = Settings(CONFIG), random.Random(1), 0

    async def body(ctx):
        nonlocal seen
        for _ in range(60):
            keeps = [rng.choice((0, 1, CONFIG.formats.keep.hi, rng.randint(0, 1 << 16))) for _ in range(4)]
            gains = [rng.choice((0, 300, rng.randint(FACTOR.lo, FACTOR.hi))) for _ in range(4)]
            values = [rng.choice((0, 40, rng.randint(FACTOR.lo, FACTOR.hi))) for _ in range(4)]
            for address, word in modulator_words(zip(values, keeps, gains, strict=True)):
                await write(ctx, dut, address, word)
            for _ in range(3):
                spikes = [rng.choices((-1, 0, 1, 1), k=4) for _ in range(rng.choice((0, 1, 32)))]
                await count(ctx, dut, spikes)
                expected = 0
                for g in range(MODULATORS):
                    kept = rules.decayed(rules.product(values[g], keeps[g]), CONFIG.formats.decay_bits)
                    total = plasticity.modulator_sum(kept, gains[g], sum(counts[g] for counts in spikes))
                    expected += rules.saturates(total, FACTOR.lo, FACTOR.hi)
                    values[g] = rules.bounded(total, FACTOR.lo, FACTOR.hi)
                saturations, _ = await update(ctx, dut)
                assert saturations == expected
                assert [ctx.get(value) for value in dut.modulators] == values
                seen += expected

    run_component(dut, body)
    assert seen > 50


def test_modulators_at_rest_cost_a_clock():
    dut = Settings(CONFIG)

    async def body(ctx):
        assert await update(ctx, dut) == (0, 1)
        await count(ctx, dut, [(1, 0, 0, 0)])
        assert (await update(ctx, dut))[1] > 1
        assert await update(ctx, dut) == (0, 1)  # a gain of 0: nothing was taken up

    run_component(dut, body)
