"""The memories of a core hold the image: nothing lost, nothing added, and within its size."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import CoreConfig, Formats
from snnsim.contract.layout import (
    Memory,
    memory_shape,
    parameter_layout,
    row_layout,
    state_layout,
    synapse_layout,
)
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.placement import CapacityError, pack_state, place, unpack_state
from snnsim.placement.placing import EVENT_CLOCKS, REST_CLOCKS, STEP_CLOCKS
from tests.generator import random_config, random_image

SMALL = CoreConfig(neurons=8, inputs=4, lanes=2, delay_slots=4, synapse_words=64, rows=16)


def image(n_neurons, n_inputs, *projections, formats=SMALL.formats):
    """An image of silent neurons with projections given as (exponent, sources, targets, delay)."""
    zeros = np.zeros(n_neurons, np.int64)
    made = []
    for k, (exponent, source, target, delay) in enumerate(projections):
        order = np.argsort(source, kind="stable")
        counts = np.bincount(np.asarray(source, int), minlength=n_neurons + n_inputs)
        indptr = np.concatenate([[0], np.cumsum(counts)])
        made.append(ImageProjection(
            f"p{k}", 0, n_neurons + n_inputs, 0, n_neurons, exponent, indptr,
            np.asarray(target, int)[order], np.arange(len(source)) % 127 + 1, np.array([delay])))
    return Image(formats, (Part("a", 0, n_neurons),), (Part("in", 0, n_inputs),),
                 Parameters(**{name: zeros for name in Parameters.names()}), State(zeros, zeros, zeros),
                 tuple(made))


def integers(words):
    return [sum(int(column) << (32 * k) for k, column in enumerate(word)) for word in words]


def decoded(placement, config):
    """What a core finds in its memories when it follows the rows of every source, word by word.

    A Counter of (source descriptor, target, contribution, delay); slots of weight 0 are left out.
    """
    rows = [row_layout(config).unpack(word) for word in integers(placement.memories[Memory.ROWS])]
    synapses = integers(placement.memories.get(Memory.SYNAPSES, ()))
    layout, found = synapse_layout(config), Counter()
    for source in range(min(config.neurons + config.inputs, len(rows))):
        row = rows[source]
        for _ in rows:  # a chain is never longer than that
            for word in synapses[row["start"]:row["start"] + row["length"]]:
                for bank in range(config.lanes):
                    slot = layout.unpack(word >> (bank * layout.width) & ((1 << layout.width) - 1))
                    target = slot["index"] * config.lanes + bank
                    found[source, target, slot["weight"] << row["exponent"], slot["delay"] + 1] += 1
            if not row["next"]:
                break
            row = rows[config.neurons + config.inputs + row["next"] - 1]
    return Counter({key: n for key, n in found.items() if key[2]})


def described(image, config):
    """The same for the image itself."""
    found = Counter()
    for p in image.projections:
        source = p.sources()
        source = np.where(source < image.n_neurons, source, source - image.n_neurons + config.neurons)
        target, weight = p.target.astype(int) + p.first_target, p.weights().astype(int) << p.exponent
        columns = (source, target, weight, p.delays())
        found.update(zip(*(column.tolist() for column in columns), strict=True))
    return Counter({key: n for key, n in found.items() if key[2]})


def placed_random(seed):
    config = random_config(seed)
    made = random_image(seed, config)
    return made, config, place(made, config)


@pytest.mark.parametrize("seed", range(25))
def test_a_core_that_follows_the_rows_finds_the_synapses_of_the_image(seed):
    made, config, placement = placed_random(seed)
    assert decoded(placement, config) == described(made, config)


def test_a_row_longer_than_its_descriptor_can_say_is_continued():
    config = replace(SMALL, synapse_words=512, rows=32)
    made = image(8, 4, (0, [1] * 300, [3] * 300, 1), (2, [1], [3], 1))
    placement = place(made, config)
    assert decoded(placement, config) == described(made, config)
    assert placement.usage["row descriptors"][0] == config.neurons + config.inputs + 3
    assert placement.row_words[1] == 301


def test_a_core_that_reads_one_changed_word_does_not_find_them():
    made = image(4, 2, (3, [0, 4, 5], [1, 2, 3], 1))
    placement = place(made, SMALL)
    placement.memories[Memory.SYNAPSES][0, 0] ^= 1
    assert decoded(placement, SMALL) != described(made, SMALL)


@pytest.mark.parametrize("seed", range(25))
def test_weights_read_back_are_those_of_the_image_synapse_for_synapse(seed):
    made, config, placement = placed_random(seed)
    if Memory.SYNAPSES not in placement.memories:
        return
    weights = placement.weights(placement.memories[Memory.SYNAPSES])
    assert [w.tolist() for w in weights] == [p.weights().tolist() for p in made.projections]


@pytest.mark.parametrize("seed", range(10))
def test_parameters_and_states_are_those_of_the_image(seed):
    made, config, placement = placed_random(seed)
    words = integers(placement.memories[Memory.PARAMETERS])
    for n in range(made.n_neurons):
        assert parameter_layout(config).unpack(words[n]) == {
            name: getattr(made.parameters, name)[n] for name in Parameters.names()}
    state = integers(placement.memories[Memory.STATE])
    assert [state_layout(config).unpack(word) for word in state] == [
        {name: getattr(made.initial, name)[n] for name in "vir"} for n in range(made.n_neurons)]


@pytest.mark.parametrize("seed", range(10))
def test_no_memory_is_written_beyond_its_end(seed):
    _, config, placement = placed_random(seed)
    for memory, array in placement.memories.items():
        words, width = memory_shape(config, memory)
        assert array.dtype == np.uint32 and array.shape[0] <= words and array.shape[1] == -(-width // 32)


def test_neurons_of_the_core_beyond_those_of_the_image_are_silenced():
    words = place(image(3, 0), SMALL).memories[Memory.PARAMETERS]
    assert len(words) == SMALL.neurons and not words[3:].any()


def test_states_are_packed_and_unpacked():
    state = State(np.array([-5, 3]), np.array([-(1 << 23), (1 << 23) - 1]), np.array([0, 255]))
    back = unpack_state(SMALL, pack_state(SMALL, state))
    assert all(np.array_equal(getattr(back, name), getattr(state, name)) for name in "vir")


def test_projections_of_one_exponent_share_the_row_of_a_source():
    shared = place(image(4, 1, (2, [4, 4], [0, 1], 1), (2, [4, 4], [2, 3], 2)), SMALL)
    chained = place(image(4, 1, (2, [4, 4], [0, 1], 1), (3, [4, 4], [2, 3], 2)), SMALL)
    assert shared.usage["row descriptors"] == (12, 16) and chained.usage["row descriptors"] == (13, 16)
    assert shared.usage["synapse words"] == chained.usage["synapse words"] == (2, 64)


def test_all_to_all_fills_every_slot():
    n = np.arange(8)
    placement = place(image(8, 0, (0, np.repeat(n, 8), np.tile(n, 8), 1)), replace(SMALL, synapse_words=32))
    assert placement.usage["synapse words"] == (32, 32)
    assert placement.row_words.tolist() == [4] * 8


def test_a_row_is_as_long_as_its_fullest_bank():
    placement = place(image(8, 1, (0, [8] * 5, [0, 2, 4, 1, 0], 1)), SMALL)
    assert placement.row_words.tolist() == [0] * 8 + [4]


def test_an_image_without_synapses_has_no_synapse_words():
    placement = place(image(2, 1), SMALL)
    assert Memory.SYNAPSES not in placement.memories and placement.weights(np.zeros((0, 1), np.uint32)) == ()


def test_predicted_clocks_grow_with_events_their_rows_and_neurons_awake():
    placement = place(image(8, 1, (0, [8] * 7, [0, 2, 4, 1, 0, 6, 2], 1)), SMALL)
    silent = np.zeros(9)
    one = silent + np.eye(9)[8]
    assert placement.predict_clocks(silent, awake_neurons=0) == REST_CLOCKS
    assert placement.predict_clocks(silent, awake_neurons=8) == STEP_CLOCKS + 8 + 8 / SMALL.region_neurons
    assert placement.predict_clocks(one, 8) - placement.predict_clocks(silent, 8) == 6  # words of bank 0
    assert placement.predict_clocks(np.eye(9)[0], 8) - placement.predict_clocks(silent, 8) == EVENT_CLOCKS


FULL = np.zeros(64, int)
REFUSED = [
    (lambda: place(image(9, 1), SMALL),
     "needs 9 neurons, the core has 8: split it, or use a core with more neurons"),
    (lambda: place(image(1, 5), SMALL),
     "needs 5 inputs, the core has 4: split it, or use a core with more inputs"),
    (lambda: place(image(4, 1, (0, [4], [0], 5)), SMALL),
     "needs 5 delay slots, the core has 4: use shorter delays or a larger dt, or use a core with more delay"),
    (lambda: place(image(4, 1, (0, FULL, FULL, 1), (1, [4], [0], 1)), SMALL),
     "needs 65 synapse words, the core has 64: use fewer synapses, or use a core with more synapse words"),
    (lambda: place(image(4, 1, *[(e, [4], [0], 1) for e in range(6)]), SMALL),
     "needs 17 row descriptors, the core has 16: use fewer projections, or use a core with more row descr"),
    (lambda: place(image(9, 5, *[(e, [9], [0], 5) for e in range(6)]), SMALL),
     "needs 9 neurons, the core has 8; 5 inputs, the core has 4; 17 row descriptors, the core has 16; 5 "
     "delay slots, the core has 4: split it, use fewer projections, use shorter delays or a larger dt, or "
     "use a core with more neurons, inputs, row descriptors and delay slots"),
    (lambda: place(image(9, 1, (0, np.zeros(131, int), np.arange(131) % 2, 1)), SMALL),
     "needs 9 neurons, the core has 8; at least 66 synapse words, the core has 64: split it, use fewer syn"),
    (lambda: place(image(4, 1), replace(SMALL, formats=Formats(decay_bits=12))),
     "the image has a decay_bits of 16, the core one of 12: compile the network for this core"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_is_too_large_for_the_core_is_refused_in_one_line(make, message):
    with pytest.raises(CapacityError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_what_is_large_enough_is_not_named():
    with pytest.raises(CapacityError) as caught:
        place(image(9, 1, (0, [9], [0], 5)), SMALL)
    assert "inputs" not in str(caught.value) and "row" not in str(caught.value)


def test_what_just_fits_is_placed():
    place(image(8, 4, (0, FULL, FULL, 4)), SMALL)
    five_rows = image(4, 1, *[(exponent, [4], [0], 1) for exponent in range(5)])
    assert place(five_rows, SMALL).usage["row descriptors"] == (16, 16)
