"""The boards that a core can be built for."""

from snnsim.errors import UserError

from . import artix7, colorlight, ecpix5, hx8k_evn, icebreaker, icesugar, tang, ulx3s
from .board import Board

BOARDS = {board.name: board for board in (
    icebreaker.BOARD, icesugar.BOARD, hx8k_evn.BOARD, *ulx3s.BOARDS, *ecpix5.BOARDS, colorlight.BOARD,
    tang.NANO_9K, tang.PRIMER_20K, artix7.ARTY_A7, artix7.CMOD_A7)}


def find_board(name):
    """The `Board` of that name, as on the command line; raises `UserError` that lists those there are."""
    if name not in BOARDS:
        raise UserError(f"there is no board {name!r}: choose one of {', '.join(BOARDS)}")
    return BOARDS[name]


__all__ = ["BOARDS", "Board", "find_board"]
