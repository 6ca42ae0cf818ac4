"""A core behind a link, driven like any other machine."""

from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np

from snnsim.contract.layout import Memory, Setting, columns, memory_shape, post_layout
from snnsim.contract.packets import EVENT, LARGEST_RUN, To
from snnsim.errors import UserError
from snnsim.image import State
from snnsim.placement import pack_words, place, unpack_state, unpack_words
from snnsim.placement.learning import learning_state, settings
from snnsim.raster import SpikeRaster
from snnsim.result import (
    RunResult,
    check_commands,
    check_modulators,
    check_run,
    check_third_factors,
    check_weights,
)

from .handshake import greet
from .memories import read_memory, write_memory
from .streaming import CoreRun, end_run
from .transport import DriverError, Transport


def _silent(done, total):
    """No report of progress."""


class Driver:
    """The core at the other end of ``link``, an `AbstractLink`.

    Construction finds out what the core is: ``config`` (a `CoreConfig`) and ``identity`` (of its
    bitstream). A run that an earlier host left is ended. After `load` the driver is a machine like a
    simulator: it has `clear` and `run`.

    Every wait ends: after ``timeout`` seconds without an answer a `DriverError` is raised, as it is at
    once for a core of another version. After an error or an interrupt the next call settles the board;
    clear or load the network before it goes on.
    """

    def __init__(self, link, timeout=5.0):
        self._link = link
        self._transport = Transport(link, timeout)
        self._image = None
        self._settled = False
        self._settle()

    def load(self, image, progress=_silent):
        """Write the network ``image`` into the core and clear it; returns the driver.

        ``progress(done, total)`` counts memory words. Raises `UserError`, before anything is written, if the
        formats are not those of the core or the network is larger.
        """
        placement = place(image, self.config)
        self._image = None
        with self._exchange():
            self._transport.request(To.CLEAR)
            self._write_all(placement.memories, progress)
        self._image, self._placement = image, placement
        return self

    def clear(self):
        """State back to ``image.initial``, traces and tags to 0, nothing in flight, time 0. Weights stay."""
        self._loaded()
        memories = self._placement.memories
        restored = {memory: memories[memory] for memory in (Memory.STATE, Memory.POST) if memory in memories
                    and memories[memory].any()}
        if Memory.SETTINGS in memories:
            restored[Memory.SETTINGS] = memories[Memory.SETTINGS]
        with self._exchange():
            self._transport.request(To.CLEAR)
            self._write_all(restored, _silent)

    def run(self, stimulus, record=(), progress=_silent, commands=()):
        """Run ``stimulus.steps`` steps from where the last run ended; a `RunResult`.

        ``stimulus`` is a `SpikeRaster` over the inputs; v and i of the neurons in ``record`` are kept
        for each step, which takes a turn of the link for each step. ``progress(done, total)`` counts steps.
        ``commands`` are the steps in which terms of learning rules with the condition COMMAND count.
        An interrupt from the keyboard ends the run on the board too.
        """
        image = self._loaded()
        record = check_run(image, stimulus, record)
        events = self._events(stimulus, check_commands(stimulus, commands))
        with self._exchange():
            parts = [self._run_part(events, first, last, record, progress)
                     for first, last in _chunks(stimulus.steps, 1 if len(record) else LARGEST_RUN)]
            state = self._read_state()
        return _joined(image, stimulus.steps, record, parts, state)

    def _events(self, stimulus, commands):
        """The input events of a run, commands among them if the core knows any."""
        if not self.config.learns or not commands.size:
            return stimulus
        numbers = np.full(commands.size, self.config.inputs)
        return SpikeRaster.from_events(
            np.concatenate((stimulus.step, commands)), np.concatenate((stimulus.neuron, numbers)),
            steps=stimulus.steps, neurons=self.config.inputs + 1)

    def read_state(self):
        """`State` of the network's neurons, as it is now."""
        self._loaded()
        with self._exchange():
            return self._read_state()

    def read_weights(self):
        """The weights in the core: one array for each projection, in the order of the image's synapses."""
        self._loaded()
        with self._exchange():
            return self._placement.weights(self._read_words(Memory.SYNAPSES))

    def read_learning(self):
        """The `LearningState` of now: weights, tags, traces, modulators."""
        image = self._loaded()
        changing = (Memory.SYNAPSES, Memory.TAGS, Memory.TRACES, Memory.POST, Memory.SETTINGS)
        with self._exchange():
            words = {memory: self._read_words(memory) for memory in changing
                     if memory_shape(self.config, memory)[0]}
        return learning_state(image, self.config, self._placement, words)

    def write_weights(self, weights):
        """Replace all weights by ``weights``, as `read_weights` gives them."""
        weights = check_weights(self._loaded(), weights)
        self._write({Memory.SYNAPSES: self._placement.with_weights(weights)})

    def write_modulators(self, modulators):
        """Set the global modulators, 4 integers."""
        modulators = check_modulators(self._loaded(), modulators)
        words = settings(self._image, self.config)
        words[Setting.MODULATORS::3, 0] = modulators & 0xFFFFFFFF
        self._write({Memory.SETTINGS: words})

    def write_third_factors(self, m):
        """Set the third factors of all neurons, integers of shape (n_neurons,). Raises `DriverError` if the
        core has none."""
        m = check_third_factors(self._loaded(), m)
        if not self.config.third_factors:
            raise DriverError(f"the core on {self._link.name} has no third factors: use one with "
                              "third_factors=1")
        with self._exchange():
            words = self._read_words(Memory.POST)
        values = unpack_words(post_layout(self.config), words)
        self._write({Memory.POST: pack_words(post_layout(self.config), **values | {"m": m})})

    def read_memory(self, memory, address, words):
        """``words`` words of a `Memory` from ``address`` on: uint32 of shape (words, columns)."""
        self._check_range(memory, address, words)
        with self._exchange():
            return read_memory(self._transport, self.config, memory, address, words)

    def write_memory(self, memory, address, words):
        """Write ``words``, of shape (words, columns) and 32 bits each, from ``address`` on."""
        words = np.asarray(words)
        if words.ndim != 2 or words.shape[1] != columns(self.config, memory):
            raise DriverError(f"words of {memory.name} have {columns(self.config, memory)} columns: give an "
                              f"array of shape (words, columns), not {words.shape}")
        self._check_range(memory, address, len(words))
        with self._exchange():
            write_memory(self._transport, self.config, memory, address, words, lambda done: None)
            self._transport.flush()

    @property
    def name(self):
        """What messages call the board."""
        return self._link.name

    def close(self):
        """Close the link."""
        self._link.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _settle(self):
        """A board that waits for orders, whatever was before."""
        self.config, self.identity = greet(self._transport)
        end_run(self._transport)
        self._settled = True

    @contextmanager
    def _exchange(self):
        """A conversation with the board. If it breaks off, the board is settled: at once after an interrupt,
        before the next conversation after an error (the board may be gone)."""
        if not self._settled:
            self._settle()
        self._settled = False
        try:
            yield
        except KeyboardInterrupt:
            with suppress(UserError):
                self._settle()
            raise
        self._settled = True

    def _loaded(self):
        if self._image is None:
            raise DriverError(f"no network is loaded into {self._link.name}; call load(image) first")
        return self._image

    def _check_range(self, memory, address, words):
        depth = memory_shape(self.config, memory)[0]
        if not (0 <= address and 0 < words and address + words <= depth):
            raise DriverError(f"words {address} .. {address + words - 1} of {memory.name} do not all exist: "
                              f"the core on {self._link.name} has {depth}")

    def _write(self, memories):
        with self._exchange():
            self._write_all(memories, _silent)

    def _read_words(self, memory):
        """What the core has of the words of a memory that the network takes."""
        words = len(self._placement.memories.get(memory, ()))
        if memory == Memory.TAGS:  # beside the synapses
            words = len(self._placement.memories.get(Memory.SYNAPSES, ()))
        return read_memory(self._transport, self.config, memory, 0, words)

    def _write_all(self, memories, progress):
        total = sum(len(words) for words in memories.values())
        done = 0
        for memory, words in memories.items():
            write_memory(self._transport, self.config, memory, 0, words,
                         lambda part, done=done: progress(done + part, total))
            done += len(words)
        self._transport.flush()  # once: each costs a turn of the link

    def _read_state(self, first=0, count=None):
        count = self._image.n_neurons if count is None else count
        words = read_memory(self._transport, self.config, Memory.STATE, first, count)
        state = unpack_state(self.config, words)
        return state if self._image.adaptation else replace(state, z=None)

    def _run_part(self, stimulus, first, last, record, progress):
        """Steps ``first .. last - 1``: ``(spikes as (step, neuron), report, recorded State or None)``."""
        part = stimulus.window(first, last)
        events = EVENT.combine(step=part.step, id=part.neuron)
        run = CoreRun(self._transport, self.config, part.steps, events)
        run.finish(lambda done: progress(first + done, stimulus.steps))
        spikes = EVENT.unpack(run.spikes)
        recorded = self._read_recorded(record) if len(record) else None
        self._check_spikes(spikes["id"])
        return (spikes["step"] + first, spikes["id"]), run.report, recorded

    def _check_spikes(self, neurons):
        """The neurons that the network leaves idle are silent."""
        if neurons.size and neurons.max() >= self._image.n_neurons:
            raise DriverError(f"{self._link.name} reports a spike of neuron {neurons.max()}, the network has "
                              f"{self._image.n_neurons}: load the network again, and report this if it "
                              "happens twice")

    def _read_recorded(self, record):
        lowest = int(record.min())
        state = self._read_state(lowest, int(record.max()) + 1 - lowest)
        return State(*(getattr(state, name)[record - lowest] for name in "vir"))


def _chunks(steps, size):
    return [(first, min(first + size, steps)) for first in range(0, steps, size)]


def _joined(image, steps, record, parts, state):
    """One `RunResult` of the parts of a run."""
    nothing = [np.zeros(0, dtype=np.int64)]
    reports = [report for _, report, _ in parts]
    step = np.concatenate([spikes[0] for spikes, _, _ in parts] + nothing)
    neuron = np.concatenate([spikes[1] for spikes, _, _ in parts] + nothing)
    recorded = {}
    if len(record):
        shape = (steps, len(record))
        recorded = {name: np.array([getattr(r, name) for _, _, r in parts], dtype=np.int64).reshape(shape)
                    for name in "vi"}
    return RunResult(
        raster=SpikeRaster.from_events(step, neuron, steps=steps, neurons=image.n_neurons),
        state=state,
        i_saturations=sum(report.i_saturations for report in reports),
        v_saturations=sum(report.v_saturations for report in reports),
        recorded=record if len(record) else None,
        clocks=sum(report.clocks for report in reports),
        clocks_max=max((report.clocks_max for report in reports), default=0),
        weight_clips=sum(report.weight_clips for report in reports),
        learning_saturations=sum(report.learning_saturations for report in reports),
        learn_clocks=sum(report.learn_clocks for report in reports),
        **recorded,
    )
