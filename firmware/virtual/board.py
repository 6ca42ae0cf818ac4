"""A virtual board in a process of its own, so that it can be unplugged."""

import subprocess
import sys

from snnsim.errors import UserError

from .models import compile_byte_level, compile_pin_level

_SECONDS_TO_END = 5


class VirtualBoard:
    """Runs the model in ``library`` (a path) in another process; ``port`` is the name of its serial port.

    A context manager that takes the board away at its end.
    """

    def __init__(self, library):
        # A session of its own: Ctrl-C is for the host, the board goes on.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "firmware.virtual", str(library)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.port = self._process.stdout.readline().strip()
        if not self.port:
            self.unplug()
            raise UserError("the virtual board did not start: this needs pseudo-terminals, as Linux and "
                            "macOS have them")

    def unplug(self):
        """Take the board away at once, whatever it is doing."""
        self._process.kill()
        self.close()

    def close(self):
        """End the board and wait for its process. May be called twice."""
        self._process.stdin.close()  # which is its sign to end
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def byte_level_board(config, announce=lambda message: None):
    """A `VirtualBoard` with a core of ``config`` whose bytes skip the UART: the faster of the two.

    ``announce(message)`` hears of a compilation. Raises `UserError` without a C++ compiler.
    """
    return VirtualBoard(compile_byte_level(config, announce))


def pin_level_board(config, announce=lambda message: None):
    """A `VirtualBoard` that is the top level of an FPGA, down to the bits on the pins of its UART."""
    return VirtualBoard(compile_pin_level(config, announce))
