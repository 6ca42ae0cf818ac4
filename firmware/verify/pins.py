"""Where the host and the oscillator are connected to a netlist."""

from dataclasses import dataclass

from .logic import NetlistError


@dataclass(frozen=True)
class Pins:
    """The nets of the oscillator's pin and of the UART's."""

    clock: int
    rx: int
    tx: int


def pins_of(ports, clock):
    """The `Pins` among the ``ports`` (name to nets) of a board's top level.

    ``clock`` is the platform's name of its oscillator.
    """
    return Pins(*(_net(ports, name) for name in (f"{clock}_0__io", "uart_0__rx__io", "uart_0__tx__io")))


def _net(ports, name):
    if name not in ports:
        raise NetlistError(f"there is no pin {name}, only {', '.join(ports)}")
    return ports[name][0]
