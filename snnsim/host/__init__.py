"""Boards: a link to one, and the driver that runs networks on it."""

from .driver import Driver
from .link import AbstractLink, LinkError
from .serial_link import SerialLink
from .transport import DriverError

__all__ = ["AbstractLink", "Driver", "DriverError", "LinkError", "SerialLink"]
