"""How the kernel of learning is compiled, and what it leaves alone."""

import numpy as np

from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator, learning_kernel
from tests.generator import random_image, random_learning_image, random_stimulus


def compiled():
    """How many kinds of arguments each kind of the loop has been compiled for."""
    return [len(run.signatures) for run in learning_kernel.RUNS.values()]


def test_a_network_that_does_not_learn_compiles_nothing_of_it():
    before = compiled()
    image = random_image(3)
    Simulator(image).run(random_stimulus(3, image, 20))
    assert compiled() == before


def test_networks_of_any_rule_and_width_use_the_code_compiled_before():
    for seed in range(12):
        image = random_learning_image(seed)
        stimulus = random_stimulus(seed, image, 5)
        neuron = np.repeat(stimulus.neuron.astype(np.int32), 2)[::2]
        Simulator(image).run(SpikeRaster(5, image.n_inputs, stimulus.step, neuron))
    assert max(compiled()) == 1
