"""The machine around the kernel: memory, runs in chunks, results."""

from dataclasses import dataclass

import numpy as np

from snnsim.errors import UserError
from snnsim.raster import SpikeRaster
from snnsim.recording import MOST_BYTES, FolderRecorder, MemoryRecorder
from snnsim.result import (
    RunInterrupted,
    RunResult,
    check_commands,
    check_modulators,
    check_run,
    check_third_factors,
    check_weights,
)
from snnsim.sizes import nbytes

from . import kernel
from .choice import choose
from .interrupts import held_back
from .learning import learns_or_adapts, unlearned
from .learning_machine import LearningMachine
from .plain_machine import PlainMachine, weight_dtype
from .plastic_rows import fixed_projections

#: Arrivals and neurons evaluated (some ns each) between two looks at the keyboard.
CHUNK_WORK = 1 << 26
MOST_THREADS = 256


class Simulator:
    """Runs an `Image` on the CPU. The first run after an installation compiles for seconds.

    ``replay``: let learning rules that allow it catch up when a synapse is next used, instead of learning in
    the step itself; the same results, faster.

    ``threads``: how many share the neurons; the same results. Networks that learn or adapt run on one.

    ``delivery``: how spikes are delivered, a `Method` or its value, such as ``"rows"``, or a dict of such by
    the names of projections; what is not said is chosen by a model of the cost. The same results. What was
    chosen is in the attribute of that name, a `Choice` for each projection.

    Raises `UserError` if a delivery does not exist or cannot hold a projection, or if there cannot be so many
    threads.
    """

    def __init__(self, image, replay=True, threads=1, delivery=None):
        self.image = image
        if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= MOST_THREADS:
            raise UserError(f"threads must be between 1 and {MOST_THREADS}, not {threads!r}")
        learns = learns_or_adapts(image)
        if learns and threads > 1:
            raise UserError("a network that learns or adapts runs on one thread: leave threads at 1")
        projections = fixed_projections(image) if learns else image.projections
        self.delivery = choose(projections, 2 if learns else weight_dtype(image)().itemsize, delivery)
        self._machine = (LearningMachine(image, self.delivery, replay) if learns
                         else PlainMachine(image, self.delivery, threads))
        self._memory = self._machine.memory if learns else None
        self._time = 0

    @property
    def nbytes(self):
        """Bytes that it takes beside the image: synapses as they are delivered, states, what is in flight."""
        return nbytes(self._machine, self.image)

    def clear(self):
        """State back to ``image.initial``, traces and tags to 0, nothing in flight, time 0. Weights stay."""
        self._machine.clear()
        self._time = 0

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

    def run(self, stimulus, record=(), progress=None, commands=(), to=None, most_bytes=MOST_BYTES):
        """Run ``stimulus.steps`` steps from where the last run ended; a `RunResult`.

        ``stimulus`` is a `SpikeRaster` over the inputs; v and i of the neurons in ``record`` are kept
        for each step. ``progress`` is called now and then with the number of steps done. ``commands`` are the
        steps in which terms of learning rules with the condition COMMAND count. ``to``: a new folder to
        record to instead of memory, see `snnsim.recording`; the result is then mapped from there.
        ``most_bytes``: what recorded states may take in memory.

        Raises `UserError` if stimulus, record or commands name what is not there, for states that would take
        more, and for a folder that cannot be made; and `RunInterrupted`, which has what was recorded, if an
        interrupt from the keyboard ends the run.
        """
        record = check_run(self.image, stimulus, record)
        commands = check_commands(stimulus, commands)
        steps, neurons = stimulus.steps, self.image.n_neurons
        recorder = MemoryRecorder(steps, neurons, record, most_bytes) if to is None \
            else FolderRecorder(to, steps, neurons, record)
        counts = np.zeros(4, np.int64)
        try:
            with held_back() as let_go:
                for first in range(0, steps, recorder.window):
                    last = min(first + recorder.window, steps)
                    here = commands[(commands >= first) & (commands < last)] - first
                    window = _Window(first, stimulus.window(first, last), here, *recorder.states(first, last))
                    self._run(window, record, recorder, counts, progress or _ignore, let_go)
        except KeyboardInterrupt:
            raise RunInterrupted(self._result(recorder, record, counts)) from None
        return self._result(recorder, record, counts)

    def _result(self, recorder, record, counts):
        raster, v, i = recorder.result()
        i_saturations, v_saturations, learning_saturations, weight_clips = counts.tolist()
        return RunResult(
            raster=raster, state=self._machine.state(),
            i_saturations=i_saturations, v_saturations=v_saturations,
            weight_clips=weight_clips, learning_saturations=learning_saturations,
            recorded=record if record.size else None, v=v, i=i)

    def _run(self, window, record, recorder, counts, progress, let_go):
        """Run a `_Window` of steps in chunks, between which an interrupt from the keyboard is let go."""
        steps = window.stimulus.steps
        # Arrays of another kind would be a new type to numba, and compiled for.
        events = kernel.Events(np.require(window.stimulus.step, np.int64, "CW"),
                               np.add(window.stimulus.neuron, self.image.n_neurons, dtype=np.int64))
        commanded = np.zeros(steps, np.uint8)
        commanded[window.commands] = 1
        self._machine.begin(window.v, window.i, record, commanded)
        done, origin = 0, self._time
        try:
            while done < steps:
                done, spikes = self._machine.advance(events, done, steps, origin, CHUNK_WORK)
                self._time = origin + done
                recorder.add(window.first + done, spikes[0] + window.first, spikes[1])
                progress(window.first + done)
                let_go()
        finally:  # who interrupts a run may look at what was learned
            self._machine.end(events, self._time)
            counts += self._machine.saturations()


@dataclass(frozen=True, eq=False)
class _Window:
    """Steps of a run from ``first`` on: the input and commands, counted from there, and where v and i of
    recorded neurons go, of shape (steps, recorded)."""

    first: int
    stimulus: SpikeRaster
    commands: np.ndarray
    v: np.ndarray
    i: np.ndarray


def _ignore(steps):
    pass
