"""Spikes of a run: who fired in which step."""

from dataclasses import dataclass

import numpy as np

from .errors import UserError
from .storage import load_arrays, save_arrays

FORMAT = "snnsim raster"
FORMAT_VERSION = 1


class RasterError(UserError):
    """Events that are not a raster: out of range, unequal lengths, or one event twice."""


@dataclass(frozen=True, eq=False)
class SpikeRaster:
    """Events of ``neurons`` neurons (or inputs) over ``steps`` steps.

    ``step`` and ``neuron`` are integer arrays of one length, sorted by step, then neuron. An event
    occurs at most once. Build one with `from_events` or `from_dense`.
    """

    steps: int
    neurons: int
    step: np.ndarray
    neuron: np.ndarray

    @classmethod
    def from_events(cls, step, neuron, *, steps, neurons):
        """A raster from events in any order.

        Raises `RasterError` for a step outside ``0 .. steps - 1``, a neuron outside
        ``0 .. neurons - 1``, arrays of unequal length, or an event that occurs twice.
        """
        step, neuron = _integers(step, "steps"), _integers(neuron, "neurons")
        if step.shape != neuron.shape:
            raise RasterError(f"a raster has as many steps as neurons, not {step.size} and {neuron.size}")
        _check_range(step, steps, "step")
        _check_range(neuron, neurons, "neuron")
        order = np.lexsort((neuron, step))
        step, neuron = step[order], neuron[order]
        twice = np.flatnonzero((step[1:] == step[:-1]) & (neuron[1:] == neuron[:-1]))
        if twice.size:
            k = twice[0]
            raise RasterError(f"neuron {neuron[k]} occurs twice in step {step[k]}; give each event once")
        return cls(int(steps), int(neurons), step, neuron)

    @classmethod
    def from_dense(cls, dense):
        """A raster from an array of shape (steps, neurons), non-zero where an event is."""
        dense = np.asarray(dense)
        if dense.ndim != 2:
            raise RasterError(f"a dense raster has shape (steps, neurons), not {dense.shape}")
        step, neuron = np.nonzero(dense)
        return cls.from_events(step, neuron, steps=dense.shape[0], neurons=dense.shape[1])

    @classmethod
    def empty(cls, *, steps, neurons):
        return cls.from_events([], [], steps=steps, neurons=neurons)

    def dense(self):
        """Booleans of shape (steps, neurons)."""
        dense = np.zeros((self.steps, self.neurons), dtype=bool)
        dense[self.step, self.neuron] = True
        return dense

    def counts(self):
        """Events of each neuron, shape (neurons,)."""
        return np.bincount(self.neuron, minlength=self.neurons)

    def window(self, start, stop):
        """The events of steps ``start .. stop - 1``, with steps counted from ``start``."""
        lo, hi = np.searchsorted(self.step, (start, stop))
        return SpikeRaster(stop - start, self.neurons, self.step[lo:hi] - start, self.neuron[lo:hi])

    def __len__(self):
        return self.step.size

    def __eq__(self, other):
        if not isinstance(other, SpikeRaster):
            return NotImplemented
        return ((self.steps, self.neurons) == (other.steps, other.neurons)
                and np.array_equal(self.step, other.step)
                and np.array_equal(self.neuron, other.neuron))

    def save(self, path):
        """Write one file (``.npz``, no pickle), whole or not at all."""
        save_arrays(path, FORMAT, FORMAT_VERSION, {"steps": self.steps, "neurons": self.neurons},
                    {"step": self.step, "neuron": self.neuron})

    @classmethod
    def load(cls, path):
        """Read a file that `save` wrote. Raises `UserError` for any other."""
        header, arrays = load_arrays(path, FORMAT, FORMAT_VERSION, ("step", "neuron"))
        for name in ("steps", "neurons"):
            if not isinstance(header.get(name), int) or header[name] < 0:
                raise UserError(f"{path}: {name} must be a non-negative integer, not {header.get(name)!r}")
        return cls.from_events(arrays["step"], arrays["neuron"],
                               steps=header["steps"], neurons=header["neurons"])


def _integers(values, what):
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise RasterError(f"{what} of a raster must be a list of integers, "
                          f"not {array.dtype} of shape {array.shape}")
    return array.astype(np.int64)


def _check_range(values, count, what):
    wrong = np.flatnonzero((values < 0) | (values >= count))
    if wrong.size:
        raise RasterError(f"{what} {values[wrong[0]]} does not exist: "
                          f"the raster has {count} {what}s, numbered from 0")
