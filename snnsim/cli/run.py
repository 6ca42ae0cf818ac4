"""`snnsim run`."""

import time

import typer

from ..errors import UserError
from ..network_file import check_path as check_network_path
from .machines import opened
from .networks import load_image, load_network
from .outputs import check_output
from .progress import progress
from .stimulus import stimulus_for
from .texts import summary


def run(network, machine, request, output, config, learned=None):
    """``learned``: where to write the network with the weights that it learned, None for nowhere."""
    for path in filter(None, (output, learned)):
        check_output(path)
    described = None if learned is None else _that_learns(network, learned)
    image = load_image(network, config.formats)
    stimulus, description = stimulus_for(image, request)
    typer.echo(description)
    with opened(machine, image, config) as opened_machine:
        result = timed_run(machine, opened_machine, stimulus, commands=request.commands(stimulus.steps))
        weights = None if learned is None else opened_machine.read_weights()
    result.raster.save(output)
    typer.echo(f"wrote {output}")
    if learned is not None:
        from ..compiler import with_weights
        with_weights(described, image, weights).save(learned)
        typer.echo(f"wrote {learned}")


def _that_learns(path, learned):
    """The description in a file, refused if there is nothing in it that learns, or if it could not be
    written."""
    network = load_network(path)
    check_network_path(learned)
    if not network.learns:
        raise UserError(f"{path} does not learn: give one of its projections a learning rule, or leave "
                        "--learned out")
    return network


def timed_run(name, machine, stimulus, record=(), commands=()):
    """Run a machine and say how it went; a `RunResult`."""
    with progress(f"running on {name}", stimulus.steps) as advance:
        begin = time.perf_counter()
        options = {"commands": commands} if commands else {}
        result = machine.run(stimulus, record, progress=advance, **options)
        seconds = time.perf_counter() - begin
    typer.echo(summary(name, result, seconds))
    return result
