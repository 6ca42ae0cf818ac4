"""Neurons in blocks: how their integers lie in memory, and the neuron's rules over a block.

A block is `BLOCK` neurons: for each name in `FIELDS` a run of `BLOCK` 32-bit integers. All distances
inside a block are constants, so that the compiler sees that the runs do not overlap and computes with
vectors. Neurons that fill up the last block have zero parameters: they are at rest for ever.
"""

import numpy as np
from numba import njit

from snnsim.contract.neuron import (
    at_rest,
    bounded,
    current_sum,
    decayed,
    fires,
    floored,
    is_tonic,
    leaked,
    membrane_sum,
    product,
    reset_r,
    reset_v,
    saturates,
)
from snnsim.image import Parameters, State

from . import rules  # noqa: F401  makes the rules known to numba

BLOCK = 64  # as many as a mask of spikes has bits
FIELDS = ("v", "i", "r", *Parameters.names(), "tonic")
(AT_V, AT_I, AT_R, AT_KEEP_I, AT_KEEP_V, AT_LEAK, AT_BIAS, AT_V_THRESHOLD, AT_V_RESET, AT_V_MIN,
 AT_REFRACTORY, AT_SUBTRACT, AT_HOLD, AT_TONIC) = range(0, len(FIELDS) * BLOCK, BLOCK)  # where the runs begin


def blocks_of(n_neurons):
    """Blocks that hold ``n_neurons``."""
    return -(-n_neurons // BLOCK)


def pack_cells(image):
    """The blocks of an image in their initial state: int32, shape (blocks, size of a block)."""
    cells = np.zeros((blocks_of(image.n_neurons), len(FIELDS), BLOCK), dtype=np.int32)
    p = image.parameters
    for name in Parameters.names():
        _set(cells, name, getattr(p, name))
    _set(cells, "tonic", is_tonic(p.bias, p.v_threshold, p.v_min))
    for name in "vir":
        _set(cells, name, getattr(image.initial, name))
    return cells.reshape(len(cells), -1)


def unpack_state(cells, n_neurons):
    """The `State` of the first ``n_neurons`` neurons."""
    by_field = cells.reshape(len(cells), len(FIELDS), BLOCK)
    return State(*(by_field[:, FIELDS.index(name)].reshape(-1)[:n_neurons].astype(np.int64)
                   for name in "vir"))


def _set(cells, name, values):
    padded = np.zeros((cells.shape[0], BLOCK), dtype=np.int32)
    padded.reshape(-1)[:len(values)] = values
    cells[:, FIELDS.index(name)] = padded


@njit(forceinline=True)
def step_block(cells, b, drive, lo, hi, decay_bits):
    """One step of block ``b``. ``drive``: the step's arrivals at its neurons, which are taken: 0 afterwards.

    Returns the spikes as a mask of bits, how often i and v were saturated, and how many neurons are not
    at rest after the step.
    """
    spikes = np.uint64(0)
    i_saturations = v_saturations = moving = 0
    for k in range(BLOCK):
        i_product = product(np.int64(cells[b, AT_I + k]), np.int64(cells[b, AT_KEEP_I + k]))
        i_sum = current_sum(decayed(i_product, decay_bits), np.int64(drive[k]))
        i = bounded(i_sum, lo, hi)
        v_product = product(np.int64(cells[b, AT_V + k]), np.int64(cells[b, AT_KEEP_V + k]))
        v_leaked = leaked(decayed(v_product, decay_bits), np.int64(cells[b, AT_LEAK + k]))
        v_sum = membrane_sum(v_leaked, i, np.int64(cells[b, AT_BIAS + k]))
        v = floored(bounded(v_sum, lo, hi), np.int64(cells[b, AT_V_MIN + k]))
        r, v_threshold = np.int64(cells[b, AT_R + k]), np.int64(cells[b, AT_V_THRESHOLD + k])
        spike = fires(v, r, v_threshold)
        v = reset_v(v, spike, r, v_threshold, np.int64(cells[b, AT_V_RESET + k]),
                    cells[b, AT_SUBTRACT + k] != 0, cells[b, AT_HOLD + k] != 0)
        r = reset_r(spike, r, np.int64(cells[b, AT_REFRACTORY + k]))
        drive[k] = 0
        cells[b, AT_V + k] = v
        cells[b, AT_I + k] = i
        cells[b, AT_R + k] = r
        spikes |= np.uint64(spike) << np.uint64(k)
        i_saturations += saturates(i_sum, lo, hi)
        v_saturations += saturates(v_sum, lo, hi)
        moving += not at_rest(v, i, r, cells[b, AT_TONIC + k])
    return spikes, i_saturations, v_saturations, moving
