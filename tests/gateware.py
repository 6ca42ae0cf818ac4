"""The gateware as a machine for tests; each core is compiled and opened once per process."""

from functools import cache

from hdl.cosim import CompiledLink
from snnsim.contract import CoreConfig
from snnsim.host.driver import Driver


@cache
def compiled_core(config):
    """A `Driver` of a core in this process."""
    return Driver(CompiledLink(config))


def gateware(image):
    """A core of the default size, or a small one where the formats are others, with ``image`` loaded."""
    config = CoreConfig()
    if image.formats != config.formats:
        config = CoreConfig(formats=image.formats, neurons=16, inputs=16, delay_slots=4,
                            synapse_words=256, rows=128)
    return compiled_core(config).load(image)


def learning_gateware(image):
    """The same of a core that learns by every rule there is."""
    config = CoreConfig.with_learning()
    if image.formats != config.formats:
        config = CoreConfig.with_learning(
            formats=image.formats, neurons=16, inputs=16, delay_slots=4, synapse_words=256, rows=128,
            plastic_rows=32)
    return compiled_core(config).load(image)
