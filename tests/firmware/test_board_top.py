"""The light of a board."""

from firmware.board_top import Light
from tests.helpers import run_component


def test_a_light_stays_on_for_a_while_after_a_single_clock_of_activity():
    dut, seen = Light(clocks=10), []

    async def run(ctx):
        for clock in range(40):
            ctx.set(dut.busy, clock == 5)
            await ctx.tick()
            seen.append(ctx.get(dut.on))

    run_component(dut, run)
    assert sum(seen) == 10
    assert seen.index(1) == 6
