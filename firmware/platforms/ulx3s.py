"""ULX3S: ECP5 of four sizes on one board; those of 12 and 25 thousand cells are the same chip."""

from amaranth_boards.ulx3s import (
    ULX3S_12F_Platform,
    ULX3S_25F_Platform,
    ULX3S_45F_Platform,
    ULX3S_85F_Platform,
)

from firmware.clocks import ECP5PLL

from .board import ECP5, Board
from .lattice_ecp5 import CONFIG_25F, CONFIG_45F, CONFIG_85F, LEARNING_25F


def _ulx3s(size, make_platform, config, clock):
    learning = ("-learning", ", learning") if config.learns else ("", "")
    return Board(
        name=f"ulx3s-{size}{learning[0]}".lower(), title=f"ULX3S {size}{learning[1]}",
        device=f"LFE5U-{size}-6BG381", toolchain=ECP5,
        make_platform=make_platform, config=config, clock=clock, baud=2_000_000,
        programmer=("openFPGALoader", "-b", "ulx3s"), clock_source=ECP5PLL)


# The larger the memory of the synapses, the longer the ways to it.
BOARDS = (
    _ulx3s("12F", ULX3S_12F_Platform, CONFIG_25F, 80_000_000),
    _ulx3s("25F", ULX3S_25F_Platform, CONFIG_25F, 80_000_000),
    _ulx3s("45F", ULX3S_45F_Platform, CONFIG_45F, 60_000_000),
    _ulx3s("85F", ULX3S_85F_Platform, CONFIG_85F, 50_000_000),
    _ulx3s("25F", ULX3S_25F_Platform, LEARNING_25F, 40_000_000),
)
