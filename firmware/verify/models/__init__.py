"""What the cells of the vendors do at each clock: facts of their documentation, in terms of `Logic`."""

from . import ecp5, gowin, ice40

_MODELS = {"ice40": ice40.MODELS, "ecp5": ecp5.MODELS, "gowin": gowin.MODELS}


def models_of(toolchain):
    """The models of a toolchain's cells: type to function of `Logic` and `Cell`."""
    return _MODELS[toolchain]


__all__ = ["models_of"]
