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

SMALL = CoreConfig(neurons=48, inputs=40, lanes=8, delay_slots=32, synapse_words=640, rows=160,
                   receive_words=128, event_buffer=64, spike_buffer=64)


@pytest.mark.parametrize("make_link, steps", [(CompiledLink, 100), (SimulatorLink, 4)])
def test_a_run_is_that_of_the_reference(make_link, steps):
    image, stimulus = busy_image(), busy_stimulus(steps)
    with Driver(make_link(SMALL), timeout=60.0) as driver:
        assert driver.config == SMALL
        result = driver.load(image).run(stimulus)
    assert first_difference(result, ReferenceSimulator(image).run(stimulus)) is None


def test_both_take_the_same_clocks_to_run():
    """The compiled core is the core, clock for clock, once it need not wait for the host."""
    image, nothing = busy_image(), SpikeRaster.empty(steps=3, neurons=40)
    clocks = [Driver(make_link(SMALL), timeout=60.0).load(image).run(nothing).clocks
              for make_link in (CompiledLink, SimulatorLink)]
    assert clocks[0] == clocks[1] > 0


def test_reading_from_an_idle_core_waits_no_longer_than_asked():
    with CompiledLink(SMALL) as link:
        assert link.read(0.01) == b""
        link.write(encode(Packet(To.HELLO, 1)))
        assert link.read(5.0) != b""
