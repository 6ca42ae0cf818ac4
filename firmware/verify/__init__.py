"""Proof of a build: its netlist and its bitstream, simulated behind the driver, against the simulator."""

from .levels import LEVELS, levels_of, open_level
from .proof import Finding, Proof, prove, read_proofs, record

__all__ = ["LEVELS", "Finding", "Proof", "levels_of", "open_level", "prove", "read_proofs", "record"]
