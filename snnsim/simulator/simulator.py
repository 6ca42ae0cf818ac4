"""The machine around the kernel: memory, runs in chunks, results."""

import numpy as np

from snnsim.raster import SpikeRaster
from snnsim.result import RunResult, check_run

from . import kernel
from .cells import unpack_state
from .rows import pack_rows

#: Arrivals and neurons evaluated (some ns each) between two looks at the keyboard.
CHUNK_WORK = 1 << 26
#: Spikes that a chunk has room for beyond those of one step.
CHUNK_SPIKES = 1 << 16


class Simulator:
    """Runs an `Image` on the CPU, one thread. The first run after an installation compiles for seconds."""

    def __init__(self, image):
        self.image = image
        self._dense, self._sparse = pack_rows(image)
        self.clear()

    def clear(self):
        """State back to ``image.initial``, nothing in flight, time 0."""
        slots = 1 << (self.image.delay_max - 1).bit_length()
        self._neurons = kernel.Neurons.initial(self.image)
        self._ring = kernel.Ring.empty(slots, self.image.n_neurons)
        self._time = 0

    def read_weights(self):
        """The weights: one array for each projection, in the order of the image's synapses."""
        return tuple(p.weight for p in self.image.projections)

    def run(self, stimulus, record=(), progress=None):
        """Run ``stimulus.steps`` steps from where the last run ended; a `RunResult`.

        ``stimulus`` is a `SpikeRaster` over the inputs; v and i of the neurons in ``record`` are kept
        for each step. ``progress`` is called now and then with the number of steps done. Raises
        `UserError` if stimulus or record name what the image does not have.
        """
        record = check_run(self.image, stimulus, record)
        # Arrays of another kind would be a new type to numba, and compiled for.
        events = kernel.Events(np.require(stimulus.step, np.int64, "CW"),
                               np.add(stimulus.neuron, self.image.n_neurons, dtype=np.int64))
        output = self._output(stimulus.steps, record)
        chunks = list(self._chunks(stimulus.steps, events, output, progress or _ignore))
        step, neuron = (np.concatenate(column) for column in zip(_NO_SPIKES, *chunks, strict=True))
        return RunResult(
            raster=SpikeRaster(stimulus.steps, self.image.n_neurons, step, neuron),
            state=unpack_state(self._neurons.cells, self.image.n_neurons),
            i_saturations=int(output.saturations[0]), v_saturations=int(output.saturations[1]),
            recorded=record if record.size else None,
            v=output.v if record.size else None, i=output.i if record.size else None,
        )

    def _output(self, steps, record):
        margin = self.image.n_neurons + self.image.n_inputs
        room, shape = CHUNK_SPIKES + margin, (steps, record.size)
        return kernel.Output(np.empty(room, np.int64), np.empty(room, np.int64), margin, record,
                             np.empty(shape, np.int32), np.empty(shape, np.int32), np.zeros(2, np.int64))

    def _chunks(self, steps, events, output, progress):
        """Run all steps; yields the spikes of each chunk of them, ``(step, neuron)``."""
        done, origin = 0, self._time
        while done < steps:
            done, spikes = kernel.run(self._neurons, self._ring, self._dense, self._sparse, events, output,
                                      done, steps, origin, CHUNK_WORK)
            self._time = origin + done
            yield output.step[:spikes].copy(), output.neuron[:spikes].copy()
            progress(done)


_NO_SPIKES = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _ignore(steps):
    pass
