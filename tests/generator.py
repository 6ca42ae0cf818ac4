"""Random networks, those that ``snnsim verify`` tries too, and random cores. What they cover is counted in
``tests/test_generator.py``."""

from dataclasses import replace

import numpy as np

from snnsim.contract import CoreConfig, Formats
from snnsim.random_learning import random_commands, random_learning_image
from snnsim.random_networks import random_image, random_stimulus

__all__ = ["noisy", "random_commands", "random_config", "random_image", "random_learning_config",
           "random_learning_image", "random_stimulus"]


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


def random_learning_config(seed):
    """A small `CoreConfig` with the formats of `random_config`, and more or less of what learning needs."""
    rng = np.random.default_rng([seed, 6])
    lanes = _pick(rng, 1, 2, 4, 8)
    neurons, inputs = lanes * int(rng.integers(1, 64 // lanes + 1)), int(rng.integers(1, 65))
    parts = {}
    if rng.random() < 0.95:
        parts = {
            "plastic_rows": _pick(rng, 1, 4, 64, 1024), "learning_rules": _pick(rng, 1, 2, 16),
            "post_classes": _pick(rng, 1, 2, 16), "tables": _pick(rng, 0, 1, 2, 4),
            "term_units": _pick(rng, 1, 2, 4), "lane_factors": _pick(rng, 1, 2, 3, 4),
            **{name: _pick(rng, 0, 1) for name in ("tags", "modulators", "third_factors", "stochastic")}}
    return CoreConfig(
        formats=random_config(seed).formats, neurons=neurons, inputs=inputs, lanes=lanes,
        delay_slots=_pick(rng, 2, 4, 32, 64), synapse_words=_pick(rng, 2, 64, 1024, 32768),
        rows=neurons + inputs + _pick(rng, 0, 5, neurons + inputs), adaptive=_pick(rng, 0, 1), **parts)


def noisy(config, seed):
    """``config`` with some sources of noise."""
    return replace(config, noise_sources=_pick(np.random.default_rng([seed, 8]), 1, 2, 3, 15))


def _pick(rng, *values):
    return int(rng.choice(values))
