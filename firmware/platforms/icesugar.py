"""iCESugar: the FPGA of the iCEBreaker behind a slower bridge."""

from amaranth_boards.icesugar import ICESugarPlatform

from firmware.clocks import ICE40PadPLL
from firmware.spram import SpramMemory, check_room

from .board import ICE40, Board
from .ultraplus import CONFIG, SYNTHESIS

# The lights hang on pins that need an open-drain driver of their own. The bridge is a microcontroller
# without flow control: a rate that it surely keeps up with.
BOARD = Board(
    name="icesugar", title="iCESugar", device="iCE40UP5K-SG48", toolchain=ICE40,
    make_platform=ICESugarPlatform, config=CONFIG, clock=24_000_000, baud=115_200,
    programmer=("icesprog",),
    clock_source=ICE40PadPLL, synapse_memory=SpramMemory, check_synapses=check_room,
    led="", synthesis=SYNTHESIS)
