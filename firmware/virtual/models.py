"""The two depths of the virtual board as native code."""

from pathlib import Path

from hdl.cosim import compile_core
from hdl.native import compile_model, model_digest

from .. import top, uart

SHIM = Path(__file__).parent / "pin_level.cc"

#: Clocks a bit of the pin-level board: the fewest that the UART allows, as each costs time.
DIVISOR = uart.SMALLEST_DIVISOR


def compile_byte_level(config, announce=lambda message: None):
    """The path of the library with the core alone: bytes go straight to its ports.

    Compiled if it is not in the cache; ``announce(message)`` hears of it. Raises `UserError` without a
    C++ compiler.
    """
    return compile_core(config, announce)


def compile_pin_level(config, announce=lambda message: None, divisor=DIVISOR):
    """The same with the whole top level, whose UART receives and sends real bits of ``divisor`` clocks."""
    digest = model_digest(SHIM, ("top", config.digest, divisor), sources=(uart.__file__, top.__file__))
    return compile_model(lambda: top.Top(config, divisor, identity=int(digest[:16], 16)), SHIM, digest,
                         announce, defines=(f"DIVISOR={divisor}",))
