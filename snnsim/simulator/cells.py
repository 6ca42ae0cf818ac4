"""Neurons in blocks: how their integers lie in memory, and the neuron's rules over a block.

A block is `BLOCK` neurons: for each name in `FIELDS` a run of `BLOCK` 32-bit integers, and then, where
thresholds adapt or values are graded, for each in `ADAPTIVE_FIELDS`. All distances inside a block are
constants, so that the compiler sees that the runs do not overlap and computes with vectors. Neurons that fill
up the last block have zero parameters: they are at rest for ever.

Of a block whose neurons are all alike only the states are read, and the parameters once.
"""

from typing import NamedTuple

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
)
from snnsim.contract.noise import lowest_threshold, noisy_threshold
from snnsim.contract.plasticity import adapted, effective_threshold
from snnsim.image import Parameters, State

from . import vectors
from .rules import inner

BLOCK = 64  # as many as a mask of spikes has bits
#: ``noise``: by how much the threshold is moved in this step.
FIELDS = ("v", "i", "r", "noise", *Parameters.names(), "tonic")
#: Where counts have saturations of i, v and what learns or adapts, and clipped weights.
OF_I, OF_V, SATURATED, CLIPPED = range(4)
#: ``v_fired``, ``z_fired``: v and z when it was decided who fires.
ADAPTIVE_FIELDS = ("z", "keep_z", "jump", "v_fired", "z_fired")
(AT_V, AT_I, AT_R, AT_NOISE, AT_KEEP_I, AT_KEEP_V, AT_LEAK, AT_BIAS, AT_V_THRESHOLD, AT_V_RESET, AT_V_MIN,
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


def numbers_of(formats):
    """Which `STEPPERS` these formats need: those of vectors where no sum of a step leaves 32 bits."""
    if max(formats.state_width, formats.drive_width) > WIDEST_NARROW:
        return "wide"
    is_exact = formats.state_width <= vectors.FLOAT_STATE
    return "floats" if is_exact and vectors.rounds_toward_zero() else "halves"


def pack_cells(image, fields=FIELDS):
    """The blocks of an image in their initial state: int32, shape (blocks, size of a block)."""
    cells = np.zeros((blocks_of(image.n_neurons), len(fields), BLOCK), dtype=np.int32)
    p = image.parameters
    for name in Parameters.names():
        _set(cells, name, getattr(p, name))
    _set(cells, "tonic", _tonic(p, image.noise))
    for name in "vir":
        _set(cells, name, getattr(image.initial, name))
    return cells.reshape(len(cells), -1)


def _tonic(p, noise):
    """Whether each neuron moves or fires by itself, or draws arrivals."""
    if noise is None:
        return is_tonic(p.bias, p.v_threshold, p.v_min)
    lowest = lowest_threshold(p.v_threshold, noise.amplitude)
    return is_tonic(p.bias, lowest, p.v_min) | (noise.source > 0)


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


class Numbers(NamedTuple):
    """What a step computes with: ``width`` neurons at a time.

    ``number(integer)``, ``load(array, at)``, ``store(array, at, number)``; ``decay(x, keep, decay_bits)``,
    that is `decayed` of their `product`; ``bits`` and ``count`` of a condition: where and how often it holds.
    """

    width: int
    number: object
    load: object
    store: object
    decay: object
    bits: object
    count: object


def steppers(numbers, is_noisy):
    """``(step of a block with parameters of its own, of one of neurons alike, of one without i, adaptive)``.

    ``numbers``: the `Numbers` to compute with. ``is_noisy``: whether thresholds are moved.
    """
    width, number, load, store, decay, bits, count = numbers

    @inner(forceinline=True)
    def parameters(cells, k):
        return Parameter(
            load(cells, AT_KEEP_I + k), load(cells, AT_KEEP_V + k), load(cells, AT_LEAK + k),
            load(cells, AT_BIAS + k), load(cells, AT_V_THRESHOLD + k), load(cells, AT_V_RESET + k),
            load(cells, AT_V_MIN + k), load(cells, AT_REFRACTORY + k), load(cells, AT_SUBTRACT + k) != 0,
            load(cells, AT_HOLD + k) != 0, load(cells, AT_TONIC + k))

    @inner(forceinline=True)
    def own(cells, k, common):
        return parameters(cells, k)

    @inner(forceinline=True)
    def alike(cells, k, common):
        return common

    @inner(forceinline=True)
    def current(cells, k, keep_i, decay_bits):
        return decay(load(cells, AT_I + k), keep_i, decay_bits)

    @inner(forceinline=True)
    def no_current(cells, k, keep_i, decay_bits):
        return number(0)

    @inner(forceinline=True)
    def integrate(cells, k, drive, p, i_decayed, lo, hi, decay_bits):
        """DELIVER and INTEGRATE: the new i and v, and how often these were saturated."""
        i_sum = current_sum(i_decayed, load(drive, k))
        store(drive, k, number(0))
        i = bounded(i_sum, lo, hi)
        v_decayed = decay(load(cells, AT_V + k), p.keep_v, decay_bits)
        v_sum = membrane_sum(leaked(v_decayed, p.leak), i, p.bias)
        v = bounded(v_sum, lo, hi)
        # What bounding changed was saturated; to compare the results takes half the time of two more bounds.
        return i, floored(v, p.v_min), count(i != i_sum), count(v != v_sum)

    @inner(forceinline=True)
    def moved(cells, k, threshold):
        return noisy_threshold(threshold, load(cells, AT_NOISE + k))

    @inner(forceinline=True)
    def unmoved(cells, k, threshold):
        return threshold

    threshold_of = moved if is_noisy else unmoved

    @inner(forceinline=True)
    def reset(v, r, spike, p):
        """RESET: the new v and r."""
        return (reset_v(v, spike, r, p.v_threshold, p.v_reset, p.subtract, p.hold),
                reset_r(spike, r, p.refractory))

    @inner(forceinline=True)
    def keep_state(cells, k, v, i, r):
        store(cells, AT_V + k, v)
        store(cells, AT_I + k, i)
        store(cells, AT_R + k, r)

    def stepper(parameters_of, current):
        @inner(forceinline=True)
        def step_block(cells, drive, lo, hi, decay_bits):
            """One step of the block ``cells``. ``drive``: arrivals at it, which are taken: 0 afterwards.

            Returns the spikes as a mask of bits, how often i, v and z were saturated, and how many neurons
            are not at rest after the step.
            """
            lo, hi, common = number(lo), number(hi), parameters(cells, 0)
            spikes, i_saturations, v_saturations, moving = np.uint64(0), 0, 0, BLOCK
            for k in range(0, BLOCK, width):
                p = parameters_of(cells, k, common)
                i_decayed = current(cells, k, p.keep_i, decay_bits)
                i, v, i_saturated, v_saturated = integrate(cells, k, drive, p, i_decayed, lo, hi, decay_bits)
                r = load(cells, AT_R + k)
                spike = fires(v, r, threshold_of(cells, k, p.v_threshold))
                v, r = reset(v, r, spike, p)
                keep_state(cells, k, v, i, r)
                spikes |= bits(spike) << np.uint64(k)
                i_saturations += i_saturated
                v_saturations += v_saturated
                moving -= count(at_rest(v, i, r, p.tonic))
            return spikes, i_saturations, v_saturations, 0, moving
        return step_block

    @inner(forceinline=True)
    def step_adaptive_block(cells, drive, lo, hi, decay_bits):
        """The same with `ADAPTIVE_FIELDS`. A neuron whose adaptation changes, or that was not at 0 when it
        was decided who fires, is not at rest."""
        lo, hi = number(lo), number(hi)
        spikes, i_saturations, v_saturations, z_saturations, moving = np.uint64(0), 0, 0, 0, BLOCK
        for k in range(0, BLOCK, width):
            p, keep_z = parameters(cells, k), load(cells, AT_KEEP_Z + k)
            i_decayed = current(cells, k, p.keep_i, decay_bits)
            i, v_fired, i_saturated, v_saturated = integrate(
                cells, k, drive, p, i_decayed, lo, hi, decay_bits)
            z = decay(load(cells, AT_Z + k), keep_z, decay_bits)
            r = load(cells, AT_R + k)
            spike = fires(v_fired, r, threshold_of(cells, k, effective_threshold(p.v_threshold, z)))
            v, r = reset(v_fired, r, spike, p)
            z_sum = adapted(z, spike, load(cells, AT_JUMP + k))
            z_after = bounded(z_sum, number(0), hi)
            keep_state(cells, k, v, i, r)
            store(cells, AT_Z + k, z_after)
            store(cells, AT_V_FIRED + k, v_fired)
            store(cells, AT_Z_FIRED + k, z)
            spikes |= bits(spike) << np.uint64(k)
            i_saturations += i_saturated
            v_saturations += v_saturated
            z_saturations += count(z_after != z_sum)
            is_steady = (v_fired == 0) & (z == z_after) & (decay(z, keep_z, decay_bits) == z)
            moving -= count(at_rest(v, i, r, p.tonic) & is_steady)
        return spikes, i_saturations, v_saturations, z_saturations, moving

    return stepper(own, current), stepper(alike, current), stepper(alike, no_current), step_adaptive_block


@inner(forceinline=True)
def _load(array, at):
    return np.int64(array[at])


@inner(forceinline=True)
def _store(array, at, value):
    array[at] = value


@inner(forceinline=True)
def _decay(x, keep, decay_bits):
    return decayed(product(x, keep), decay_bits)


ONE = Numbers(1, np.int64, _load, _store, _decay, np.uint64, np.int64)
#: As many as a vector has, in 32 bits.
HALVES = Numbers(vectors.WIDTH, vectors.number, vectors.load, vectors.store, vectors.decay_by_halves,
                 vectors.bits, vectors.count)
NUMBERS = {"wide": ONE, "halves": HALVES, "floats": HALVES._replace(decay=vectors.decay_as_floats)}
#: By what is computed with; the same with noisy thresholds.
STEPPERS, NOISY_STEPPERS = ({name: steppers(numbers, is_noisy) for name, numbers in NUMBERS.items()}
                            for is_noisy in (False, True))
