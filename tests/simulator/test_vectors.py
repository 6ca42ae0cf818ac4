"""Vectors of the kernel against the rules of the contract."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from snnsim.contract.arithmetic import move_toward_zero, saturate
from snnsim.contract.neuron import decayed, product
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator, Simulator, kernel, plain_machine, vectors
from snnsim.simulator.cells import WIDEST_NARROW
from tests.generator import random_image, random_stimulus


def compiled(decay):
    @njit
    def run(x, keep, decay_bits):
        for k in range(0, x.size, vectors.WIDTH):
            vectors.store(x, k, decay(vectors.load(x, k), vectors.load(keep, k), decay_bits))
    return run


RUNS = {"halves": (compiled(vectors.decay_by_halves), 32)}
if vectors.rounds_toward_zero():
    RUNS["floats"] = compiled(vectors.decay_as_floats), vectors.FLOAT_STATE


def decays_as_the_contract(name, x, keep, decay_bits):
    size = -(-len(x) // vectors.WIDTH) * vectors.WIDTH
    x, keep = (np.resize(a, size).astype(np.int32) for a in (x, keep))
    expected = [decayed(product(int(a), int(k)), decay_bits) for a, k in zip(x, keep, strict=True)]
    RUNS[name][0](x, keep, decay_bits)
    return x.tolist() == expected


def corners(width, decay_bits):
    """All pairs of states and factors near powers of two, and of factors as time constants have them."""
    near = {sign * (1 << k) + d for k in range(width) for d in (-2, -1, 0, 1, 2) for sign in (-1, 1)}
    x = sorted(v for v in near if -(1 << width - 1) <= v < 1 << width - 1)
    one = 1 << decay_bits
    keep = sorted({k for p in range(decay_bits + 1) for d in (-1, 0, 1)
                   for k in ((1 << p) + d, one - (1 << p) + d) if 0 <= k <= one})
    return np.repeat(x, len(keep)), np.tile(keep, len(x))


@pytest.mark.parametrize("decay_bits", range(12, vectors.MOST_DECAY_BITS + 1))
@pytest.mark.parametrize("name", RUNS)
def test_states_decay_as_the_contract_says_in_the_corners(name, decay_bits):
    for width in {8, 16, 24, min(WIDEST_NARROW, RUNS[name][1]), RUNS[name][1]}:
        assert decays_as_the_contract(name, *corners(width, decay_bits), decay_bits)


@pytest.mark.parametrize("name", RUNS)
@settings(deadline=None)  # the first case is compiled
@given(data=st.data())
def test_states_decay_as_the_contract_says(name, data):
    bits, most = data.draw(st.integers(12, vectors.MOST_DECAY_BITS)), 1 << RUNS[name][1] - 1
    pair = st.tuples(st.integers(-most, most - 1), st.integers(0, 1 << bits))
    pairs = data.draw(st.lists(pair, min_size=1))
    assert decays_as_the_contract(name, *zip(*pairs, strict=True), bits)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("keep", [1, 3, 40503, 65331, 65535, 65536])
def test_products_just_below_whole_numbers_are_not_rounded_up(name, keep):
    whole = np.random.default_rng(keep).integers(1, 1 << RUNS[name][1] - 1, 4096)
    x = np.concatenate([-(-(whole << 16) // keep) + d for d in (-1, 0)])  # one below, the next not
    x = x[x < 1 << RUNS[name][1] - 1]
    assert decays_as_the_contract(name, np.concatenate((x, -x, [0])), [keep], 16)


@pytest.mark.skipif("floats" not in RUNS, reason="products that are rounded toward zero need AVX-512")
def test_floats_of_wider_states_would_not_do():
    x = np.full(vectors.WIDTH, (1 << vectors.FLOAT_STATE - 1) + 1)
    assert not decays_as_the_contract("floats", x, np.full(vectors.WIDTH, 1 << 16), 16)


@njit
def limited(x, lo, hi, distance):
    """Bounded and moved toward zero, by the text for vectors."""
    for k in range(0, x.size, vectors.WIDTH):
        v = vectors.load(x, k)
        vectors.store(lo, k, saturate(v, vectors.load(lo, k), vectors.load(hi, k)))
        vectors.store(hi, k, move_toward_zero(v, vectors.load(distance, k)))


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(-8, 8) | st.integers(-1 << 29, (1 << 29) - 1)] * 4), min_size=1))
def test_vectors_are_bounded_and_moved_toward_zero_as_the_contract_says(cases):
    cases = np.resize(np.array(cases, np.int32), (-(-len(cases) // vectors.WIDTH) * vectors.WIDTH, 4))
    x, lo, hi, distance = (np.ascontiguousarray(column) for column in cases.T)
    lo, hi, distance = np.minimum(lo, hi), np.maximum(lo, hi), np.abs(distance)
    bounded = [saturate(*each) for each in zip(x.tolist(), lo.tolist(), hi.tolist(), strict=True)]
    moved = [move_toward_zero(*each) for each in zip(x.tolist(), distance.tolist(), strict=True)]
    limited(x, lo, hi, distance)
    assert (lo.tolist(), hi.tolist()) == (bounded, moved)


@pytest.mark.parametrize("numbers", ["wide", *RUNS])
def test_whatever_is_computed_with_runs_are_those_of_the_reference(monkeypatch, numbers):
    monkeypatch.setattr(kernel, "MANY", 0)  # blocks of all kinds
    monkeypatch.setattr(plain_machine, "numbers_of", lambda formats: numbers)
    for seed in range(0, 40, 2):  # states of 24 bits
        image = random_image(seed)
        stimulus, everyone = random_stimulus(seed, image, 30), range(image.n_neurons)
        expected = ReferenceSimulator(image).run(stimulus, everyone)
        assert first_difference(expected, Simulator(image).run(stimulus, everyone)) is None
