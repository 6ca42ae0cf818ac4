"""The core at its full size and at rest: nothing is lost, and rest costs next to nothing."""

import numpy as np
import pytest

from snnsim import (
    LIF,
    AllToAll,
    CoreConfig,
    Input,
    Network,
    Population,
    Projection,
    Simulator,
    SpikeRaster,
    Uniform,
    compile,
    first_difference,
    place,
)
from tests.gateware import compiled_core

CONFIG = CoreConfig()


def all_to_all(neurons, weight, neuron, delay_steps=1):
    network = Network(
        dt=1e-3, inputs=[Input("in", CONFIG.inputs)], populations=[Population("cells", neurons, neuron)],
        projections=[Projection("in", "cells", AllToAll(), weight=weight, delay_steps=delay_steps),
                     Projection("cells", "cells", AllToAll(), weight=weight, delay_steps=delay_steps)])
    return compile(network, CONFIG).image


def random_input(steps, rate):
    return SpikeRaster.from_dense(np.random.default_rng(6).random((steps, CONFIG.inputs)) < rate)


@pytest.mark.parametrize("delay_steps", [1, CONFIG.delay_slots])
def test_all_inputs_and_all_neurons_to_all_neurons(delay_steps):
    neuron = LIF(tau_mem=10e-3, v_threshold=1.0, t_ref=2e-3, tau_syn=2e-3)
    image = all_to_all(CONFIG.neurons, Uniform(-0.35, 0.4, seed=3), neuron, delay_steps)
    assert image.n_synapses == CONFIG.synapse_words * CONFIG.lanes
    stimulus = random_input(200, 0.05)
    driver = compiled_core(CONFIG).load(image)
    result = driver.run(stimulus)
    assert len(result.raster) > 1000
    assert first_difference(result, Simulator(image).run(stimulus)) is None
    events = np.concatenate([result.raster.counts(), stimulus.counts()]) / stimulus.steps
    predicted = place(image, CONFIG).predict_clocks(events, CONFIG.neurons)
    assert result.clocks / stimulus.steps == pytest.approx(predicted, rel=0.02)
    for read, projection in zip(driver.read_weights(), image.projections, strict=True):
        np.testing.assert_array_equal(read, projection.weights())


def test_a_full_spike_buffer_holds_the_core_up_and_loses_nothing():
    always = LIF(tau_mem=10e-3, v_threshold=0.5, i_bias=1e3)  # fires in every step
    image = all_to_all(CONFIG.neurons, 1e-3, always)
    result = compiled_core(CONFIG).load(image).run(random_input(50, 1.0))
    assert len(result.raster) == 50 * CONFIG.neurons > 40 * CONFIG.spike_buffer
    assert first_difference(result, Simulator(image).run(random_input(50, 1.0))) is None


def test_a_step_of_a_network_at_rest_costs_ten_clocks_whatever_its_size():
    neuron = LIF(tau_mem=1e-3, v_threshold=1.0)
    for neurons in (1, CONFIG.neurons):
        driver = compiled_core(CONFIG).load(all_to_all(neurons, 1e-6, neuron))
        driver.run(random_input(5, 0.5))
        driver.run(SpikeRaster.empty(steps=40, neurons=CONFIG.inputs))  # v decays to exactly 0
        result = driver.run(SpikeRaster.empty(steps=1000, neurons=CONFIG.inputs))
        assert not result.state.v.any()
        assert result.clocks_max <= 10
