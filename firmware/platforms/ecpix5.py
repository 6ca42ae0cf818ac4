"""ECPIX-5: the larger and faster ECP5, of two sizes."""

from amaranth_boards.ecpix5 import ECPIX545Platform, ECPIX585Platform

from firmware.clocks import ECP5PLL

from .board import ECP5, Board
from .lattice_ecp5 import CONFIG_45F, CONFIG_85F


def _ecpix5(size, make_platform, config, clock):
    return Board(
        name=f"ecpix5-{size}".lower(), title=f"ECPIX-5 {size}", device=f"LFE5UM5G-{size}-8BG554",
        toolchain=ECP5, make_platform=make_platform, config=config, clock=clock, baud=2_000_000,
        programmer=("openFPGALoader", "-b", "ecpix5"), clock_source=ECP5PLL, led="")


BOARDS = (
    _ecpix5("45F", ECPIX545Platform, CONFIG_45F, 60_000_000),
    _ecpix5("85F", ECPIX585Platform, CONFIG_85F, 50_000_000),
)
