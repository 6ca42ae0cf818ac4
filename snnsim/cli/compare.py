"""`snnsim compare` and `snnsim diff`."""

import numpy as np
import typer

from ..errors import UserError
from ..result import first_difference, first_learning_difference, first_weight_difference
from .exits import DIFFERENT, IDENTICAL
from .machines import opened
from .networks import load_image
from .outputs import check_picture
from .run import timed_run
from .stimulus import load_raster, stimulus_for
from .texts import learning_synapses, place_of


def compare(network, names, request, config, every_state, picture):
    """Compare the first of the named machines with each of the others; the exit code."""
    if len(names) < 2:
        raise UserError("compare takes at least two machines: give --on twice, such as --on simulator "
                        "--on gateware")
    if picture is not None:
        check_picture(picture)
    image = load_image(network, config.formats)
    stimulus, description = stimulus_for(image, request)
    typer.echo(description)
    record = list(range(image.n_neurons)) if every_state else []
    results, learned = [], []
    for name in names:
        with opened(name, image, config) as machine:
            results.append(timed_run(name, machine, stimulus, record, request.commands(stimulus.steps)))
            learned.append(machine.read_learning() if image.learns else machine.read_weights())
    first_of_rest = first_learning_difference if image.learns else first_weight_difference
    differences = [
        first_difference(results[0], result) or first_of_rest(image, learned[0], other)
        for result, other in zip(results[1:], learned[1:], strict=True)]
    if picture is not None:
        shown = next((k for k, found in enumerate(differences) if found), 0)
        _draw(picture, results[0], results[shown + 1], (names[0], names[shown + 1]), image)
    for name, found in zip(names[1:], differences, strict=True):
        _say(f"{names[0]} and {name}", results[0].raster, found, image.populations,
             _changed(image, learned[0].weights) if image.learns else "")
    return DIFFERENT if any(differences) else IDENTICAL


def diff(a, b):
    """Compare two raster files; the exit code."""
    first, second = load_raster(a), load_raster(b)
    try:
        found = first_difference(first, second)
    except ValueError as error:
        raise UserError(f"{a} and {b}: {error}") from None
    _say(f"{a} and {b}", first, found)
    return DIFFERENT if found else IDENTICAL


def _changed(image, weights):
    """``, 1,024 weights that learn (37 changed)``"""
    changed = sum(int(np.count_nonzero(w != p.weights()))
                  for p, w in zip(image.projections, weights, strict=True))
    return f", {learning_synapses(image):,} weights that learn ({changed:,} changed)"


def _say(names, raster, found, populations=(), learned=""):
    if found:
        typer.echo(f"different: {names}: {place_of(found, populations)}")
    else:
        typer.echo(f"identical: {names}: {raster.steps} steps, {len(raster)} spikes{learned}, 0 differences")


def _draw(path, a, b, names, image):
    from ..report import raster_picture, save_picture
    save_picture(raster_picture(a.raster, b.raster, names=names, populations=image.populations), path)
    typer.echo(f"wrote {path}")
