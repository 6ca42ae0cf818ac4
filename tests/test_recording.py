"""A folder of a run: whole after every chunk, readable by numpy alone, refused where it is not one."""

import json

import numpy as np
import pytest

from snnsim.errors import UserError
from snnsim.raster import SpikeRaster
from snnsim.recording import FolderRecorder, Recording

RECORDED = np.array([2, 5])


@pytest.fixture
def begun(tmp_path):
    """A recorder that has seen 3 of 10 steps, in two parts, of which the second had 2 spikes."""
    recorder = FolderRecorder(tmp_path / "run", 10, 7, RECORDED)
    v, i = recorder.states(0, 10)
    v[:], i[:] = np.arange(20).reshape(10, 2), -np.arange(20).reshape(10, 2)
    recorder.add(1, np.zeros(0, np.int64), np.zeros(0, np.int64))
    recorder.add(3, np.array([1, 2]), np.array([6, 0]))
    return recorder


def assert_three_steps(recording):
    assert recording.raster == SpikeRaster.from_events([1, 2], [6, 0], steps=3, neurons=7)
    assert recording.v.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert recording.i.tolist() == [[0, -1], [-2, -3], [-4, -5]]
    assert recording.recorded.tolist() == [2, 5]
    assert (recording.asked, recording.is_whole) == (10, False)


def test_a_run_can_be_read_while_it_goes_on(begun, tmp_path):
    assert_three_steps(Recording.load(tmp_path / "run"))
    begun.add(10, np.array([9]), np.array([1]))
    whole = Recording.load(tmp_path / "run")
    assert whole.is_whole and whole.raster.step.tolist() == [1, 2, 9] and whole.v[9].tolist() == [18, 19]


def test_numpy_alone_reads_the_files(begun, tmp_path):
    found = {path.stem: np.load(path, allow_pickle=False) for path in (tmp_path / "run").glob("*.npy")}
    assert {name: array.tolist() for name, array in found.items()} == {
        "step": [1, 2], "neuron": [6, 0], "recorded": [2, 5], "v": [[0, 1], [2, 3], [4, 5]],
        "i": [[0, -1], [-2, -3], [-4, -5]]}


@pytest.mark.parametrize("ahead", [["step"], ["step", "neuron"], ["step", "neuron", "v"]])
def test_what_was_written_when_a_run_was_killed_is_not_read(begun, tmp_path, ahead):
    for name in ahead:
        path = tmp_path / "run" / f"{name}.npy"
        array = np.load(path)
        np.save(path, np.concatenate((array, array[-1:])))
    assert_three_steps(Recording.load(tmp_path / "run"))


def test_bytes_after_the_last_row_are_not_read(begun, tmp_path):
    with open(tmp_path / "run" / "v.npy", "ab") as file:
        file.write(b"half a row")
    assert_three_steps(Recording.load(tmp_path / "run"))


def spoiled(name, **changes):
    def spoil(folder):
        header = json.loads((folder / "recording.json").read_text())
        (folder / "recording.json").write_text(json.dumps(header | changes))
    spoil.__name__ = name
    return spoil


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda folder: (folder / "recording.json").unlink(), "is not the folder of a snnsim recording"),
    (lambda folder: (folder / "recording.json").write_text("[]"), "is not the folder of a snnsim recording"),
    (lambda folder: (folder / "step.npy").write_bytes(b""), "is not the folder of a snnsim recording"),
    (lambda folder: (folder / "v.npy").unlink(), "is not the folder of a snnsim recording"),
    (spoiled("more", spikes=3), "step.npy has 2 rows, not 3"),
    (spoiled("newer", version=2), "is a snnsim recording of version 2; .* install a newer snnsim"),
])
def test_a_folder_that_is_no_recording_is_refused_in_one_line(begun, tmp_path, spoil, message):
    spoil(tmp_path / "run")
    with pytest.raises(UserError, match=message) as caught:
        Recording.load(tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(UserError, match="nowhere is not the folder of a snnsim recording"):
        Recording.load(tmp_path / "nowhere")


def test_what_the_system_refuses_names_the_folder(begun, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr("snnsim.recording._GrowingFile.append", full)
    with pytest.raises(UserError, match="cannot record to .*run: No space left on device"):
        begun.add(4, np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert_three_steps(Recording.load(tmp_path / "run"))
