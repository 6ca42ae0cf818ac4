"""The virtual board: the gateware compiled to native code behind a pseudo-terminal."""

from .board import VirtualBoard, byte_level_board, pin_level_board
from .clocked_link import ClockedLink
from .models import compile_byte_level, compile_pin_level
from .server import serve_until_signal

__all__ = [
    "ClockedLink",
    "VirtualBoard",
    "byte_level_board",
    "compile_byte_level",
    "compile_pin_level",
    "pin_level_board",
    "serve_until_signal",
]
