"""What nextpnr says of a design: what it takes of the device, how fast it is, why it does not fit."""

import json
import re
from dataclasses import dataclass

from .platforms.board import ECP5, GOWIN, ICE40

#: Kinds of cells by what they are here and how many of that each takes, for each toolchain. Of those that
#: share a name, the first says how many there are.
CELLS = {
    ICE40: {"ICESTORM_LC": ("LUT", 1), "ICESTORM_RAM": ("RAM", 1), "ICESTORM_SPRAM": ("SPRAM", 1),
            "ICESTORM_DSP": ("DSP", 1)},
    ECP5: {"TRELLIS_COMB": ("LUT", 1), "TRELLIS_FF": ("FF", 1), "DP16KD": ("RAM", 1),
           "MULT18X18D": ("DSP", 1)},
    # Adders and small memories lie in the places of tables.
    GOWIN: {"LUT4": ("LUT", 1), "ALU": ("LUT", 1), "RAM16SDP4": ("LUT", 4), "DFF": ("FF", 1),
            "BSRAM": ("RAM", 1), "MULT18X18": ("DSP", 1)},
}
#: What each is called in a sentence, and what of a core takes it.
NAMES = {
    "LUT": ("logic cells", "lanes, neurons or state_width"),
    "FF": ("flip-flops", "lanes or state_width"),
    "RAM": ("block RAMs", "synapses, neurons, delay slots, lanes or the buffers"),
    "SPRAM": ("single-port RAMs", "synapses"),
    "DSP": ("multipliers", "state_width or decay_bits"),
}

_UTILISATION = re.compile(r"^Info:\s+(\w+):\s+(\d+)/\s*(\d+)\s", re.MULTILINE)


@dataclass(frozen=True)
class Routed:
    """A routed design.

    ``use`` maps the keys of `NAMES` to ``(used, available)``. ``fmax`` in Hz is the highest clock at which
    it works, ``constraint`` that for which it was routed. ``slowest`` are the two ends of its slowest path.
    """

    use: dict
    fmax: float
    constraint: float
    slowest: tuple


def read_report(text, toolchain):
    """The `Routed` that the JSON report of nextpnr describes."""
    report = json.loads(text)
    clock, times = min(report["fmax"].items(), key=lambda item: item[1]["achieved"] / item[1]["constraint"])
    paths = [path["path"] for path in report["critical_paths"]
             if clock in path["from"] and clock in path["to"]]
    ends = (_cell(paths[0][0]["from"]), _cell(paths[0][-1]["to"])) if paths else ()
    counts = {name: (count["used"], count["available"]) for name, count in report["utilization"].items()}
    return Routed(_named(counts, toolchain), times["achieved"] * 1e6, times["constraint"] * 1e6, ends)


def _cell(end):
    return f"{end['cell']}.{end['port']}"


def read_misfits(log, toolchain):
    """``{name: (used, available)}`` of all that a design takes more of than there is, from nextpnr's log."""
    counts = {name: (int(used), int(available)) for name, used, available in _UTILISATION.findall(log)}
    return {name: (used, available) for name, (used, available) in _named(counts, toolchain).items()
            if used > available}


def _named(counts, toolchain):
    """Numbers of cells as ``{name: (used, available)}``."""
    named = {}
    for cell, (name, weight) in CELLS[toolchain].items():
        if cell in counts:
            used, available = counts[cell]
            before, available = named.get(name, (0, available))
            named[name] = (before + weight * used, available)
    return named


def describe_misfits(misfits):
    """``8,555 of 7,680 logic cells``, and what to reduce."""
    amounts = " and ".join(f"{used:,} of {available:,} {NAMES[name][0]}"
                           for name, (used, available) in misfits.items())
    return f"it takes {amounts}: reduce {NAMES[next(iter(misfits))][1]}"
