"""Networks that are wrong: one line that names the thing, exit code 2, nothing written."""

import numpy as np
import pytest

from snnsim.storage import save_arrays

from .commands import refuse, succeed

GOOD = """
dt = 1e-3
[[input]]
name = "in"
n = 2
[[population]]
name = "p"
n = 2
neuron = { model = "LIF", tau_mem = 10e-3, v_threshold = 1.0 }
[[population]]
name = "q"
n = 2
neuron = { model = "IntegerLIF", v_threshold_q = 10 }
[[projection]]
pre = "in"
post = "p"
connect = "AllToAll"
weight = 0.5
delay = 1e-3
[[projection]]
pre = "p"
post = "q"
connect = "AllToAll"
weight_q = 5
delay_steps = 1
"""


def written(tmp_path, text):
    path = tmp_path / "net.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("old", "new", "words"), [
    ("weight = 0.5", "weight = nan", "weight"),
    ("weight = 0.5", "weight = inf", "weight"),
    ("weight = 0.5", "weight = 'strong'", "weight"),
    ("weight = 0.5", "weight = [[0.5, 0.5, 0.5]]", "shape"),
    ("weight_q = 5", "weight_q = 128", "127"),
    ("weight_q = 5", "weight_q = [1, 2, 3]", "4 synapses"),
    ("v_threshold_q = 10", "v_threshold_q = 8388608", "8388607"),
    ("delay = 1e-3", "delay = 0", "delay"),
    ("delay_steps = 1", "delay_steps = 0", "delay"),
    ('pre = "in"', 'pre = "im"', "'im'"),
    ('post = "q"', 'post = "in"', "'in'"),
    ("AllToAll", "AllToNone", "AllToNone"),
    ("tau_mem = 10e-3, ", "", "tau_mem"),
    ("tau_mem", "taumem", "taumem"),
    ("dt = 1e-3", "dt = -1", "dt"),
    ("dt = 1e-3", "dt = 1e-3\nversion = 99", "99"),
    ("dt = 1e-3", "dt = ", "net.toml"),
    ("n = 2", "n = -2", "-2"),
])
def test_a_wrong_description_is_refused(tmp_path, old, new, words):
    assert old in GOOD
    line = refuse("compile", written(tmp_path, GOOD.replace(old, new, 1)), "-o", tmp_path / "image.npz")
    assert words in line
    assert not (tmp_path / "image.npz").exists()


def test_the_description_that_these_start_from_is_right(tmp_path):
    succeed("compile", written(tmp_path, GOOD), "-o", tmp_path / "image.npz")


def test_an_empty_network_is_refused(tmp_path):
    assert "no neurons" in refuse("compile", written(tmp_path, "dt = 1e-3\npopulation = []"),
                                  "-o", tmp_path / "image.npz")


def test_a_delay_beyond_the_ring_is_refused_by_the_core(tmp_path):
    path = written(tmp_path, GOOD.replace("delay_steps = 1", "delay_steps = 33"))
    line = refuse("compile", path, "-o", tmp_path / "image.npz", "--core", "delay_slots=32")
    assert "33" in line and "32" in line


def test_sums_that_could_overflow_are_refused(tmp_path):
    path = written(tmp_path, GOOD.replace("weight_q = 5", "weight_q = 127\nexponent = 15"))
    refuse("compile", path, "-o", tmp_path / "image.npz", "--core", "drive_width=16")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04garbage", b"not an archive", b"\x80\x04K\x01."])
def test_a_malformed_file_is_refused(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    assert "broken.npz" in refuse("compile", path, "-o", tmp_path / "image.npz")


@pytest.mark.parametrize("format", ["snnsim network", "snnsim image"])
def test_a_newer_file_is_refused_with_the_remedy(tmp_path, format):
    path = tmp_path / "newer.npz"
    save_arrays(path, format, 99, {}, {"x": np.zeros(1)})
    line = refuse("run", path, "--on", "simulator", "-o", tmp_path / "out.npz")
    assert "version 99" in line and "newer snnsim" in line


def test_a_file_that_does_not_exist_is_named(tmp_path):
    line = refuse("compile", tmp_path / "nothing.toml", "-o", tmp_path / "image.npz")
    assert "nothing.toml does not exist" in line


def test_a_folder_is_refused(tmp_path):
    refuse("compile", tmp_path, "-o", tmp_path / "image.npz")
