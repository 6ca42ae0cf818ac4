"""The benchmark of batches: what others are told of a task is what we run, and who is not there is named."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import batches, peers


@pytest.fixture(scope="module", params=batches.TASKS, ids=str)
def task(request):
    return replace(request.param, samples=40)


def counts_of(told):
    """Spikes of the last layer as somebody computes them in floating point who knows no more than is told."""
    spikes = told["inputs"].astype(float)
    for k in range(told["layers"]):
        arrivals = spikes @ told[f"weight{k}"]
        v, spikes = np.zeros_like(arrivals[:, 0]), np.zeros_like(arrivals)
        for step in range(batches.STEPS):
            v = told["keep"] * v + arrivals[:, step]
            spikes[:, step] = v > told["threshold"]
            v = np.where(spikes[:, step], 0, v)
    return spikes.sum(axis=1)


def test_what_others_are_told_spikes_as_ours_does(task):
    counts = batches.Ours(task, "numba").run("counts")["counts"]
    assert np.mean(counts) > 1
    assert batches.difference(counts_of(batches.told(task)), counts) < batches.TOLERANCE


def test_another_threshold_would_not_be_compared(task):
    counts = batches.Ours(task, "numba").run("counts")["counts"]
    other = {**batches.told(task), "threshold": 1.05 * task.threshold}
    assert batches.difference(counts_of(other), counts) > batches.TOLERANCE


def test_peers_that_are_not_installed_are_named_and_left_out(task, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "python")
    assert set(batches.contenders(task, tmp_path / "samples.npz")) <= set(batches.OURS)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()][-4:] == list(batches.PEERS)
