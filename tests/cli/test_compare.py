"""`snnsim compare` and `snnsim diff`: 0 identical, 1 different, 2 could not tell."""

from dataclasses import replace

import pytest

from snnsim import Simulator, SpikeRaster
from snnsim.image import State

from .commands import RING, call, refuse, succeed

NOISE = RING.parent / "noise.toml"


class OneSpikeMore(Simulator):
    """A simulator with a fault: neuron 3 also fires in step 12."""

    def run(self, stimulus, record=(), progress=None):
        result = super().run(stimulus, record, progress)
        dense = result.raster.dense()
        dense[12, 3] = not dense[12, 3]
        return replace(result, raster=SpikeRaster.from_dense(dense))


class AnotherState(Simulator):
    """A simulator with a fault: v of neuron 5 is one too large after the last step."""

    def run(self, stimulus, record=(), progress=None):
        result = super().run(stimulus, record, progress)
        v = result.state.v.copy()
        v[5] += 1
        return replace(result, state=State(v, result.state.i, result.state.r))


class AnotherWeight(Simulator):
    """A simulator with a fault: the weight of the first synapse is one too large after the run."""

    def read_weights(self):
        first, *others = (weight.copy() for weight in super().read_weights())
        first[0] += 1
        return (first, *others)


def test_equal_machines_are_identical():
    output = succeed("compare", RING, "--on", "simulator", "--on", "reference", "--steps", 200, "--rate", 0.3)
    assert output.splitlines()[-1].startswith("identical: simulator and reference: 200 steps, ")
    assert output.splitlines()[-1].endswith(" spikes, 0 differences")


def test_noise_is_the_same_on_the_simulator_and_on_the_gateware():
    output = succeed("compare", NOISE, "--on", "simulator", "--on", "gateware")
    lines = output.splitlines()
    assert "identical: simulator and gateware: 1000 steps, 4380 spikes, 0 differences" in lines


def test_every_machine_is_compared_with_the_first():
    output = succeed("compare", RING, "--on", "simulator", "--on", "reference", "--on", "simulator",
                     "--steps", 20)
    assert [line.split(":")[1] for line in output.splitlines()[-2:]] == [
        " simulator and reference", " simulator and simulator"]


def test_a_planted_spike_is_found_with_its_place(monkeypatch):
    monkeypatch.setattr("snnsim.simulator.ReferenceSimulator", OneSpikeMore)
    result = call("compare", RING, "--on", "simulator", "--on", "reference", "--steps", 30, "--rate", 0)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == (
        "different: simulator and reference: step 12, ring[3] (neuron 3): spike 0 against 1")


def test_a_planted_weight_is_found_with_its_synapse(monkeypatch):
    monkeypatch.setattr("snnsim.simulator.ReferenceSimulator", AnotherWeight)
    result = call("compare", RING, "--on", "simulator", "--on", "reference", "--steps", 30, "--rate", 0)
    assert result.exit_code == 1
    assert "after the last step, ring[" in result.stdout.splitlines()[-1]
    assert ": weight from " in result.stdout.splitlines()[-1]


def test_a_planted_state_is_found_with_its_place(monkeypatch):
    monkeypatch.setattr("snnsim.simulator.ReferenceSimulator", AnotherState)
    result = call("compare", RING, "--on", "simulator", "--on", "reference", "--steps", 30, "--rate", 0)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == (
        "different: simulator and reference: after the last step, ring[5] (neuron 5): v 0 against 1")


def test_states_of_every_step_can_be_compared(monkeypatch):
    class LateState(Simulator):
        def run(self, stimulus, record=(), progress=None):
            result = super().run(stimulus, record, progress)
            result.i[7, 2] += 1
            return result

    monkeypatch.setattr("snnsim.simulator.ReferenceSimulator", LateState)
    arguments = ("compare", RING, "--on", "simulator", "--on", "reference", "--steps", 30, "--rate", 0)
    result = call(*arguments, "--every-state")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].endswith("step 7, ring[2] (neuron 2): i 0 against 1")


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_picture_is_drawn(tmp_path, suffix):
    succeed("compare", RING, "--on", "simulator", "--on", "reference", "--steps", 50,
            "--picture", tmp_path / f"rasters.{suffix}")
    assert (tmp_path / f"rasters.{suffix}").stat().st_size > 1000


def test_another_kind_of_picture_is_refused(tmp_path):
    line = refuse("compare", RING, "--on", "simulator", "--on", "reference",
                  "--picture", tmp_path / "rasters.jpg")
    assert ".png or an .svg" in line


def test_a_picture_that_cannot_be_written_is_refused_before_the_run(tmp_path, monkeypatch):
    monkeypatch.delattr("snnsim.simulator.Simulator.run")
    assert "cannot write" in refuse("compare", RING, "--on", "simulator", "--on", "reference",
                                    "--picture", tmp_path / "no" / "rasters.png")


def test_one_machine_alone_cannot_be_compared():
    assert "at least two machines" in refuse("compare", RING, "--on", "simulator")


@pytest.fixture
def rasters(tmp_path):
    """Three raster files: two equal ones and one with an event more."""
    events = {"a.npz": [(1, 0), (4, 2)], "same.npz": [(1, 0), (4, 2)], "more.npz": [(1, 0), (3, 1), (4, 2)]}
    for name, pairs in events.items():
        SpikeRaster.from_events(*zip(*pairs, strict=True), steps=6, neurons=3).save(tmp_path / name)
    return tmp_path


def test_diff_of_equal_rasters(rasters):
    assert succeed("diff", rasters / "a.npz", rasters / "same.npz").endswith(
        "same.npz: 6 steps, 2 spikes, 0 differences\n")


def test_diff_of_different_rasters_names_the_first_difference(rasters):
    result = call("diff", rasters / "a.npz", rasters / "more.npz")
    assert result.exit_code == 1
    assert result.stdout.endswith("step 3, neuron 1: spike 0 against 1\n")


def test_diff_of_rasters_of_other_sizes_cannot_tell(rasters):
    SpikeRaster.empty(steps=7, neurons=3).save(rasters / "longer.npz")
    assert "cannot be compared" in refuse("diff", rasters / "a.npz", rasters / "longer.npz")


def test_diff_of_a_file_that_is_no_raster_cannot_tell(rasters):
    assert "ring.toml is not a snnsim raster file" in refuse("diff", rasters / "a.npz", RING)
