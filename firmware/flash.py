"""Loading a bitstream into a board."""

import shlex
import subprocess

from snnsim.errors import UserError

from .programmers import PROGRAMMERS

_LARGEST_READ = 1 << 12


def command_of(board, bitstream):
    """The command that loads the file ``bitstream`` into ``board``, as a list.

    Raises `UserError` if no programmer is known for the board, or if it is not installed.
    """
    if not board.programmer:
        raise UserError(f"no programmer is known for {board.title}: load {bitstream} with its maker's tool")
    name, *options = board.programmer
    return [PROGRAMMERS[name].find(), *options, str(bitstream)]


def flash(board, bitstream, show):
    """Load the file ``bitstream`` into ``board``; ``show(text)`` gets the programmer's output as it comes.

    Raises `UserError` with the remedy if the programmer, its libraries, the cable or permission is missing.
    """
    command = command_of(board, bitstream)
    code, output = _run(command, show)
    if code:
        raise UserError(PROGRAMMERS[board.programmer[0]].why(code, output))


def in_words(command):
    """A command as one would type it."""
    return shlex.join(command)


def _run(command, show):
    """``(exit code, all that it printed)``."""
    output = b""
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, bufsize=0) as process:
            while part := process.stdout.read(_LARGEST_READ):
                output += part
                show(part.decode(errors="replace"))
    except OSError as error:
        raise UserError(f"cannot run {command[0]}: {error.strerror}; install it anew") from None
    return process.returncode, output.decode(errors="replace")
