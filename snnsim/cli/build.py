"""`snnsim build`."""

import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from ..contract import ConfigError
from ..errors import UserError
from .networks import changed_core


@dataclass(frozen=True)
class Sizes:
    """What of a board's core a user may ask to be another size; None leaves it as it is."""

    neurons: int | None = None
    inputs: int | None = None
    synapses: int | None = None
    lanes: int | None = None
    delay_slots: int | None = None


def build(board, sizes, core, output):
    """Build a core for the board of that name; ``output``, if given, is a folder for a copy of the build."""
    from firmware.build import build
    from firmware.platforms import find_board

    board = find_board(board)
    if output is not None:
        _check_folder(output)
    config = changed_core(core, sized(board.config, sizes))
    with stages() as announce:
        result = build(board, config, announce)
    folder = result.folder
    if output is not None:
        _copy(folder, output)
        folder = output
    for line in described(result.manifest, config):
        typer.echo(line)
    typer.echo(f"{folder}")


def sized(config, sizes):
    """``config`` in other sizes, with as many spare rows as before. Raises `UserError` if it cannot be."""
    chosen = {name: getattr(sizes, name) for name in ("neurons", "inputs", "lanes", "delay_slots")
              if getattr(sizes, name) is not None}
    size = {"neurons": config.neurons, "inputs": config.inputs, "lanes": config.lanes} | chosen
    chosen["rows"] = size["neurons"] + size["inputs"] + config.rows - config.neurons - config.inputs
    synapses = config.synapse_words * config.lanes if sizes.synapses is None else sizes.synapses
    chosen["synapse_words"] = -(-synapses // size["lanes"])
    try:
        return replace(config, **chosen)
    except ConfigError as error:
        raise UserError(f"no such core: {error}") from None


@contextmanager
def stages():
    """Yields a function that shows each stage on stderr: the present one with a spinner on a terminal."""
    if not sys.stderr.isatty():
        yield lambda message: typer.echo(message, err=True)
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status("starting") as status:
        def announce(message):
            console.print(message)
            status.update(message)
        yield announce


def described(manifest, config):
    """The lines about a build."""
    synapses = config.synapse_words * config.lanes
    yield (f"{manifest['title']} ({manifest['device']}): {config.neurons:,} neurons, "
           f"{config.inputs:,} inputs, {synapses:,} synapses, delays up to {config.delay_slots} steps")
    yield (f"identity {manifest['identity']}, {manifest['baud']:,} baud, " + ", ".join(
        f"{name} {version}" for name, version in manifest["tools"].items()))
    if not manifest["bitstream"]:
        yield "a project for Vivado, complete but not run: no open tools make bitstreams for this device"
        return
    yield "takes " + ", ".join(
        f"{name} {count['used']:,} of {count['of']:,}" for name, count in manifest["use"].items())
    yield (f"timing met: {manifest['fmax'] / 1e6:.1f} MHz possible, {manifest['clock'] / 1e6:g} MHz in use; "
           f"bitstream {manifest['bitstream']}")


def _check_folder(path):
    if path.exists():
        raise UserError(f"{path} exists already: choose another folder, or remove it")
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: there is no folder {path.parent}")


def _copy(folder, output):
    """Copy the build whole or not at all."""
    try:
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".build-") as parent:
            shutil.copytree(folder, Path(parent) / "copy")
            (Path(parent) / "copy").rename(output)
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror}; choose another folder") from None
