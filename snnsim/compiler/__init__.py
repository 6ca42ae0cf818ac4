"""From a `Network` to an `Image`: choose scales, round once, report what was lost, prove that it fits."""

from .compilation import Compilation, compile
from .fit import Case, FanIn, Fit
from .learned import with_weights
from .learning_report import LearningReport, TermReport
from .quantise import CompileError, Loss
from .report import PopulationReport, ProjectionReport, Report
from .saturation import Reach, reaches
from .traces import TraceReport

__all__ = [
    "Case", "Compilation", "CompileError", "FanIn", "Fit", "LearningReport", "Loss", "PopulationReport",
    "ProjectionReport", "Reach", "Report", "TermReport", "TraceReport", "compile", "reaches", "with_weights",
]
