"""Proof of a build: its netlist and its bitstream, simulated behind the driver, against the simulator."""

from .levels import LEVELS, check_level, levels_of, open_level
from .proof import Expected, Finding, Proof, expected_of, prove, read_proofs, record

__all__ = [
    "LEVELS", "Expected", "Finding", "Proof", "check_level", "expected_of", "levels_of", "open_level",
    "prove", "read_proofs", "record",
]
