"""Colorlight 5A-75B (revision 7.0): a cheap ECP5 whose serial pins are those of its button and its light."""

from amaranth_boards.colorlight_5a75b_r7_0 import Colorlight_5A75B_R70Platform

from firmware.clocks import ECP5PLL

from .board import ECP5, Board
from .lattice_ecp5 import CONFIG_25F

BOARD = Board(
    name="colorlight-5a-75b", title="Colorlight 5A-75B", device="LFE5U-25F-6BG256", toolchain=ECP5,
    make_platform=Colorlight_5A75B_R70Platform, config=CONFIG_25F, clock=80_000_000, baud=1_000_000,
    programmer=("openFPGALoader", "-b", "colorlight"), clock_source=ECP5PLL, led="")
