"""A network that neither learns nor adapts, on threads that share its neurons."""

import threading
from typing import NamedTuple

import numpy as np

from . import kernel
from .barrier import Barrier
from .cells import OWN, numbers_of, pack_cells, unpack_state
from .delivery import Delivery
from .packing import pack_delivery
from .rows import shares_of

#: Spikes that a thread has room for beyond those of one window.
ROOM = 1 << 16
#: Steps of a window, at most.
WINDOW = 16


def weight_dtype(image):
    """The type of all weights of an image."""
    return np.int8 if image.formats.weight_width <= 8 else np.int16


class Member(NamedTuple):
    """What a thread has: a `Share` of the neurons, their states, arrivals on their way, synapses."""

    share: object
    neurons: kernel.Neurons
    ring: kernel.Ring
    delivery: Delivery


class PlainMachine:
    """Runs the neurons of an image on ``threads`` threads, one share each.

    There are no more shares than blocks of neurons. ``choices``: a `Choice` for each projection.
    """

    def __init__(self, image, choices, threads):
        self._image = image
        self._shares = shares_of(image.n_neurons, threads)
        shortest = _shortest_delay(image) if len(self._shares) > 1 else 1
        # Where two windows go into the shortest delay, a thread need not wait for what is not done yet.
        self._lag = int(shortest > 1)
        self._window = min(shortest // (1 + self._lag), WINDOW)
        sources = image.n_neurons + image.n_inputs
        self._deliveries = [pack_delivery(image.projections, choices, share, sources, weight_dtype(image))
                            for share in self._shares]
        self._barrier = Barrier(len(self._shares))
        self._margin = (1 + self._lag) * self._window * max(share.size for share in self._shares)
        room = ROOM + self._margin
        # Kept, as the first use of new memory takes longer than that of a spike.
        self._step, self._neuron = np.empty((2, len(self._shares), room), np.int64)
        self.clear()
        has_alike = any(np.any(m.neurons.kind != OWN) for m in self._members)
        has_bitmaps = any(d.has_bitmaps for d in self._deliveries)
        self._run = kernel.RUNS[numbers_of(image.formats), has_alike, has_bitmaps, image.noise is not None]

    def clear(self):
        """States as they begin, nothing in flight."""
        slots = 1 << (self._image.delay_max + self._window - 2).bit_length()
        self._members = [
            Member(share, kernel.Neurons.initial(self._image, share, pack_cells),
                   kernel.Ring.empty(slots, share.size), delivery)
            for share, delivery in zip(self._shares, self._deliveries, strict=True)]

    def begin(self, v, i, record, commanded):
        """Get ready for a run, in which v and i of the neurons ``record`` are written into these arrays.

        ``commanded``: whether there is a command in each step, which nothing here heeds.
        """
        n, room = self._neuron.shape
        self._team = kernel.Team(
            self._neuron, np.zeros((kernel.WINDOWS, n, 1 + self._window), np.int64),
            np.zeros((kernel.WINDOWS, n), np.int64), self._lag, self._barrier.memory,
            np.empty((n, self._image.n_neurons + self._image.n_inputs), np.int64))
        self._outputs = [
            kernel.Output.of(self._step[k], self._neuron[k], self._margin, share, record, v, i)
            for k, share in enumerate(self._shares)]

    def advance(self, events, first, last, origin, work):
        """Some steps of `kernel`; the next step, and their spikes ``(step, neuron)`` in order, to be used
        before it goes on."""
        results = [None] * len(self._members)

        def run(k):
            m = self._members[k]
            results[k] = self._run(k, m.neurons, m.ring, m.delivery, events, self._outputs[k], self._team,
                                   first, last, origin, work)

        threads = [threading.Thread(target=run, args=(k,)) for k in range(1, len(self._members))]
        for thread in threads:
            thread.start()
        try:
            run(0)
        finally:
            for thread in threads:
                thread.join()
        spikes = [(o.step[:n], o.neuron[:n]) for o, (_, n) in zip(self._outputs, results, strict=True)]
        return results[0][0], spikes[0] if len(spikes) == 1 else _in_order(spikes)

    def saturations(self):
        """How often i, v and what learns were saturated in this run, and weights clipped."""
        return np.sum([output.saturations for output in self._outputs], axis=0)

    def state(self):
        """The `State` of all neurons."""
        cells = np.concatenate([m.neurons.cells for m in self._members])
        return unpack_state(cells, self._image.n_neurons)

    def end(self, events, now):
        """After a run, or what was made of it until step ``now``."""


def _in_order(spikes):
    """The spikes of all shares, which are in the order of neurons, as one."""
    step, neuron = (np.concatenate(column) for column in zip(*spikes, strict=True))
    order = np.argsort(step, kind="stable")
    return step[order], neuron[order]


def _shortest_delay(image):
    return min((int(p.delay.min()) for p in image.projections if p.n_synapses), default=WINDOW)
