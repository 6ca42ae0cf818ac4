"""A network that learns or adapts, on one thread."""

import numpy as np

from . import kernel, learning_kernel
from .cells import numbers_of, pack_adaptive_cells, pack_cells, unpack_state
from .learning import LearningMemory
from .packing import pack_delivery
from .plastic_rows import fixed_projections
from .rows import Share

#: Spikes that there is room for beyond those of one step.
ROOM = 1 << 16


class LearningMachine:
    """Runs an image. ``choices``: a `Choice` for each projection, with only the synapses that do not learn.

    ``replay``: see `LearningMemory`.
    """

    def __init__(self, image, choices, replay):
        self._image, self._share = image, Share(0, image.n_neurons)
        self._slots = 1 << (image.delay_max - 1).bit_length()
        self.memory = LearningMemory(image, self._slots, replay)
        # Of one type, so that the kernel, which takes long to compile, is compiled once.
        self._delivery = pack_delivery(fixed_projections(image), choices, self._share,
                                       image.n_neurons + image.n_inputs, np.int16)
        adaptive = self.memory.is_adaptive
        self._pack = pack_adaptive_cells if adaptive else pack_cells
        has_bitmaps = self._delivery.has_bitmaps
        self._run = learning_kernel.RUNS[numbers_of(image.formats), adaptive, has_bitmaps,
                                          image.noise is not None]
        self._begin()

    def clear(self):
        """States, traces and tags as they begin, nothing in flight. Weights stay."""
        self.memory.clear()
        self._begin()

    def _begin(self):
        self._neurons = kernel.Neurons.initial(self._image, self._share, self._pack)
        self._ring = kernel.Ring.empty(self._slots, self._image.n_neurons)

    def begin(self, v, i, record, commanded):
        """Get ready for a run, in which v and i of the neurons ``record`` are written into these arrays.

        ``commanded``: whether there is a command in each step.
        """
        margin, all_sources = self._image.n_neurons, self._image.n_neurons + self._image.n_inputs
        room = ROOM + margin
        self._output = kernel.Output.of(np.empty(room, np.int64), np.empty(room, np.int64), margin,
                                        self._share, record, v, i)
        self._commanded, self._sources = commanded, np.empty(all_sources, np.int64)

    def advance(self, events, first, last, origin, work):
        """Some steps of `learning_kernel`; the next step, and their spikes ``(step, neuron)`` in order."""
        packed = self.memory.packed
        done, spikes = self._run(
            self._neurons, self._ring, self._delivery, packed.to_drive, packed.to_m, self.memory.learning,
            events, self._commanded, self._output, self._sources, first, last, origin, work)
        return done, (self._output.step[:spikes].copy(), self._output.neuron[:spikes].copy())

    def end(self, events, now):
        """Let all rows that replay stand as in step ``now``, and count what was clipped."""
        self.advance(events, 0, 0, now, 0)

    def saturations(self):
        """How often i, v and what learns were saturated in this run, and weights clipped."""
        return self._output.saturations

    def state(self):
        """The `State` of all neurons."""
        names = ("v", "i", "r", "z") if self._image.adaptation else ("v", "i", "r")
        return unpack_state(self._neurons.cells, self._image.n_neurons, names)
