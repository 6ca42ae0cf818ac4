# amaranth: UnusedElaboratable=no
"""PLL settings against the limits of the data sheets, and the reset."""

import pytest
from amaranth import Const
from amaranth.sim import Simulator

from firmware.clocks import (
    ECP5PLL,
    RESET_SECONDS,
    GowinPLL,
    ICE40CorePLL,
    ICE40PadPLL,
    OscillatorClock,
    PowerOnReset,
    XilinxPLL,
)
from firmware.platforms import BOARDS


def parameters(pll, oscillator, clock):
    settings = pll.find_parameters(oscillator, clock)
    return {name: item.value if isinstance(item, Const) else item for name, item in settings.items()}


@pytest.mark.parametrize(("clock", "divq"), [(24_000_000, 5), (48_000_000, 4)])
def test_an_ice40_gets_the_settings_that_icepll_gives(clock, divq):
    got = parameters(ICE40CorePLL, 12_000_000, clock)
    assert got == {"FEEDBACK_PATH": "SIMPLE", "DIVR": 0, "DIVF": 63, "DIVQ": divq, "FILTER_RANGE": 1}


def test_an_ecp5_gets_the_settings_that_ecppll_gives():
    got = parameters(ECP5PLL, 25_000_000, 80_000_000)
    assert (got["CLKI_DIV"], got["CLKFB_DIV"], got["CLKOP_DIV"]) in ((5, 16, 7), (5, 16, 8))


def test_a_gowin_gets_the_settings_that_gowin_pll_gives():
    got = parameters(GowinPLL, 27_000_000, 54_000_000)
    assert got == {"FCLKIN": "27", "IDIV_SEL": 0, "FBDIV_SEL": 1, "ODIV_SEL": 16}


def vco(pll, p, oscillator):
    """``(frequency of the VCO, of the output)`` in Hz, by the formulas of the data sheets."""
    if pll in (ICE40PadPLL, ICE40CorePLL):
        frequency = oscillator / (p["DIVR"] + 1) * (p["DIVF"] + 1)
        return frequency, frequency / 2 ** p["DIVQ"]
    if pll is ECP5PLL:
        output = oscillator / p["CLKI_DIV"] * p["CLKFB_DIV"]
        return output * p["CLKOP_DIV"], output
    if pll is GowinPLL:
        output = oscillator / (p["IDIV_SEL"] + 1) * (p["FBDIV_SEL"] + 1)
        return output * p["ODIV_SEL"], output
    frequency = oscillator * p["CLKFBOUT_MULT_F"] / p["DIVCLK_DIVIDE"]
    return frequency, frequency / p["CLKOUT0_DIVIDE_F"]


RANGES = {ICE40PadPLL: (533e6, 1066e6), ICE40CorePLL: (533e6, 1066e6), ECP5PLL: (400e6, 800e6),
          GowinPLL: (500e6, 1200e6), XilinxPLL: (600e6, 1200e6)}


@pytest.mark.parametrize("name", [name for name, board in BOARDS.items() if board.clock_source in RANGES])
def test_the_plls_of_the_boards_make_their_clocks_within_the_range_of_their_oscillator(name):
    board = BOARDS[name]
    oscillator = round(board.make_platform().default_clk_frequency)
    settings = parameters(board.clock_source, oscillator, board.clock)
    frequency, output = vco(board.clock_source, settings, oscillator)
    lo, hi = RANGES[board.clock_source]
    assert lo <= frequency <= hi
    assert output == pytest.approx(board.clock, rel=1e-9)


@pytest.mark.parametrize("pll", RANGES)
def test_a_clock_that_cannot_be_made_is_refused(pll):
    with pytest.raises(ValueError, match="cannot make 24000001 Hz of 12000000 Hz"):
        pll(None, 12_000_000, 24_000_001)


def test_an_oscillator_makes_no_other_clock_than_its_own():
    with pytest.raises(ValueError, match="12000000 Hz and no 24000000 Hz"):
        OscillatorClock(None, 12_000_000, 24_000_000)


def test_the_reset_lasts_from_the_lock_on_and_comes_back_when_it_is_lost():
    clock = 1_000_000
    dut, seen = PowerOnReset(clock), []

    async def run(ctx):
        for locked in [0] * 40 + [1] * 40 + [0] * 5 + [1] * 40:
            ctx.set(dut.locked, locked)
            ctx.set(dut.clk, 1)
            await ctx.delay(0.5 / clock)
            ctx.set(dut.clk, 0)
            await ctx.delay(0.5 / clock)
            seen.append(ctx.get(dut.reset))

    simulator = Simulator(dut)
    simulator.add_testbench(run)
    simulator.run()
    wait = round(RESET_SECONDS * clock)
    assert all(seen[:40 + wait])
    assert not any(seen[40 + wait + 5:80])
    assert all(seen[85:85 + wait])
    assert not any(seen[85 + wait + 5:])
