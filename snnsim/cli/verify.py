"""`snnsim verify`."""

import time

import typer

from .build import stages
from .exits import DIFFERENT, IDENTICAL
from .networks import changed_core
from .progress import progress

ALL = "all"


def verify(board, core, level, networks):
    """Build a core for the board of that name if needed, and prove the build at a level; the exit code."""
    from firmware.build import build
    from firmware.platforms import find_board
    from firmware.verify import LEVELS, check_level, levels_of

    board = find_board(board)
    levels = levels_of(board) or LEVELS if level == ALL else (level,)
    for name in levels:
        check_level(board, name)
    config = changed_core(core, board.config)
    with stages() as announce:
        made = build(board, config, announce)
    codes = [_verify_level(made, board, config, level, networks) for level in levels]
    return max(codes)


def _verify_level(build, board, config, level, networks):
    from firmware.verify import Finding, expected_of, open_level, prove, record

    begin = time.perf_counter()
    with open_level(build, board, level, lambda message: typer.echo(message, err=True)) as link:
        name = link.name
        with progress(f"verifying {name}", 1) as advance:
            result = prove(link, expected_of(build, board, config), networks,
                           lambda done, total: advance(done / total))
        clocks = link.clocks
    seconds = time.perf_counter() - begin
    if isinstance(result, Finding):
        typer.echo(f"different: {name}: {result}")
        return DIFFERENT
    record(build, level, result)
    typer.echo(f"identical: {name} and the simulator: {result.networks} networks, {result.steps:,} steps, "
               f"{result.spikes:,} spikes, 0 differences; {clocks:,} clocks simulated in {seconds:.0f} s")
    return IDENTICAL
