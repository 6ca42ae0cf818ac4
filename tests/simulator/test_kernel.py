"""How the kernel is compiled and kept."""

import numpy as np
from numba.core import caching

from snnsim.contract import neuron
from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator, kernel, rules
from tests.generator import random_image, random_stimulus


def test_the_compiled_code_on_disk_belongs_to_one_text_of_the_rules(monkeypatch, tmp_path):
    before = rules.text_digest()
    changed = tmp_path / "neuron.py"
    changed.write_text("# another rule\n")
    monkeypatch.setattr(neuron, "__file__", str(changed))
    assert rules.text_digest() != before
    keys = {kernel._entry(text).__closure__[0].cell_contents for text in (before, rules.text_digest())}
    assert len(keys) == 2


def test_where_no_folder_can_be_written_to_it_compiles_without_a_cache(monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert callable(rules.compiled(kernel._entry, "text"))


def test_a_stimulus_of_any_kind_of_arrays_uses_the_code_compiled_before():
    image = random_image(3)
    stimulus = random_stimulus(3, image, 20)
    expected = Simulator(image).run(stimulus).raster
    compiled = len(kernel.run.signatures)
    step = np.repeat(stimulus.step, 2)[::2].copy()
    step.flags.writeable = False
    neurons = np.repeat(stimulus.neuron.astype(np.int32), 2)[::2]
    assert Simulator(image).run(SpikeRaster(20, image.n_inputs, step, neurons)).raster == expected
    assert len(kernel.run.signatures) == compiled
