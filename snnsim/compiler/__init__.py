"""From a `Network` to an `Image`: choose scales, round once, report what was lost, prove that it fits."""

from .compilation import Compilation, compile
from .fit import Case, FanIn, Fit
from .quantise import CompileError, Loss
from .report import PopulationReport, ProjectionReport, Report
from .saturation import Reach, reaches

__all__ = [
    "Case", "Compilation", "CompileError", "FanIn", "Fit", "Loss", "PopulationReport", "ProjectionReport",
    "Reach", "Report", "compile", "reaches",
]
