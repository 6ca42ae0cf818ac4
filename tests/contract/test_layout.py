"""Memory words: what is packed comes out again, and what does not fit is refused."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnsim.contract import CoreConfig, Field, FormatError, Formats, Layout, Memory
from snnsim.contract.layout import (
    class_layout,
    columns,
    count_layout,
    index_bits,
    memories_of,
    memory_shape,
    noise_layout,
    parameter_layout,
    plastic_layout,
    post_layout,
    row_layout,
    rule_layout,
    state_layout,
    synapse_layout,
    term_layout,
    trace_layout,
)
from snnsim.contract.noise import COLUMNS, CUT_BITS
from snnsim.contract.terms import LARGEST_RULE, TABLE_SIZE, Factor

LAYOUTS = (parameter_layout, state_layout, row_layout, synapse_layout, noise_layout)
LEARNING_LAYOUTS = (class_layout, count_layout, plastic_layout, post_layout, rule_layout, term_layout,
                    trace_layout)
CONFIGS = (CoreConfig(),
           CoreConfig(Formats(state_width=8, weight_width=4), neurons=8, inputs=1, lanes=8, rows=9),
           CoreConfig(Formats(state_width=32, drive_width=32, weight_width=16), lanes=1),
           CoreConfig.with_learning(), CoreConfig.with_learning(lanes=1, delay_slots=64, lane_factors=1),
           CoreConfig(plastic_rows=1, learning_rules=1, post_classes=1, adaptive=1),
           CoreConfig(noise_sources=3), CoreConfig.with_learning(adaptive=1, noise_sources=15))


@pytest.mark.parametrize("layout_of", LAYOUTS + LEARNING_LAYOUTS)
@pytest.mark.parametrize("config", CONFIGS)
def test_unpack_returns_what_pack_was_given(layout_of, config):
    layout, draw = layout_of(config), random.Random(0)
    corners = [{f.name: getattr(f.format, end) for f in layout.fields} for end in ("lo", "hi")]
    drawn = [{f.name: draw.randint(f.format.lo, f.format.hi) for f in layout.fields} for _ in range(50)]
    for values in corners + drawn:
        word = layout.pack(**values)
        assert 0 <= word < 1 << layout.width
        assert layout.unpack(word) == values


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=8), st.randoms())
def test_fields_of_any_width_do_not_touch_each_other(shapes, draw):
    layout = Layout(tuple(Field(f"f{k}", *shape) for k, shape in enumerate(shapes)))
    values = {f.name: draw.randint(f.format.lo, f.format.hi) for f in layout.fields}
    assert layout.unpack(layout.pack(**values)) == values


def test_first_field_is_least_significant_and_negative_numbers_are_twos_complement():
    layout = Layout((Field("a", 4), Field("b", 4, signed=True)))
    assert layout.pack(a=3, b=-1) == 0xF3


@pytest.mark.parametrize(("a", "b"), [(16, 0), (-1, 0), (0, 8), (0, -9)])
def test_pack_refuses_a_value_outside_its_field(a, b):
    with pytest.raises(FormatError, match="must be between"):
        Layout((Field("a", 4), Field("b", 4, signed=True))).pack(a=a, b=b)


def test_pack_refuses_missing_and_unknown_fields():
    layout = Layout((Field("a", 4),))
    with pytest.raises(TypeError, match="'a' is missing"):
        layout.pack()
    with pytest.raises(TypeError, match="unknown fields"):
        layout.pack(a=1, b=2)


def test_combine_packs_arrays_as_pack_packs_integers():
    layout = Layout((Field("a", 4), Field("b", 4, signed=True)))
    a, b = np.array([0, 15, 7]), np.array([-8, 7, -1])
    assert layout.combine(a=a, b=b).tolist() == [layout.pack(a=x, b=y) for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize("config", CONFIGS)
def test_every_memory_has_words_and_enough_columns(config):
    assert set(memories_of(config)) >= {memory for memory in Memory if memory <= Memory.DRIVE}
    for memory in memories_of(config):
        words, width = memory_shape(config, memory)
        assert words >= 1
        assert 32 * (columns(config, memory) - 1) < width <= 32 * columns(config, memory)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_neuron_row_and_delay_has_a_number_in_its_field(config):
    widths = {f.name: f.width for layout in LAYOUTS for f in layout(config).fields}
    assert 1 << widths["delay"] >= config.delay_slots
    assert config.lanes << index_bits(config) >= config.neurons
    assert 1 << widths["start"] >= config.synapse_words
    assert 1 << widths["next"] > config.rows - config.neurons - config.inputs
    assert 1 << widths["length"] > config.groups


def test_a_core_has_the_memories_of_what_it_can_learn_and_no_others():
    of_noise = {Memory.NOISE, Memory.SEED}
    assert memories_of(CoreConfig(adaptive=1)) == tuple(Memory)[:Memory.DRIVE + 1]
    assert set(memories_of(CoreConfig.with_learning())) == set(Memory) - of_noise
    for absent, memory in (("tags", Memory.TAGS), ("tables", Memory.TABLES), ("modulators", Memory.COUNTS),
                           ("third_factors", Memory.THIRD)):
        config = CoreConfig.with_learning(**{absent: 0})
        assert set(Memory) - set(memories_of(config)) == {memory, *of_noise}


def test_a_core_that_draws_has_the_memories_for_it_whether_it_learns_or_not():
    assert memories_of(CoreConfig.with_learning(noise_sources=1)) == tuple(Memory)
    assert set(memories_of(CoreConfig(noise_sources=1))) == {
        *tuple(Memory)[:Memory.DRIVE + 1], Memory.NOISE, Memory.SEED}


@pytest.mark.parametrize("config", [config for config in CONFIGS if config.draws])
def test_everything_of_noise_has_a_number_in_its_field(config):
    parameters = {f.name: f for f in parameter_layout(config).fields}
    assert parameters["noise_source"].format.hi >= config.noise_sources
    assert parameters["amplitude"].format.hi == config.formats.state.hi
    assert noise_layout(config).fields[0].format.hi == (1 << CUT_BITS) - 1
    assert memory_shape(config, Memory.NOISE)[0] == config.noise_sources * COLUMNS


@pytest.mark.parametrize("config", [config for config in CONFIGS if config.learns])
def test_everything_of_learning_has_a_number_in_its_field(config):
    def widths(layout):
        return {f.name: f.width for f in layout(config).fields}
    assert 1 << widths(row_layout)["plastic"] > config.plastic_rows
    assert 1 << widths(parameter_layout)["post_class"] >= config.post_classes
    plastic = widths(plastic_layout)
    assert 1 << plastic["rule"] >= config.learning_rules
    assert 1 << plastic["lag"] > config.delay_slots
    assert 1 << widths(rule_layout)["terms"] > LARGEST_RULE
    assert all(1 << width > max(Factor) + 1 for name, width in widths(term_layout).items()
               if name.startswith(("row", "lane")))
    assert memory_shape(config, Memory.TABLES)[0] == config.tables * TABLE_SIZE
    if config.stochastic:
        assert 1 << plastic["source"] >= config.neurons + config.inputs
