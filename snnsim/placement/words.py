"""Memory words as arrays: fields to 32-bit columns, least significant first, and back."""

import numpy as np

from snnsim.contract.layout import COLUMN_WIDTH


def columns_of(layout):
    """Columns that a word of ``layout`` takes."""
    return -(-layout.width // COLUMN_WIDTH)


def pack_words(layout, **values):
    """Words of ``layout`` as uint32, shape (n, columns), from one integer array of shape (n,) per field.

    Fields have at most 64 bits. Raises `FormatError` for a value outside its field, TypeError for a
    missing or unknown field.
    """
    if set(values) != {field.name for field in layout.fields}:
        raise TypeError(f"fields are {[field.name for field in layout.fields]}, not {sorted(values)}")
    n = np.asarray(values[layout.fields[0].name]).size
    words = np.zeros((n, columns_of(layout)), np.uint64)
    offset = 0
    for field in layout.fields:
        array = np.asarray(values[field.name])
        if array.size:
            field.format.check(int(array.min()), field.name)
            field.format.check(int(array.max()), field.name)
        for column, shift, taken, width in _pieces(offset, field.width):
            piece = (array.astype(np.uint64) >> np.uint64(taken)) & np.uint64((1 << width) - 1)
            words[:, column] |= piece << np.uint64(shift)
        offset += field.width
    return words.astype(np.uint32)


def unpack_words(layout, words):
    """The fields of ``words``, uint32 of shape (n, columns): a dict of int64 arrays of shape (n,)."""
    words = np.asarray(words, np.uint64)
    values, offset = {}, 0
    for field in layout.fields:
        value = np.zeros(len(words), np.uint64)
        for column, shift, taken, width in _pieces(offset, field.width):
            piece = (words[:, column] >> np.uint64(shift)) & np.uint64((1 << width) - 1)
            value |= piece << np.uint64(taken)
        values[field.name] = _signed(value.astype(np.int64), field)
        offset += field.width
    return values


def _pieces(offset, width):
    """Where the bits of a field lie: (column, first bit in it, bits of the field before, bits here)."""
    taken = 0
    while taken < width:
        column, shift = divmod(offset + taken, COLUMN_WIDTH)
        here = min(width - taken, COLUMN_WIDTH - shift)
        yield column, shift, taken, here
        taken += here


def _signed(value, field):
    if not field.signed:
        return value
    return value - ((value >> (field.width - 1)) << field.width)
