"""Machines by the names that a user gives them."""

from contextlib import contextmanager
from pathlib import Path

import typer

from ..errors import UserError
from .progress import progress


@contextmanager
def opened(name, image, config, threads=1):
    """The machine of this name with ``image`` loaded, for as long as the block lasts.

    ``threads`` are those of the simulator.

    ``config`` is the core that ``gateware``, ``virtual`` and ``virtual-pins`` are built as; a board
    brings its own. Raises `UserError` for a machine that does not exist.
    """
    make = BUILT_IN.get(name, _port_named(name))
    options = {"threads": threads} if make is _simulator else {}
    with make(image, config, **options) as machine:
        yield machine


@contextmanager
def _simulator(image, config, threads=1):
    from ..simulator import Simulator
    yield Simulator(image, threads=threads)


@contextmanager
def _reference(image, config):
    from ..simulator import ReferenceSimulator
    yield ReferenceSimulator(image)


@contextmanager
def _gateware(image, config):
    from hdl.cosim import CompiledLink

    from ..placement import place

    place(image, config)  # refuse what does not fit before building anything
    with CompiledLink(config, announce) as link:
        yield from _driven(link, image)


@contextmanager
def _virtual(image, config):
    from firmware.virtual import byte_level_board
    yield from _on_virtual_board(byte_level_board, image, config)


@contextmanager
def _virtual_pins(image, config):
    from firmware.virtual import pin_level_board
    yield from _on_virtual_board(pin_level_board, image, config)


def _on_virtual_board(make_board, image, config):
    from ..host import SerialLink
    from ..placement import place

    place(image, config)
    with make_board(config, announce) as board, SerialLink(board.port) as link:
        typer.echo(f"board: {board.port}")
        yield from _driven(link, image)


def announce(message):
    """Say on stderr that something takes long."""
    typer.echo(message, err=True)


BUILT_IN = {"simulator": _simulator, "reference": _reference, "gateware": _gateware,
            "virtual": _virtual, "virtual-pins": _virtual_pins}


def _port_named(port):
    @contextmanager
    def board(image, config):
        from ..host import open_core

        if "/" not in port and not port.upper().startswith("COM"):
            raise UserError(f"there is no machine {port!r}: choose one of {', '.join(BUILT_IN)}, or name a "
                            "serial port such as /dev/ttyUSB1 or COM3")
        with open_core(port) as driver:
            yield from _loaded(driver, image)
    return board


def _driven(link, image):
    """The driver of the core behind ``link``, with ``image`` loaded."""
    from ..host import Driver

    with Driver(link) as driver:
        yield from _loaded(driver, image)


def _loaded(driver, image):
    with progress(f"loading {Path(driver.name).name}", 1) as advance:
        driver.load(image, progress=lambda done, total: advance(done / max(total, 1)))
    yield driver
