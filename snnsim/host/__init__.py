"""Boards: a link to one, and the driver that runs networks on it."""

from .discovery import BAUDRATES, open_core
from .driver import Driver
from .link import AbstractLink, LinkError
from .serial_link import SerialLink, serial_ports
from .survey import survey
from .transport import DriverError

__all__ = [
    "BAUDRATES",
    "AbstractLink",
    "Driver",
    "DriverError",
    "LinkError",
    "SerialLink",
    "open_core",
    "serial_ports",
    "survey",
]
