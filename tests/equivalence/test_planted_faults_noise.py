"""The comparison of noise with the reference finds faults: each is planted into a copy of the text.

As in `test_planted_faults_kernel` the copies run as plain Python.
"""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract.noise import column, lot, neuron_noise, step_noise
from snnsim.contract.terms import ONE
from snnsim.noise import Noise
from snnsim.plasticity import Adaptation, Plasticity, PostClass, Trace
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator
from tests.contract.cases import make_image
from tests.equivalence.test_noise import background

STEPS = 25

FAULTS = {
    "draws what the next step would": (
        "simulator/kernel.py", "draw(neurons, ring, slot, origin + s)",
        "draw(neurons, ring, slot, origin + s + 1)"),
    "draws what the next step would where networks learn": (
        "simulator/learning_kernel.py", "draw(neurons, ring, slot, now)",
        "draw(neurons, ring, slot, now + 1)"),
    "begins anew in each run": (
        "simulator/kernel.py", "draw(neurons, ring, slot, origin + s)", "draw(neurons, ring, slot, s)"),
    "numbers neurons from the share on": (
        "simulator/noise.py", "hash_block(of_step, neurons.first + first,", "hash_block(of_step, first,"),
    "takes the sources of the first share": (
        "simulator/noise.py", "noise.source[share.first:share.last]", "noise.source[:share.size]"),
    "takes the amplitudes of the first share": (
        "simulator/noise.py", "noise.amplitude[share.first:share.last]", "noise.amplitude[:share.size]"),
    "ignores the amplitude": (
        "simulator/noise.py", "as_products(load(draws.amplitude, first + k))", "as_products(0)"),
    "takes the hash of arrivals for thresholds": (
        "simulator/noise.py", "as_products(mixed(as_words(load(draws.hashes, k))))",
        "as_products(as_words(load(draws.hashes, k)))"),
    "gives the value at the cut": ("contract/noise.py", "select(lot < cut,", "select(lot <= cut,"),
    "takes the source of one neuron for all": (
        "simulator/noise.py", "(source == source[:, :1]).all(axis=1)", "(source == source).all(axis=1)"),
    "takes the columns of the source before": (
        "simulator/noise.py", "np.int64(draws.source[first + k]) * COLUMNS + column(h)",
        "(np.int64(draws.source[first + k]) - 1) * COLUMNS + column(h)"),
    "takes the columns of the source before for all": (
        "simulator/noise.py", "draw_from_one(np.int64(draws.source[first]) * COLUMNS,",
        "draw_from_one((np.int64(draws.source[first]) - 1) * COLUMNS,"),
    "replaces what arrives": (
        "simulator/noise.py", "store(drive, first + k, load(drive, first + k) + v)",
        "store(drive, first + k, v)"),
    "leaves a neuron at rest that has a source": ("simulator/cells.py", " | (noise.source > 0)", ""),
    "leaves a neuron at rest whose threshold can fall below 0": (
        "simulator/cells.py", "is_tonic(p.bias, lowest,", "is_tonic(p.bias, p.v_threshold,"),
    "moves thresholds only where something arrives": (
        "simulator/noise.py", "np.flatnonzero(draws | is_noisy)", "np.flatnonzero(draws)"),
    "fires at the threshold that is not moved": (
        "simulator/cells.py", "fires(v, r, threshold_of(cells, k, p.v_threshold))",
        "fires(v, r, p.v_threshold)"),
    "subtracts the threshold that is moved": (
        "simulator/cells.py", "v, r = reset(v, r, spike, p)\n",
        "v, r = reset(v, r, spike, p._replace(v_threshold=threshold_of(cells, k, p.v_threshold)))\n"),
    "moves no threshold that adapts": (
        "simulator/cells.py", "threshold_of(cells, k, effective_threshold(p.v_threshold, z))",
        "effective_threshold(p.v_threshold, z)"),
    "grades by the threshold that is moved": (
        "simulator/cells.py", "store(cells, AT_Z_FIRED + k, z)",
        "store(cells, AT_Z_FIRED + k, z + cells[AT_NOISE + k])"),
}


def noisy_neurons(n, seed=4, synapses=(), **parameters):
    """``n`` neurons of one kind that draw and whose thresholds are noisy, every other one."""
    neuron = {"keep_v": 3000, "v_threshold": 60, "v_min": -100, **parameters}
    return replace(make_image([neuron] * n, 1, synapses), noise=background(n, seed))


def _several_sources():
    image, rng = noisy_neurons(70), np.random.default_rng(2)
    cut, (value, other) = rng.integers(0, 1 << 16, (3, 64)), rng.integers(-20, 40, (2, 3, 64))
    return replace(image, noise=replace(
        image.noise, source=np.arange(70) % 4, cut=cut, value=value, other=other))


def _source_of_others():
    """All neurons draw from the second source."""
    image = _several_sources()
    return replace(image, noise=replace(image.noise, source=np.full(70, 2)))


def _two_shares():
    """The last neurons draw something else than the first."""
    image = noisy_neurons(130)
    source, amplitude = np.zeros((2, 130), np.int64)
    source[64:100], amplitude[90:] = 1, 50
    return replace(image, noise=replace(image.noise, source=source, amplitude=amplitude))


def _only_thresholds():
    """Neurons at rest but for their thresholds, which fall below 0."""
    image = noisy_neurons(64, v_threshold=20)
    return replace(image, noise=replace(image.noise, source=np.zeros(64, np.int64)))


def _rarely_anything():
    """Neurons that forget all at once, of which the last draws something in one step of 8."""
    image, other = noisy_neurons(64, keep_v=0, v_threshold=5), np.zeros((1, 64), np.int64)
    other[0, :8] = 10
    return replace(image, noise=Noise(
        np.zeros(64, np.int64), np.arange(64) // 63, np.zeros((1, 64), np.int64), other, other, 5))


def _lots_at_the_cut():
    """A column of each neuron's own is cut where its lot of the first step is."""
    cut = np.zeros((64, 64), np.int64)
    for k in range(64):
        h = neuron_noise(step_noise(5, 0), k)
        cut[k, column(h)] = lot(h)
    return replace(noisy_neurons(64), noise=Noise(
        np.zeros(64, np.int64), np.arange(1, 65), cut, np.full((64, 64), 9), np.full((64, 64), -9), 5))


def _adapting_and_graded():
    """Thresholds that adapt, and traces of how far v was from them."""
    image = noisy_neurons(40)
    table = np.arange(256, dtype=np.int64)[None] * 64 - 8192
    graded = PostClass(Trace(keep=3000, amount=ONE // 4, graded=True), table=0)
    return replace(image, plasticity=replace(Plasticity.plain(40, 1), tables=table, classes=(graded,)),
                   adaptation=Adaptation(np.full(40, 3900), np.full(40, 9), np.full(40, 3)))


def _learning():
    return replace(noisy_neurons(20), plasticity=Plasticity.plain(20, 1))


@pytest.fixture(scope="module")
def networks():
    """Networks, how they are run, their stimuli in two parts, and the reference's results."""
    synapses = [{"from": "k0", "to": k, "weight": 30} for k in range(40)]
    images = [noisy_neurons(64, synapses=synapses), noisy_neurons(10, subtract=1), _several_sources(),
              _source_of_others(), _only_thresholds(), _rarely_anything(), _lots_at_the_cut(),
              _adapting_and_graded(), _learning()]
    return [*(_with_results(image) for image in images), _with_results(_two_shares(), threads=2)]


def _with_results(image, **how):
    stimulus = SpikeRaster.from_events([2, 3, 16], [0] * 3, steps=STEPS, neurons=1)
    parts = stimulus.window(0, 15), stimulus.window(15, STEPS)
    reference = ReferenceSimulator(image)
    return image, how, parts, [outcome(reference, part) for part in parts]


def outcome(machine, stimulus):
    return machine.run(stimulus, range(machine.image.n_neurons)), machine.read_learning()


def differences(machine, networks):
    """The first difference on each network; an index out of range is one, too."""
    for image, how, parts, expected in networks:
        simulator = machine(image, **how)
        for part, (result, state) in zip(parts, expected, strict=True):
            try:
                ours = outcome(simulator, part)
            except IndexError as error:
                yield error
            else:
                yield first_difference(result, ours[0]) or first_learning_difference(image, state, ours[1])


def test_the_copy_without_a_fault_agrees(planted, networks):
    machine = planted("simulator/noise.py", "h = np.int64(draws.hashes[k])", "h = np.int64(draws.hashes[k])")
    assert not any(differences(machine, networks))


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(planted, networks, fault):
    assert any(differences(planted(*FAULTS[fault]), networks))
