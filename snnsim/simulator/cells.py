"""Neurons in blocks: how their integers lie in memory, and the neuron's rules over a block.

A block is `BLOCK` neurons: for each name in `FIELDS` a run of `BLOCK` 32-bit integers. All distances
inside a block are constants, so that the compiler sees that the runs do not overlap and computes with
vectors. Neurons that fill up the last block have zero parameters: they are at rest for ever.
"""

import numpy as np
from numba import njit

from snnsim.contract.neuron import (at_rest, bounded, current_sum, decayed, fires, floored, is_tonic, leaked,
                                    membrane_sum, product, reset_r, reset_v, saturates)
from snnsim.image import Parameters, State

from . import rules  # noqa: F401  makes the rules known to numba

BLOCK = 64  # as many as a mask of spikes has bits
FIELDS = ("v", "i", "r", "drive", *Parameters.names(), "tonic")
BLOCK_SIZE = len(FIELDS) * BLOCK
(V, I, R, DRIVE, KEEP_I, KEEP_V, LEAK, BIAS, V_THRESHOLD, V_RESET, V_MIN, REFRACTORY, SUBTRACT, HOLD,
 TONIC) = (k * BLOCK for k in range(len(FIELDS)))


def blocks_of(n_neurons):
    """Blocks that hold ``n_neurons``."""
    return -(-n_neurons // BLOCK)


def pack_cells(image):
    """The blocks of an image in their initial state, one flat array of int32."""
    cells = np.zeros((blocks_of(image.n_neurons), len(FIELDS), BLOCK), dtype=np.int32)
    p = image.parameters
    for name in Parameters.names():
        _set(cells, name, getattr(p, name))
    _set(cells, "tonic", is_tonic(p.bias, p.v_threshold, p.v_min))
    for name in "vir":
        _set(cells, name, getattr(image.initial, name))
    return cells.reshape(-1)


def unpack_state(cells, n_neurons):
    """The `State` of the first ``n_neurons`` neurons."""
    by_field = cells.reshape(-1, len(FIELDS), BLOCK)
    return State(*(by_field[:, FIELDS.index(name)].reshape(-1)[:n_neurons].astype(np.int64)
                   for name in "vir"))


def _set(cells, name, values):
    padded = np.zeros((cells.shape[0], BLOCK), dtype=np.int32)
    padded.reshape(-1)[:len(values)] = values
    cells[:, FIELDS.index(name)] = padded


@njit
def step_block(block, lo, hi, decay_bits):
    """One step of the neurons of a block, whose drive has been set.

    Returns the spikes as a mask of bits, how often i and v were saturated, and whether any neuron is
    not at rest after the step.
    """
    spikes = np.uint64(0)
    i_saturations = v_saturations = moving = 0
    for k in range(BLOCK):
        i_sum = current_sum(decayed(product(np.int64(block[I + k]), np.int64(block[KEEP_I + k])), decay_bits),
                            np.int64(block[DRIVE + k]))
        i = bounded(i_sum, lo, hi)
        v_decayed = decayed(product(np.int64(block[V + k]), np.int64(block[KEEP_V + k])), decay_bits)
        v_sum = membrane_sum(leaked(v_decayed, np.int64(block[LEAK + k])), i, np.int64(block[BIAS + k]))
        v = floored(bounded(v_sum, lo, hi), np.int64(block[V_MIN + k]))
        r = np.int64(block[R + k])
        v_threshold = np.int64(block[V_THRESHOLD + k])
        spike = fires(v, r, v_threshold)
        v = reset_v(v, spike, r, v_threshold, np.int64(block[V_RESET + k]), block[SUBTRACT + k] != 0,
                    block[HOLD + k] != 0)
        r = reset_r(spike, r, np.int64(block[REFRACTORY + k]))
        block[V + k] = v
        block[I + k] = i
        block[R + k] = r
        spikes |= np.uint64(spike) << np.uint64(k)
        i_saturations += saturates(i_sum, lo, hi)
        v_saturations += saturates(v_sum, lo, hi)
        moving += not at_rest(v, i, r, block[TONIC + k])
    return spikes, i_saturations, v_saturations, moving
