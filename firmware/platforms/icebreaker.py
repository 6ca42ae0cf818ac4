"""iCEBreaker: an iCE40UP5K whose single-port RAM holds the synapses."""

from amaranth_boards.icebreaker import ICEBreakerPlatform

from snnsim.contract import CoreConfig, Formats

from .board import ICE40, Board

BOARD = Board(
    name="icebreaker", title="iCEBreaker", device="iCE40UP5K-SG48", toolchain=ICE40,
    make_platform=ICEBreakerPlatform,
    config=CoreConfig(
        formats=Formats(decay_bits=12), neurons=256, inputs=128, lanes=4, delay_slots=4,
        synapse_words=16384, rows=512, receive_words=128, event_buffer=64, spike_buffer=64),
    clock=24_000_000, baud=1_000_000,
    programmer=("openFPGALoader", "-b", "ice40_generic"))
