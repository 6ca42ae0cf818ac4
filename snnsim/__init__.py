"""Describe, compile and simulate spiking networks, and drive boards that run them."""

from importlib import import_module

#: Public name -> the module that has it. Imported on first use: numba alone takes a second.
_PUBLIC = {
    "AllToAll": "connect", "BatchSimulator": "batches", "Compilation": "compiler",
    "CoreConfig": "contract", "Countdown": "learning",
    "Dense": "connect", "Exponential": "learning", "FixedInDegree": "connect",
    "FixedOutDegree": "connect", "FixedProbability": "connect", "FixedTotal": "connect",
    "Formats": "contract", "Graded": "learning", "History": "learning", "Image": "image",
    "Input": "network", "IntegerLIF": "neurons", "IntegerTrace": "learning", "LIF": "neurons",
    "Modulator": "learning", "Network": "network", "Normal": "distributions", "OneToOne": "connect",
    "Pairs": "connect", "Poisson": "background", "PoissonSource": "neurons", "Population": "network",
    "Projection": "projection", "RasterBatch": "batches", "Recording": "recording",
    "RectangularSTDP": "learning", "ReferenceSimulator": "simulator", "RewardSTDP": "learning",
    "RunInterrupted": "result", "RunResult": "result", "Simulator": "simulator", "SpikeRaster": "raster",
    "STDP": "learning", "SumOfProducts": "learning", "Surrogate": "learning", "SymmetricSTDP": "learning",
    "ThirdFactor": "learning", "TripletSTDP": "learning", "Uniform": "distributions", "UserError": "errors",
    "WindowSTDP": "learning", "compile": "compiler", "first_difference": "result", "place": "placement",
    "with_weights": "compiler",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
