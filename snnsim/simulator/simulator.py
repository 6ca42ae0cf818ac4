"""The machine around the kernel: memory, runs in chunks, results."""

import numpy as np

from snnsim.raster import SpikeRaster
from snnsim.result import (
    RunResult,
    check_commands,
    check_modulators,
    check_run,
    check_third_factors,
    check_weights,
)

from . import kernel
from .cells import pack_cells, unpack_state
from .learning import LearningMemory, learns_or_adapts, unlearned
from .rows import pack_rows

#: Arrivals and neurons evaluated (some ns each) between two looks at the keyboard.
CHUNK_WORK = 1 << 26
#: Spikes that a chunk has room for beyond those of one step.
CHUNK_SPIKES = 1 << 16


class Simulator:
    """Runs an `Image` on the CPU, one thread. The first run after an installation compiles for seconds.

    ``replay``: let learning rules that allow it catch up when a synapse is next used, instead of learning in
    the step itself; the same results, faster.
    """

    def __init__(self, image, replay=True):
        self.image = image
        self._slots = 1 << (self.image.delay_max - 1).bit_length()
        self._memory = LearningMemory(image, self._slots, replay) if learns_or_adapts(image) else None
        self._rows = pack_rows(image) if self._memory is None else None
        self._begin()

    def clear(self):
        """State back to ``image.initial``, traces and tags to 0, nothing in flight, time 0. Weights stay."""
        if self._memory:
            self._memory.clear()
        self._begin()

    def read_weights(self):
        """The weights: one array for each projection, in the order of the image's synapses."""
        if self._memory is None:
            return tuple(p.weights() for p in self.image.projections)
        return self._memory.read().weights

    def read_learning(self):
        """The `LearningState` of now."""
        return self._memory.read() if self._memory else unlearned(self.image)

    def write_weights(self, weights):
        """Replace all weights by ``weights``, as `read_weights` gives them."""
        weights = check_weights(self.image, weights)
        if self._memory:
            self._memory.write_weights(weights)

    def write_modulators(self, modulators):
        """Set the global modulators, 4 integers."""
        modulators = check_modulators(self.image, modulators)
        self._memory.write_modulators(modulators)

    def write_third_factors(self, m):
        """Set the third factors of all neurons, integers of shape (n_neurons,)."""
        m = check_third_factors(self.image, m)
        self._memory.write_third_factors(m)

    def run(self, stimulus, record=(), progress=None, commands=()):
        """Run ``stimulus.steps`` steps from where the last run ended; a `RunResult`.

        ``stimulus`` is a `SpikeRaster` over the inputs; v and i of the neurons in ``record`` are kept
        for each step. ``progress`` is called now and then with the number of steps done. ``commands`` are the
        steps in which terms of learning rules with the condition COMMAND count. Raises `UserError` if
        stimulus, record or commands name what is not there.
        """
        record = check_run(self.image, stimulus, record)
        commanded = np.zeros(stimulus.steps, np.uint8)
        commanded[check_commands(stimulus, commands)] = 1
        # Arrays of another kind would be a new type to numba, and compiled for.
        events = kernel.Events(np.require(stimulus.step, np.int64, "CW"),
                               np.add(stimulus.neuron, self.image.n_neurons, dtype=np.int64))
        output = self._output(stimulus.steps, record)
        chunks = list(self._chunks(stimulus.steps, events, commanded, output, progress or _ignore))
        step, neuron = (np.concatenate(column) for column in zip(_NO_SPIKES, *chunks, strict=True))
        i_saturations, v_saturations, learning_saturations, weight_clips = output.saturations.tolist()
        return RunResult(
            raster=SpikeRaster(stimulus.steps, self.image.n_neurons, step, neuron),
            state=unpack_state(self._neurons.cells, self.image.n_neurons,
                               ("v", "i", "r", "z") if self.image.adaptation else ("v", "i", "r")),
            i_saturations=i_saturations, v_saturations=v_saturations,
            weight_clips=weight_clips, learning_saturations=learning_saturations,
            recorded=record if record.size else None,
            v=output.v if record.size else None, i=output.i if record.size else None,
        )

    def _begin(self):
        pack = self._memory.pack_cells if self._memory else pack_cells
        self._neurons = kernel.Neurons.initial(self.image, pack)
        self._ring = kernel.Ring.empty(self._slots, self.image.n_neurons)
        self._time = 0

    def _output(self, steps, record):
        margin = self.image.n_neurons + self.image.n_inputs
        room, shape = CHUNK_SPIKES + margin, (steps, record.size)
        return kernel.Output(np.empty(room, np.int64), np.empty(room, np.int64), margin, record,
                             np.empty(shape, np.int32), np.empty(shape, np.int32), np.zeros(4, np.int64))

    def _chunks(self, steps, events, commanded, output, progress):
        """Run all steps; yields the spikes of each chunk of them, ``(step, neuron)``."""
        done, origin = 0, self._time
        try:
            while done < steps:
                done, spikes = self._advance(events, commanded, output, done, steps, origin)
                self._time = origin + done
                yield output.step[:spikes].copy(), output.neuron[:spikes].copy()
                progress(done)
        finally:  # who interrupts a run may look at what was learned
            if self._memory:
                self._memory.catch_up(self._neurons, self._ring, events, commanded, output, self._time)

    def _advance(self, events, commanded, output, done, steps, origin):
        if self._memory:
            return self._memory.run(self._neurons, self._ring, events, commanded, output, done, steps, origin,
                                    CHUNK_WORK)
        return kernel.run(self._neurons, self._ring, *self._rows, events, output, done, steps, origin,
                          CHUNK_WORK)


_NO_SPIKES = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _ignore(steps):
    pass
