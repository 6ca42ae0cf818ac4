"""Memory for copies of a network that step together."""

from typing import NamedTuple

import numpy as np

from snnsim.image import Parameters, State
from snnsim.plasticity import Adaptation
from snnsim.simulator.cells import AT_I, AT_R, AT_V, AT_Z, BLOCK, kinds_of, pack_adaptive_cells, pack_cells
from snnsim.simulator.memory import aligned

from .rasters import words_of

#: Neurons of a group of copies: so many that few are idle in the last block, and that their blocks stay in
#: the cache nearest but one to a core.
GROUP = 1024


class Copies(NamedTuple):
    """A group of ``count`` copies of ``n`` neurons each, and what their rules need.

    ``initial``, ``cells``: the blocks of `cells` at the beginning and now, ``kind`` that of each. ``fields``:
    where a block has the states. ``drive``: in each of the slots of a ring the sums of the arrivals of one
    step, int32, with room behind the last neuron. ``masks``: the spikes of each block in a step, and a 0
    behind them. ``words``: the spikes of a copy, of neurons and of inputs. ``saturations``: counts. ``lo``,
    ``hi``: range of the states.
    """

    count: int
    n: int
    initial: np.ndarray
    cells: np.ndarray
    kind: np.ndarray
    fields: np.ndarray
    drive: np.ndarray
    masks: np.ndarray
    words: np.ndarray
    saturations: np.ndarray
    lo: int
    hi: int
    decay_bits: int

    @classmethod
    def of(cls, image, first, last, words_in, room):
        """As many copies of the neurons ``first .. last - 1`` of an image as `GROUP` holds, at least one.

        ``words_in``: words of inputs; ``room``: behind the last neuron's drive.
        """
        n, formats = last - first, image.formats
        count = max(1, GROUP // n)
        initial = repeated_cells(image, np.tile(np.arange(first, last), count))
        slots = 1 << (image.delay_max - 1).bit_length()
        return cls(count, n, initial, aligned(initial), kinds_of(initial),
                   np.array([AT_V, AT_I, AT_R] if image.adaptation is None else [AT_V, AT_I, AT_R, AT_Z]),
                   aligned(np.zeros((slots, len(initial) * BLOCK + room), np.int32)),
                   np.zeros(len(initial) + 1, np.uint64), np.zeros(words_of(n) + words_in, np.uint64),
                   np.zeros(3, np.int64), formats.state.lo, formats.state.hi, formats.decay_bits)


class _Chosen(NamedTuple):
    """What the functions that pack cells ask of an image."""

    n_neurons: int
    parameters: Parameters
    initial: State
    adaptation: Adaptation
    noise: object = None  # samples draw nothing


def repeated_cells(image, neurons):
    """The blocks of ``neurons``, numbers that may repeat, of an image in their initial state."""
    a = image.adaptation
    chosen = _Chosen(
        neurons.size,
        Parameters(*(getattr(image.parameters, name)[neurons] for name in Parameters.names())),
        State(*(getattr(image.initial, name)[neurons] for name in "vir")),
        a and Adaptation(a.keep_z[neurons], a.jump[neurons], a.initial[neurons]))
    return pack_cells(chosen) if a is None else pack_adaptive_cells(chosen)
