"""A busy network and its stimulus, for tests of what carries its spikes."""

import numpy as np

from snnsim.contract import Formats
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.raster import SpikeRaster

NEURONS, INPUTS = 48, 40


def busy_image():
    """All inputs to all neurons, and each neuron to eight others; initial states are not 0."""
    rng = np.random.default_rng(11)
    formats = Formats()

    def each(value):
        return np.full(NEURONS, value, dtype=np.int64)

    parameters = Parameters(
        keep_i=each(40_000), keep_v=each(60_000), leak=each(3), bias=rng.integers(-50, 400, NEURONS),
        v_threshold=each(9_000), v_reset=each(-200), v_min=each(-20_000),
        refractory=rng.integers(0, 3, NEURONS),
        subtract=rng.integers(0, 2, NEURONS), hold=rng.integers(0, 2, NEURONS))
    initial = State(rng.integers(-5000, 5000, NEURONS), rng.integers(-900, 900, NEURONS),
                    rng.integers(0, 3, NEURONS))
    projections = (_projection(rng, "input", NEURONS, INPUTS, NEURONS, 4),
                   _projection(rng, "lateral", 0, NEURONS, 8, 5))
    return Image(formats, (Part("neurons", 0, NEURONS),), (Part("input", 0, INPUTS),), parameters, initial,
                 projections)


def busy_stimulus(steps):
    """Three inputs in ten spike in each step."""
    return SpikeRaster.from_dense(np.random.default_rng(12).random((steps, INPUTS)) < 0.3)


def _projection(rng, name, first_source, n_sources, fan_out, exponent):
    n = n_sources * fan_out
    return ImageProjection(
        name, first_source, n_sources, 0, NEURONS, exponent, fan_out * np.arange(n_sources + 1),
        rng.integers(0, NEURONS, n), rng.integers(-100, 128, n), rng.integers(1, 20, n))
