"""What is run on a board and compared with the simulator; each depends on nothing but its seed and the core.

An exchange takes a `Driver` and a seed and gives the first difference, or None. A recorded session lists the
exchanges that it holds, by name and seed, so that it can be replayed.
"""

from snnsim.random_networks import full_image, random_image, random_stimulus
from snnsim.result import first_difference, first_weight_difference
from snnsim.simulator import Simulator

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
    """All neurons and inputs of the core, as many synapses as nearly fit; and the weights read back."""
    image = full_image(seed, driver.config)
    difference = _compared(driver, image, random_stimulus(seed, image, STEPS))
    weights = driver.read_weights()
    expected = [projection.weights() for projection in image.projections]
    return difference or first_weight_difference(image, weights, expected)


#: By the name that a recorded session has for each.
EXCHANGES = {"random network": random_network, "every state": every_state, "full network": full_network}


def _compared(driver, image, stimulus):
    driver.load(image)
    simulator, middle = Simulator(image), stimulus.steps // 2
    parts = stimulus.window(0, middle), stimulus.window(middle, stimulus.steps)
    # All of it, whatever is found: a session is replayed to its end.
    differences = [first_difference(driver.run(part), simulator.run(part)) for part in parts]
    return next((difference for difference in differences if difference is not None), None)
