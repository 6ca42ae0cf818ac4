"""From a `Network` to an `Image`: choose scales, round once, report what was lost, prove that it fits."""

from .compilation import Compilation, compile
from .quantise import CompileError, Loss
from .report import PopulationReport, ProjectionReport, Report

__all__ = ["Compilation", "CompileError", "Loss", "PopulationReport", "ProjectionReport", "Report", "compile"]
