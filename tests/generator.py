"""Random networks, those that ``snnsim verify`` tries too, and random cores. What they cover is counted in
``tests/test_generator.py``."""

import numpy as np

from snnsim.contract import CoreConfig, Formats
from snnsim.random_networks import random_image, random_stimulus

__all__ = ["random_config", "random_image", "random_stimulus"]


def random_config(seed):
    """A `CoreConfig` with sizes and formats at, between and beyond the usual ones."""
    rng = np.random.default_rng([seed, 0])
    formats = Formats(
        state_width=_pick(rng, 8, 12, 16, 24, 32), decay_bits=_pick(rng, 12, 13, 16),
        weight_width=_pick(rng, 4, 8, 9, 16), exponent_width=_pick(rng, 1, 3, 5),
        drive_width=_pick(rng, 8, 16, 24, 32), refractory_width=_pick(rng, 1, 8, 16))
    lanes = _pick(rng, 1, 2, 4, 8)
    neurons = lanes * int(rng.integers(1, 256 // lanes + 1))
    inputs = int(rng.integers(1, 257))
    return CoreConfig(formats=formats, neurons=neurons, inputs=inputs, lanes=lanes,
                      delay_slots=_pick(rng, 2, 4, 32, 64), rows=2 * (neurons + inputs))


def _pick(rng, *values):
    return int(rng.choice(values))
