"""Faults planted into an unpacked bitstream, one bit each."""

import re

#: Where the bits of a table lie among the twenty of its cell (Project IceStorm, "LUT4").
_PLACES = (4, 14, 15, 5, 6, 16, 17, 7, 3, 13, 12, 2, 1, 11, 10, 0)


def flip_memory_bit(text, number, bit):
    """The text of an ``.asc`` with a bit of the contents of its memory of this number flipped."""
    blocks = list(re.finditer(r"^\.ram_data \d+ \d+\n((?:[0-9a-f]+\n)+)", text, re.MULTILINE))
    lines = blocks[number][1].splitlines()
    row, place = divmod(bit, 256)
    lines[row] = f"{int(lines[row], 16) ^ 1 << place:0{len(lines[row])}x}"
    return text[:blocks[number].start(1)] + "\n".join(lines) + "\n" + text[blocks[number].end(1):]


def flip_table_bit(text, x, y, cell, bit):
    """The same with a bit of the table of a logic cell flipped."""
    tile = re.search(rf"^\.logic_tile {x} {y}\n((?:[01]+\n)+)", text, re.MULTILINE)
    lines = tile[1].splitlines()
    half, column = divmod(_PLACES[bit], 10)
    line = list(lines[2 * cell + half])
    line[36 + column] = "10"[int(line[36 + column])]
    lines[2 * cell + half] = "".join(line)
    return text[:tile.start(1)] + "\n".join(lines) + "\n" + text[tile.end(1):]
