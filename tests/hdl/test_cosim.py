"""The core inside this process: compiled, and in Amaranth's simulator."""

import pytest

from hdl.cosim import CompiledLink, SimulatorLink
from snnsim.contract import CoreConfig
from snnsim.contract.packets import To
from snnsim.host import Driver
from snnsim.host.protocol import Packet, encode
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator
from tests.host.networks import busy_image, busy_stimulus

#: A number of neurons that is no power of two: addresses beyond the ends of memories occur.
SMALL = CoreConfig(neurons=12, inputs=5, delay_slots=32, synapse_words=100, rows=40, receive_words=128,
                   event_buffer=64, spike_buffer=64)
IMAGE = busy_image(neurons=12, inputs=5)


@pytest.mark.parametrize("make_link, steps", [(CompiledLink, 200), (SimulatorLink, 10)])
def test_a_run_is_that_of_the_reference(make_link, steps):
    stimulus = busy_stimulus(steps, inputs=5)
    with Driver(make_link(SMALL), timeout=60.0) as driver:
        assert driver.config == SMALL
        result = driver.load(IMAGE).run(stimulus)
    assert first_difference(result, ReferenceSimulator(IMAGE).run(stimulus)) is None


def test_both_take_the_same_clocks():
    """The compiled core is the core, clock for clock, when it need not wait for the host."""
    nothing = SpikeRaster.empty(steps=10, neurons=5)
    clocks = []
    for make_link in (CompiledLink, SimulatorLink):
        result = Driver(make_link(SMALL), timeout=60.0).load(IMAGE).run(nothing)
        clocks.append((result.clocks, result.clocks_max))
    assert clocks[0] == clocks[1]
    assert clocks[0][1] > 12


def test_reading_from_an_idle_core_waits_no_longer_than_asked():
    with CompiledLink(SMALL) as link:
        assert link.read(0.01) == b""
        link.write(encode(Packet(To.HELLO, 1)))
        assert link.read(5.0) != b""
