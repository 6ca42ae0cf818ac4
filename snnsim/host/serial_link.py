"""A serial port, real or virtual: the only module that knows pyserial."""

import errno
import time
from contextlib import suppress

import serial
from serial.tools import list_ports

from .link import AbstractLink, LinkError

try:
    from termios import error as _TerminalError
except ImportError:  # Windows
    _TerminalError = OSError

BAUDRATE = 1_000_000

#: What pyserial raises when a board is unplugged.
_GONE = (OSError, TypeError, _TerminalError)
#: Seconds for which one read of pyserial blocks; `SerialLink.read` repeats it up to its own timeout.
_SLICE = 0.02
#: Seconds after which a port that takes no more bytes is given up.
_WRITE_TIMEOUT = 5.0


def serial_ports():
    """The serial ports of this machine: a dict from the name to a description, in order of names.

    Pseudo-terminals, such as those of virtual boards, are not among them.
    """
    return {port.device: port.description for port in sorted(list_ports.comports())}


class SerialLink(AbstractLink):
    """A board behind a serial port.

    ``port`` is a name such as ``/dev/ttyUSB1`` or ``COM3``; ``baudrate`` in bits per second must be that of
    the bitstream. Raises `LinkError` if the port does not exist, may not be opened or is in use.
    """

    def __init__(self, port, baudrate=BAUDRATE):
        self.name = str(port)
        try:
            self._serial = serial.Serial(self.name, baudrate, timeout=_SLICE, write_timeout=_WRITE_TIMEOUT,
                                         exclusive=True)
        except (OSError, ValueError) as error:
            raise LinkError(_why_not_opened(self.name, baudrate, error)) from None
        self._ask_for_low_latency()

    @property
    def baudrate(self):
        """Bits per second."""
        return self._serial.baudrate

    def set_baudrate(self, baudrate):
        """Go on at another rate; what came in at the old one is thrown away."""
        try:
            self._serial.baudrate = baudrate
        except ValueError as error:
            raise LinkError(_why_not_opened(self.name, baudrate, error)) from None
        except _GONE as error:
            raise LinkError(_gone(self.name, error)) from None
        while self.read(0):
            pass

    def _ask_for_low_latency(self):
        # USB adapters of FTDI keep bytes back for up to 16 ms unless told not to. Not every port can be told.
        with suppress(OSError, ValueError, AttributeError):
            self._serial.set_low_latency_mode(True)

    def write(self, data):
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException:
            raise LinkError(f"{self.name} took no bytes for {_WRITE_TIMEOUT:g} s: reset the board or plug it "
                            "in again") from None
        except _GONE as error:
            raise LinkError(_gone(self.name, error)) from None

    def read(self, timeout):
        deadline = time.monotonic() + timeout
        try:
            while True:
                data = self._serial.read(max(1, self._serial.in_waiting))
                if data or time.monotonic() >= deadline:
                    return data + self._serial.read(self._serial.in_waiting)
        except _GONE as error:
            raise LinkError(_gone(self.name, error)) from None

    def close(self):
        self._serial.close()


def _why_not_opened(port, baudrate, error):
    if isinstance(error, ValueError):
        return f"{port} cannot be opened at {baudrate} baud: {error}; choose another rate"
    reasons = {
        errno.ENOENT: "does not exist: plug the board in, or see `snnsim ports`",
        errno.EACCES: "may not be opened by this user: add yourself to the port's group (often `dialout`)",
        errno.EBUSY: "is in use: close the other program",
        errno.EAGAIN: "is in use: close the other program",
        errno.EWOULDBLOCK: "is in use: close the other program",
        errno.ENOTTY: "is not a serial port: name another",
        errno.EISDIR: "is a folder, not a serial port: name another",
    }
    return f"{port} {reasons.get(error.errno, f'cannot be opened: {error}; check the cable and the name')}"


def _gone(port, error):
    detail = " ".join(str(error).split())
    return f"the board on {port} is gone ({detail}): plug it in again and open the port anew"
