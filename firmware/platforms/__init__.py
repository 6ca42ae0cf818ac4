"""The boards that a core can be built for."""

from snnsim.errors import UserError

from .board import Board
from .icebreaker import BOARD as ICEBREAKER

BOARDS = {board.name: board for board in (ICEBREAKER,)}


def find_board(name):
    """The `Board` of that name, as on the command line; raises `UserError` that lists those there are."""
    if name not in BOARDS:
        raise UserError(f"there is no board {name!r}: choose one of {', '.join(BOARDS)}")
    return BOARDS[name]


__all__ = ["BOARDS", "Board", "find_board"]
