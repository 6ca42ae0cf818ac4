"""iCEBreaker: an iCE40UP5K whose single-port RAM holds the synapses."""

from amaranth_boards.icebreaker import ICEBreakerPlatform

from firmware.clocks import ICE40PadPLL
from firmware.spram import SpramMemory, check_room

from .board import ICE40, Board
from .ultraplus import CONFIG, SYNTHESIS

BOARD = Board(
    name="icebreaker", title="iCEBreaker", device="iCE40UP5K-SG48", toolchain=ICE40,
    make_platform=ICEBreakerPlatform, config=CONFIG, clock=24_000_000, baud=3_000_000,
    programmer=("openFPGALoader", "-b", "ice40_generic"),
    clock_source=ICE40PadPLL, synapse_memory=SpramMemory, check_synapses=check_room, synthesis=SYNTHESIS)
