"""`snnsim boards`."""

import sys

from ..errors import UserError
from ..placement import ClockedCore, Speed, full_load

#: Share of the neurons that fire in a step, for the speed in the table.
RATE = 0.02

#: What can be proven of a board's build without the board.
PROOFS = {
    "ice40": "timing, netlist, bitstream", "ecp5": "timing, netlist", "gowin": "timing, netlist",
    "vivado": "nothing: exported, not run",
}

#: Of the table where there is no terminal; the lines must not be broken.
WIDTH = 200


def boards():
    """Print the table of the boards, each with the core that fills it."""
    from rich.console import Console
    from rich.table import Table

    from firmware.platforms import BOARDS

    table = Table(box=None, pad_edge=False, header_style="")
    for name, justify in COLUMNS.items():
        table.add_column(name, justify=justify)
    for board in BOARDS.values():
        table.add_row(*row(board))
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    console.print(table)
    console.print(CAPTION)


CAPTION = f"""
steps/s: of the core by its clock, and those whose spikes the link carries, where {100 * RATE:g} % of all
neurons fire in a step and each is joined to all, or to as many as there are synapses.
provable: what snnsim build and snnsim verify show without the board; built: what they have shown here.
For a network of your own: snnsim compile NETWORK --board BOARD"""

COLUMNS = {
    "board": "left", "device": "left", "neurons": "right", "synapses": "right", "delays": "right",
    "learning": "left", "clock": "right", "steps/s": "right", "link": "right", "toolchain": "left",
    "provable": "left", "built": "left",
}


def row(board):
    """The cells of a board's row, one for each of `COLUMNS`."""
    config, speed = board.config, speed_of(board)
    return (board.name, board.device, f"{config.neurons:,}", f"{config.synapse_words * config.lanes:,}",
            f"1-{config.delay_slots}", "yes" if config.learns else "no",
            f"{board.clock / 1e6:g} MHz", f"{speed.core:,.0f}",
            f"{speed.link:,.0f}", board.toolchain, PROOFS[board.toolchain], _built(board))


def speed_of(board):
    """The `Speed` of the full core, all to all as far as its synapses go, while `RATE` of it fires."""
    clocked = ClockedCore(board.config, board.clock, board.baud)
    return Speed.of(full_load(board.config, RATE), clocked)


def _built(board):
    """The highest clock of the build in the cache, if there is one, and at which levels it is proven."""
    from firmware.build import find
    from firmware.verify import read_proofs

    try:
        found = find(board)
    except UserError:  # the tools are not installed, so that no build can be told from another
        return ""
    if found is None:
        return "no"
    fmax = found.manifest["fmax"]
    return ", ".join([f"{fmax / 1e6:.0f} MHz" if fmax else "exported", *sorted(read_proofs(found))])
