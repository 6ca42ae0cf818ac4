"""`snnsim demo`: what it claims is measured, and a fault does not pass."""

import re
from dataclasses import replace

import numpy as np
import pytest

from snnsim import CoreConfig, SpikeRaster, compile, digits
from snnsim.cli.demo import answer, in_a_row, run_all
from snnsim.host import Driver
from snnsim.simulator import Simulator

from .commands import call, refuse, succeed


@pytest.fixture(scope="module")
def image():
    return compile(digits.load_network(), CoreConfig()).image


@pytest.fixture(scope="module")
def split():
    return digits.load_split()


def test_the_demo_ends_with_what_was_run(tmp_path, image, split):
    output = succeed("demo", "--samples", 4, "--picture", tmp_path / "digits.png")
    results = run_all(Simulator(image), split.test_images[:4], "simulator")
    spikes = sum(len(result.raster) for result in results)
    assert output.splitlines()[-1] == (
        f"identical: 4 samples, {4 * digits.STEPS} steps, {spikes} spikes, 0 differences")
    assert re.search(r"^board: /dev/", output, re.MULTILINE)
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_a_fault_of_the_board_is_found(tmp_path, monkeypatch):
    run = Driver.run
    calls = []

    def run_with_a_fault(self, *arguments, **options):
        result = run(self, *arguments, **options)
        calls.append(1)
        if len(calls) != 2:
            return result
        dense = result.raster.dense()
        dense[0, 130] = not dense[0, 130]
        return replace(result, raster=SpikeRaster.from_dense(dense))

    monkeypatch.setattr(Driver, "run", run_with_a_fault)
    result = call("demo", "--samples", 3, "--picture", tmp_path / "digits.png")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == (
        "different: sample 1, step 0, output[2] (neuron 130): spike 0 against 1")


def test_the_integer_network_reaches_95_percent_of_the_test_images(image, split):
    results = run_all(Simulator(image), split.test_images, "simulator")
    answers = np.array([answer(image, result) for result in results])
    assert len(answers) == 594
    assert np.mean(answers == split.test_labels) >= 0.95
    assert sum(result.v_saturations + result.i_saturations for result in results) == 0


def test_a_picture_of_another_kind_is_refused_before_the_work(tmp_path):
    assert ".png or an .svg" in refuse("demo", "--picture", tmp_path / "digits.jpg")


def test_rasters_in_a_row_keep_their_events():
    a = SpikeRaster.from_events([0, 2], [1, 0], steps=3, neurons=2)
    b = SpikeRaster.from_events([1], [1], steps=2, neurons=2)
    assert in_a_row([a, b]) == SpikeRaster.from_events([0, 2, 4], [1, 0, 1], steps=5, neurons=2)
