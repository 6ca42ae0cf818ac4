"""Networks that learn on the command line: compiled, run, written back, compared."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snnsim import CoreConfig, Image, Network, ReferenceSimulator, Simulator, SpikeRaster, compile
from snnsim.cli import networks
from snnsim.cli.stimulus import random_raster

from .commands import RING, call, refuse, succeed

STDP = Path(__file__).resolve().parents[2] / "examples" / "stdp.toml"
RANDOM = ("--steps", 200, "--rate", 0.1)

COMMANDED = """
dt = 1e-3
[[input]]
name = "in"
n = 4
[[population]]
name = "p"
n = 2
[population.neuron]
model = "LIF"
tau_mem = 20e-3
v_threshold = 1
[[projection]]
pre = "in"
post = "p"
connect = "AllToAll"
weight = 0.5
learning = { rule = "SumOfProducts", program = "@command w += 0.01", w_min = 0, w_max = 1 }
"""
ADAPTING = """
dt = 1e-3
[[population]]
name = "p"
n = 2
neuron = { model = "LIF", tau_mem = 20e-3, v_threshold = 1, i_bias = 3, adapt_jump = 0.1, tau_adapt = 0.1 }
"""


class AnotherTag(Simulator):
    """A simulator with a fault: the last tag of the last projection is one too large after the run."""

    def read_learning(self):
        state = super().read_learning()
        last = state.tags[-1].copy()
        last[-1] += 1
        return replace(state, tags=(*state.tags[:-1], last))


def written(tmp_path, text):
    path = tmp_path / "network.toml"
    path.write_text(text)
    return path


def test_compile_shows_what_is_learned_and_how(tmp_path):
    output = succeed("compile", STDP, "--json", tmp_path / "report.json")
    assert "@post w += 5e-05 * x1" in output and "stochastic" in output
    assert "510 synapses, 420 of which learn" in output
    learning = json.loads((tmp_path / "report.json").read_text())["learning"]
    assert [r["name"] for r in learning] == ["pixels->cells", "cells->critic"]
    assert learning[0]["terms"][0]["product"]["target"] == "w" and learning[0]["w_min"] == 0


def test_what_is_learned_is_written_as_a_network_that_runs_on(tmp_path):
    succeed("run", STDP, "--on", "simulator", *RANDOM, "-o", tmp_path / "a.npz",
            "--learned", tmp_path / "b.npz")
    image = compile(Network.load(STDP), CoreConfig.with_learning()).image
    machine = ReferenceSimulator(image)
    result = machine.run(random_raster(200, image.n_inputs, 0.1, 0))
    assert SpikeRaster.load(tmp_path / "a.npz") == result.raster
    again = compile(Network.load(tmp_path / "b.npz"), CoreConfig.with_learning()).image
    for p, q, w in zip(image.projections, again.projections, machine.read_weights(), strict=True):
        assert np.array_equal(q.weights(), w) and np.any(p.weights() != w) == (p.learning is not None)


def test_weights_that_were_clipped_and_factors_that_were_saturated_are_said():
    output = succeed("compare", STDP, "--on", "simulator", "--on", "simulator", "--steps", 300, "--rate", 0.5)
    assert "factors of learning " in output and "weights clipped at their bounds: " in output
    quiet = succeed("compare", RING, "--on", "simulator", "--on", "simulator", "--steps", 10)
    assert "factors" not in quiet and "clipped" not in quiet


def test_equal_machines_are_identical_in_what_they_learned():
    last = succeed("compare", STDP, "--on", "simulator", "--on", "reference", *RANDOM).splitlines()[-1]
    assert last.startswith("identical: simulator and reference: 200 steps, ")
    assert ", 420 weights that learn (" in last and " (0 changed)" not in last
    assert last.endswith(" changed), 0 differences")


def test_another_tag_is_a_difference(monkeypatch):
    monkeypatch.setattr("snnsim.simulator.ReferenceSimulator", AnotherTag)
    result = call("compare", STDP, "--on", "simulator", "--on", "reference", "--steps", 20)
    assert result.exit_code == 1
    assert "different: simulator and reference: after the last step, critic[1]" in result.stdout
    assert ": tag from neuron 9 in 'cells->critic'" in result.stdout


def test_learning_happens_when_it_is_commanded(tmp_path):
    network = written(tmp_path, COMMANDED)
    changed = [succeed("compare", network, "--on", "simulator", "--on", "reference", "--steps", 20, *more)
               .splitlines()[-1].split("(")[1].split(" ")[0]
               for more in ((), ("--command-every", 20), ("--command-every", 21))]
    assert changed == ["0", "8", "0"]
    succeed("run", network, "--on", "simulator", "--steps", 20, "--command-every", 5,
            "-o", tmp_path / "r.npz", "--learned", tmp_path / "learned.npz")
    assert Network.load(tmp_path / "learned.npz").projections[0].weight == pytest.approx(0.54, abs=1e-3)


def test_a_core_that_can_learn_is_chosen_for_a_network_that_does(tmp_path):
    assert networks.core_for(STDP, None, None) == CoreConfig.with_learning()
    assert networks.core_for(RING, None, None) == CoreConfig()
    assert networks.core_for(written(tmp_path, ADAPTING), None, None) == CoreConfig(adaptive=1)
    assert networks.core_for(STDP, "neurons=512", None) == CoreConfig(neurons=512)
    image = tmp_path / "image.npz"
    succeed("compile", STDP, "--core", "weight_width=12,plastic_rows=512,tags=1,modulators=1,stochastic=1,"
            "adaptive=1,lane_factors=4", "-o", image)
    chosen = networks.core_for(image, None, None)
    assert chosen.formats == Image.load(image).formats and chosen.formats.weight_width == 12 and chosen.learns


def test_a_network_that_does_not_learn_has_nothing_to_write_back(tmp_path):
    output = tmp_path / "a.npz"
    assert "does not learn: give one of its projections a learning rule, or leave --learned out" in refuse(
        "run", RING, "--on", "simulator", "-o", output, "--learned", tmp_path / "b.npz")
    assert not output.exists()


def test_an_image_has_no_description_to_write_back_into(tmp_path):
    succeed("compile", STDP, "-o", tmp_path / "image.npz")
    assert "is compiled already: give the description" in refuse(
        "run", tmp_path / "image.npz", "--on", "simulator", "-o", tmp_path / "a.npz",
        "--learned", tmp_path / "b.npz")


def test_a_learned_network_is_not_written_as_toml(tmp_path):
    assert "TOML" in refuse("run", STDP, "--on", "simulator", "--steps", 5, "-o", tmp_path / "a.npz",
                            "--learned", tmp_path / "b.toml")
    assert not (tmp_path / "a.npz").exists()
