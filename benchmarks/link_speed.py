"""Speed of the host link, by the clocks of the pin-level board: loading, and runs, by baud rate and latency.

    python benchmarks/link_speed.py

The core of an iCEBreaker at 24 MHz. What is measured is counted in clocks of the model, so it is the same on
every machine; it takes some minutes. Latency is how long each byte to the host is on its way longer than its
bits take, as behind a USB cable.
"""

import numpy as np

from firmware.platforms import find_board
from firmware.virtual import ClockedLink
from snnsim import LIF, AllToAll, FixedProbability, Input, Network, Population, Projection, Uniform, compile
from snnsim.host import Driver
from snnsim.placement import place
from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator

CONFIG = find_board("icebreaker").config
FREQUENCY = 24_000_000
#: Clocks a bit, latency in milliseconds.
LINES = ((24, 0), (24, 2), (24, 16), (8, 0), (8, 2), (8, 16), (4, 0))
STEPS, RATE = 1000, 0.02
BITS_OF_A_BYTE = 10
#: Waiting is in the time of the model, in which nothing is ever lost.
TIMEOUT = 20.0


def all_to_all(config=CONFIG):
    """The network whose image is as large as the core's memory: every neuron to every neuron."""
    cells = Population("cells", config.neurons, LIF(tau_mem=20e-3, v_threshold=1.0))
    recurrent = Projection("cells", "cells", AllToAll(), weight=Uniform(-0.01, 0.01, seed=1))
    return _image(config, cells, recurrent)


def busy(config=CONFIG):
    """A network in which about 2 % of the neurons fire in each step, each driven by inputs."""
    cells = Population("cells", config.neurons, LIF(tau_mem=2e-3, v_threshold=0.9))
    drive = Projection("in", "cells", FixedProbability(1.0 / config.inputs, seed=2), weight=1.0)
    return _image(config, cells, drive)


def _image(config, cells, projection):
    network = Network(dt=1e-3, inputs=[Input("in", config.inputs)], populations=[cells],
                      projections=[projection])
    return compile(network, config).image


def payload_bytes(image, config=CONFIG):
    """Bytes of all memory words of an image, as they are in the packets."""
    return sum(words.nbytes for words in place(image, config).memories.values())


def share_of_line(payload, clocks, divisor):
    """How much of what the line can carry in so many clocks is payload."""
    return payload * BITS_OF_A_BYTE * divisor / clocks


def clocks_of(link, action):
    """The clocks that an action takes, and what it returns."""
    before = link.clocks
    result = action()
    return link.clocks - before, result


def measure_load(link, driver, divisor):
    image = all_to_all()
    clocks, _ = clocks_of(link, lambda: driver.load(image))
    return share_of_line(payload_bytes(image), clocks, divisor)


def measure_run(link, driver, divisor):
    """``(steps per second, share of the line to the host that carries bits)`` of a busy run."""
    image = busy()
    driver.load(image)
    stimulus = SpikeRaster.from_dense(np.random.default_rng(3).random((STEPS, image.n_inputs)) < RATE)
    received = link.received
    clocks, result = clocks_of(link, lambda: driver.run(stimulus))
    assert result.raster == Simulator(image).run(stimulus).raster
    return STEPS / clocks * FREQUENCY, share_of_line(link.received - received, clocks, divisor), result


def main():
    size = payload_bytes(all_to_all())
    print(f"core: {CONFIG.neurons} neurons, receive_words {CONFIG.receive_words}, event_buffer "
          f"{CONFIG.event_buffer}, spike_buffer {CONFIG.spike_buffer}; image of {size:,} bytes")
    print(f"{'baud':>9} {'latency':>8} | {'payload of load':>15} | {'steps/s':>8} {'line busy':>9} "
          f"{'core busy':>9}")
    for divisor, latency in LINES:
        with ClockedLink(CONFIG, divisor=divisor, frequency=FREQUENCY, latency=latency * 1e-3) as link:
            driver = Driver(link, TIMEOUT)
            load = measure_load(link, driver, divisor)
            steps, line, result = measure_run(link, driver, divisor)
            core = result.clocks / STEPS * steps / FREQUENCY
            print(f"{FREQUENCY // divisor:>9,} {latency:>5} ms | {load:>15.1%} | {steps:>8,.0f} {line:>9.1%} "
                  f"{core:>9.1%}", flush=True)


if __name__ == "__main__":
    main()
