"""Netlists after synthesis, as Yosys writes them."""

import json
from pathlib import Path

from .logic import ONE, ZERO, Cell, Logic, NetlistError
from .models import models_of

#: Cells that only tell where others came from.
_REMARKS = {"$scopeinfo"}
#: Cells that only drive a constant: their port, and what it is.
_CONSTANTS = {"GND": ("G", ZERO), "VCC": ("V", ONE)}


def read_netlist(path, toolchain, top="top"):
    """``(Logic, ports)`` of the netlist in a JSON file; ``ports`` maps the names of pins to nets.

    Raises `NetlistError` for cells that have no model.
    """
    module = json.loads(Path(path).read_text())["modules"].get(top)
    if module is None:
        raise NetlistError(f"{path} holds no module {top!r}")
    return logic_of(module, models_of(toolchain))


def logic_of(module, models):
    """The same of a module of such a file, read already."""
    described = {name: cell for name, cell in module["cells"].items() if cell["type"] not in _REMARKS}
    constants = _constants(described.values())

    def nets(bits):
        """Constants are written as texts; what is left open reads as 0."""
        return tuple((ONE if bit == "1" else ZERO) if isinstance(bit, str) else constants.get(bit, bit)
                     for bit in bits)

    ports = {name: nets(port["bits"]) for name, port in module["ports"].items()}
    cells = [Cell(cell["type"], name, cell["parameters"],
                  {port: nets(bits) for port, bits in cell["connections"].items()})
             for name, cell in described.items() if cell["type"] not in _CONSTANTS]
    used = [net for part in (ports, *(cell.ports for cell in cells))
            for bits in part.values() for net in bits]
    logic = Logic(max(used, default=ONE) + 1)
    for cell in cells:
        logic.add_cell(cell, models)
    logic.inputs = {net for nets in ports.values() for net in nets}
    return logic, ports


def _constants(cells):
    """The nets that cells for constants drive."""
    return {bit: value for cell in cells if cell["type"] in _CONSTANTS
            for port, value in [_CONSTANTS[cell["type"]]] for bit in cell["connections"][port]}
