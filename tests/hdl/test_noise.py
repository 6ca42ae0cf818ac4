"""The hash of seed, step and neuron in gates, one neuron a clock; the neurons that it hands on."""

import random

from hdl.noise import LATENCY, Noise
from snnsim.contract import CoreConfig
from snnsim.contract import noise as rules
from tests.helpers import run_component

CONFIG = CoreConfig(neurons=64, noise_sources=1)
SEED = 0x1234_5678


def swept(times):
    """``(time, neuron, hash)`` of all neurons in some steps, which follow each other at once."""
    dut, out, rng = Noise(CONFIG), [], random.Random(1)

    async def sweep(ctx):
        ctx.set(dut.seed_host.select, 1)
        ctx.set(dut.seed_host.w_en, 1)
        ctx.set(dut.seed_host.w_data, rules.mixed(SEED))
        await ctx.tick()
        ctx.set(dut.seed_host.select, 0)
        for time in times:
            ctx.set(dut.time, time)
            await ctx.tick().repeat(2)  # as in a step: one to begin, one to select what is to be swept
            for neuron in range(CONFIG.neurons):
                ctx.set(dut.i_neuron, neuron)
                ctx.set(dut.i_valid, 1)
                await ctx.tick()
                ctx.set(dut.i_valid, 0)
                assert ctx.get(dut.busy)
                if rng.random() < 0.1:
                    await ctx.tick()
            await ctx.tick().repeat(LATENCY)
            assert not ctx.get(dut.busy)
        await ctx.tick()

    async def watch(ctx):
        time, last = None, None
        while True:
            _, _, now, valid, neuron, h = await ctx.tick().sample(
                dut.time, dut.o_valid, dut.o_neuron, dut.hash)
            if last is not None:
                out.append((time, last, h))
            time, last = now, neuron if valid else None

    run_component(dut, sweep, watch)
    return out


def test_each_neuron_has_the_hash_of_its_step():
    times = [0, 1, 2, 0xFFFF_FFFF, 0x8000_0001]
    expected = [(time, n, rules.neuron_noise(rules.step_noise(SEED, time), n))
                for time in times for n in range(CONFIG.neurons)]
    assert swept(times) == expected
