"""The ways in which spikes are delivered add the same, whatever the network's size and shape."""

from dataclasses import replace

import numpy as np
import pytest
from numba import njit

from snnsim.contract import Formats
from snnsim.errors import UserError
from snnsim.image import ImageProjection, Part
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference
from snnsim.simulator import Simulator, choice, expand
from snnsim.simulator.choice import Method, choose
from snnsim.simulator.counting import MOST
from tests.contract.cases import make_image

STEPS = 12


def network(n_targets, n_sources, connected, weights, delays, exponent=0):
    """Random synapses of inputs onto neurons that only add up what arrives."""
    rng = np.random.default_rng(n_targets)
    state = Formats().state
    neuron = {"keep_v": 1 << Formats().decay_bits, "v_threshold": state.hi, "v_min": state.lo}
    base = make_image([neuron], 0, [], Formats())
    p = base.parameters
    is_there = rng.random((n_sources, n_targets)) < connected
    source, target = np.nonzero(is_there)
    synapses = ImageProjection(
        "some", n_targets, n_sources, 0, n_targets, exponent,
        np.searchsorted(source, np.arange(n_sources + 1)), target, rng.choice(weights, target.size),
        rng.choice(delays, target.size if len(delays) > 1 else 1))
    return replace(
        base, populations=(Part("cells", 0, n_targets),), inputs=(Part("in", 0, n_sources),),
        parameters=replace(p, **{n: np.repeat(getattr(p, n), n_targets) for n in p.names()}),
        initial=replace(base.initial, **{n: np.repeat(getattr(base.initial, n), n_targets) for n in "vir"}),
        projections=(synapses,))


def final(image, stimulus, **how):
    return Simulator(image, **how).run(stimulus, record=range(image.n_neurons))


def busy(image, fraction=0.5):
    spikes = np.random.default_rng(3).random((STEPS, image.n_inputs)) < fraction
    spikes[:, -1] = True
    return SpikeRaster.from_dense(spikes)


SHAPES = {
    "one word of bits": network(60, 30, 0.4, [7], [2]),
    "several words of bits": network(1300, 40, 0.2, [-3], [1]),
    "one neuron": network(1, 9, 1.0, [5], [1]),
    "more spikes than a byte counts": network(70, 3 * MOST, 0.9, [1], [3]),
    "few weights and delays": network(200, 60, 0.5, [3, -5], [1, 4]),
    "all weights and delays": network(150, 50, 0.5, np.arange(-128, 128), np.arange(1, 10), exponent=3),
    "rows without synapses": network(90, 40, 0.02, [9], [1]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("threads", [1, 2])
def test_all_ways_add_the_same(shape, threads):
    image = SHAPES[shape]
    for stimulus in (busy(image), busy(image, 0.02)):
        expected = final(image, stimulus, delivery="rows")
        assert np.count_nonzero(expected.v)
        for method in Method:
            found = final(image, stimulus, delivery=method, threads=threads)
            assert first_difference(expected, found) is None


def test_the_sum_is_that_of_the_weights():
    image = SHAPES["more spikes than a byte counts"]
    p = image.projections[0]
    spikes = np.zeros((5, image.n_inputs), bool)
    spikes[0] = True
    sums = np.bincount(p.target, p.weights(), image.n_neurons)
    assert sums.max() > 255
    for method in Method:
        v = final(image, SpikeRaster.from_dense(spikes), delivery=method).v
        np.testing.assert_array_equal(v[3], sums)


def test_targets_beyond_16_bits_of_one_source():
    n = 140_000
    image = network(n, 2, 0.001, [11], [1])
    expected = np.bincount(image.projections[0].target, minlength=n) * 11
    stimulus = SpikeRaster.from_events([0, 0], [0, 1], steps=2, neurons=2)
    for how in ({"delivery": "rows"}, {"delivery": "bitmaps"}, {"delivery": "rows", "threads": 2}):
        np.testing.assert_array_equal(Simulator(image, **how).run(stimulus).state.v, expected)


def test_a_projection_with_one_weight_and_many_synapses_goes_by_bitmaps_and_others_do_not():
    def chosen(*network_of):
        return choose(network(*network_of).projections, 1)[0].method

    assert chosen(4000, 2000, 0.1, [7], [2]) is Method.BITMAPS
    assert chosen(4000, 2000, 0.01, np.arange(-9, 9), [2]) is Method.ROWS
    assert chosen(4000, 2000, 0.005, [7], [2]) is Method.ROWS
    assert chosen(100, 100, 1.0, np.arange(-9, 9), [2]) is Method.DENSE


@pytest.mark.parametrize(("is_fast", "method"), [(True, Method.PACKED), (False, Method.ROWS)])
def test_packed_rows_are_for_processors_with_the_instruction(monkeypatch, is_fast, method):
    monkeypatch.setattr(choice, "is_fast", lambda: is_fast)
    assert choose(network(4000, 2000, 0.1, np.arange(-9, 9), [2]).projections, 1)[0].method is method


@pytest.mark.parametrize("is_fast", [True, False])
def test_weights_are_spread_with_and_without_the_instruction(monkeypatch, is_fast):
    if is_fast and not expand.is_fast():
        pytest.skip("this processor has no AVX-512 VBMI2")
    monkeypatch.setattr(expand, "is_fast", lambda: is_fast)
    spread, rng = njit(lambda *arguments: expand.add_spread(*arguments)), np.random.default_rng(1)
    for _ in range(50):
        sums = rng.integers(-999, 999, 40).astype(np.int16)
        weight = rng.integers(-128, 128, 70).astype(np.int8)
        mask = np.uint32(rng.integers(1 << 32))
        expected, where = sums.copy(), [5 + k for k in range(32) if int(mask) >> k & 1]
        expected[where] += weight[3:3 + len(where)]
        spread(sums, 5, mask, weight, 3)
        np.testing.assert_array_equal(sums, expected)


def test_packed_rows_are_refused_for_wide_weights():
    image = SHAPES["one word of bits"]
    wide = replace(image, formats=replace(image.formats, weight_width=16))
    with pytest.raises(UserError, match="'packed' is for weights of 8 bits, and projection 'some' has"):
        Simulator(wide, delivery="packed")


def test_what_was_chosen_is_shown_with_its_cost_and_memory():
    image = SHAPES["several words of bits"]
    text = str(Simulator(image, delivery="bitmaps").delivery[0])
    assert text.startswith(f"some: bitmaps, {image.n_synapses:,} synapses (")
    assert "ns a spike predicted" in text


def test_bitmaps_take_a_bit_for_each_pair():
    image = network(4096, 100, 0.1, [7], [2])
    choice = Simulator(image, delivery="bitmaps").delivery[0]
    assert choice.bytes == 4096 * 100 / 8


def test_synapses_that_are_there_twice_go_by_rows():
    image = network(60, 3, 0.5, [7], [2])
    p = image.projections[0]
    twice = replace(image, projections=(replace(
        p, indptr=2 * p.indptr, target=np.repeat(p.target, 2), weight=np.repeat(p.weight, 2)),))
    assert Simulator(twice).delivery[0].method is Method.ROWS
    with pytest.raises(UserError, match="'some' has several synapses of one delay between"):
        Simulator(twice, delivery="dense")


@pytest.mark.parametrize(("how", "words"), [
    ({"delivery": "planes"}, "there is no delivery 'planes'; there are rows, dense, bitmaps, packed"),
    ({"delivery": {"other": "rows"}}, "delivery names 'other', which is no projection of this network"),
    ({"threads": 0}, "threads must be between 1 and 256, not 0"),
    ({"threads": True}, "threads must be between 1 and 256, not True")])
def test_what_cannot_be_is_said(how, words):
    with pytest.raises(UserError, match=words):
        Simulator(SHAPES["one neuron"], **how)
