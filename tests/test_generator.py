"""What the random networks cover: counted over the first 200 seeds, so that nobody has to believe it."""

from collections import Counter

import numpy as np
import pytest

from snnsim.contract import CoreConfig
from snnsim.simulator import Simulator
from tests.generator import random_config, random_image, random_stimulus

SEEDS = range(200)
STEPS = 40


def features(image, stimulus, result):
    """What can be said of one network and its run."""
    p, f = image.parameters, image.formats
    weights = np.concatenate([np.zeros(0, int), *(r.weight for r in image.projections)])
    delays = np.concatenate([np.zeros(0, int), *(r.delays() for r in image.projections)])
    sources = [r.sources() for r in image.projections]
    pairs = [s * image.n_neurons + r.first_target + r.target
             for s, r in zip(sources, image.projections, strict=True)]
    rate = len(result.raster) / (STEPS * image.n_neurons)
    counts = stimulus.counts()
    spiking = result.raster.counts() > 0
    resting = (result.v == 0).all(axis=1) & (result.i == 0).all(axis=1)
    return {
        "spikes": rate > 0, "between": 0.001 < rate < 0.5,
        "always firing": (result.raster.counts() == STEPS).any(),
        "rests and wakes": (resting[:-1] & ~resting[1:]).any(),
        "i saturates": result.i_saturations > 0, "v saturates": result.v_saturations > 0,
        "refractory hold": (spiking & (p.refractory > 0) & (p.hold == 1)).any(),
        "refractory mute": (spiking & (p.refractory > 0) & (p.hold == 0)).any(),
        "longest refractory time": (spiking & (p.refractory == f.refractory.hi)).any(),
        "subtract": (spiking & (p.subtract == 1)).any(), "to v_reset": (spiking & (p.subtract == 0)).any(),
        "negative threshold": (p.v_threshold < 0).any(),
        "largest threshold": (p.v_threshold == f.state.hi).any(),
        "keep_v 0": (p.keep_v == 0).any(), "keep_v all": (p.keep_v == f.keep.hi).any(),
        "keep_i 0": (p.keep_i == 0).any(), "keep_i all": (p.keep_i == f.keep.hi).any(),
        "leak": (p.leak > 0).any(), "bias": (p.bias != 0).any(), "largest bias": (p.bias == f.state.hi).any(),
        "v_min above 0": (p.v_min > 0).any(),
        "v_min below 0": ((p.v_min < 0) & (p.v_min > f.state.lo)).any(),
        "least weight": (weights == f.weight.lo).any(), "largest weight": (weights == f.weight.hi).any(),
        "shortest delay": (delays == 1).any(), "longest delay": (delays == CoreConfig().delay_slots).any(),
        "least exponent": any(r.exponent == 0 and r.n_synapses for r in image.projections),
        "largest exponent": any(r.exponent == f.exponent.hi and r.n_synapses for r in image.projections),
        "self-connection": any((s == r.first_target + r.target).any()
                               for s, r in zip(sources, image.projections, strict=True)),
        "several synapses per pair": any(np.unique(pair).size < pair.size for pair in pairs),
        "recurrence": any((s < image.n_neurons).any() for s in sources),
        "empty population": any(part.size == 0 for part in image.populations),
        "empty input": any(part.size == 0 for part in image.inputs),
        "silent input": (counts == 0).any(), "always firing input": (counts == STEPS).any(),
        "no inputs": image.n_inputs == 0, "256 inputs": image.n_inputs == 256,
        "1 neuron": image.n_neurons == 1, "256 neurons": image.n_neurons == 256,
        "no synapses": image.n_synapses == 0, "initial state": image.initial.v.any(),
        "initial countdown": image.initial.r.any(),
    }


@pytest.fixture(scope="module")
def census():
    counts = Counter()
    for seed in SEEDS:
        image = random_image(seed)
        stimulus = random_stimulus(seed, image, STEPS)
        found = features(image, stimulus, Simulator(image).run(stimulus, range(image.n_neurons)))
        counts.update({name: bool(there) for name, there in found.items()})
    print(*(f"{count:4} of {len(SEEDS)}: {name}" for name, count in counts.items()), sep="\n")
    return counts


def test_most_networks_are_alive(census):
    assert census["spikes"] > 0.7 * len(SEEDS)
    assert census["between"] > 0.6 * len(SEEDS)


def test_every_extreme_occurs_several_times(census):
    assert {name: count for name, count in census.items() if count < 4} == {}


def test_a_seed_gives_one_network_and_one_stimulus():
    a, b = random_image(3), random_image(3)
    assert a.digest == b.digest != random_image(4).digest
    assert random_stimulus(3, a, 20) == random_stimulus(3, b, 20) != random_stimulus(4, a, 20)


@pytest.mark.parametrize("seed", range(40))
def test_a_network_fits_the_core_it_was_drawn_for(seed):
    config = random_config(seed)
    image = random_image(seed, config)
    assert image.formats == config.formats
    assert image.n_neurons <= config.neurons
    assert image.n_inputs <= config.inputs
    assert image.delay_max <= config.delay_slots
