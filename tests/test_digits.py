"""The digits: the split, the coding, and the decision; the float network is a reading of its own."""

import numpy as np

from snnsim import digits


def test_the_split_is_the_one_of_the_literature():
    split = digits.load_split()
    assert split.train_images.shape == (1203, 64)
    assert split.test_images.shape == (594, 64)
    assert (split.test_images.min(), split.test_images.max()) == (0, 16)
    assert split.test_labels[:10].tolist() == [6, 9, 3, 7, 2, 1, 5, 2, 5, 2]


def test_a_pixel_of_value_p_spikes_in_p_of_every_16_steps():
    spikes = digits.spikes_of(np.arange(17).repeat(4)[:64][None])[0]
    value = np.arange(17).repeat(4)[:64]
    for first in (0, 16):
        assert spikes[first:first + 16].sum(axis=0).tolist() == value.tolist()


def test_the_spikes_of_a_pixel_are_evenly_spread():
    spikes = digits.spikes_of(np.full((1, 64), 4))[0, :, 0]
    assert set(np.diff(np.flatnonzero(spikes))) == {4}


def test_the_last_steps_are_silent():
    spikes = digits.spikes_of(np.full((1, 64), 16))[0]
    assert spikes[:digits.SHOWN_STEPS].all()
    assert not spikes[digits.SHOWN_STEPS:].any()


def test_a_stimulus_has_the_spikes_of_its_image():
    image = digits.load_split().test_images[0]
    assert np.array_equal(digits.stimulus_of(image).dense(), digits.spikes_of(image[None])[0])


def test_the_lowest_number_wins_a_tie():
    assert digits.decision([[0, 3, 1, 3, 0, 0, 0, 0, 0, 0]]).tolist() == [1]


def test_the_network_is_64_128_10():
    network = digits.load_network()
    assert [(part.name, part.n) for part in (*network.inputs, *network.populations)] == [
        ("pixels", 64), ("hidden", 128), ("output", 10)]


def test_a_float_neuron_by_hand():
    """Keep 1/2, threshold 1, arrivals one step late: 0.8, then 0.4 + 0.8 > 1, reset to 0, then the floor."""
    neuron = type("", (), {"v_threshold": 1.0, "v_reset": 0.0, "v_min": -1.0})
    arriving = np.array([0.8, 0.8, 0.4, -9.0, 1.6, 0.0]).reshape(1, 6, 1)
    spikes = digits._float_lif(arriving, neuron, keep=0.5)
    # v: -, 0.8, 1.2 (spike), 0.4, -1 (floor), -0.5 + 1.6 = 1.1 (spike)
    assert spikes[0, :, 0].tolist() == [0, 0, 1, 0, 0, 1]


def test_the_float_network_reaches_95_percent():
    split, network = digits.load_split(), digits.load_network()
    answers = digits.decision(digits.float_output_counts(network, split.test_images))
    assert np.mean(answers == split.test_labels) >= 0.95


def test_logistic_regression_is_the_one_of_the_literature():
    assert round(digits.logistic_regression_accuracy(digits.load_split()), 3) == 0.963
