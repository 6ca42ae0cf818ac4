"""Many samples over one image: slices of them, one after the other, and what comes out."""

import os
from dataclasses import dataclass

import numpy as np

from snnsim.image import State
from snnsim.result import RunError

from .compiled import CompiledEngine
from .rasters import BatchError, RasterBatch, check_dense

#: Inputs and neurons, in all steps of all samples, of a slice: what bounds the memory that a slice takes, and
#: the time between two looks at the keyboard.
SLICE = 1 << 22


@dataclass(frozen=True, eq=False)
class BatchResult:
    """Runs of some samples.

    ``spikes``: the `RasterBatch` of the neurons. ``i_saturations``, ``v_saturations``,
    ``learning_saturations``: how often, over samples, neurons and steps, i, v or an adaptation left its range
    and was saturated. ``state``: the `State` after the last step, with arrays of shape (samples, neurons),
    None if it was not asked for.
    """

    spikes: RasterBatch
    i_saturations: int
    v_saturations: int
    learning_saturations: int
    state: State = None


class BatchSimulator:
    """Runs an `Image` on many samples, each from the initial state, as `Simulator` does after ``clear``.

    ``backend``: ``"numba"``, or ``"torch"`` for layers as matrix products, which ``device`` makes, ``"cpu"``
    or ``"cuda"``. ``threads``: as many as there are cores unless given. Raises `BatchError` for an image that
    learns or has noise, or if what was asked for is not there.
    """

    def __init__(self, image, backend="numba", threads=None, device="cpu"):
        if image.plasticity is not None:
            raise BatchError("a network that learns cannot run samples at once, for each begins with what "
                             "the last has taught: run them on Simulator, or compile it without learning")
        if image.noise is not None:
            raise BatchError("a network with noise cannot run samples at once, for batches draw nothing: run "
                             "them on Simulator, one after the other")
        threads = os.cpu_count() if threads is None else threads
        if threads < 1:
            raise BatchError(f"threads must be at least 1, not {threads}")
        self.image = image
        self._states = 3 if image.adaptation is None else 4
        self._engine = _engine(image, backend, threads, device)

    def run(self, stimuli, state=False, progress=None):
        """Run the samples ``stimuli``; a `BatchResult`, with the states at the end if ``state``.

        ``stimuli``: a `RasterBatch` over the inputs, an array of shape (samples, steps, inputs), non-zero
        where an input spikes, or a sequence of `SpikeRaster`. ``progress`` is called now and then with the
        number of samples done. Raises `UserError` for stimuli that are not over the inputs of the image.
        """
        stimuli, n, states = _checked(stimuli, self.image), self.image.n_neurons, self._states * bool(state)
        spikes = RasterBatch.empty(len(stimuli), _steps(stimuli), n)
        at_end = np.zeros((len(stimuli) if states else 0, states, n), np.int32)
        counts = np.zeros(3, np.int64)
        for here, samples, saturations in self._slices(stimuli, states, progress):
            spikes.words[here] = samples.spikes
            at_end[here] = samples.states
            counts += saturations
        return BatchResult(spikes, *counts.tolist(), State(*at_end.transpose(1, 0, 2)) if states else None)

    def counts(self, stimuli, progress=None):
        """Run the samples ``stimuli``, as `run` does; how often each neuron spiked in each, int64, shape
        (samples, neurons)."""
        stimuli = _checked(stimuli, self.image)
        counts = np.zeros((len(stimuli), self.image.n_neurons), np.int64)
        for here, samples, _ in self._slices(stimuli, 0, progress):
            counts[here] = RasterBatch(self.image.n_neurons, samples.spikes).counts()
        return counts

    def _slices(self, stimuli, states, progress):
        """Run slices of ``stimuli``; yields which samples each is, and what the engine makes of it."""
        work = _steps(stimuli) * (self.image.n_neurons + self.image.n_inputs)
        size = max(1, SLICE // max(1, work))
        for start in range(0, len(stimuli), size):
            here = slice(start, min(start + size, len(stimuli)))
            inputs = stimuli[here]
            if not isinstance(inputs, RasterBatch):
                inputs = RasterBatch.from_dense(inputs)
            yield here, *self._engine.run(inputs, states)
            if progress:
                progress(here.stop)


def _engine(image, backend, threads, device):
    if backend == "numba":
        return CompiledEngine(image, threads)
    if backend == "torch":
        from .products import ProductEngine
        return ProductEngine(image, threads, device)
    raise BatchError(f"backend must be 'numba' or 'torch', not {backend!r}")


def _checked(stimuli, image):
    """``stimuli`` as a `RasterBatch` or as an array, if they are over the inputs of ``image``."""
    if not isinstance(stimuli, RasterBatch | np.ndarray):
        stimuli = RasterBatch.from_rasters(stimuli)
    elif isinstance(stimuli, np.ndarray):
        check_dense(stimuli)
    inputs = stimuli.neurons if isinstance(stimuli, RasterBatch) else stimuli.shape[2]
    if inputs != image.n_inputs:
        raise RunError(f"the stimuli have {inputs} inputs, the network {image.n_inputs}; give samples over "
                       f"exactly these")
    return stimuli


def _steps(stimuli):
    return stimuli.steps if isinstance(stimuli, RasterBatch) else stimuli.shape[1]
