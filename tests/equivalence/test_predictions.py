"""What is computed before a run is what the core counts in it: clocks, and bytes on the link."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from hdl.cosim import CompiledLink
from snnsim import (
    LIF,
    STDP,
    AllToAll,
    CoreConfig,
    Input,
    Modulator,
    Network,
    OneToOne,
    Population,
    Projection,
    RectangularSTDP,
    RewardSTDP,
    SpikeRaster,
    TripletSTDP,
    Uniform,
    compile,
)
from snnsim.host import AbstractLink, Driver
from snnsim.placement import load_at_rate, load_at_rest
from tests.gateware import compiled_core

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


# A core that learns

LEARNING = CoreConfig.with_learning()
#: Steps until as many rows have traces as later on, and steps that are counted.
SETTLING, COUNTED = 150, 200
BOUNDS = {"w_min": 0, "w_max": 1e-3}
PAIR = {"a_plus": 1e-5, "a_minus": 1e-5, "tau_plus": 10e-3, "tau_minus": 10e-3, **BOUNDS}
TAGGING = {"a_plus": 0.1, "a_minus": 0.1, "tau_plus": 10e-3, "tau_minus": 10e-3, "tau_e": 20e-3,
           "learning_rate": 1e-5, **BOUNDS}
RULES = {
    "pairs": STDP(**PAIR),
    "arrivals": STDP(**PAIR, arrival=True),
    "windows": RectangularSTDP(1e-5, 1e-5, window_plus=5e-3, window_minus=5e-3, **BOUNDS),
    "triplets": TripletSTDP(
        1e-5, 1e-5, 1e-5, 1e-5, tau_plus=10e-3, tau_minus=20e-3, tau_x=30e-3, tau_y=30e-3, **BOUNDS),
    "tags": RewardSTDP(**TAGGING),
    "tags alone": RewardSTDP(**TAGGING, on_command=True),
}


def learner(rule):
    """All to all by a rule; the firing is that of the inputs."""
    rewards = [Modulator(initial=0.5)] if isinstance(rule, RewardSTDP) else []
    return compile(Network(
        dt=1e-3, inputs=[Input("in", N)], populations=[Population("cells", N, RELAY)], modulators=rewards,
        projections=[
            Projection("in", "cells", OneToOne(), weight=2.0),
            Projection("cells", "cells", AllToAll(), weight=Uniform(0, 1e-3, seed=1), delay_steps=3,
                       learning=rule)]), LEARNING)


def count(compilation, rate):
    """``(RunResult, share of the neurons that fired in a mean step)``"""
    steps = SETTLING + COUNTED
    stimulus = SpikeRaster.from_dense(np.random.default_rng(1).random((steps, N)) < rate)
    core = compiled_core(LEARNING).load(compilation.image)
    core.run(stimulus.window(0, SETTLING))
    result = core.run(stimulus.window(SETTLING, steps))
    return result, len(result.raster) / COUNTED / N


def predicted_learning(compilation, rate, placement=None):
    return (placement or compilation.placement).predict_learning_clocks(np.full(2 * N, rate)) * COUNTED


#: Rules and rates that are run each time: some seconds each add up.
QUICKLY = ("pairs", 0.02), ("tags", 0.2)


@pytest.mark.parametrize(("rule", "rate"), [
    case if case in QUICKLY else pytest.param(*case, marks=pytest.mark.slow)
    for case in itertools.product(RULES, (0.02, 0.2))])
def test_the_clocks_of_learning_are_predicted(rule, rate):
    compilation = learner(RULES[rule])
    result, fired = count(compilation, rate)
    assert result.learn_clocks == pytest.approx(predicted_learning(compilation, fired), rel=0.05)
    load = load_at_rate(compilation.image, compilation.placement, fired)
    assert result.clocks == pytest.approx(load.clocks * COUNTED, rel=0.05)


@pytest.mark.slow
def test_where_tags_are_small_and_spikes_rare_the_prediction_is_more_than_it_takes():
    compilation = learner(RULES["tags alone"])
    result, fired = count(compilation, 0.002)
    assert result.learn_clocks < predicted_learning(compilation, fired) < 2 * result.learn_clocks


def test_a_prediction_without_the_rows_that_learn_or_with_longer_ones_is_off():
    compilation = learner(RULES["pairs"])
    result, fired = count(compilation, 0.2)
    without = load_at_rate(compilation.image, compilation.placement, fired).clocks - predicted_learning(
        compilation, fired) / COUNTED
    assert result.clocks / COUNTED > 2 * without
    longer = replace(compilation.placement, plastic_words=2 * compilation.placement.plastic_words)
    assert predicted_learning(compilation, fired, longer) > 1.8 * result.learn_clocks
