"""Other simulators, in an environment of their own: those that the benchmarks run beside this one.

    python -m benchmarks.peers

makes ``.peers`` with pinned versions from the package index. They want a NumPy of their own. What cannot be
installed is named and left out. What has been put there by hand is used as well, such as PyGeNN, which is not
on the package index.
"""

import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / ".peers"
PYTHON = FOLDER / "bin" / "python"
BASE = ("numpy==2.1.3", "setuptools==80.9.0", "cython==3.1.2")
TORCH = "torch==2.13.0"
#: name -> what pip is asked for, beside `BASE`.
PACKAGES = {
    "Brian2": ("brian2==2.9.0",),
    "NEST": ("nest-simulator==3.10.0",),
    "SuperNeuroMAT": ("superneuromat==3.5.0", "numba==0.68.1"),
    "spikingjelly": ("spikingjelly==2.0.0", TORCH),
    "sinabs": ("sinabs==3.1.3", TORCH),
    "snntorch": ("snntorch==1.0.0", TORCH),
    "norse": ("norse==1.1.0", TORCH),
}


def install():
    """Make the environment; the names of the peers that could not be installed."""
    if not PYTHON.exists():
        venv.create(FOLDER, with_pip=True)
    if not _pip(*BASE):
        return list(PACKAGES)
    return [name for name, packages in PACKAGES.items() if not _pip(*packages, *BASE)]


def has(module):
    """Whether the environment is there and has a module."""
    return PYTHON.exists() and subprocess.run(
        [PYTHON, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"],
        capture_output=True).returncode == 0


def _pip(*packages):
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    return subprocess.run(command).returncode == 0


def main():
    failed = install()
    for name, packages in PACKAGES.items():
        print(f"{name}: {'could not be installed' if name in failed else 'installed'} ({packages[0]})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
