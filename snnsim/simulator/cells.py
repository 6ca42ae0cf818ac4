"""Neurons in blocks: how their integers lie in memory, and the neuron's rules over a block.

A block is `BLOCK` neurons: for each name in `FIELDS` a run of `BLOCK` 32-bit integers, and then, where
thresholds adapt or values are graded, for each in `ADAPTIVE_FIELDS`. All distances inside a block are
constants, so that the compiler sees that the runs do not overlap and computes with vectors. Neurons that fill
up the last block have zero parameters: they are at rest for ever.

Of a block whose neurons are all alike only the states are read, and the parameters once.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

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
)
from snnsim.contract.plasticity import adapted, effective_threshold
from snnsim.image import Parameters, State

from .narrow import narrow, plain
from .rules import inner

BLOCK = 64  # as many as a mask of spikes has bits
#: ``fired``: whether the neuron did in the last step of its block.
FIELDS = ("v", "i", "r", "fired", *Parameters.names(), "tonic")
#: Where counts have saturations of i, v and what learns or adapts, and clipped weights.
OF_I, OF_V, SATURATED, CLIPPED = range(4)
#: ``v_fired``, ``z_fired``: v and z when it was decided who fires.
ADAPTIVE_FIELDS = ("z", "keep_z", "jump", "v_fired", "z_fired")
(AT_V, AT_I, AT_R, AT_FIRED, AT_KEEP_I, AT_KEEP_V, AT_LEAK, AT_BIAS, AT_V_THRESHOLD, AT_V_RESET, AT_V_MIN,
 AT_REFRACTORY, AT_SUBTRACT, AT_HOLD, AT_TONIC, AT_Z, AT_KEEP_Z, AT_JUMP, AT_V_FIRED, AT_Z_FIRED) = range(
     0, len(FIELDS + ADAPTIVE_FIELDS) * BLOCK, BLOCK)  # where the runs begin
#: Kinds of blocks: neurons with parameters of their own; all alike; all alike, and i forgets all.
OWN, ALIKE, ALIKE_WITHOUT_I = range(3)
#: The sums of a neuron's step have at most two bits more than a state, or one more than the drive.
WIDEST_NARROW = 30


class Parameter(NamedTuple):
    """The parameters of a neuron in compiled code."""

    keep_i: object
    keep_v: object
    leak: object
    bias: object
    v_threshold: object
    v_reset: object
    v_min: object
    refractory: object
    subtract: object
    hold: object
    tonic: object


def blocks_of(n_neurons):
    """Blocks that hold ``n_neurons``."""
    return -(-n_neurons // BLOCK)


def is_narrow(formats):
    """Whether no sum of a neuron's step leaves 32 bits."""
    return max(formats.state_width, formats.drive_width) <= WIDEST_NARROW


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


def kinds_of(cells):
    """The kind of each block, uint8."""
    parameters = cells[:, AT_KEEP_I:AT_Z].reshape(len(cells), -1, BLOCK)
    alike = (parameters == parameters[:, :, :1]).all(axis=(1, 2))
    return np.where(alike, np.where(cells[:, AT_KEEP_I] == 0, ALIKE_WITHOUT_I, ALIKE), OWN).astype(np.uint8)


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


@intrinsic
def mask_of(typing_context, cells, b, at):
    """A bit for each of the `BLOCK` integers from ``cells[b, at]`` on: whether it is not 0."""
    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride = builder.extract_value(array.strides, 0)
        address = builder.add(builder.ptrtoint(array.data, stride.type), builder.mul(stride, arguments[1]))
        address = builder.add(address, builder.mul(arguments[2], ir.Constant(stride.type, 4)))
        vector = ir.VectorType(ir.IntType(32), BLOCK)
        values = builder.load(builder.inttoptr(address, vector.as_pointer()))
        values.align = 4
        nonzero = builder.icmp_signed("!=", values, ir.Constant(vector, [0] * BLOCK))
        return builder.bitcast(nonzero, ir.IntType(BLOCK))
    return types.uint64(cells, types.int64, types.int64), generate


def steppers(number, stored):
    """``(step of a block with parameters of its own, of one of neurons alike, of one without i, adaptive)``.

    ``number`` turns an integer into those that are computed with, ``stored`` back.
    """
    @inner(forceinline=True)
    def parameters(cells, b, k):
        return Parameter(
            np.int64(cells[b, AT_KEEP_I + k]), np.int64(cells[b, AT_KEEP_V + k]),
            number(cells[b, AT_LEAK + k]), number(cells[b, AT_BIAS + k]),
            number(cells[b, AT_V_THRESHOLD + k]), number(cells[b, AT_V_RESET + k]),
            number(cells[b, AT_V_MIN + k]), number(cells[b, AT_REFRACTORY + k]),
            cells[b, AT_SUBTRACT + k] != 0, cells[b, AT_HOLD + k] != 0, number(cells[b, AT_TONIC + k]))

    @inner(forceinline=True)
    def own(cells, b, k, common):
        return parameters(cells, b, k)

    @inner(forceinline=True)
    def alike(cells, b, k, common):
        return common

    @inner(forceinline=True)
    def current(i, keep_i, decay_bits):
        return number(decayed(product(np.int64(i), keep_i), decay_bits))

    @inner(forceinline=True)
    def no_current(i, keep_i, decay_bits):
        return number(0)

    @inner(forceinline=True)
    def integrate(cells, b, k, drive, p, i_decayed, lo, hi, decay_bits):
        """DELIVER and INTEGRATE of a neuron: its new i and v, and how often these were saturated."""
        i_sum = current_sum(i_decayed, number(drive[k]))
        drive[k] = 0
        i = bounded(i_sum, lo, hi)
        v_decayed = number(decayed(product(np.int64(cells[b, AT_V + k]), p.keep_v), decay_bits))
        v_sum = membrane_sum(leaked(v_decayed, p.leak), i, p.bias)
        v = bounded(v_sum, lo, hi)
        # What bounding changed was saturated; to compare the results takes half the time of two more bounds.
        return i, floored(v, p.v_min), number(i != i_sum), number(v != v_sum)

    @inner(forceinline=True)
    def reset(v, r, spike, p):
        """RESET of a neuron: its new v and r."""
        return (reset_v(v, spike, r, p.v_threshold, p.v_reset, p.subtract, p.hold),
                reset_r(spike, r, p.refractory))

    def stepper(parameters_of, current):
        @inner(forceinline=True)
        def step_block(cells, b, drive, lo, hi, decay_bits):
            """One step of block ``b``. ``drive``: the arrivals at its neurons, which are taken: 0 afterwards.

            Returns the spikes as a mask of bits, how often i, v and z were saturated, and how many neurons
            are not at rest after the step.
            """
            lo, hi, common = number(lo), number(hi), parameters(cells, b, 0)
            i_saturations = v_saturations = moving = number(0)
            for k in range(BLOCK):
                p = parameters_of(cells, b, k, common)
                i_decayed = current(cells[b, AT_I + k], p.keep_i, decay_bits)
                i, v, i_saturated, v_saturated = integrate(
                    cells, b, k, drive, p, i_decayed, lo, hi, decay_bits)
                r = number(cells[b, AT_R + k])
                spike = fires(v, r, p.v_threshold)
                v, r = reset(v, r, spike, p)
                cells[b, AT_V + k] = stored(v)
                cells[b, AT_I + k] = stored(i)
                cells[b, AT_R + k] = stored(r)
                cells[b, AT_FIRED + k] = spike
                i_saturations += i_saturated
                v_saturations += v_saturated
                moving += number(not at_rest(v, i, r, p.tonic))
            return (mask_of(cells, b, AT_FIRED), np.int64(stored(i_saturations)),
                    np.int64(stored(v_saturations)), 0, np.int64(stored(moving)))
        return step_block

    @inner(forceinline=True)
    def step_adaptive_block(cells, b, drive, lo, hi, decay_bits):
        """The same with `ADAPTIVE_FIELDS`. A neuron whose adaptation changes, or that was not at 0 when it
        was decided who fires, is not at rest."""
        lo, hi = number(lo), number(hi)
        i_saturations = v_saturations = z_saturations = moving = number(0)
        for k in range(BLOCK):
            p = parameters(cells, b, k)
            i_decayed = current(cells[b, AT_I + k], p.keep_i, decay_bits)
            i, v, i_saturated, v_saturated = integrate(cells, b, k, drive, p, i_decayed, lo, hi, decay_bits)
            keep_z, v_fired = np.int64(cells[b, AT_KEEP_Z + k]), v
            z = number(decayed(product(np.int64(cells[b, AT_Z + k]), keep_z), decay_bits))
            r = number(cells[b, AT_R + k])
            spike = fires(v, r, effective_threshold(p.v_threshold, z))
            v, r = reset(v, r, spike, p)
            z_sum = adapted(z, spike, number(cells[b, AT_JUMP + k]))
            z_after = bounded(z_sum, number(0), hi)
            cells[b, AT_V + k] = stored(v)
            cells[b, AT_I + k] = stored(i)
            cells[b, AT_R + k] = stored(r)
            cells[b, AT_Z + k] = stored(z_after)
            cells[b, AT_FIRED + k] = spike
            cells[b, AT_V_FIRED + k] = stored(v_fired)
            cells[b, AT_Z_FIRED + k] = stored(z)
            i_saturations += i_saturated
            v_saturations += v_saturated
            z_saturations += number(z_after != z_sum)
            z_next = number(decayed(product(np.int64(stored(z)), keep_z), decay_bits))
            is_steady = (v_fired == 0) & (z == z_after) & (z_next == z)
            moving += number(not (at_rest(v, i, r, p.tonic) & is_steady))
        return (mask_of(cells, b, AT_FIRED), np.int64(stored(i_saturations)),
                np.int64(stored(v_saturations)), np.int64(stored(z_saturations)), np.int64(stored(moving)))

    return stepper(own, current), stepper(alike, current), stepper(alike, no_current), step_adaptive_block


NARROW_STEPPERS = steppers(narrow, plain)
WIDE_STEPPERS = steppers(np.int64, np.int64)
