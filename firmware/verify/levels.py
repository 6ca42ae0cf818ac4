"""How deep a build can be looked into, and the link to what is found there."""

import re
import tempfile
from pathlib import Path

from firmware.flow import TOP
from firmware.platforms.board import ECP5, GOWIN, ICE40
from firmware.toolchain import find_tools
from snnsim.errors import UserError

from .bitstream import read_bitstream
from .link import NetlistLink
from .logic import NetlistError
from .netlist import read_netlist
from .pins import pins_of

#: The two levels: cells after synthesis, and the file that is loaded, turned back into cells.
NETLIST, BITSTREAM = LEVELS = "netlist", "bitstream"

_LEVELS_OF = {ICE40: LEVELS, ECP5: (NETLIST,), GOWIN: (NETLIST,)}


def levels_of(board):
    """The levels at which a build for a `Board` can be simulated: some of `LEVELS`, or none."""
    return _LEVELS_OF.get(board.toolchain, ())


def check_level(board, level):
    """Raise a `UserError` if a build for ``board`` cannot be simulated at ``level``."""
    if level not in LEVELS:
        raise UserError(f"there is no level {level!r}: choose {' or '.join(LEVELS)}")
    if not levels_of(board):
        raise UserError(f"nothing of {board.title} can be simulated: there are no models of the cells that "
                        f"{board.toolchain} makes")
    if level not in levels_of(board):
        raise UserError(f"the {level} of {board.title} cannot be simulated, only the "
                        f"{' and the '.join(levels_of(board))}")


def open_level(build, board, level, announce=lambda message: None):
    """An `AbstractLink` to a `Build` for ``board``, simulated at ``level``, just powered up.

    Raises `UserError` if that cannot be simulated; `NetlistError` if the PLL is not set to the clock.
    """
    check_level(board, level)
    read = {NETLIST: _netlist, BITSTREAM: _bitstream}[level]
    logic, ports = read(build, board, announce)
    platform = board.make_platform()
    clock = platform.default_clk_frequency * logic.rate
    if clock != board.clock:
        raise NetlistError(f"the PLL in the {level} makes {float(clock):.0f} Hz, not {board.clock} Hz")
    pins = pins_of(ports, platform.default_clk)
    return NetlistLink(logic, pins, board.divisor, board.clock, f"the {level} of {board.name}")


def _netlist(build, board, announce):
    return read_netlist(build.folder / f"{TOP}.json", board.toolchain, TOP)


def _bitstream(build, board, announce):
    constraints = (build.folder / f"{TOP}.pcf").read_text()
    pins = dict(re.findall(r"^set_io (\S+) (\S+)", constraints, re.MULTILINE))
    announce("reading the bitstream back")
    # In the folder of builds: the tools see no other.
    with tempfile.TemporaryDirectory(dir=build.folder.parent, prefix=".verify-") as folder:
        folder = Path(folder)
        (folder / f"{TOP}.bin").write_bytes(build.bitstream.read_bytes())
        unpack = find_tools(["iceunpack"])["iceunpack"]
        unpack.run([f"{TOP}.bin", f"{TOP}.asc"], folder, announce)
        return read_bitstream(folder / f"{TOP}.asc", board.make_platform().package.lower(), pins)
