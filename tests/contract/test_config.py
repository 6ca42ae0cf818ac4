"""Formats and core configurations refuse what cannot be built, and their digests tell them apart."""

from dataclasses import fields, replace

import pytest

from snnsim.contract import ConfigError, CoreConfig, Format, FormatError, Formats


@pytest.mark.parametrize(("name", "bad"), [
    ("state_width", 7), ("state_width", 33), ("decay_bits", 11), ("decay_bits", 17), ("weight_width", 3),
    ("weight_width", 17), ("exponent_width", 0), ("exponent_width", 6), ("drive_width", 7),
    ("drive_width", 33), ("refractory_width", 0), ("refractory_width", 17), ("state_width", 24.0),
    ("state_width", "24"), ("state_width", True), ("state_width", None),
])
def test_formats_refuse_a_width_and_name_field_and_value(name, bad):
    with pytest.raises(ConfigError, match=f"{name} must be an integer between .* not {bad!r}"):
        Formats(**{name: bad})


@pytest.mark.parametrize(("name", "bad", "message"), [
    ("neurons", 0, "neurons must be an integer between 4 and 65536, not 0"),
    ("neurons", 6, "neurons must be a multiple of the 4 lanes, not 6"),
    ("neurons", 1 << 17, "neurons must be an integer between"),
    ("inputs", 0, "inputs must be an integer between 1 and 65536, not 0"),
    ("lanes", 3, "lanes must be a power of two, not 3"),
    ("lanes", 16, "lanes must be an integer between 1 and 8, not 16"),
    ("delay_slots", 1, "delay_slots must be an integer between 2 and 64, not 1"),
    ("delay_slots", 24, "delay_slots must be a power of two, not 24"),
    ("synapse_words", 1, "synapse_words must be an integer between"),
    ("rows", 511, "rows must be an integer between 512 and"),
    ("receive_words", 100, "receive_words must be an integer between"),
    ("event_buffer", 100, "event_buffer must be a power of two, not 100"),
    ("spike_buffer", 32, "spike_buffer must be an integer between"),
    ("plastic_rows", -1, "plastic_rows must be an integer between 0 and 65536, not -1"),
    ("learning_rules", 17, "learning_rules must be an integer between 1 and 16, not 17"),
    ("post_classes", 0, "post_classes must be an integer between 1 and 16, not 0"),
    ("tables", 3, "tables must be a power of two, not 3"),
    ("tables", 8, "tables must be an integer between 1 and 4, not 8"),
    ("term_units", 3, "term_units must be a power of two, not 3"),
    ("lane_factors", 5, "lane_factors must be an integer between 1 and 4, not 5"),
    ("adaptive", 2, "adaptive must be an integer between 0 and 1, not 2"),
    ("adaptive", True, "adaptive must be an integer between 0 and 1, not True"),
    ("noise_sources", 16, "noise_sources must be an integer between 0 and 15, not 16"),
    ("tags", 1, "tags is a part of learning: give the core plastic_rows, or tags=0"),
    ("tables", 2, "tables is a part of learning: give the core plastic_rows, or tables=0"),
])
def test_core_config_refuses_a_size_and_says_the_limit(name, bad, message):
    with pytest.raises(ConfigError, match=message):
        CoreConfig(**{name: bad})


OTHER_FORMAT = {"state_width": 16, "decay_bits": 12, "weight_width": 16, "exponent_width": 3,
                "drive_width": 32, "refractory_width": 4}
OTHER_SIZE = {"neurons": 128, "inputs": 128, "lanes": 8, "delay_slots": 4, "synapse_words": 1024,
              "rows": 600, "max_regions": 8, "read_registers": 0,
              "receive_words": 512, "event_buffer": 512, "spike_buffer": 512, "plastic_rows": 7,
              "learning_rules": 5, "post_classes": 3, "term_units": 2, "lane_factors": 1, "adaptive": 1,
              "noise_sources": 3}
#: What only a core that learns can have, as it is not in one that learns by every rule.
OTHER_ABILITY = {"tables": 1, "tags": 0, "modulators": 0, "third_factors": 0, "stochastic": 0}


def test_digest_changes_with_every_field():
    others = [CoreConfig(formats=Formats(**{name: value})) for name, value in OTHER_FORMAT.items()]
    others += [CoreConfig(**{name: value}) for name, value in OTHER_SIZE.items()]
    others += [CoreConfig.with_learning(**{name: value}) for name, value in OTHER_ABILITY.items()]
    assert set(OTHER_FORMAT) == {f.name for f in fields(Formats)}
    assert {*OTHER_SIZE, *OTHER_ABILITY} == set(CoreConfig.size_fields())
    digests = {config.digest for config in [CoreConfig(), CoreConfig.with_learning(), *others]}
    assert len(digests) == 2 + len(others)


def test_digest_is_that_of_the_values():
    assert CoreConfig(neurons=128).digest == replace(CoreConfig(), neurons=128).digest


@pytest.mark.parametrize(("neurons", "lanes", "most", "region"), [
    (256, 4, 16, 16), (256, 4, 8, 32), (256, 4, 1, 256), (8, 4, 16, 4), (1, 1, 16, 1), (65536, 8, 16, 4096),
    (72, 8, 16, 8), (264, 8, 16, 32)])
def test_regions_are_whole_groups_and_not_too_many(neurons, lanes, most, region):
    config = CoreConfig(neurons=neurons, lanes=lanes, inputs=1, rows=neurons + 1, max_regions=most)
    assert config.region_neurons == region
    assert config.regions <= most
    assert config.regions * region >= neurons


def test_a_core_learns_where_it_has_rows_for_it():
    assert not CoreConfig(adaptive=1).learns
    assert CoreConfig(plastic_rows=1).learns and CoreConfig.with_learning().learns


def test_a_core_draws_where_it_has_sources_for_it():
    assert not CoreConfig().draws and not CoreConfig.with_learning().draws
    assert CoreConfig(noise_sources=1).draws


def test_a_core_that_learns_has_one_input_less_than_its_events_have_numbers():
    sizes = {"neurons": 4, "rows": 1 << 17}
    assert CoreConfig(inputs=1 << 16, **sizes).inputs == 1 << 16
    with pytest.raises(ConfigError, match="inputs must be an integer between 1 and 65535, not 65536"):
        CoreConfig(inputs=1 << 16, plastic_rows=1, **sizes)


@pytest.mark.parametrize(("width", "signed", "lo", "hi"), [(8, True, -128, 127), (8, False, 0, 255),
                                                          (1, False, 0, 1), (24, True, -8388608, 8388607)])
def test_a_format_of_a_width_has_that_range_and_back(width, signed, lo, hi):
    format = Format.of_width(width, signed=signed)
    assert (format.lo, format.hi) == (lo, hi)
    assert (format.width, format.signed) == (width, signed)


def test_the_decay_factor_needs_a_bit_more_for_one():
    assert (Formats(decay_bits=12).keep.hi, Formats(decay_bits=12).keep.width) == (4096, 13)


def test_a_format_checks_its_ends():
    format = Format.of_width(4, signed=True)
    assert [format.check(x, "x") for x in (-8, 7)] == [-8, 7]
    for bad in (-9, 8):
        with pytest.raises(FormatError, match=f"x must be between -8 and 7, not {bad}"):
            format.check(bad, "x")
    with pytest.raises(FormatError, match="must contain 0, not 1 .. 5"):
        Format(1, 5)
