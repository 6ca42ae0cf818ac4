"""`snnsim run`."""

import time

import typer

from .machines import opened
from .networks import core_config, load_image
from .outputs import check_output
from .progress import progress
from .stimulus import stimulus_for
from .texts import summary


def run(network, machine, request, output, core):
    check_output(output)
    config = core_config(core)
    image = load_image(network, config.formats)
    stimulus, description = stimulus_for(image, request)
    typer.echo(description)
    result = timed_run(machine, image, stimulus, config)
    result.raster.save(output)
    typer.echo(f"wrote {output}")


def timed_run(name, image, stimulus, config, record=()):
    """Run ``image`` on the machine of this name and say how it went; a `RunResult`."""
    with opened(name, image, config) as machine, progress(f"running on {name}", stimulus.steps) as advance:
        begin = time.perf_counter()
        result = machine.run(stimulus, record, progress=advance)
        seconds = time.perf_counter() - begin
    typer.echo(summary(name, result, seconds))
    return result
