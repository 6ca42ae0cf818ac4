"""Lattice's iCE40-HX8K breakout board: fast logic, little memory."""

from amaranth_boards.ice40_hx8k_b_evn import ICE40HX8KBEVNPlatform

from firmware.clocks import ICE40CorePLL
from snnsim.contract import CoreConfig, Formats

from .board import ICE40, Board

BOARD = Board(
    name="hx8k-evn", title="iCE40-HX8K-EVN", device="iCE40HX8K-CT256", toolchain=ICE40,
    make_platform=ICE40HX8KBEVNPlatform,
    config=CoreConfig(
        formats=Formats(state_width=22, drive_width=22, decay_bits=12, refractory_width=7),
        neurons=64, inputs=64, lanes=2, delay_slots=4, synapse_words=1024, rows=256, max_regions=8,
        receive_words=128, event_buffer=128, spike_buffer=128),
    clock=48_000_000, baud=3_000_000, programmer=("openFPGALoader", "-b", "ice40_generic"),
    clock_source=ICE40CorePLL, synthesis="-abc9 -device hx")
