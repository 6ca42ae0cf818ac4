"""From a board's top level to a bitstream: the steps, with Amaranth's scripts and our tools."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from hdl.memory import IGNORE_COLLISIONS

from .board_top import BoardTop
from .platforms.board import ECP5, GOWIN, ICE40
from .toolchain import find_tools, undisturbed_amaranth

#: Name of the top module, and so of all files.
TOP = "top"
#: What nextpnr writes about the routed design, for `firmware.reports`.
REPORT = f"{TOP}.report.json"
#: Its log, which also tells why a design does not fit.
LOG = f"{TOP}.tim"


@dataclass(frozen=True)
class Flow:
    """The programs of a toolchain in their order, and the file that they make in the end."""

    synthesis: str
    routing: str
    packing: str
    bitstream: str

    @property
    def tools(self):
        return self.synthesis, self.routing, self.packing


FLOWS = {
    ICE40: Flow("yosys", "nextpnr-ice40", "icepack", f"{TOP}.bin"),
    ECP5: Flow("yosys", "nextpnr-ecp5", "ecppack", f"{TOP}.bit"),
    GOWIN: Flow("yosys", "nextpnr-himbaechel", "gowin_pack", f"{TOP}.fs"),
}


def prepare(board, config, identity, folder):
    """Write all that the tools read into ``folder``; return their command lines, in order."""
    with undisturbed_amaranth():
        plan = board.make_platform().prepare(
            BoardTop(board, config, identity), TOP, emit_src=False, synth_opts=board.synthesis,
            script_after_read=IGNORE_COLLISIONS)
    for name, text in plan.files.items():
        Path(folder, name).write_text(text)
    return json.loads(plan.files[f"build_{TOP}.json"])["commands"]


class Steps:
    """The steps of the flow of ``board`` in ``folder``, after `prepare` has given the ``commands``.

    Each raises `ToolError` if its tool fails. ``announce(message)`` hears of what takes long.
    """

    def __init__(self, board, folder, commands, announce):
        self._board, self._folder, self._announce = board, folder, announce
        self.flow = FLOWS[board.toolchain]
        self._tools = find_tools(self.flow.tools)
        self._arguments = dict(zip(self.flow.tools, (arguments for _, *arguments in commands), strict=True))

    @property
    def versions(self):
        """The version of each package that has a part in it."""
        return {tool.package: tool.version for tool in self._tools.values()}

    def synthesise(self):
        """Gates and memories to the cells of the device: `TOP`.json."""
        self._run(self.flow.synthesis, self._arguments[self.flow.synthesis])
        # Amaranth's script for Gowin names it otherwise.
        for netlist in Path(self._folder).glob(f"{TOP}.syn.json"):
            netlist.rename(netlist.with_name(f"{TOP}.json"))

    def route(self, seed):
        """Place and route, for the board's clock; missed timing is for the report to tell."""
        options = ["--freq", f"{self._board.clock / 1e6:g}", "--seed", str(seed), "--report", REPORT,
                   "--timing-allow-fail"]
        arguments = self._arguments[self.flow.routing]
        if self._board.toolchain == GOWIN:
            arguments = _for_himbaechel(arguments)
        self._run(self.flow.routing, arguments + options)

    def pack(self):
        """Write the bitstream."""
        self._run(self.flow.packing, self._arguments[self.flow.packing])

    def _run(self, name, arguments):
        self._tools[name].run(arguments, self._folder, self._announce)


def _for_himbaechel(arguments):
    """The arguments of Amaranth's nextpnr-gowin for its successor."""
    text = "\0".join(arguments)
    text = re.sub("--(family|cst)\0", "--vopt\0\\1=", text)
    return text.replace(f"{TOP}.syn.json", f"{TOP}.json").split("\0")
