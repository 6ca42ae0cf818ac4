"""`snnsim compile`."""

import typer

from ..compiler import Fit, reaches
from ..errors import UserError
from ..placement import CapacityError, ClockedCore
from ..sizes import text as bytes_text
from .networks import chosen_core, compiled
from .outputs import check_output
from .records import record_of, save_record
from .texts import learning_synapses, reach_lines

DEFAULT_RATE = 0.02


def compile(network, output, core, board, rate, json, delivery):
    """``core``, ``board``: at most one; without both the network is compiled for a CPU."""
    if rate is not None and core is None and board is None:
        raise UserError("--rate is for the prediction of a core's speed: give --board or --core with it")
    for path in filter(None, (output, json)):
        check_output(path)
    is_for_core = core is not None or board is not None
    compilation = _compiled(network, chosen_core(core, board) if is_for_core else None, board)
    reach = reaches(compilation.image)
    fit = None
    if is_for_core:
        fit = Fit.of(compilation, DEFAULT_RATE if rate is None else rate, board and _clocked(board))
    _show(compilation, reach, fit, board)
    if delivery:
        _show_delivery(compilation.image)
    if json is not None:
        save_record(json, record_of(compilation, reach, fit, board))
        typer.echo(f"wrote {json}")
    if output is not None:
        compilation.image.save(output)
        typer.echo(f"wrote {output}")


def _compiled(network, target, board):
    """The `Compilation`; what does not fit a board is told together with the boards that it does fit."""
    try:
        return compiled(network, target)
    except CapacityError as error:
        if board is None:
            raise
        from firmware.platforms import BOARDS
        others = [name for name in BOARDS if name != board and _fits(network, BOARDS[name].config)]
        where = f"it fits {', '.join(others)}" if others else "it fits no other board here"
        raise UserError(f"{network} does not fit {board}: {error}; {where}") from None


def _fits(network, config):
    try:
        compiled(network, config)
    except UserError:
        return False
    return True


def _clocked(board):
    from firmware.platforms import find_board
    found = find_board(board)
    return ClockedCore(found.config, found.clock, found.baud)


def _show_delivery(image):
    from ..simulator import Simulator
    typer.echo("\nThe simulator delivers spikes")
    for choice in Simulator(image).delivery:
        typer.echo(f"  {choice}")


def _show(compilation, reach, fit, board):
    image = compilation.image
    typer.echo(f"{compilation.report}\n")
    typer.echo("\n".join(reach_lines(reach)))
    if fit is not None:
        typer.echo(f"\nfits {board or 'the core'}\n\n{fit}")
    learning = learning_synapses(image)
    synapses = f"{image.n_synapses:,} synapses" + (f", {learning:,} of which learn" if learning else "")
    size = image.nbytes
    typer.echo(f"\n{image.n_neurons:,} neurons, {image.n_inputs:,} inputs, {synapses}, "
               f"digest {image.digest[:16]}")
    typer.echo(f"the image takes {bytes_text(size)}, {size / max(image.n_synapses, 1):.3g} bytes a synapse")
