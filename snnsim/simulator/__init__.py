"""Running an `Image` on the CPU: fast (`Simulator`) and obvious (`ReferenceSimulator`)."""

from .reference import ReferenceSimulator
from .simulator import Simulator

__all__ = ["ReferenceSimulator", "Simulator"]
