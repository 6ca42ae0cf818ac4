"""`snnsim run`."""

import time
from dataclasses import dataclass
from pathlib import Path

import typer

from ..errors import UserError
from ..network_file import check_path as check_network_path
from ..result import RunInterrupted
from .machines import opened
from .networks import load_image, load_network
from .outputs import check_output
from .progress import progress
from .stimulus import stimulus_for
from .texts import summary


@dataclass(frozen=True)
class Outputs:
    """Where the spikes go, a ``raster`` file or a ``folder``, and what was ``learned``; None: nowhere."""

    raster: Path | None
    folder: Path | None
    learned: Path | None


def run(network, machine, request, outputs, config, threads):
    """Run it, as far as an interrupt allows, and write what was recorded."""
    for path in filter(None, (outputs.raster, outputs.learned)):
        check_output(path)
    if outputs.folder is not None and machine != "simulator":
        raise UserError(f"only the simulator streams: give -o instead of --stream for {machine}")
    if threads > 1 and machine != "simulator":
        raise UserError(f"only the simulator has threads: leave --threads out for {machine}")
    described = None if outputs.learned is None else _that_learns(network, outputs.learned)
    image = load_image(network, config.formats)
    stimulus, description = stimulus_for(image, request)
    typer.echo(description)
    with opened(machine, image, config, threads=threads) as opened_machine:
        raster = _raster(machine, opened_machine, stimulus, request, outputs.folder)
        weights = None if described is None else opened_machine.read_weights()
    if outputs.raster is not None:
        raster.save(outputs.raster)
    if described is not None:
        from ..compiler import with_weights
        with_weights(described, image, weights).save(outputs.learned)
    written = " and ".join(str(path) for path in vars(outputs).values() if path is not None)
    if raster.steps < stimulus.steps:
        raise UserError(f"interrupted after {raster.steps:,} of {stimulus.steps:,} steps: these are in "
                        f"{written}")
    typer.echo(f"wrote {written}")


def _raster(name, machine, stimulus, request, folder):
    """The spikes of the run, of fewer steps after an interrupt."""
    try:
        return timed_run(name, machine, stimulus, commands=request.commands(stimulus.steps), to=folder).raster
    except RunInterrupted as interrupt:
        if not interrupt.result.raster.steps:
            raise
        return interrupt.result.raster


def _that_learns(path, learned):
    """The description in a file, refused if there is nothing in it that learns, or if it could not be
    written."""
    network = load_network(path)
    check_network_path(learned)
    if not network.learns:
        raise UserError(f"{path} does not learn: give one of its projections a learning rule, or leave "
                        "--learned out")
    return network


def timed_run(name, machine, stimulus, record=(), commands=(), to=None):
    """Run a machine and say how it went; a `RunResult`. ``to``: a folder that the simulator records to."""
    with progress(f"running on {name}", stimulus.steps) as advance:
        begin = time.perf_counter()
        options = {name: value for name, value in (("commands", commands), ("to", to)) if value}
        result = machine.run(stimulus, record, progress=advance, **options)
        seconds = time.perf_counter() - begin
    typer.echo(summary(name, result, seconds))
    return result
