"""Images: every number checked, every sum of arrivals proved, one digest."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import Formats
from snnsim.drive import drive_bounds
from snnsim.errors import UserError
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from tests.generator import random_image
from tests.spoiled import assert_refused_when_spoiled

N = 3


def image(**changes):
    """Three neurons and two inputs with two projections; ``changes`` by field, ``p_x`` of the parameters,
    ``s_x`` of the state, ``q_x`` of the first projection."""
    def part(prefix):
        return {name[2:]: value for name, value in changes.items() if name.startswith(prefix)}

    def zeros():
        return np.zeros(N, np.int64)

    parameters = Parameters(**{name: zeros() for name in Parameters.names()} | part("p_"))
    first = ImageProjection("first", 3, 2, 0, 3, 2, np.array([0, 2, 3]), np.array([0, 2, 1]),
                            np.array([5, -6, 7]), np.array([1]))
    second = replace(first, name="second", first_source=0, n_sources=3, indptr=np.array([0, 0, 1, 3]))
    fields = {
        "formats": Formats(), "populations": (Part("a", 0, 2), Part("b", 2, 1, 4.0, (0.5,))),
        "inputs": (Part("in", 0, 2),), "parameters": parameters,
        "initial": State(**{name: zeros() for name in "vir"} | part("s_")),
        "projections": (replace(first, **part("q_")), second)}
    return Image(**fields | {name: value for name, value in changes.items() if name in fields})


def with_value(value, k=1):
    array = np.zeros(N, np.int64)
    array[k] = value
    return array


def test_sizes_are_counted():
    made = image()
    assert (made.n_neurons, made.n_inputs, made.n_synapses, made.delay_max) == (3, 2, 6, 1)


def test_a_saved_image_comes_back(tmp_path):
    for made in (image(), random_image(3)):
        made.save(tmp_path / "image.npz")
        back = Image.load(tmp_path / "image.npz")
        assert back.digest == made.digest
        assert (back.populations, back.inputs) == (made.populations, made.inputs)
        assert [p.name for p in back.projections] == [p.name for p in made.projections]


@pytest.mark.parametrize("change", [
    *[{f"p_{name}": with_value(1)} for name in Parameters.names()],
    *[{f"s_{name}": with_value(1)} for name in "vir"],
    {"q_weight": np.array([5, -6, 8])}, {"q_target": np.array([0, 2, 2])}, {"q_delay": np.array([2])},
    {"q_exponent": 3}, {"q_first_source": 2}, {"q_indptr": np.array([0, 1, 3])},
    {"formats": Formats(decay_bits=15)}], ids=lambda change: next(iter(change)))
def test_any_number_that_a_machine_sees_changes_the_digest(change):
    assert image(**change).digest != image().digest


def test_what_no_machine_sees_leaves_the_digest():
    renamed = image(q_name="other", populations=(Part("c", 0, 3, 2.0, 1.0),),
                    q_weight=np.array([5, -6, 7], np.int8), q_delay=np.array([1, 1, 1]))
    assert renamed.digest == image().digest


def test_volts_come_back_from_scale_and_rest():
    assert Part("a", 0, 2, 4.0, 0.5).volts([[4, -2]]).tolist() == [[1.5, 0.0]]
    assert Part("a", 0, 2, 4.0, [0.5, 1.0]).volts([4, -2]).tolist() == [1.5, 0.5]


DRIVE = Formats(drive_width=8)


def onto_one(*weights):
    """An image in which neuron 1 receives these weights from one input, through a drive of 8 bits."""
    indptr = np.array([0, len(weights), len(weights)])
    return image(formats=DRIVE, q_weight=np.array(weights), q_target=np.ones(len(weights), int),
                 q_indptr=indptr, q_exponent=0)


def test_sums_of_arrivals_up_to_the_ends_of_the_drive_are_allowed():
    # The second projection adds up to 7 << 2 at neuron 1.
    highest, lowest = drive_bounds(N, image().projections)
    assert highest.tolist() == [40, 56, 0] and lowest.tolist() == [0, 0, -48]
    onto_one(99, -100, -28)
    onto_one(49, 50)


@pytest.mark.parametrize(("weights", "message"), [
    ((49, 51), "at neuron 1 could sum to 128, beyond the drive format's 127; use smaller weights"),
    ((99, -100, -29), "at neuron 1 could sum to -129, beyond the drive format's -128")])
def test_sums_beyond_the_drive_are_refused_with_the_number(weights, message):
    with pytest.raises(UserError, match=message):
        onto_one(*weights)


REFUSED = [
    ({"populations": ()}, "the network has no neurons; give it a population"),
    ({"populations": (Part("a", 1, 2),)}, "population 'a' must begin at 0, not 1"),
    ({"p_keep_v": with_value(65537)}, r"keep_v\[1\] must be between 0 and 65536, not 65537"),
    ({"p_v_threshold": with_value(1 << 23)}, r"v_threshold\[1\] must be between -8388608 and 8388607"),
    ({"p_leak": with_value(-1)}, r"leak\[1\] must be between 0 and 8388607, not -1"),
    ({"p_refractory": with_value(256)}, r"refractory\[1\] must be between 0 and 255, not 256"),
    ({"p_bias": np.zeros(2, int)}, r"bias must have shape \(3,\), not \(2,\)"),
    ({"p_bias": np.zeros(N)}, "bias must be an array of integers"),
    ({"p_hold": with_value(2)}, "hold must be 0 or 1 for each of the 3 neurons"),
    ({"p_subtract": with_value(1), "p_v_threshold": with_value(-1)},
     "neuron 1 resets by subtraction and so needs a v_threshold of at least 0, not -1"),
    ({"s_v": with_value(1 << 23)}, r"initial v\[1\] must be between"),
    ({"s_r": with_value(-1)}, r"initial r\[1\] must be between 0 and 255, not -1"),
    ({"q_weight": np.array([0, 0, 128])},
     r"projection 'first': weight\[2\] must be between -128 and 127, not 128"),
    ({"q_exponent": 16}, "projection 'first': exponent must be between 0 and 15, not 16"),
    ({"q_first_source": 4}, "projection 'first': sources 4 .. 5 do not all exist; there are 5"),
    ({"q_first_target": 1}, "projection 'first': neurons 1 .. 3 do not all exist; there are 3"),
    ({"q_target": np.array([0, 3, 1])}, "projection 'first': target 3 does not exist; there are 3"),
    ({"q_indptr": np.array([0, 3, 2])}, "projection 'first': indptr must rise from 0 to 3 in 3 entries"),
    ({"q_indptr": np.array([0, 2])}, "indptr must rise"),
    ({"q_delay": np.array([0])}, "projection 'first': a delay is at least 1 step, not 0"),
    ({"q_delay": np.array([1, 1])}, "delay must have one entry per synapse or one for all"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_numbers_that_are_no_image_are_refused_in_one_line(change, message):
    with pytest.raises(UserError, match=message) as caught:
        image(**change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda h, arrays: h.update(contract=1), "was compiled for contract version 1, this snnsim has 3"),
    (lambda h, arrays: h.pop("inputs"), "is not a whole snnsim image file: 'inputs'"),
    (lambda h, arrays: arrays.pop("parameter_leak"), "is not a whole snnsim image file: 'parameter_leak'"),
    (lambda h, arrays: h["formats"].update(state_width=99), "state_width must be an integer between"),
    (lambda h, arrays: h["formats"].update(bits=1), "is not a whole snnsim image file"),
    (lambda h, arrays: h.update(projections=3), "is not a whole snnsim image file"),
    (lambda h, arrays: arrays["projection0_weight"].__setitem__(0, 999), "must be between -128 and 127"),
])
def test_a_spoiled_file_is_refused_in_one_line_with_its_name(tmp_path, spoil, message):
    assert_refused_when_spoiled(image(), tmp_path / "image.npz", spoil, message)
