"""Noise in integers: every number is checked, with a message, and counts in the digest and in the proof."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim import image as images
from snnsim.contract import Formats
from snnsim.contract.noise import COLUMNS
from snnsim.drive import drive_bounds
from snnsim.errors import UserError
from snnsim.image import Image
from snnsim.noise import Noise
from snnsim.raster import SpikeRaster
from snnsim.simulator import ReferenceSimulator
from tests import learning_images
from tests.mutants import mutant, plant
from tests.spoiled import assert_refused_when_spoiled
from tests.test_image import N, image


def columns(**one):
    """Two sources of zeros, but for ``one`` number: ``cut=(source, column, number)``."""
    arrays = {name: np.zeros((2, COLUMNS), np.int64) for name in ("cut", "value", "other")}
    for name, (source, column, number) in one.items():
        arrays[name][source, column] = number
    return arrays


def noise(**changes):
    given = {"amplitude": np.array([0, 5, 7]), "source": np.array([2, 0, 1]), **columns(), "seed": 3}
    return Noise(**given | changes)


def noisy(made=None, **changes):
    return replace(image(), noise=made or noise(**changes))


REFUSED = [
    ({"amplitude": np.array([0, 5])}, r"noise: amplitude must be integers of shape \(3,\), not int64"),
    ({"amplitude": np.zeros(3)}, r"amplitude must be integers of shape \(3,\), not float64 of shape \(3,\)"),
    ({"amplitude": np.array([0, -1, 0])}, r"noise: amplitude\[1\] must be between 0 and 8388607, not -1"),
    ({"amplitude": np.array([0, 0, 1 << 23])}, r"amplitude\[2\] must be between 0 and 8388607, not 8388608"),
    ({"source": np.array([0, 3, 0])}, r"noise: source\[1\] must be between 0 and 2, not 3"),
    ({"source": np.array([-1, 0, 0])}, r"source\[0\] must be between 0 and 2, not -1"),
    ({"source": np.zeros(4, int)}, r"source must be integers of shape \(3,\), not int64 of shape \(4,\)"),
    (columns(cut=(1, 63, 1 << 16)), r"noise: cut\[1, 63\] must be between 0 and 65535, not 65536"),
    (columns(cut=(0, 1, -1)), r"cut\[0, 1\] must be between 0 and 65535, not -1"),
    (columns(value=(0, 5, 1 << 23)), r"value\[0, 5\] must be between -8388608 and 8388607, not 8388608"),
    (columns(other=(1, 0, -8388609)), r"other\[1, 0\] must be between -8388608 and 8388607, not -8388609"),
    ({"value": np.zeros((2, 63), int)}, r"value must be integers of shape \(2, 64\), not int64 of shape"),
    ({"other": np.zeros((1, 64), int)}, r"other must be integers of shape \(2, 64\)"),
    ({"other": np.zeros((2, 64), bool)}, r"other must be integers of shape \(2, 64\), not bool"),
    ({name: np.zeros((256, 64), int) for name in ("cut", "value", "other")},
     "there can be 255 noise sources, not 256"),
    ({"seed": 1 << 32}, "the seed of noise must be an integer between 0 and 4294967295, not 4294967296"),
    ({"seed": -1}, "the seed of noise must be an integer between 0 and 4294967295, not -1"),
    ({"seed": 1.0}, "the seed of noise must be an integer between 0 and 4294967295, not 1.0"),
    ({"seed": True}, "the seed of noise must be an integer between 0 and 4294967295, not True"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_numbers_that_are_no_noise_are_refused_in_one_line(change, message):
    with pytest.raises(UserError, match=message) as caught:
        noisy(**change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [
    {"amplitude": np.array([0, 5, 8])}, {"source": np.array([2, 1, 1])}, {"seed": 4},
    columns(cut=(1, 63, 1)), columns(value=(0, 5, 1)), columns(other=(1, 0, -1)),
], ids=["amplitude", "source", "seed", "cut", "value", "other"])
def test_any_number_of_noise_changes_the_digest(change):
    assert noisy(**change).digest != noisy().digest


def test_noise_changes_the_digest_and_an_image_without_has_the_one_it_had():
    assert noisy().digest != image().digest == replace(noisy(), noise=None).digest


def test_a_saved_image_has_its_noise(tmp_path):
    made = noisy(**columns(cut=(0, 1, 2), value=(1, 2, 3), other=(1, 3, -4)))
    made.save(tmp_path / "image.npz")
    back = Image.load(tmp_path / "image.npz")
    assert back.digest == made.digest and back.noise.seed == 3
    for name in ("amplitude", "source", "cut", "value", "other"):
        assert np.array_equal(getattr(back.noise, name), getattr(made.noise, name))


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda h, arrays: arrays.pop("noise_cut"), "is not a whole snnsim image file: 'noise_cut'"),
    (lambda h, arrays: arrays["noise_source"].__setitem__(1, 9), r"source\[1\] must be between 0 and 2"),
    (lambda h, arrays: h["learning"].update(noise={"seed": "x"}), "the seed of noise must be an integer"),
    (lambda h, arrays: h["learning"].update(noise={"grain": 1}), "is not a whole snnsim image file"),
    (lambda h, arrays: h["learning"].pop("noise"), "is not a whole snnsim image file: 'noise'"),
])
def test_a_file_of_spoiled_noise_is_refused_in_one_line_with_its_name(tmp_path, spoil, message):
    assert_refused_when_spoiled(noisy(), tmp_path / "image.npz", spoil, message)


def test_the_ends_of_a_source_are_those_that_can_come():
    made = noise(**columns(value=(0, 5, 99), other=(0, 6, -3)))  # 99 has no lots
    assert [b.tolist() for b in made.bounds] == [[0, 0, 0], [0, 0, -3]]
    cut = columns(cut=(0, 5, 1))["cut"]
    assert [b.tolist() for b in replace(made, cut=cut).bounds] == [[0, 0, 99], [0, 0, -3]]


def test_a_source_that_always_adds_leaves_room_for_what_arrives_before_it():
    made = noise(other=np.full((2, COLUMNS), 5))
    highest, lowest = made.bounds
    assert highest.tolist() == [5, 0, 5] and lowest.tolist() == [0, 0, 0]


def test_what_is_drawn_is_added_to_the_bounds_of_the_drive():
    made = noise(**columns(other=(1, 0, 9)))
    plain, with_noise = drive_bounds(N, image().projections), drive_bounds(N, image().projections, made)
    assert (with_noise[0] - plain[0]).tolist() == [9, 0, 0]
    assert (with_noise[1] - plain[1]).tolist() == [0, 0, 0]


DRIVE = Formats(drive_width=8)


def at_the_end(number):
    """Neuron 0, at which arrivals sum up to 40, neuron 2, at which they sum up to -48, and what they draw."""
    drawn = columns(other=(1, 7, number[0]), value=(0, 9, number[1]), cut=(0, 9, 1))
    return replace(image(formats=DRIVE), noise=noise(**drawn))


def test_sums_with_what_is_drawn_are_allowed_up_to_the_ends_of_the_drive():
    at_the_end((87, -80))


REFUSED_SUMS = [((88, 0), "neuron 0 could sum to 128, beyond the drive format's 127; use smaller weights"),
                ((0, -81), "neuron 2 could sum to -129, beyond the drive format's -128; use smaller weights")]


@pytest.mark.parametrize(("number", "message"), REFUSED_SUMS)
def test_sums_beyond_the_drive_are_refused(number, message):
    with pytest.raises(UserError, match=message):
        at_the_end(number)


def test_a_proof_that_forgets_noise_would_be_seen(monkeypatch):
    faulty = mutant("snnsim.drive", "None if to_m else image.noise", "None")
    plant(monkeypatch, images, faulty)
    for number, _ in REFUSED_SUMS:
        at_the_end(number)


def test_what_is_drawn_does_not_count_at_third_factors():
    learning = learning_images.image()
    third = learning.projections[3]
    assert third.to_m and third.drive_bounds[0].max() > 0
    most = np.full((1, COLUMNS), learning.formats.drive.hi)
    drawn = Noise(np.zeros(3, int), np.ones(3, int), 0 * most, 0 * most, most)
    replace(learning, projections=(third,), noise=drawn)


def test_a_machine_draws_the_same_again_after_clearing_and_goes_on_in_a_second_run():
    rng = np.random.default_rng(0)
    made = noisy(amplitude=np.full(3, 100), source=np.ones(3, int),
                 **{name: rng.integers(0, 100, (1, COLUMNS)) for name in ("cut", "value", "other")})
    stimulus = SpikeRaster.empty(steps=20, neurons=2)
    machine = ReferenceSimulator(made)
    first, second = (machine.run(stimulus, record=range(3)) for _ in range(2))
    machine.clear()
    again = machine.run(SpikeRaster.empty(steps=40, neurons=2), record=range(3))
    assert np.array_equal(again.i, np.concatenate([first.i, second.i]))
    assert not np.array_equal(first.i, second.i)
