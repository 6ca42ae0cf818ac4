"""Random noise, seeded, with every number drawn to its extremes; a piece of the random networks."""

from dataclasses import replace

import numpy as np

from .contract.noise import COLUMNS
from .noise import CUT, SEED, Noise
from .random_values import mixed, pick


def random_noise(seed, config, parameters, bounds, theta):
    """A `Noise` that fits ``config``, now and then None; always where ``config`` has no sources.

    ``bounds``: the highest and the lowest sum of a step's arrivals at each neuron, beside which what is drawn
    has room in the drive. ``theta``: about the size of thresholds.
    """
    rng = np.random.default_rng([seed, 7])
    if not config.draws or rng.random() < 0.1:
        return None
    formats, n = config.formats, len(parameters.v_threshold)
    n_sources = min(config.noise_sources, pick(rng, 0, 1, 1, 1, 2, 2, 3, config.noise_sources))
    sources = [_columns(rng, formats.drive, theta) for _ in range(n_sources)]
    cut, value, other = np.array(sources, np.int64).reshape(-1, 3, COLUMNS).transpose(1, 0, 2)
    usual = n_sources if rng.random() < 0.5 else rng.integers(0, n_sources + 1, n)
    source = np.where(_some(rng, n), usual, 0)
    amplitude = np.where(_some(rng, n), _amplitudes(rng, formats.state, parameters.v_threshold, theta), 0)
    noise_seed = pick(rng, SEED.lo, SEED.hi, *[rng.integers(SEED.lo, SEED.hi + 1)] * 6)
    return _fitted_to_drive(Noise(amplitude, source, cut, value, other, noise_seed), bounds, formats.drive)


def _some(rng, n):
    """All neurons, some next to each other, some of all, or none."""
    match rng.integers(0, 10):
        case 0:
            return np.zeros(n, bool)
        case 1 | 2:
            first, last = np.sort(rng.integers(0, n + 1, 2))
            return (first <= np.arange(n)) & (np.arange(n) < last)
        case 3:
            return rng.random(n) < rng.choice([0.05, 0.5])
        case _:
            return np.ones(n, bool)


def _columns(rng, drive, theta):
    """``(cut, value, other)``: numbers of arrivals of one weight, or anything about ``theta``."""
    share = rng.choice([0, 0, 0.1, 0.5])
    extremes = [drive.lo, -1, 0, 1, drive.hi]
    if rng.random() < 0.5:
        usual = theta * rng.uniform(-0.2, 0.4) * rng.poisson(rng.choice([0.05, 1, 3]), (2, COLUMNS))
    else:
        usual = theta * rng.uniform(-1, 1, (2, COLUMNS))
    cut = mixed(rng, COLUMNS, CUT, rng.integers(CUT.lo, CUT.hi + 1, COLUMNS), [CUT.lo, 1, CUT.hi], 0.3)
    return cut, *(mixed(rng, COLUMNS, drive, values, extremes, share) for values in usual)


def _amplitudes(rng, state, v_threshold, theta):
    """About ``theta``, and around what it takes to bring a threshold below 0."""
    n = len(v_threshold)
    usual = rng.choice([0, 1, 1]) * theta * rng.uniform(0, rng.choice([0.1, 1]), n)
    if rng.random() < 0.3:
        usual = np.maximum(v_threshold, 0) + rng.integers(0, 2, n)
    return np.maximum(mixed(rng, n, state, usual, [0, 1, state.hi], rng.choice([0, 0.1, 0.5])), 0)


def _fitted_to_drive(noise, bounds, drive):
    """The noise, what sources give halved until no sum at a neuron that draws of them can leave the drive."""
    highest, lowest = bounds
    while True:
        up, down = noise.bounds
        wrong = (highest + up > drive.hi) | (lowest + down < drive.lo)
        if not wrong.any():
            return noise
        which = np.isin(np.arange(noise.n_sources) + 1, noise.source[wrong])[:, None]
        value, other = (np.where(which, np.trunc(x / 2), x).astype(np.int64)
                        for x in (noise.value, noise.other))
        noise = replace(noise, value=value, other=other)
