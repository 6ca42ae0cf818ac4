"""Samples with layers as matrix products: exact sums of 8-bit integers, by torch.

What is known before a stage begins, spikes of inputs and of stages before it, is multiplied for all samples
and steps at once; what the neurons of a stage send to each other goes step by step, in compiled code.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from . import kernel
from .rasters import BatchError, RasterBatch
from .stage import Stage
from .synapses import rectangles

#: On a GPU, torch multiplies no fewer rows, ...
FEWEST_ROWS = 17
#: ... and other sizes are multiples of this.
MULTIPLE = 8


class Product(NamedTuple):
    """A matrix, a tensor of 8-bit integers, whose first row belongs to source ``first_source``, its first
    column to neuron ``first_target`` of a stage; sums are shifted by ``exponent`` and arrive after
    ``delay``."""

    first_source: int
    first_target: int
    n_rows: int
    n_columns: int
    delay: int
    exponent: int
    matrix: object


class ProductEngine:
    """Runs the stages of an image one after the other.

    ``threads``: of compiled code and, while it runs, of torch. ``device``: where products are made. Raises
    `BatchError` if torch or the device is not there.
    """

    def __init__(self, image, threads, device):
        self._torch = _torch(device)
        self._threads, self._device, self._n = threads, device, image.n_neurons
        self._pool = ThreadPoolExecutor(threads)
        self._stages = [self._stage(image, first, last) for first, last in stages(image)]

    def run(self, inputs, states):
        """What comes of the `RasterBatch` ``inputs``: `kernel.Samples`, of which so many ``states`` are
        wanted, and how often i, v and adaptations were saturated."""
        threads = self._torch.get_num_threads()
        self._torch.set_num_threads(self._threads)
        try:
            return self._run(inputs, states)
        finally:
            self._torch.set_num_threads(threads)

    def _stage(self, image, first, last):
        """The `Stage` of the neurons ``first .. last - 1``, and its `Product`."""
        own, products = [], []
        for part in rectangles(image, first, last):
            if first <= part.first_source < last:
                own.append(part)
            else:
                products += [Product(part.first_source, part.first_target - first, *digits.shape, part.delay,
                                     exponent, self._padded(digits)) for digits, exponent in part.matrices()]
        stage = Stage(image, own, first, last, self._pool, self._threads, with_inputs=False)
        return stage, products

    def _padded(self, matrix):
        padded = np.pad(matrix, [(0, -size % MULTIPLE) for size in matrix.shape])
        return self._torch.from_numpy(padded).to(self._device)

    def _run(self, inputs, states):
        result = kernel.Samples.empty(len(inputs), inputs.steps, self._n, states=states)
        spikes, sources = np.empty((len(inputs), inputs.steps, self._n), bool), inputs.dense()
        saturations = 0
        for stage, products in self._stages:
            here = slice(stage.first, stage.last)
            n = stage.last - stage.first
            samples = kernel.Samples.empty(len(inputs), inputs.steps, n, states=states,
                                           sums=self._sums(products, spikes, sources, n))
            saturations += stage.run(samples)
            spikes[:, :, here] = RasterBatch(n, samples.spikes).dense()
            result.states[:, :, here] = samples.states
        return result._replace(spikes=RasterBatch.from_dense(spikes).words), saturations

    def _sums(self, products, spikes, inputs, n):
        """The sums of the arrivals over ``products``, int32, shape (samples, steps, n); None without any."""
        if not products:
            return None
        samples, steps, _ = inputs.shape
        sums = self._torch.zeros((samples, steps, n), dtype=self._torch.int32, device=self._device)
        for p in products:
            is_input = p.first_source >= self._n
            sources, first = (inputs, p.first_source - self._n) if is_input else (spikes, p.first_source)
            arrivals = self._multiplied(sources[:, :, first:first + p.n_rows], p.matrix)
            arrivals = arrivals[:, :max(0, steps - p.delay), :p.n_columns]
            here = sums[:, p.delay:, p.first_target:p.first_target + p.n_columns]
            here.add_(arrivals, alpha=int(np.int32(np.uint32(1 << p.exponent))))
        return sums.cpu().numpy()

    def _multiplied(self, spikes, matrix):
        """The sums of the rows of ``matrix`` at the ``spikes``, booleans of shape (samples, steps, rows)."""
        samples, steps, n = spikes.shape
        rows = samples * steps
        left = self._torch.from_numpy(spikes).to(self._device).view(self._torch.int8).reshape(rows, n)
        if rows < FEWEST_ROWS or n < matrix.shape[0]:
            padding = (0, matrix.shape[0] - n, 0, max(0, FEWEST_ROWS - rows))
            left = self._torch.nn.functional.pad(left, padding)
        return self._torch._int_mm(left, matrix)[:rows].view(samples, steps, matrix.shape[1])


def stages(image):
    """Ranges ``(first, last)`` of neurons, one for each population as long as none needs a later one; the
    rest, from the first that does, is one."""
    ranges = []
    for part in image.populations:
        first, last = part.first, part.first + part.size
        if any(part.first_source >= last for part in rectangles(image, first, last)
               if part.first_source < image.n_neurons):
            return [*ranges, (first, image.n_neurons)]
        if part.size:
            ranges.append((first, last))
    return ranges


def _torch(device):
    try:
        import torch
    except ImportError:
        raise BatchError("backend 'torch' needs PyTorch, which is not installed: pip install snnsim[torch], "
                         "or use backend 'numba'") from None
    if device != "cpu" and not torch.cuda.is_available():
        raise BatchError(f"torch sees no GPU for device {device!r}: use device 'cpu'")
    return torch
