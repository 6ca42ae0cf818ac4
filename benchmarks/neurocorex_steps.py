"""Steps per second of the iCEBreaker's core on the network that NeuroCoreX holds, against NeuroCoreX.

    python benchmarks/neurocorex_steps.py

90 neurons all to all, 2 % of them firing in each step, each driven by an input of its own. The core is the
gateware itself, as native code: the clocks are those that it counts, and a second has as many as the board's
clock. So they do not depend on the machine that this runs on. NeuroCoreX (arXiv:2506.14138) takes 0.96 ms a
step, with a neuron clock of 100 kHz.

What a host sees that drives every input and hears every spike is less, as the serial link is slower than the
core. That is measured on the top level with its UART, in the model's own time, with a link that delays every
byte by so much.
"""

from dataclasses import dataclass

import numpy as np

from firmware.platforms import find_board
from firmware.virtual import ClockedLink
from hdl.cosim import CompiledLink
from snnsim import (
    LIF,
    AllToAll,
    Input,
    Network,
    OneToOne,
    Population,
    Projection,
    SpikeRaster,
    Uniform,
    compile,
)
from snnsim.host import Driver
from snnsim.placement import ClockedCore, Load, Speed, load_at_rate

NEURONS, RATE, STEPS = 90, 0.02, 2000
NEUROCOREX_STEP = 0.96e-3
#: Seconds that bytes are late: not at all, and as much as a USB bridge takes at the least.
LATENCIES = (0.0, 1e-3)


@dataclass(frozen=True)
class Measurement:
    """``firing``: share of the neurons that fired in a mean step. ``clocks``, ``predicted``: of a mean step,
    as the core counted them and as they are computed beforehand. ``core`` and ``link``: steps per second of
    the core, and of a link that carries all its spikes and input events."""

    firing: float
    clocks: float
    predicted: float
    core: float
    link: float

    @property
    def ratio(self):
        """Steps per second of the core, as a multiple of NeuroCoreX's."""
        return self.core * NEUROCOREX_STEP


def network():
    """Small weights among the neurons: the firing is that of the inputs."""
    return Network(
        dt=1e-3, inputs=[Input("drive", NEURONS)],
        populations=[Population("cells", NEURONS, LIF(tau_mem=20e-3, v_threshold=1.0))],
        projections=[
            Projection("drive", "cells", OneToOne(), weight=2.0),
            Projection("cells", "cells", AllToAll(), weight=Uniform(-0.01, 0.01, seed=1))])


def stimulus():
    """Each input spikes once in 50 steps, all at different times or nearly so."""
    step, neuron = np.meshgrid(np.arange(STEPS), np.arange(NEURONS), indexing="ij")
    phase = np.random.default_rng(1).integers(0, round(1 / RATE), NEURONS)
    return SpikeRaster.from_dense((step + phase[neuron]) % round(1 / RATE) == 0)


def measure(board):
    """The `Measurement` of the core of a `Board`."""
    compilation = compile(network(), board.config)
    with CompiledLink(board.config) as link, Driver(link) as driver:
        result = driver.load(compilation.image).run(stimulus())
    clocks = result.clocks / STEPS
    predicted = load_at_rate(compilation.image, compilation.placement, RATE)
    counted = Load(clocks, predicted.bytes_to_host, predicted.bytes_to_core)
    speed = Speed.of(counted, ClockedCore(board.config, board.clock, board.baud))
    return Measurement(len(result.raster) / STEPS / NEURONS, clocks, predicted.clocks, speed.core, speed.link)


def steps_on_the_wire(board, latency):
    """Steps per second through the UART of a `Board`, each byte ``latency`` seconds late."""
    image = compile(network(), board.config).image
    clocked = ClockedLink(board.config, divisor=board.divisor, frequency=board.clock, latency=latency)
    with clocked as link, Driver(link) as driver:
        driver.load(image)
        begin = link.now()
        driver.run(stimulus())
        return STEPS / (link.now() - begin)


def main():
    board = find_board("icebreaker")
    m = measure(board)
    print(f"{NEURONS} neurons all to all, {100 * m.firing:.2f} % firing in a step, {STEPS} steps")
    print(f"{board.title}: {m.clocks:.1f} clocks a step ({m.predicted:.1f} predicted), at "
          f"{board.clock / 1e6:g} MHz {m.core:,.0f} steps/s: {m.ratio:.0f} times NeuroCoreX's "
          f"{1 / NEUROCOREX_STEP:,.0f}")
    heard = min(m.core, m.link)
    print(f"a host that drives every input and hears every spike at {board.baud:,} baud: at most "
          f"{heard:,.0f} steps/s, {heard * NEUROCOREX_STEP:.0f} times")
    for latency in LATENCIES:
        steps = steps_on_the_wire(board, latency)
        print(f"  on a link with a latency of {1e3 * latency:g} ms: {steps:,.0f} steps/s, "
              f"{steps * NEUROCOREX_STEP:.0f} times")


if __name__ == "__main__":
    main()
