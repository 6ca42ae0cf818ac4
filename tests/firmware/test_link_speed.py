"""The link fills its line: counted in clocks of the pin-level board, the same on every machine."""

from dataclasses import replace

import pytest

from benchmarks import link_speed
from benchmarks.link_speed import TIMEOUT, all_to_all, busy, clocks_of, payload_bytes, share_of_line
from firmware.virtual import ClockedLink
from firmware.virtual.models import DIVISOR
from snnsim.contract.packets import LARGEST_RUN, To
from snnsim.host import Driver
from snnsim.host.protocol import Packet, encode
from snnsim.host.transport import NO_ROOM, RECEIVE_OVERHEAD, Window
from snnsim.raster import SpikeRaster

CONFIG = replace(link_speed.CONFIG, receive_words=128)
#: With 4 clocks a bit, 1 Mbaud.
FREQUENCY = 4_000_000


def opened(latency):
    link = ClockedLink(CONFIG, frequency=FREQUENCY, latency=latency)
    return link, Driver(link, TIMEOUT)


def load(image, latency):
    """How much of what the line can carry in the time of a load is memory words; bytes on the line."""
    link, driver = opened(latency)
    with driver:
        sent = link.sent
        clocks, _ = clocks_of(link, lambda: driver.load(image))
        return share_of_line(payload_bytes(image, CONFIG), clocks, DIVISOR), link.sent - sent


@pytest.mark.parametrize("latency", [0, 16e-3])
def test_a_load_takes_90_percent_of_the_line_with_the_smallest_receive_buffer(latency):
    image = all_to_all(CONFIG)
    assert image.n_synapses == CONFIG.neurons ** 2
    share, sent = load(image, latency)
    assert share >= 0.9
    assert sent < 1.06 * payload_bytes(image, CONFIG)  # and nothing was sent twice


def test_a_host_that_waits_for_each_answer_would_not_reach_it(monkeypatch):
    def room(self, type):
        used = sum(RECEIVE_OVERHEAD + len(packet.payload) for packet in self._outstanding)
        return max(NO_ROOM, self.capacity - used - RECEIVE_OVERHEAD)

    monkeypatch.setattr(Window, "room", room)
    assert load(busy(CONFIG), 2e-3)[0] < 0.6


def test_the_clocks_are_the_same_every_time_and_latency_is_added_to_each_answer():
    def greeting(latency):
        link = ClockedLink(CONFIG, frequency=FREQUENCY, latency=latency)
        with link:
            return clocks_of(link, lambda: Driver(link, TIMEOUT))[0]

    answers = 2  # to HELLO and STATUS
    assert greeting(0) == greeting(0) > 0
    assert greeting(3e-3) - greeting(0) == answers * 3e-3 * FREQUENCY


def silent_run(driver, link, steps):
    """Clocks of the line's time beyond the core's, and bytes to the board, of a run without a spike."""
    sent = link.sent
    silence = SpikeRaster.empty(steps=steps, neurons=CONFIG.inputs)
    clocks, result = clocks_of(link, lambda: driver.run(silence))
    assert result.raster.steps == steps and not len(result.raster)
    return clocks - result.clocks, link.sent - sent


def test_a_run_is_one_request_and_takes_no_turn_of_the_link_for_its_steps():
    link, driver = opened(latency=16e-3)
    with driver:
        driver.load(busy(CONFIG))
        short, long, longer = (silent_run(driver, link, steps) for steps in (100, 10_000, LARGEST_RUN + 1000))
    run = len(encode(Packet(To.RUN, payload=(1, 1))))
    turn = 2 * 16e-3 * FREQUENCY
    assert long[1] == short[1] and abs(long[0] - short[0]) < turn / 10
    assert longer[1] == short[1] + run and longer[0] < short[0] + 2 * turn
