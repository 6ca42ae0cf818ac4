"""A busy network and its stimulus, for tests of what carries its spikes."""

import numpy as np

from snnsim.contract import Formats
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.raster import SpikeRaster


def busy_image(neurons=48, inputs=40):
    """All inputs to all neurons, and each neuron to eight others; initial states are not 0."""
    rng = np.random.default_rng(11)
    formats = Formats()

    def each(value):
        return np.full(neurons, value, dtype=np.int64)

    parameters = Parameters(
        keep_i=each(40_000), keep_v=each(60_000), leak=each(3), bias=rng.integers(-50, 400, neurons),
        v_threshold=each(9_000), v_reset=each(-200), v_min=each(-20_000),
        refractory=rng.integers(0, 3, neurons),
        subtract=rng.integers(0, 2, neurons), hold=rng.integers(0, 2, neurons))
    initial = State(rng.integers(-5000, 5000, neurons), rng.integers(-900, 900, neurons),
                    rng.integers(0, 3, neurons))
    projections = (_projection(rng, "input", neurons, inputs, neurons, neurons, 4),
                   _projection(rng, "lateral", 0, neurons, neurons, 8, 5))
    return Image(formats, (Part("neurons", 0, neurons),), (Part("input", 0, inputs),), parameters, initial,
                 projections)


def busy_stimulus(steps, inputs=40):
    """Three inputs in ten spike in each step."""
    return SpikeRaster.from_dense(np.random.default_rng(12).random((steps, inputs)) < 0.3)


def _projection(rng, name, first_source, n_sources, n_targets, fan_out, exponent):
    n = n_sources * fan_out
    return ImageProjection(
        name, first_source, n_sources, 0, n_targets, exponent, fan_out * np.arange(n_sources + 1),
        rng.integers(0, n_targets, n), rng.integers(-100, 128, n), rng.integers(1, 20, n))
