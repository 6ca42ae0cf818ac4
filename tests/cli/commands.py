"""Calling the command line in this process, and what a refusal looks like."""

from pathlib import Path

from typer.testing import CliRunner

from snnsim.cli import app

RING = Path(__file__).resolve().parents[2] / "examples" / "ring.toml"


def call(*arguments):
    """The result of a command: ``exit_code``, ``stdout``, ``stderr``."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="snnsim")


def succeed(*arguments):
    """The standard output of a command that must succeed."""
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refuse(*arguments):
    """The one line with which a command must refuse, with exit code 2 and no traceback."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("snnsim: ")
    return lines[0]
