"""`snnsim flash`."""

import sys
import time

import typer

from ..errors import UserError
from ..host import serial_ports, survey
from .build import stages
from .networks import changed_core

#: A board may need a moment to begin, and its port to come back.
ATTEMPTS, SECONDS_BETWEEN = 4, 0.5


def flash(board, port, core, dry_run):
    """Load the core for the board of that name, built if it is not, and see that it answers."""
    from firmware.build import build, find
    from firmware.flash import command_of, flash, in_words
    from firmware.platforms import find_board

    board = find_board(board)
    config = changed_core(core, board.config)
    if dry_run:
        built = find(board, config)
        if built is None:
            raise UserError(f"this core is not built for {board.title} yet, and a dry run builds nothing: "
                            f"run snnsim build {board.name} first")
        typer.echo(in_words(command_of(board, built.bitstream)))
        return
    with stages() as announce:
        built = build(board, config, announce)
    typer.echo(in_words(command_of(board, built.bitstream)))
    flash(board, built.bitstream, show)
    found = confirm(port, built.identity)
    typer.echo(f"{board.title} answers on {found} with the identity of this build, {built.identity:016x}")


def show(text):
    """What a programmer prints, as it comes."""
    sys.stderr.write(text)
    sys.stderr.flush()


def confirm(port, identity):
    """The name of the port, ``port`` or any, where a core of this ``identity`` answers.

    Raises `UserError` if there is none: it says who answers instead.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(SECONDS_BETWEEN)
        answers = survey([port] if port else list(serial_ports()))
        for answer in answers:
            if answer.identity == identity:
                return answer.port
        if port and answers[0].identity is not None:
            raise UserError(f"{port} answers with the identity {answers[0].identity:016x}, not with that of "
                            f"this build, {identity:016x}: name the port of the board that was loaded, or "
                            "load it again")
    if port:
        raise UserError(f"the bitstream is loaded, but {port} {answers[0].reason}")
    raise UserError(f"the bitstream is loaded, but no port answers with its identity, {identity:016x}"
                    f"{_others(answers)}: see snnsim ports, and name the board's port with --port")


def _others(answers):
    """Who else answers, in brackets."""
    others = ", ".join(f"{answer.port} with {answer.identity:016x}" for answer in answers
                       if answer.identity is not None)
    return f" ({others} does)" if others else ""
