"""Neurons in blocks: how their integers lie in memory, and the neuron's rules over a block.

A block is `BLOCK` neurons: for each name in `FIELDS` a run of `BLOCK` 32-bit integers, and then, where
thresholds adapt or values are graded, for each in `ADAPTIVE_FIELDS`. All distances inside a block are
constants, so that the compiler sees that the runs do not overlap and computes with vectors. Neurons that fill
up the last block have zero parameters: they are at rest for ever.
"""

import numpy as np

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
from snnsim.contract.plasticity import adapted, effective_threshold
from snnsim.image import Parameters, State

from .rules import inner

BLOCK = 64  # as many as a mask of spikes has bits
FIELDS = ("v", "i", "r", *Parameters.names(), "tonic")
#: Where counts have saturations of i, v and what learns or adapts, and clipped weights.
OF_I, OF_V, SATURATED, CLIPPED = range(4)
#: ``v_fired``, ``z_fired``: v and z when it was decided who fires.
ADAPTIVE_FIELDS = ("z", "keep_z", "jump", "v_fired", "z_fired")
(AT_V, AT_I, AT_R, AT_KEEP_I, AT_KEEP_V, AT_LEAK, AT_BIAS, AT_V_THRESHOLD, AT_V_RESET, AT_V_MIN,
 AT_REFRACTORY, AT_SUBTRACT, AT_HOLD, AT_TONIC, AT_Z, AT_KEEP_Z, AT_JUMP, AT_V_FIRED, AT_Z_FIRED) = range(
     0, len(FIELDS + ADAPTIVE_FIELDS) * BLOCK, BLOCK)  # where the runs begin


def blocks_of(n_neurons):
    """Blocks that hold ``n_neurons``."""
    return -(-n_neurons // BLOCK)


def pack_cells(image, fields=FIELDS):
    """The blocks of an image in their initial state: int32, shape (blocks, size of a block)."""
    cells = np.zeros((blocks_of(image.n_neurons), len(fields), BLOCK), dtype=np.int32)
    p = image.parameters
    for name in Parameters.names():
        _set(cells, name, getattr(p, name))
    _set(cells, "tonic", is_tonic(p.bias, p.v_threshold, p.v_min))
    for name in "vir":
        _set(cells, name, getattr(image.initial, name))
    return cells.reshape(len(cells), -1)


def pack_adaptive_cells(image):
    """The same with `ADAPTIVE_FIELDS`, of which those of neurons that do not adapt are 0."""
    cells = pack_cells(image, FIELDS + ADAPTIVE_FIELDS).reshape(blocks_of(image.n_neurons), -1, BLOCK)
    if image.adaptation is not None:
        _set(cells, "z", image.adaptation.initial)
        _set(cells, "keep_z", image.adaptation.keep_z)
        _set(cells, "jump", image.adaptation.jump)
    return cells.reshape(len(cells), -1)


def unpack_state(cells, n_neurons, names=("v", "i", "r")):
    """The `State` of the first ``n_neurons`` neurons."""
    by_field = cells.reshape(len(cells), -1, BLOCK)
    return State(*(by_field[:, _place(name)].reshape(-1)[:n_neurons].astype(np.int64) for name in names))


def _place(name):
    return (FIELDS + ADAPTIVE_FIELDS).index(name)


def _set(cells, name, values):
    padded = np.zeros((cells.shape[0], BLOCK), dtype=np.int32)
    padded.reshape(-1)[:len(values)] = values
    cells[:, _place(name)] = padded


@inner(forceinline=True)
def integrate(cells, b, k, drive, lo, hi, decay_bits):
    """DELIVER and INTEGRATE of neuron ``k`` of block ``b``: its new i and v, and the sums that these were
    before they were bounded."""
    i_product = product(np.int64(cells[b, AT_I + k]), np.int64(cells[b, AT_KEEP_I + k]))
    i_sum = current_sum(decayed(i_product, decay_bits), np.int64(drive[k]))
    drive[k] = 0
    i = bounded(i_sum, lo, hi)
    v_product = product(np.int64(cells[b, AT_V + k]), np.int64(cells[b, AT_KEEP_V + k]))
    v_leaked = leaked(decayed(v_product, decay_bits), np.int64(cells[b, AT_LEAK + k]))
    v_sum = membrane_sum(v_leaked, i, np.int64(cells[b, AT_BIAS + k]))
    return i, floored(bounded(v_sum, lo, hi), np.int64(cells[b, AT_V_MIN + k])), i_sum, v_sum


@inner(forceinline=True)
def reset(cells, b, k, v, spike, r, v_threshold):
    """RESET of neuron ``k`` of block ``b``: its new v and r."""
    v = reset_v(v, spike, r, v_threshold, np.int64(cells[b, AT_V_RESET + k]),
                cells[b, AT_SUBTRACT + k] != 0, cells[b, AT_HOLD + k] != 0)
    return v, reset_r(spike, r, np.int64(cells[b, AT_REFRACTORY + k]))


@inner(forceinline=True)
def step_block(cells, b, drive, lo, hi, decay_bits):
    """One step of block ``b``. ``drive``: the step's arrivals at its neurons, which are taken: 0 afterwards.

    Returns the spikes as a mask of bits, how often i, v and z were saturated, and how many neurons are not
    at rest after the step.
    """
    spikes = np.uint64(0)
    i_saturations = v_saturations = moving = 0
    for k in range(BLOCK):
        i, v, i_sum, v_sum = integrate(cells, b, k, drive, lo, hi, decay_bits)
        r, v_threshold = np.int64(cells[b, AT_R + k]), np.int64(cells[b, AT_V_THRESHOLD + k])
        spike = fires(v, r, v_threshold)
        v, r = reset(cells, b, k, v, spike, r, v_threshold)
        cells[b, AT_V + k] = v
        cells[b, AT_I + k] = i
        cells[b, AT_R + k] = r
        spikes |= np.uint64(spike) << np.uint64(k)
        i_saturations += saturates(i_sum, lo, hi)
        v_saturations += saturates(v_sum, lo, hi)
        moving += not at_rest(v, i, r, cells[b, AT_TONIC + k])
    return spikes, i_saturations, v_saturations, 0, moving


@inner(forceinline=True)
def step_adaptive_block(cells, b, drive, lo, hi, decay_bits):
    """The same with `ADAPTIVE_FIELDS`. A neuron whose adaptation changes, or that was not at 0 when it was
    decided who fires, is not at rest."""
    spikes = np.uint64(0)
    i_saturations = v_saturations = z_saturations = moving = 0
    for k in range(BLOCK):
        i, v, i_sum, v_sum = integrate(cells, b, k, drive, lo, hi, decay_bits)
        keep_z, v_fired = np.int64(cells[b, AT_KEEP_Z + k]), v
        z = decayed(product(np.int64(cells[b, AT_Z + k]), keep_z), decay_bits)
        r, v_threshold = np.int64(cells[b, AT_R + k]), np.int64(cells[b, AT_V_THRESHOLD + k])
        spike = fires(v, r, effective_threshold(v_threshold, z))
        v, r = reset(cells, b, k, v, spike, r, v_threshold)
        z_sum = adapted(z, spike, np.int64(cells[b, AT_JUMP + k]))
        z_after = bounded(z_sum, 0, hi)
        cells[b, AT_V + k] = v
        cells[b, AT_I + k] = i
        cells[b, AT_R + k] = r
        cells[b, AT_Z + k] = z_after
        cells[b, AT_V_FIRED + k] = v_fired
        cells[b, AT_Z_FIRED + k] = z
        spikes |= np.uint64(spike) << np.uint64(k)
        i_saturations += saturates(i_sum, lo, hi)
        v_saturations += saturates(v_sum, lo, hi)
        z_saturations += saturates(z_sum, 0, hi)
        is_steady = (v_fired == 0) & (z == z_after) & (decayed(product(z, keep_z), decay_bits) == z)
        moving += not (at_rest(v, i, r, cells[b, AT_TONIC + k]) & is_steady)
    return spikes, i_saturations, v_saturations, z_saturations, moving
