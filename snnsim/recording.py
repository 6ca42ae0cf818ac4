"""What a run records as it goes: kept in memory, or streamed into a folder that is readable at any time.

A folder has ``recording.json`` and plain ``.npy`` files that numpy maps: ``step`` and ``neuron`` of the
spikes in their order, and where states were recorded ``recorded``, the neurons, with ``v`` and ``i`` of shape
(steps, recorded). The header says of how many steps and spikes all is there, and how many steps were asked
for; what a file has beyond that was written when the run was killed.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import UserError
from .raster import SpikeRaster
from .result import RunError
from .storage import replacing

FORMAT = "snnsim recording"
FORMAT_VERSION = 1
HEADER = "recording.json"
#: Bytes of v and i of a neuron in a step.
STATE_BYTES = 8
#: Bytes of recorded states that a run in memory may take, unless it says more.
MOST_BYTES = 1 << 32
#: What a recording in a folder holds in memory: states, and steps between two looks at them.
WINDOW_BYTES, WINDOW_STEPS = 1 << 24, 1 << 16
#: Spikes that there is room for in memory at first; a page of it that is never written to takes none.
ROOM = 1 << 20


class MemoryRecorder:
    """Keeps what ``steps`` steps record. Raises `RunError` if states would take more than ``most_bytes``.

    ``window``: the steps for which `states` has room at once.
    """

    def __init__(self, steps, neurons, recorded, most_bytes):
        size = STATE_BYTES * steps * recorded.size
        if size > most_bytes:
            raise RunError(f"v and i of {recorded.size:,} neurons in {steps:,} steps take {size:,} bytes, "
                           f"more than most_bytes, {most_bytes:,}: record fewer, raise it, or record to a "
                           "folder")
        self.window, self._neurons, self._recorded = max(steps, 1), neurons, recorded
        self._step, self._neuron = np.empty(ROOM, np.int64), np.empty(ROOM, np.int64)
        self.steps = self._n_spikes = 0
        self._v, self._i = np.empty((2, steps, recorded.size), np.int32)

    def states(self, first, last):
        """``(v, i)`` of steps ``first .. last - 1`` to be filled in, each of shape (steps, recorded)."""
        return self._v[first:last], self._i[first:last]

    def add(self, steps, step, neuron):
        """All of the run's first ``steps`` steps is there, with these spikes since the last call."""
        first, end = self._n_spikes, self._n_spikes + step.size
        if end > self._step.size:
            self._step, self._neuron = _with_room(self._step, end), _with_room(self._neuron, end)
        self._step[first:end], self._neuron[first:end] = step, neuron
        self.steps, self._n_spikes = steps, end

    def result(self):
        """``(SpikeRaster, v, i)`` of the steps that are there; v and i None where no neuron is recorded."""
        for spikes in (self._step, self._neuron):
            spikes.resize(self._n_spikes, refcheck=False)
        raster = SpikeRaster(self.steps, self._neurons, self._step, self._neuron)
        if not self._recorded.size:
            return raster, None, None
        return raster, self._v[:self.steps], self._i[:self.steps]


def _with_room(values, n):
    """A copy with room for ``n`` values and many more: what is never written takes no memory."""
    more = np.empty(4 * n, values.dtype)
    more[:values.size] = values
    return more


class FolderRecorder:
    """The same, streamed into a new folder; what takes memory is one `window` of states.

    Raises `UserError` for a folder that exists, or cannot be written to.
    """

    def __init__(self, path, steps, neurons, recorded):
        self._path, self._asked, self._neurons, self._recorded = Path(path), steps, neurons, recorded
        room = WINDOW_BYTES // (STATE_BYTES * max(recorded.size, 1))
        self.window = max(1, min(room, WINDOW_STEPS))
        self._buffers = np.empty((2, self.window, recorded.size), np.int32)
        self.steps = self._first = self._kept = 0
        with _writing(path):
            self._path.mkdir()
            self._step, self._neuron = self._file("step", np.int64), self._file("neuron", np.int32)
            self._states = []
            if recorded.size:
                np.save(self._path / "recorded.npy", recorded)
                self._states = [self._file(name, np.int32, recorded.size) for name in "vi"]
        self._write_header()

    def states(self, first, last):
        self._first = self._kept = first
        return tuple(self._buffers[:, :last - first])

    def add(self, steps, step, neuron):
        with _writing(self._path):
            self._step.append(step)
            self._neuron.append(neuron)
            for file, buffer in zip(self._states, self._buffers, strict=False):
                file.append(buffer[self._kept - self._first:steps - self._first])
        self.steps = self._kept = steps
        self._write_header()

    def result(self):
        recording = Recording.load(self._path)
        return recording.raster, recording.v, recording.i

    def _file(self, name, dtype, *shape):
        return _GrowingFile(self._path / f"{name}.npy", dtype, shape)

    def _write_header(self):
        header = {"format": FORMAT, "version": FORMAT_VERSION, "neurons": self._neurons, "steps": self.steps,
                  "asked": self._asked, "spikes": self._step.length}
        with replacing(self._path / HEADER, "w") as file:
            json.dump(header, file)


@dataclass(frozen=True, eq=False)
class Recording:
    """What a folder holds, mapped into memory: it may be larger than that.

    ``raster``: the spikes of the steps done, of the ``asked`` that were to be done. ``recorded``: neurons
    whose states were recorded, with ``v`` and ``i`` of shape (steps, recorded); None where none were.
    """

    raster: SpikeRaster
    asked: int
    recorded: np.ndarray = None
    v: np.ndarray = None
    i: np.ndarray = None

    @property
    def is_whole(self):
        """Whether the run went on to its end."""
        return self.raster.steps == self.asked

    @classmethod
    def load(cls, path):
        """Map a folder that was written, or is being written. Raises `UserError` for any other."""
        path = Path(path)
        try:
            header = json.loads((path / HEADER).read_text())
            if (header["format"], header["version"]) != (FORMAT, FORMAT_VERSION):
                raise UserError(f"{path} is a {header['format']} of version {header['version']}; this snnsim "
                                f"reads a {FORMAT} of version {FORMAT_VERSION}: install a newer snnsim")
            steps, spikes = header["steps"], header["spikes"]
            raster = SpikeRaster(steps, header["neurons"], _mapped(path, "step", spikes),
                                 _mapped(path, "neuron", spikes))
            states = {}
            if (path / "recorded.npy").exists():
                states = {"recorded": np.load(path / "recorded.npy"),
                          "v": _mapped(path, "v", steps), "i": _mapped(path, "i", steps)}
            return cls(raster, header["asked"], **states)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UserError(f"{path} is not the folder of a {FORMAT}: {error}") from None


def _mapped(path, name, length):
    """The first ``length`` rows of an array in a folder, without reading them."""
    with open(path / f"{name}.npy", "rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if shape[0] < length:
            raise ValueError(f"{name}.npy has {shape[0]} rows, not {length}")
        if not length:  # nothing cannot be mapped
            return np.empty((0, *shape[1:]), dtype)
        return np.memmap(file, dtype, "r", file.tell(), (length, *shape[1:]))


class _GrowingFile:
    """A ``.npy`` file that grows by rows of ``shape``, and is whole after each of them."""

    def __init__(self, path, dtype, shape):
        self._path, self._dtype, self._shape = path, np.dtype(dtype), shape
        self.length = 0
        with open(path, "wb") as file:
            self._write_header(file)

    def append(self, rows):
        with open(self._path, "r+b") as file:
            file.seek(0, 2)
            file.write(np.ascontiguousarray(rows, self._dtype).data)
            file.flush()
            self.length += len(rows)
            file.seek(0)
            self._write_header(file)

    def _write_header(self, file):
        """numpy leaves room in it for the shape to grow."""
        shape = (self.length, *self._shape)
        np.lib.format.write_array_header_1_0(
            file, {"descr": self._dtype.str, "fortran_order": False, "shape": shape})


@contextmanager
def _writing(path):
    """Turns what the system refuses into a `UserError` that names the folder."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot record to {path}: {error.strerror}; choose another folder") from None
