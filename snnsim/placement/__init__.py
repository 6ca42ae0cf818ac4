"""From an `Image` to the words of a core's memories, and back."""

from .placing import Placement, pack_state, place, unpack_state
from .room import CapacityError
from .words import columns_of, pack_words, unpack_words

__all__ = [
    "CapacityError", "Placement", "columns_of", "pack_state", "pack_words", "place", "unpack_state",
    "unpack_words",
]
