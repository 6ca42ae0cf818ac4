"""What `BatchSimulator` takes and refuses, and in which forms."""

import subprocess
import sys

import numpy as np
import pytest

from snnsim.batches import BatchError, BatchSimulator, RasterBatch, products, simulator
from snnsim.contract import CoreConfig
from snnsim.errors import UserError
from snnsim.random_learning import random_learning_image
from tests.batches.samples import BACKENDS, layers, random_samples
from tests.generator import random_image


@pytest.fixture(scope="module")
def image():
    return random_image(5)


@pytest.fixture(scope="module")
def stimuli(image):
    return random_samples(5, image, samples=9)


def test_stimuli_may_be_rasters_arrays_or_a_batch(image, stimuli):
    batch = RasterBatch.from_rasters(stimuli)
    machine = BatchSimulator(image)
    expected = machine.run(stimuli).spikes
    assert expected.words.any()
    assert machine.run(batch).spikes == machine.run(batch.dense()).spikes == expected
    assert machine.run(batch.dense().astype(np.int64)).spikes == expected


@pytest.mark.parametrize("backend", BACKENDS)
def test_counts_are_those_of_the_spikes(monkeypatch, image, stimuli, backend):
    machine = BatchSimulator(image, backend)
    expected = machine.run(stimuli).spikes.dense().sum(axis=1)
    monkeypatch.setattr(simulator, "SLICE", 3 * stimuli[0].steps * (image.n_inputs + image.n_neurons))
    np.testing.assert_array_equal(machine.counts(stimuli), expected)


def test_states_come_only_if_they_are_asked_for(image, stimuli):
    assert BatchSimulator(image).run(stimuli).state is None


def test_progress_is_told_the_samples_done(monkeypatch, image, stimuli):
    monkeypatch.setattr(simulator, "SLICE", 4 * stimuli[0].steps * (image.n_inputs + image.n_neurons))
    told = []
    BatchSimulator(image).run(stimuli, progress=told.append)
    assert told == [4, 8, 9]


def test_a_run_does_not_remember_another(image, stimuli):
    machine = BatchSimulator(image, threads=1)
    first = machine.run(stimuli, state=True)
    again = machine.run(stimuli, state=True)
    assert first.spikes == again.spikes
    assert (first.i_saturations, first.v_saturations) == (again.i_saturations, again.v_saturations)
    np.testing.assert_array_equal(first.state.v, again.state.v)


def test_an_interrupted_run_leaves_nothing_behind(monkeypatch, image, stimuli):
    monkeypatch.setattr(simulator, "SLICE", 1)
    machine = BatchSimulator(image, threads=2)
    expected = machine.run(stimuli, state=True)

    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        machine.run(stimuli, progress=interrupt)
    again = machine.run(stimuli, state=True)
    assert again.spikes == expected.spikes and again.v_saturations == expected.v_saturations


def test_torch_keeps_its_number_of_threads(image, stimuli):
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    BatchSimulator(image, "torch", threads=before + 1).run(stimuli)
    assert torch.get_num_threads() == before


def test_a_gpu_gives_the_same(image, stimuli):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU")
    assert BatchSimulator(image, "torch", device="cuda").run(stimuli).spikes == \
        BatchSimulator(image).run(stimuli).spikes


def test_products_have_the_sizes_that_a_gpu_can_multiply(monkeypatch, image, stimuli):
    torch = pytest.importorskip("torch")
    sizes, multiply = [], torch._int_mm

    def watched(a, b):
        sizes.append((a.shape, b.shape))
        return multiply(a, b)

    monkeypatch.setattr(torch, "_int_mm", watched)
    BatchSimulator(image, "torch").run([stimuli[0].window(0, 3)])
    assert sizes
    assert all(a[0] > 16 and a[1] % 8 == 0 and b[1] % 8 == 0 for a, b in sizes)


@pytest.mark.parametrize(("call", "why"), [
    (lambda image: BatchSimulator(random_learning_image(0)), "learns cannot run samples at once"),
    (lambda image: BatchSimulator(random_image(1, CoreConfig(noise_sources=2))),
     "noise cannot run samples at once"),
    (lambda image: BatchSimulator(image, "jax"), "'numba' or 'torch', not 'jax'"),
    (lambda image: BatchSimulator(image, threads=0), "threads must be at least 1, not 0"),
    (lambda image: BatchSimulator(image).run(np.zeros((2, 3, image.n_inputs + 1), bool)),
     "the stimuli have .* inputs, the network"),
    (lambda image: BatchSimulator(image).run(np.zeros((2, 3, image.n_inputs))), "not float64"),
])
def test_what_cannot_be_run_is_refused_in_one_line(image, call, why):
    with pytest.raises(UserError, match=why) as refused:
        call(image)
    assert "\n" not in str(refused.value)


def test_without_torch_the_extra_is_named(image, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BatchError, match=r"snnsim\[torch\]"):
        BatchSimulator(image, "torch")


def test_a_gpu_that_is_not_there_is_named(image, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BatchError, match="device 'cuda'"):
        BatchSimulator(image, "torch", device="cuda")


def test_stages_are_populations_until_one_needs_a_later_one():
    assert products.stages(layers((3, 0), (0, 0), (0, 1), (1, 2))) == [(0, 20), (20, 40), (40, 60)]
    assert products.stages(layers((3, 0), (0, 1), (2, 1))) == [(0, 20), (20, 60)]


def test_torch_is_imported_only_if_it_is_asked_for():
    code = ("import sys, numpy, snnsim; from snnsim.random_networks import random_image\n"
            "image = random_image(5)\n"
            "snnsim.BatchSimulator(image).run(numpy.zeros((1, 2, image.n_inputs), bool))\n"
            "print('torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
