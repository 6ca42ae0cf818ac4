"""Where what an image says of noise lies in the memories of a core that has it."""

import numpy as np

from snnsim.contract.layout import Memory, noise_layout
from snnsim.contract.noise import mixed

from .room import CapacityError, Resource
from .words import pack_words


def noise_resources(image, config):
    """The `Resource` of noise that an image needs. Raises `CapacityError` if the core has no noise at all."""
    if image.noise is None:
        return ()
    if not config.draws:
        raise CapacityError("the network has noise, which this core was built without: use a core with "
                            "noise_sources=1 or more, or leave it out")
    return Resource("noise sources", image.noise.n_sources, config.noise_sources,
                    "let neurons share the rate and weight of their background"),


def noise_parameters(image, config):
    """The fields of `Memory.PARAMETERS` that only a core with noise has, integers of shape (n_neurons,)."""
    if not config.draws:
        return {}
    noise, nothing = image.noise, np.zeros(image.n_neurons, np.int64)
    return {"noise_source": noise.source if noise else nothing,
            "amplitude": noise.amplitude if noise else nothing}


def noise_memories(image, config):
    """`Memory` -> words of the memories of noise."""
    if image.noise is None:
        return {}
    n = image.noise
    columns = pack_words(noise_layout(config), cut=n.cut.reshape(-1), value=n.value.reshape(-1),
                         other=n.other.reshape(-1))
    return {Memory.NOISE: columns, Memory.SEED: np.array([[mixed(n.seed)]], np.uint32)}
