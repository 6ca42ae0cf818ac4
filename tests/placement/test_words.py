"""Words as arrays hold the same bits as words as integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnsim.contract.formats import FormatError
from snnsim.contract.layout import Field, Layout
from snnsim.placement import columns_of, pack_words, unpack_words

layouts = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=8).map(
    lambda fields: Layout(tuple(Field(f"f{k}", *field) for k, field in enumerate(fields))))


@given(layouts, st.data())
def test_words_are_those_of_the_layout_in_32_bit_columns(layout, data):
    rows = [{f.name: data.draw(st.integers(f.format.lo, f.format.hi)) for f in layout.fields}
            for _ in range(3)]
    words = pack_words(layout, **{f.name: np.array([row[f.name] for row in rows]) for f in layout.fields})
    assert words.dtype == np.uint32 and words.shape == (3, columns_of(layout))
    for row, columns in zip(rows, words, strict=True):
        assert sum(int(column) << (32 * k) for k, column in enumerate(columns)) == layout.pack(**row)
    unpacked = unpack_words(layout, words)
    assert [{name: int(values[k]) for name, values in unpacked.items()} for k in range(3)] == rows


def test_a_value_outside_its_field_is_refused():
    layout = Layout((Field("a", 4, signed=True),))
    for value in (-9, 8):
        with pytest.raises(FormatError, match=f"a must be between -8 and 7, not {value}"):
            pack_words(layout, a=np.array([0, value]))


def test_every_field_must_be_given_and_no_other():
    with pytest.raises(TypeError, match="fields are"):
        pack_words(Layout((Field("a", 4),)), b=np.zeros(1, int))


def test_no_words_at_all_are_no_words():
    layout = Layout((Field("a", 33),))
    assert pack_words(layout, a=np.zeros(0, int)).shape == (0, 2)
    assert unpack_words(layout, np.zeros((0, 2), np.uint32))["a"].size == 0
