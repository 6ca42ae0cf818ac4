"""The gateware as a machine for tests; each core is compiled and opened once per process.

Compiling takes a core that learns the better part of a minute: tests that need one share these.
"""

from functools import cache

from firmware.platforms import find_board
from hdl.cosim import CompiledLink
from snnsim.contract import CoreConfig
from snnsim.host.driver import Driver
from tests.contract.cases import FORMATS

_SMALL = {"neurons": 16, "inputs": 16, "delay_slots": 4, "synapse_words": 256, "rows": 128}
#: Everything that there is to learn with, and noise, in the formats of the hand-worked cases.
SMALL_LEARNING = CoreConfig.with_learning(formats=FORMATS, plastic_rows=32, noise_sources=3, **_SMALL)
#: The core of a board that learns: weights of 16 bits, rows of up to 32 words, no tags.
BOARD_LEARNING = find_board("ulx3s-25f-learning").config
#: Everything on eight lanes, for 256 neurons joined all to all. For slow tests.
LARGE_LEARNING = CoreConfig.with_learning(
    lanes=8, delay_slots=8, synapse_words=10240, rows=1024, plastic_rows=512, lane_factors=2)


@cache
def compiled_core(config):
    """A `Driver` of a core in this process."""
    return Driver(CompiledLink(config))


def gateware(image):
    """A core of the default size, or a small one where the formats are others, with ``image`` loaded."""
    config = CoreConfig()
    if image.formats != config.formats:
        config = CoreConfig(formats=image.formats, **_SMALL)
    return compiled_core(config).load(image)


def learning_gateware(image):
    """A core that learns by every rule there is, with ``image`` loaded."""
    config = SMALL_LEARNING if image.formats == FORMATS else CoreConfig.with_learning()
    return compiled_core(config).load(image)
