"""Running Amaranth components in tests."""

from amaranth.sim import Simulator


def run_component(dut, *testbenches, limit=200_000):
    """Run the first testbench to its end, the others beside it; one clock domain, ``sync``."""
    finished = []

    async def main(ctx):
        await testbenches[0](ctx)
        finished.append(True)

    async def watchdog(ctx):
        for _ in range(limit):  # not .repeat(): an abandoned async generator warns
            await ctx.tick()
        raise AssertionError(f"the component was not done after {limit} clocks")

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(main)
    simulator.add_testbench(watchdog, background=True)
    for testbench in testbenches[1:]:
        simulator.add_testbench(_as_async(testbench), background=True)
    simulator.run()
    assert finished


def _as_async(testbench):
    async def run(ctx):
        await testbench(ctx)
    return run


async def put(ctx, port, payload):
    """Hand one payload to an input stream."""
    ctx.set(port.payload, payload)
    ctx.set(port.valid, 1)
    await ctx.tick().until(port.ready)
    ctx.set(port.valid, 0)


async def put_all(ctx, port, payloads):
    for payload in payloads:
        await put(ctx, port, payload)


async def get(ctx, port):
    """Take one payload from an output stream."""
    ctx.set(port.ready, 1)
    payload, = await ctx.tick().sample(port.payload).until(port.valid)
    ctx.set(port.ready, 0)
    return payload


async def collect(ctx, port, into):
    """Take everything that an output stream ever gives."""
    ctx.set(port.ready, 1)
    while True:
        _, _, valid, payload = await ctx.tick().sample(port.valid, port.payload)
        if valid:
            into.append(payload)
