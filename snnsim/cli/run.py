"""`snnsim run`."""

import time

import typer

from .machines import opened
from .networks import load_image
from .outputs import check_output
from .progress import progress
from .stimulus import stimulus_for
from .texts import summary


def run(network, machine, request, output, config):
    check_output(output)
    image = load_image(network, config.formats)
    stimulus, description = stimulus_for(image, request)
    typer.echo(description)
    with opened(machine, image, config) as opened_machine:
        result = timed_run(machine, opened_machine, stimulus)
    result.raster.save(output)
    typer.echo(f"wrote {output}")


def timed_run(name, machine, stimulus, record=()):
    """Run a machine and say how it went; a `RunResult`."""
    with progress(f"running on {name}", stimulus.steps) as advance:
        begin = time.perf_counter()
        result = machine.run(stimulus, record, progress=advance)
        seconds = time.perf_counter() - begin
    typer.echo(summary(name, result, seconds))
    return result
