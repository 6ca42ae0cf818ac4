"""Describe, compile and simulate spiking networks, and drive boards that run them."""

from importlib import import_module

#: Public name -> the module that has it. Imported on first use: numba alone takes a second.
_PUBLIC = {
    "AllToAll": "connect", "Compilation": "compiler", "CoreConfig": "contract", "Dense": "connect",
    "FixedInDegree": "connect", "FixedProbability": "connect", "Formats": "contract", "Image": "image",
    "Input": "network", "IntegerLIF": "neurons", "LIF": "neurons", "Network": "network",
    "Normal": "distributions", "OneToOne": "connect", "Pairs": "connect", "Population": "network",
    "Projection": "projection", "ReferenceSimulator": "simulator", "RunResult": "result",
    "Simulator": "simulator", "SpikeRaster": "raster", "Uniform": "distributions", "UserError": "errors",
    "compile": "compiler", "first_difference": "result", "place": "placement",
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
