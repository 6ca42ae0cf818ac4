"""Random input: reproducible, and the same however it is drawn."""

import numpy as np

from snnsim import SpikeRaster
from snnsim.cli import stimulus


def test_random_spikes_do_not_depend_on_the_blocks_they_are_drawn_in(monkeypatch):
    whole = stimulus.random_raster(1000, 7, 0.1, seed=5)
    monkeypatch.setattr(stimulus, "LARGEST_BLOCK", 50)
    assert stimulus.random_raster(1000, 7, 0.1, seed=5) == whole
    assert whole == SpikeRaster.from_dense(np.random.default_rng(5).random((1000, 7)) < 0.1)


def test_the_rates_0_and_1_are_silence_and_a_spike_in_every_step():
    assert len(stimulus.random_raster(20, 3, 0, seed=1)) == 0
    assert len(stimulus.random_raster(20, 3, 1, seed=1)) == 60
