"""Sipeed's Tang boards with Gowin FPGAs that the open tools know."""

from amaranth_boards.tang_nano_9k import TangNano9kPlatform
from amaranth_boards.tang_primer_20k import TangPrimer20kDockPlatform

from firmware.clocks import GowinPLL, OscillatorClock
from snnsim.contract import CoreConfig, Formats

from .board import GOWIN, Board

NANO_9K = Board(
    name="tang-nano-9k", title="Tang Nano 9K", device="GW1NR-LV9QN88PC6/I5", toolchain=GOWIN,
    make_platform=TangNano9kPlatform,
    config=CoreConfig(
        formats=Formats(decay_bits=12), neurons=128, inputs=128, lanes=4, delay_slots=4,
        synapse_words=2048, rows=512, receive_words=128, event_buffer=64, spike_buffer=64),
    clock=27_000_000, baud=1_000_000, programmer=("openFPGALoader", "-b", "tangnano9k"),
    clock_source=OscillatorClock)

PRIMER_20K = Board(
    name="tang-primer-20k", title="Tang Primer 20K (Dock)", device="GW2A-LV18PG256C8/I7", toolchain=GOWIN,
    make_platform=TangPrimer20kDockPlatform,
    config=CoreConfig(
        neurons=256, inputs=128, lanes=4, delay_slots=4,
        synapse_words=6144, rows=512, receive_words=128, event_buffer=64, spike_buffer=64),
    clock=54_000_000, baud=1_000_000, programmer=("openFPGALoader", "-b", "tangprimer20k"),
    clock_source=GowinPLL)
