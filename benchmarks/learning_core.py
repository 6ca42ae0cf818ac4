"""Clocks of a step of a core that learns: 256 neurons all to all, all 65,536 synapses by pair STDP.

    python -m benchmarks.learning_core

Each neuron is driven by an input of its own, at 10 spikes a second and other rates; a step is 1 ms. The core
has eight lanes and no more than pair STDP needs. It is the gateware itself, as native code: the clocks are
those that it counts, so they do not depend on the machine that this runs on. At 24 MHz, the clock of an
iCEBreaker, a millisecond has 24,000. No board is claimed to hold this core.

Clocks of a word of synapses are the difference between rows of two lengths, whose terms hold in every step.
It takes some minutes.
"""

from dataclasses import dataclass

import numpy as np

from hdl.cosim import CompiledLink
from snnsim import (
    LIF,
    STDP,
    AllToAll,
    CoreConfig,
    Formats,
    Input,
    Network,
    OneToOne,
    Population,
    Projection,
    SpikeRaster,
    SumOfProducts,
    Uniform,
    compile,
)
from snnsim.host import Driver
from snnsim.placement import load_at_rate

NEURONS, DT, CLOCK = 256, 1e-3, 24_000_000
RATES = (10, 1, 2, 5, 20, 50)
#: Steps before those that are counted: traces of so long ago are 0.
BEFORE, STEPS = 150, 500
W_MAX = 1e-3
CORE = CoreConfig(
    formats=Formats(weight_width=16), lanes=8, delay_slots=4, synapse_words=8448, rows=512, plastic_rows=256,
    learning_rules=2, post_classes=2, lane_factors=1)
#: Programs whose terms hold in every step.
PROGRAMS = {1: "w += 1e-6", 2: "w += 1e-6; w -= 2**-12 * w"}


@dataclass(frozen=True)
class Measurement:
    """``rate``: spikes of a neuron a second. ``clocks`` of a mean step, as counted, as ``predicted`` from the
    rate, and those of the ``longest`` step; ``learning``: those of a mean step in which the core learned."""

    rate: float
    clocks: float
    predicted: float
    longest: int
    learning: float

    @property
    def room(self):
        """How many such steps fit into a step of the network at 24 MHz."""
        return CLOCK * DT / self.clocks


def network(neurons=NEURONS):
    """Weights so small that the firing is that of the inputs."""
    rule = STDP(a_plus=1e-5, a_minus=1e-5, tau_plus=20e-3, tau_minus=20e-3, w_min=0, w_max=W_MAX)
    return Network(
        dt=DT, inputs=[Input("drive", neurons)],
        populations=[Population("cells", neurons, LIF(tau_mem=20e-3, v_threshold=1.0, t_ref=2e-3))],
        projections=[
            Projection("drive", "cells", OneToOne(), weight=1.5),
            Projection("cells", "cells", AllToAll(), weight=Uniform(0, W_MAX, seed=1), learning=rule)])


def random_spikes(neurons, steps, rate):
    return SpikeRaster.from_dense(np.random.default_rng(5).random((steps, neurons)) < rate * DT)


def measure(driver, compilation, rate, before=BEFORE, steps=STEPS):
    """The `Measurement` of a network on the core of a `Driver`."""
    image = compilation.image
    stimulus = random_spikes(image.n_inputs, before + steps, rate)
    earlier = driver.load(image).run(stimulus.window(0, before))
    result = driver.run(stimulus.window(before, before + steps))
    spikes = len(earlier.raster) + len(result.raster)  # traces are also of the earlier ones
    fired = spikes / (before + steps) / image.n_neurons
    predicted = load_at_rate(image, compilation.placement, fired).clocks
    return Measurement(
        fired / DT, result.clocks / steps, predicted, result.clocks_max, result.learn_clocks / steps)


def clocks_of_a_word(driver, terms, steps=20):
    """Clocks in which a word of ``lanes`` synapses learns by so many terms at once."""
    config, clocks = driver.config, []
    lengths = config.groups // 4, config.groups
    for length in lengths:
        rule = SumOfProducts(PROGRAMS[terms], w_min=0, w_max=W_MAX)
        made = compile(Network(
            dt=DT, inputs=[Input("in", 1)],
            populations=[Population("cells", length * config.lanes, LIF(tau_mem=20e-3, v_threshold=1.0))],
            projections=[Projection("in", "cells", AllToAll(), weight=W_MAX / 2, learning=rule)]), config)
        silence = SpikeRaster.empty(steps=steps, neurons=1)
        clocks.append(driver.load(made.image).run(silence).learn_clocks / steps)
    return (clocks[1] - clocks[0]) / (lengths[1] - lengths[0])


def main():
    compilation = compile(network(), CORE)
    words = sum(compilation.placement.plastic_words)
    with CompiledLink(CORE, print) as link, Driver(link) as driver:
        print(f"{NEURONS} neurons all to all, {NEURONS**2:,} synapses that learn in {words:,} words of "
              f"{CORE.lanes}, {STEPS} steps of {1e3 * DT:g} ms")
        for rate in RATES:
            m = measure(driver, compilation, rate)
            print(f"  {m.rate:4.1f} Hz: {m.clocks:6,.0f} clocks a step ({m.predicted:,.0f} predicted; at "
                  f"most {m.longest:,}), {100 * m.learning / m.clocks:.0f} % of them learning: "
                  f"{m.room:.2f} times real time at {CLOCK / 1e6:g} MHz")
        for terms in PROGRAMS:
            print(f"a word of a row takes {clocks_of_a_word(driver, terms):.2f} clocks where {terms} "
                  f"term{'s' if terms > 1 else ''} of its rule hold{'s' if terms == 1 else ''}")


if __name__ == "__main__":
    main()
