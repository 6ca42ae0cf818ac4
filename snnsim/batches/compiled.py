"""Samples on a processor, with nothing but compiled code."""

from concurrent.futures import ThreadPoolExecutor

from . import kernel
from .stage import Stage
from .synapses import rectangles


class CompiledEngine:
    """Runs all neurons of an image, step by step, on ``threads`` threads."""

    def __init__(self, image, threads):
        n = image.n_neurons
        self._stage = Stage(image, rectangles(image, 0, n), 0, n, ThreadPoolExecutor(threads), threads,
                            with_inputs=True)

    def run(self, inputs, states):
        """What comes of the `RasterBatch` ``inputs``: `kernel.Samples`, of which so many ``states`` are
        wanted, and how often i, v and adaptations were saturated."""
        samples = kernel.Samples.empty(len(inputs), inputs.steps, self._stage.last, inputs.words,
                                       states=states)
        return samples, self._stage.run(samples)
