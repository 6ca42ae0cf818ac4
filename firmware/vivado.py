"""The folder that Vivado needs, checked for being complete: it is written here and not run."""

import re
from pathlib import Path

from .flow import TOP


def check_export(folder):
    """Raise `RuntimeError` if a file is missing or a port of the design has no pin."""
    folder = Path(folder)
    script = (folder / f"{TOP}.tcl").read_text()
    read = re.findall(r"^(?:add_files|read_xdc) (\S+)", script, re.MULTILINE)
    missing = [name for name in (f"build_{TOP}.sh", *read) if not (folder / name).is_file()]
    if missing:
        raise RuntimeError(f"the script reads {missing[0]}, which has not been written")
    ports = ports_of((folder / f"{TOP}.v").read_text())
    placed = set(re.findall(r'LOC \S+ \[get_ports "(\w+)"\]', (folder / f"{TOP}.xdc").read_text()))
    if not ports or ports != placed:
        raise RuntimeError(f"the design has the ports {sorted(ports)} and pins for {sorted(placed)}")
    if "write_bitstream" not in script:
        raise RuntimeError("the script writes no bitstream")


def ports_of(verilog):
    """The names of the ports of the top module in a Verilog text."""
    header = re.search(rf"^module {TOP}\(([^)]*)\)", verilog, re.MULTILINE)
    return {name.strip() for name in header[1].split(",")} - {""} if header else set()
