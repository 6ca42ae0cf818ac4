"""The page about large networks says what is so: its Python runs, and it counts the bytes that there are."""

import re
from pathlib import Path

import numpy as np
import pytest

from snnsim import (
    LIF,
    STDP,
    FixedInDegree,
    FixedProbability,
    Formats,
    Network,
    Normal,
    Population,
    Projection,
    Simulator,
    compile,
)
from snnsim.recording import MOST_BYTES, STATE_BYTES

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "scale.md").read_text()


def test_the_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(example, names)
    assert names["recording"].is_whole and len(names["result"].raster) > 1000


def projection(n=100, weight=1e-3, delay=1e-3, formats=None):
    cells = Population("p", n, LIF(tau_mem=20e-3, v_threshold=15e-3))
    network = Network(1e-3, cells, projections=Projection("p", "p", FixedProbability(0.01, 1), weight, delay))
    return compile(network, formats).image.projections[0]


@pytest.mark.parametrize(("column", "bytes_each", "made"), [
    ("target", 2, {}), ("weight", 0, {}), ("delay", 0, {}),
    ("weight", 1, {"weight": Normal(0, 1e-3, 1)}), ("delay", 1, {"delay": Normal(9e-3, 1e-3, 1)}),
    ("weight", 2, {"weight": Normal(0, 1e-3, 1), "formats": Formats(weight_width=16)}),
    ("delay", 2, {"delay": Normal(9.0, 1e-3, 1)}),
])
def test_synapses_take_the_bytes_of_the_table(column, bytes_each, made):
    values = getattr(projection(**made), column)
    assert values.nbytes == bytes_each * projection(**made).n_synapses or (bytes_each, values.size) == (0, 1)


def test_a_synapse_that_learns_takes_no_more_than_8_bytes():
    cells = Population("p", 10_000, LIF(tau_mem=20e-3, v_threshold=15e-3))
    rule = STDP(1e-6, 1e-6, 20e-3, 20e-3, w_min=0, w_max=2e-4)
    image = compile(Network(1e-4, cells, projections=Projection(
        "p", "p", FixedInDegree(100, 1), 1e-4, delay=1.5e-3, learning=rule))).image
    assert Simulator(image).nbytes <= 8 * image.n_synapses


def test_targets_take_4_bytes_beyond_65536_neurons():
    neurons = LIF(tau_mem=20e-3, v_threshold=15e-3)
    cells = [Population("p", 50, neurons), Population("q", 65_500, neurons)]
    network = Network(1e-3, cells, projections=Projection("p", "p", FixedProbability(0.5, 1), 1e-3))
    assert compile(network).image.projections[0].target.dtype == np.int32


def test_states_take_what_is_said():
    assert f"{STATE_BYTES} bytes each time" in PAGE and f"`most_bytes`, {MOST_BYTES >> 30} GiB" in PAGE
