"""What is computed before a run is what the core counts in it: clocks, and bytes on the link."""

import numpy as np
import pytest

from hdl.cosim import CompiledLink
from snnsim import (
    LIF,
    AllToAll,
    CoreConfig,
    Input,
    Network,
    OneToOne,
    Population,
    Projection,
    SpikeRaster,
    compile,
)
from snnsim.host import AbstractLink, Driver
from snnsim.placement import load_at_rate, load_at_rest

CONFIG = CoreConfig()
STEPS, N = 500, 64
RELAY = LIF(tau_mem=0, v_threshold=1.0)  # fires whenever its input does


class CountingLink(AbstractLink):
    """A link that counts the bytes on it."""

    def __init__(self, link):
        self._link, self.name = link, link.name
        self.to_host = self.to_core = 0

    def write(self, data):
        self.to_core += len(data)
        self._link.write(data)

    def read(self, timeout):
        data = self._link.read(timeout)
        self.to_host += len(data)
        return data

    def close(self):
        self._link.close()


def network(*projections, neuron=RELAY):
    return compile(Network(
        dt=1e-3, inputs=[Input("in", N)], populations=[Population("cells", N, neuron)],
        projections=[Projection("in", "cells", OneToOne(), weight=2.0), *projections]), CONFIG)


def random_input(rate):
    return SpikeRaster.from_dense(np.random.default_rng(1).random((STEPS, N)) < rate)


def run(compilation, stimulus):
    """``(RunResult, bytes to the host, bytes to the core)``, the last two in a mean step."""
    with CompiledLink(CONFIG) as compiled:
        link = CountingLink(compiled)
        driver = Driver(link).load(compilation.image)
        link.to_host = link.to_core = 0
        result = driver.run(stimulus)
    return result, link.to_host / stimulus.steps, link.to_core / stimulus.steps


LONG_ROWS = Projection("cells", "cells", AllToAll(), weight=1e-3)
CHAINS = [Projection("in", "cells", OneToOne(), weight=weight, delay_steps=2) for weight in (1e-2, 1e-3)]
SHAPES = {"short rows": [], "long rows": [LONG_ROWS], "chains of rows": CHAINS}


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_clocks_of_a_step_are_predicted(shape, rate):
    compilation = network(*SHAPES[shape])
    result, _, _ = run(compilation, random_input(rate))
    predicted = load_at_rate(compilation.image, compilation.placement, rate).clocks
    assert result.clocks / STEPS == pytest.approx(predicted, rel=0.05)


def test_the_clocks_at_rest_are_predicted():
    compilation = network()
    silence = SpikeRaster.empty(steps=STEPS, neurons=N)
    with CompiledLink(CONFIG) as link, Driver(link) as driver:
        driver.load(compilation.image).run(silence)
        result = driver.run(silence)
    assert result.clocks // STEPS == load_at_rest(compilation.image, compilation.placement).clocks


def test_the_clocks_of_neurons_that_never_rest_are_predicted():
    compilation = network(neuron=LIF(tau_mem=10e-3, v_threshold=1.0, i_bias=0.5))
    result, _, _ = run(compilation, SpikeRaster.empty(steps=STEPS, neurons=N))
    predicted = load_at_rest(compilation.image, compilation.placement).clocks
    assert result.clocks / STEPS == pytest.approx(predicted, rel=0.05)


def test_a_prediction_without_the_rows_is_off():
    compilation = network(LONG_ROWS)
    result, _, _ = run(compilation, random_input(0.5))
    assert result.clocks / STEPS > 2 * load_at_rate(compilation.image, compilation.placement, 0.0).clocks


@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_the_bytes_of_a_step_are_those_of_full_packets_or_little_more(rate):
    compilation = network()
    _, to_host, to_core = run(compilation, random_input(rate))
    predicted = load_at_rate(compilation.image, compilation.placement, rate)
    for counted, least in ((to_host, predicted.bytes_to_host), (to_core, predicted.bytes_to_core)):
        assert 0.98 * least <= counted <= 1.3 * least
