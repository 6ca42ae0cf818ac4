"""Boards with an Artix-7 of 35 thousand cells, for which the vendor's tools are needed."""

from amaranth_boards.arty_a7 import ArtyA7_35Platform
from amaranth_boards.cmod_a7 import CmodA7_35Platform

from firmware.clocks import XilinxPLL
from snnsim.contract import CoreConfig

from .board import VIVADO, Board

#: 50 block RAMs of 512 words of 72 bits; the tools of others have not judged it.
CONFIG = CoreConfig(
    neurons=256, inputs=256, lanes=8, delay_slots=8, synapse_words=4096, rows=1024,
    receive_words=256, event_buffer=256, spike_buffer=256)

ARTY_A7 = Board(
    name="arty-a7", title="Arty A7-35T", device="xc7a35ticsg324-1L", toolchain=VIVADO,
    make_platform=ArtyA7_35Platform, config=CONFIG, clock=80_000_000, baud=2_000_000,
    programmer=("openFPGALoader", "-b", "arty_a7_35t"), clock_source=XilinxPLL)

CMOD_A7 = Board(
    name="cmod-a7", title="Cmod A7-35T", device="xc7a35tcpg236-1", toolchain=VIVADO,
    make_platform=CmodA7_35Platform, config=CONFIG, clock=80_000_000, baud=2_000_000,
    programmer=("openFPGALoader", "-b", "cmoda7_35t"), clock_source=XilinxPLL)
