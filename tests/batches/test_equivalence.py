"""Batches and the simulators agree on random networks: spikes, states at the end, saturations."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.batches import BatchSimulator, RasterBatch, copies, simulator, synapses
from snnsim.contract import CoreConfig, Formats
from snnsim.image import Image, ImageProjection, Part
from snnsim.raster import SpikeRaster
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.batches.samples import BACKENDS, adapting, first_wrong, layers, one_by_one, random_samples
from tests.contract.cases import make_image
from tests.generator import random_config, random_image

both_backends = pytest.mark.parametrize("backend", BACKENDS)


def assert_same(image, stimuli, backend="numba", machine=Simulator, **options):
    batch = BatchSimulator(image, backend, **options).run(stimuli, state=True)
    assert first_wrong(batch, one_by_one(machine(image), stimuli)) is None


@both_backends
@pytest.mark.parametrize("seed", range(40))
def test_same_as_the_simulator_on_a_random_network(seed, backend):
    image = random_image(seed, random_config(seed) if seed % 2 else None)
    assert_same(image, random_samples(seed, image), backend, threads=1 + seed % 3)


@both_backends
@pytest.mark.parametrize("seed", range(100, 110))
def test_same_as_the_reference_on_a_small_random_network(seed, backend):
    image = random_image(seed, replace(CoreConfig(), neurons=40, inputs=40))
    assert_same(image, random_samples(seed, image, samples=4, steps=20), backend, ReferenceSimulator)


@both_backends
@pytest.mark.parametrize("seed", range(200, 220))
def test_same_where_thresholds_adapt(seed, backend):
    image = random_image(seed, random_config(seed) if seed % 2 else None)
    assert_same(replace(image, adaptation=adapting(seed, image)), random_samples(seed, image), backend)


@both_backends
@pytest.mark.parametrize(("module", "name", "value"), [
    (simulator, "SLICE", 1), (copies, "GROUP", 1), (copies, "GROUP", 100), (synapses, "SPARSEST", 0),
    (synapses, "SPARSEST", 10**9)])
def test_slices_groups_and_matrices_of_any_size_change_nothing(monkeypatch, backend, module, name, value):
    monkeypatch.setattr(module, name, value)
    for seed in range(300, 312):
        image = random_image(seed, random_config(seed) if seed % 2 else None)
        assert_same(image, random_samples(seed, image), backend, threads=2)


@both_backends
def test_hundreds_of_the_largest_weights_in_one_sum(backend):
    """More rows than bytes can be summed of in 16 bits, over several tiles, of either sign."""
    n, n_inputs = 300, 700
    rng = np.random.default_rng(0)
    sign = np.where(np.arange(n) % 2, 127, -128)
    dense = ImageProjection("dense", n, n_inputs, 0, n, 0, n * np.arange(n_inputs + 1),
                            np.tile(np.arange(n), n_inputs), np.tile(sign, n_inputs), np.array([1]))
    base = make_image([{"v_threshold": 1 << 15, "keep_v": 60000}] * n, 0, [], Formats())
    image = replace(base, inputs=(Part("in", 0, n_inputs),), projections=(dense,))
    stimuli = [SpikeRaster.from_dense(rng.random((6, n_inputs)) < share) for share in (1, 0.9, 0.5, 0)]
    assert_same(image, stimuli, backend)


@both_backends
def test_16_bit_weights_and_several_synapses_of_one_pair(backend):
    formats = Formats(weight_width=16, state_width=32, drive_width=32)
    n, rng = 40, np.random.default_rng(1)
    base = make_image([{"v_threshold": 1 << 24}] * n, 0, [], formats)
    source, target = np.divmod(np.repeat(np.arange(n * n), 2), n)
    weight = np.concatenate([[32767, 32767, -32768, -32768, 32767, 0, -1, 128],
                             rng.integers(-32768, 32768, source.size - 8)])
    image = Image(formats, base.populations, (Part("in", 0, n),), base.parameters, base.initial, (
        ImageProjection("r", n, n, 0, n, 5, 2 * n * np.arange(n + 1), target, weight, np.array([2])),))
    stimuli = [SpikeRaster.from_dense(rng.random((9, n)) < 0.4) for _ in range(5)]
    assert_same(image, stimuli, backend)


@both_backends
@pytest.mark.parametrize("joined", [
    [(3, 0), (0, 1), (1, 2)], [(3, 0), (3, 2), (0, 0), (0, 1), (1, 1), (0, 2)], [(3, 2), (2, 1), (1, 0)],
    [(3, 0), (0, 1), (1, 2), (2, 1)], [(3, 1), (1, 2), (2, 0), (0, 0)]])
def test_layers_in_any_order_with_and_without_recurrence(backend, joined):
    image = layers(*joined)
    rng = np.random.default_rng(3)
    stimuli = [SpikeRaster.from_dense(rng.random((30, 20)) < 0.3) for _ in range(5)]
    assert sum(len(result.raster) for result in one_by_one(Simulator(image), stimuli)) > 500
    assert_same(image, stimuli, backend)


@both_backends
def test_a_network_larger_than_a_group(backend):
    rng = np.random.default_rng(4)
    base = make_image([{"v_threshold": 100}] * (copies.GROUP + 100), 1, [
        {"from": "k0", "to": 5, "weight": 120},
        {"from": 5, "to": copies.GROUP + 99, "weight": 110, "delay": 3}])
    stimuli = [SpikeRaster.from_dense(rng.random((9, 1)) < 0.5) for _ in range(4)]
    assert_same(base, stimuli, backend, threads=2)


@both_backends
def test_no_samples_and_no_steps_are_nothing(backend):
    image = random_image(1)
    machine = BatchSimulator(image, backend)
    none = machine.run(RasterBatch.empty(0, 5, image.n_inputs), state=True)
    assert none.spikes == RasterBatch.empty(0, 5, image.n_neurons)
    assert none.state.v.shape == (0, image.n_neurons)
    begin = machine.run(RasterBatch.empty(3, 0, image.n_inputs), state=True)
    np.testing.assert_array_equal(begin.state.v, np.tile(image.initial.v, (3, 1)))
