"""Several samples of a random network, and what a machine makes of them one by one."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from snnsim.batches import RasterBatch
from snnsim.contract import Formats
from snnsim.image import ImageProjection, Part
from snnsim.plasticity import Adaptation
from tests.contract.cases import make_image
from tests.generator import random_stimulus

STEPS = 40
SATURATIONS = ("i_saturations", "v_saturations", "learning_saturations")
BACKENDS = ["numba", pytest.param("torch", marks=pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed"))]


def random_samples(seed, image, samples=7, steps=STEPS):
    """As many `SpikeRaster`, each of another seed."""
    return [random_stimulus(1000 * seed + k, image, steps) for k in range(samples)]


def adapting(seed, image):
    """How thresholds of the neurons of an image adapt, at random."""
    rng = np.random.default_rng([seed, 5])
    n, f = image.n_neurons, image.formats
    sizes = 2.0 ** rng.uniform(0, f.state_width - 2, (2, n))
    jump, initial = np.minimum(sizes.astype(np.int64), f.state.hi)
    return Adaptation(keep_z=rng.integers(0, f.keep.hi + 1, n), jump=jump, initial=initial)


def layers(*joined):
    """An image of three populations of 20 neurons, and as many inputs (3), with projections all to all
    between those that are ``joined``."""
    rng = np.random.default_rng(2)
    base = make_image([{"v_threshold": 300, "keep_v": 50000}] * 60, 0, [], Formats())
    all_to_all = [ImageProjection(f"{a}-{b}", 20 * a, 20, 20 * b, 20, 2, 20 * np.arange(21),
                                  np.tile(np.arange(20), 20), rng.integers(-60, 90, 400), np.array([1 + k]))
                  for k, (a, b) in enumerate(joined)]
    return replace(base, populations=tuple(Part(f"p{k}", 20 * k, 20) for k in range(3)),
                   inputs=(Part("in", 0, 20),), projections=tuple(all_to_all))


def one_by_one(machine, stimuli):
    """The `RunResult` of each sample, run from the cleared state."""
    results = []
    for stimulus in stimuli:
        machine.clear()
        results.append(machine.run(stimulus))
    return results


def first_wrong(batch, results):
    """The first thing in which a `BatchResult` with states is not what these results are, or None."""
    for k, result in enumerate(results):
        if not np.array_equal(batch.spikes.words[k], RasterBatch.from_rasters([result.raster]).words[0]):
            return f"spikes of sample {k}"
        for name in result.state.names:
            if not np.array_equal(getattr(batch.state, name)[k], getattr(result.state, name)):
                return f"{name} of sample {k}"
    for name in SATURATIONS:
        if getattr(batch, name) != sum(getattr(result, name) for result in results):
            return name
    return None
