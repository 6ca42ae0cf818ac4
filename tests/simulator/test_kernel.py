"""How the kernel is compiled and kept."""

import numpy as np
from numba.core import caching

from snnsim.contract import neuron
from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator, kernel, learning_kernel, rules
from tests.generator import random_image, random_stimulus


def test_the_compiled_code_on_disk_belongs_to_one_text_of_the_rules(monkeypatch, tmp_path):
    def path():
        return rules.variant_of(kernel._run, "here")._cache._cache_file._index_path

    before = path()
    changed = tmp_path / "neuron.py"
    changed.write_text("# another rule\n")
    monkeypatch.setattr(neuron, "__file__", str(changed))
    assert path() != before


def test_the_kinds_of_the_loop_are_kept_on_disk_under_names_of_their_own():
    runs = [*kernel.RUNS.values(), *learning_kernel.RUNS.values()]
    assert len({(run.py_func.__module__, run.py_func.__qualname__) for run in runs}) == len(runs)
    assert not any(run.py_func.__closure__ for run in runs)


def test_where_no_folder_can_be_written_to_it_compiles_without_a_cache(monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert callable(rules.variant_of(kernel._run, "here"))


def n_compiled():
    return sum(len(run.signatures) for run in kernel.RUNS.values())


def test_a_stimulus_of_any_kind_of_arrays_uses_the_code_compiled_before():
    image = random_image(3)
    stimulus = random_stimulus(3, image, 20)
    expected = Simulator(image).run(stimulus).raster
    compiled = n_compiled()
    step = np.repeat(stimulus.step, 2)[::2].copy()
    step.flags.writeable = False
    neurons = np.repeat(stimulus.neuron.astype(np.int32), 2)[::2]
    assert Simulator(image).run(SpikeRaster(20, image.n_inputs, step, neurons)).raster == expected
    assert n_compiled() == compiled
