"""How the kernel of learning is compiled, and what it leaves alone."""

import numpy as np

from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator, learning_kernel, rules
from tests.generator import random_image, random_learning_image, random_stimulus


def test_a_network_that_does_not_learn_compiles_nothing_of_it():
    before = list(learning_kernel.run.signatures)
    image = random_image(3)
    Simulator(image).run(random_stimulus(3, image, 20))
    assert list(learning_kernel.run.signatures) == before


def test_networks_of_any_rule_and_width_use_the_code_compiled_before():
    for seed in (0, 1):
        image = random_learning_image(seed)
        Simulator(image).run(random_stimulus(seed, image, 5))
    compiled = len(learning_kernel.run.signatures)
    for seed in range(2, 12):
        image = random_learning_image(seed)
        stimulus = random_stimulus(seed, image, 5)
        neuron = np.repeat(stimulus.neuron.astype(np.int32), 2)[::2]
        Simulator(image).run(SpikeRaster(5, image.n_inputs, stimulus.step, neuron))
    assert len(learning_kernel.run.signatures) == compiled


def test_compiled_code_on_disk_lies_in_a_file_for_one_text():
    """To read one of another text would fail where a type has moved since."""
    paths = {rules.compiled(learning_kernel._entry, text)._cache._cache_file._index_path
             for text in ("one text", "another text")}
    assert len(paths) == 2
