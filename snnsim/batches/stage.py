"""Some neurons of an image, on many samples and some threads."""

from concurrent.futures import wait

import numpy as np

from snnsim.simulator.cells import numbers_of

from . import kernel
from .copies import Copies
from .rasters import WORD, words_of
from .synapses import pack_synapses


class Stage:
    """The neurons ``first .. last - 1`` of an image and the synapses ``parts``, from each other and, if
    ``with_inputs``, from the inputs. ``threads`` of ``pool`` run them."""

    def __init__(self, image, parts, first, last, pool, threads, with_inputs):
        self.first, self.last = first, last
        words_in = words_of(image.n_inputs) if with_inputs else 0
        own = [_moved(part, image, first, last) for part in parts]
        self._synapses = pack_synapses(own, words_of(last - first) + words_in, kernel.NARROW, kernel.WIDE)
        self._copies = [Copies.of(image, first, last, words_in, 2 * kernel.WIDE) for _ in range(threads)]
        self._pool = pool
        self._run = kernel.RUNS[numbers_of(image.formats), image.adaptation is not None]

    def run(self, samples):
        """Fill in what comes out of ``samples``, a `kernel.Samples` of these neurons; how often i, v and
        adaptations were saturated."""
        size = self._copies[0].count
        groups = -(-len(samples.spikes) // size)
        edges = np.linspace(0, groups, len(self._copies) + 1).astype(np.int64) * size
        edges[-1] = len(samples.spikes)
        for copies in self._copies:
            copies.saturations[:] = 0
        jobs = [self._pool.submit(self._run, copies, *self._synapses, samples, start, stop)
                for copies, start, stop in zip(self._copies, edges[:-1], edges[1:], strict=True)]
        try:
            for job in jobs:
                job.result()
        finally:  # after an interrupt, too, nobody is left at work on this memory
            wait(jobs)
        return sum(copies.saturations for copies in self._copies)


def _moved(part, image, first, last):
    """A `Rectangle` of synapses onto these neurons, with the bit that its first source has here."""
    inputs = words_of(last - first) * WORD - image.n_neurons
    offset = inputs if part.first_source >= image.n_neurons else -first
    return part._replace(first_source=part.first_source + offset, first_target=part.first_target - first)
