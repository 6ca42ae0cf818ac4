"""From an `Image` to the words of a core's memories, and back; and how fast the core will be."""

from .placing import Placement, pack_state, place, unpack_state
from .room import CapacityError
from .speed import ClockedCore, Load, Speed, full_load, full_synapses, load_at_rate, load_at_rest
from .words import columns_of, pack_words, unpack_words

__all__ = [
    "CapacityError", "ClockedCore", "Load", "Placement", "Speed", "columns_of", "full_load", "full_synapses",
    "load_at_rate", "load_at_rest", "pack_state", "pack_words", "place", "unpack_state", "unpack_words",
]
