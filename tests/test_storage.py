"""Damaged, foreign and newer files are refused with one line; files are written whole or not at all."""

import json

import numpy as np
import pytest

from snnsim.errors import UserError
from snnsim.raster import SpikeRaster
from snnsim.storage import format_of, load_arrays, replacing, save_arrays


@pytest.fixture
def raster_file(tmp_path):
    path = tmp_path / "raster.npz"
    SpikeRaster.from_events([1, 2, 2], [0, 1, 3], steps=5, neurons=4).save(path)
    return path


def test_a_file_cut_at_any_place_is_refused(raster_file, tmp_path):
    whole, cut = raster_file.read_bytes(), tmp_path / "cut.npz"
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"cut\.npz"):
            SpikeRaster.load(cut)
        assert format_of(cut) is None


def test_a_flipped_byte_is_refused_or_changes_nothing(raster_file, tmp_path):
    whole, damaged = raster_file.read_bytes(), tmp_path / "damaged.npz"
    original, refused = SpikeRaster.load(raster_file), 0
    for place in range(len(whole)):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1:])
        try:
            assert SpikeRaster.load(damaged) == original
        except UserError:
            refused += 1
    assert refused > len(whole) / 2


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x80\x04N."])
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="is not a snnsim raster file"):
        SpikeRaster.load(path)
    assert format_of(path) is None


def test_a_newer_version_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "new.npz"
    save_arrays(path, "snnsim raster", 99, {"steps": 1, "neurons": 1}, {})
    with pytest.raises(UserError, match="version 99 .* reads up to 1: install a newer snnsim"):
        SpikeRaster.load(path)


def test_a_file_of_another_format_is_named(raster_file):
    assert format_of(raster_file) == "snnsim raster"
    with pytest.raises(UserError, match="is a snnsim raster file, not a snnsim image file"):
        load_arrays(raster_file, "snnsim image", 1, ())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.npz does not exist"):
        SpikeRaster.load(tmp_path / "nothing.npz")


def test_pickled_arrays_are_refused(tmp_path):
    path = tmp_path / "pickled.npz"
    header = json.dumps({"format": "snnsim raster", "version": 1, "steps": 1, "neurons": 1})
    np.savez(path, header=np.array(header), step=np.array([{}], dtype=object), neuron=np.zeros(1, int))
    with pytest.raises(UserError, match="is not a snnsim raster file"):
        SpikeRaster.load(path)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(raster_file):
    before = raster_file.read_bytes()
    with pytest.raises(RuntimeError), replacing(raster_file) as file:
        file.write(b"half")
        raise RuntimeError
    assert raster_file.read_bytes() == before
    assert list(raster_file.parent.iterdir()) == [raster_file]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot write .*choose another place"):
        SpikeRaster.empty(steps=1, neurons=1).save(tmp_path / "missing" / "a.npz")
