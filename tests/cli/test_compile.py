"""`snnsim compile`."""

import pytest

from snnsim import Image, Network, compile
from snnsim.contract import CoreConfig
from snnsim.sizes import text

from .commands import RING, refuse, succeed


def test_the_image_is_that_of_the_library(tmp_path):
    succeed("compile", RING, "-o", tmp_path / "ring.npz")
    assert Image.load(tmp_path / "ring.npz").digest == compile(Network.load(RING)).image.digest


def test_the_report_and_the_digest_are_shown(tmp_path):
    output = succeed("compile", RING, "-o", tmp_path / "ring.npz")
    assert "network ring" in output
    image = Image.load(tmp_path / "ring.npz")
    assert image.digest[:16] in output
    assert f"the image takes {text(image.nbytes)}, {image.nbytes / image.n_synapses:.3g} bytes" in output


def test_formats_of_the_core_are_taken(tmp_path):
    succeed("compile", RING, "-o", tmp_path / "ring.npz", "--core", "weight_width=12,decay_bits=12")
    formats = Image.load(tmp_path / "ring.npz").formats
    assert (formats.weight_width, formats.decay_bits) == (12, 12)


def test_a_network_larger_than_the_core_is_refused_and_nothing_written(tmp_path):
    line = refuse("compile", RING, "-o", tmp_path / "ring.npz", "--core", "neurons=4")
    assert "8" in line and "4" in line
    assert not list(tmp_path.iterdir())


def test_a_network_larger_than_the_built_in_core_compiles_for_the_cpu(tmp_path):
    large = tmp_path / "large.toml"
    large.write_text(f'dt = 1e-3\n[[population]]\nname = "p"\nn = {CoreConfig().neurons + 1}\n'
                     'neuron = { model = "LIF", tau_mem = 0.01, v_threshold = 1.0 }\n')
    succeed("compile", large, "-o", tmp_path / "large.npz")
    refuse("compile", large, "-o", tmp_path / "other.npz", "--core", "")


@pytest.mark.parametrize(("core", "words"), [
    ("neurons=many", "neurons=512"), ("weight=3", "no setting 'weight'"), ("lanes=3", "power of two"),
    ("neurons", "neurons=512"),
])
def test_a_core_that_cannot_be_is_refused(tmp_path, core, words):
    assert words in refuse("compile", RING, "-o", tmp_path / "ring.npz", "--core", core)


def test_an_image_is_not_compiled_again(tmp_path):
    succeed("compile", RING, "-o", tmp_path / "ring.npz")
    assert "compiled already" in refuse("compile", tmp_path / "ring.npz", "-o", tmp_path / "again.npz")


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    assert "cannot write" in refuse("compile", RING, "-o", tmp_path / "missing" / "ring.npz")


def test_how_the_simulator_delivers_is_shown_on_request():
    shown = succeed("compile", RING, "--delivery")
    assert "The simulator delivers spikes" in shown
    assert "ns a spike predicted" in shown
    assert "delivers" not in succeed("compile", RING)
