"""The input of a run: a file, or seeded random spikes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..raster import SpikeRaster
from ..recording import Recording

DEFAULT_STEPS = 1000
#: Random numbers drawn at once: long runs must not fill the memory.
LARGEST_BLOCK = 1 << 20


@dataclass(frozen=True)
class Request:
    """What the user asked for: a raster file or None, steps or None, and how to draw random spikes.

    ``command_every``: learning is commanded in every so many steps; None: never.
    """

    file: Path | None
    steps: int | None
    rate: float
    seed: int
    command_every: int | None = None

    def commands(self, steps):
        """The steps, of so many, in which learning is commanded."""
        return range(self.command_every - 1, steps, self.command_every) if self.command_every else ()


def stimulus_for(image, request):
    """``(SpikeRaster, one line that says what it is)`` over the inputs of ``image``.

    A file with fewer steps than asked for is followed by silence. Raises `UserError` if it has other
    inputs than the image, or more steps than asked for.
    """
    if request.file is not None:
        return _from_file(image, request)
    steps = DEFAULT_STEPS if request.steps is None else request.steps
    if not image.n_inputs:
        return SpikeRaster.empty(steps=steps, neurons=0), "input: none, the network has no inputs"
    raster = random_raster(steps, image.n_inputs, request.rate, request.seed)
    return raster, (f"input: random, {len(raster):,} spikes at {request.rate:g} per step and input, "
                    f"seed {request.seed}")


def load_raster(path):
    """The spikes in a file, or in the folder of a recording."""
    return Recording.load(path).raster if path.is_dir() else SpikeRaster.load(path)


def random_raster(steps, neurons, rate, seed):
    """Each neuron (at least one) spikes in each step with probability ``rate``, independently."""
    rng = np.random.default_rng(seed)
    pairs, block = [np.zeros((2, 0), np.int64)], max(1, LARGEST_BLOCK // neurons)
    for first in range(0, steps, block):
        spikes = rng.random((min(block, steps - first), neurons)) < rate
        pairs.append(np.stack(np.nonzero(spikes)) + [[first], [0]])
    return SpikeRaster.from_events(*np.concatenate(pairs, axis=1), steps=steps, neurons=neurons)


def _from_file(image, request):
    raster = load_raster(request.file)
    steps = raster.steps if request.steps is None else request.steps
    if raster.neurons != image.n_inputs:
        raise UserError(f"{request.file} has spikes of {raster.neurons} inputs, the network has "
                        f"{image.n_inputs}: give a raster over exactly these")
    if steps < raster.steps:
        raise UserError(f"{request.file} has {raster.steps} steps, more than --steps {steps}: leave --steps "
                        "out, or cut the raster")
    raster = SpikeRaster(steps, raster.neurons, raster.step, raster.neuron)
    return raster, f"input: {request.file}, {len(raster):,} spikes"
