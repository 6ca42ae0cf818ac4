"""What is run on a board and compared with the simulator; each depends on nothing but its seed and the core.

An exchange takes a `Driver` and a seed and gives the first difference, or None. A recorded session lists the
exchanges that it holds, by name and seed, so that it can be replayed.
"""

import numpy as np

from snnsim.compiler import compile
from snnsim.connect import FixedProbability
from snnsim.distributions import Uniform
from snnsim.network import Input, Network, Population
from snnsim.neurons import LIF
from snnsim.projection import Projection
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference, first_weight_difference
from snnsim.simulator import Simulator
from tests.generator import random_image, random_stimulus

STEPS, STEPS_WITH_STATES = 40, 12


def random_network(driver, seed):
    """Two runs of a random network, the second from where the first ended: spikes, states, saturations."""
    image = random_image(seed, driver.config)
    stimulus = random_stimulus(seed, image, STEPS)
    return _compared(driver, image, stimulus)


def every_state(driver, seed):
    """v and i of all neurons of a random network after each step."""
    image = random_image(seed, driver.config)
    stimulus, everyone = random_stimulus(seed, image, STEPS_WITH_STATES), range(image.n_neurons)
    return first_difference(driver.load(image).run(stimulus, everyone),
                            Simulator(image).run(stimulus, everyone))


def full_network(driver, seed):
    """All neurons and inputs of the core, as many synapses as are sure to fit; and the weights read back."""
    image = full_image(driver.config, seed)
    stimulus = SpikeRaster.from_dense(np.random.default_rng(seed).random((10 * STEPS, image.n_inputs)) < 0.05)
    difference, weights = _compared(driver, image, stimulus), driver.read_weights()
    expected = [projection.weight for projection in image.projections]
    return difference or first_weight_difference(image, weights, expected)


#: By the name that a recorded session has for each.
EXCHANGES = {"random network": random_network, "every state": every_state, "full network": full_network}


def full_image(config, seed):
    """An image of all neurons and inputs of a core, with half as many synapses as there is room for."""
    sources = config.neurons + config.inputs
    share = min(1.0, config.synapse_words * config.lanes / sources / config.neurons / 2)
    network = Network(
        dt=1e-3, inputs=[Input("in", config.inputs)],
        populations=[Population("cells", config.neurons,
                                LIF(tau_mem=10e-3, v_threshold=1.0, t_ref=2e-3, tau_syn=2e-3))],
        projections=[
            Projection(source, "cells", FixedProbability(share, seed=seed + number),
                       weight=Uniform(-0.35, 0.45, seed=seed + number),
                       delay_steps=1 + number % config.delay_slots)
            for number, source in enumerate(("in", "cells"))])
    return compile(network, config).image


def _compared(driver, image, stimulus):
    driver.load(image)
    simulator, middle = Simulator(image), stimulus.steps // 2
    parts = stimulus.window(0, middle), stimulus.window(middle, stimulus.steps)
    # All of it, whatever is found: a session is replayed to its end.
    differences = [first_difference(driver.run(part), simulator.run(part)) for part in parts]
    return next((difference for difference in differences if difference is not None), None)
