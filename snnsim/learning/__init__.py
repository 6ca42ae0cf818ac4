"""How synapses learn, as people describe it: rules, traces, and the other factors of a rule."""

from .factors import Modulator, Surrogate, ThirdFactor
from .program import Product
from .published import (
    STDP,
    RectangularSTDP,
    RewardSTDP,
    SymmetricSTDP,
    TripletSTDP,
    WindowSTDP,
)
from .rule import LearningRule, SumOfProducts
from .traces import Countdown, Exponential, Graded, History, IntegerTrace, Trace

__all__ = [
    "STDP", "Countdown", "Exponential", "Graded", "History", "IntegerTrace", "LearningRule", "Modulator",
    "Product", "RectangularSTDP", "RewardSTDP", "SumOfProducts", "Surrogate", "SymmetricSTDP", "ThirdFactor",
    "Trace", "TripletSTDP", "WindowSTDP",
]
