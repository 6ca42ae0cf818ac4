"""Finding the core on a serial port, whose rate is not known."""

from .driver import Driver
from .serial_link import BAUDRATE, SerialLink
from .transport import ATTEMPTS, DriverError, Transport

#: Rates in bits per second that cores are built for, the usual one first.
BAUDRATES = (BAUDRATE, 3_000_000, 2_000_000, 115_200)

#: Seconds to wait for an answer at one rate: many turns of a slow USB cable. All rates are tried twice.
_PATIENCE = 0.25
_ROUNDS = 2


def open_core(port, timeout=5.0):
    """The `Driver` of the core on a serial port, at the first of `BAUDRATES` at which one answers.

    The driver closes the port. Raises `LinkError` for a port that cannot be opened, `DriverError` for one
    where no core of this version answers.
    """
    link = SerialLink(port)
    try:
        find_rate(link)
        return Driver(link, timeout)
    except BaseException:
        link.close()
        raise


def find_rate(link):
    """Set the rate of a `SerialLink` at which a core answers, of whatever version. `DriverError` for none."""
    for baudrate in BAUDRATES * _ROUNDS:
        link.set_baudrate(baudrate)
        if _answers(link):
            return
    rates = ", ".join(f"{rate:,}" for rate in BAUDRATES)
    raise DriverError(f"{link.name} does not answer at {rates} baud: check the port, and that the board holds"
                      " a bitstream of this project")


def _answers(link):
    try:
        Transport(link, ATTEMPTS * _PATIENCE).hello(attempts=1)
    except DriverError:
        return False
    return True
