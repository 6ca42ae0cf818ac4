"""A way to a board: bytes there, bytes back."""

import time
from abc import ABC, abstractmethod

from snnsim.errors import UserError


class LinkError(UserError):
    """The way to the board is not there: no such port, no permission, unplugged."""


class AbstractLink(ABC):
    """Bytes to a board and back, in order; bytes may be lost or changed on the way.

    ``name`` is what messages call it. A link is a context manager that closes itself. The host's patience
    is measured by the link's own clock, `now`, so that a link to a model or to a recording may have a time
    that is not that of the wall.
    """

    name = "link"

    @abstractmethod
    def write(self, data):
        """Send ``data``, all of it. Raises `LinkError` if the board is gone."""

    @abstractmethod
    def read(self, timeout):
        """Whatever has arrived: at least one byte, or ``b""`` if none came within ``timeout`` seconds.

        Raises `LinkError` if the board is gone.
        """

    def now(self):
        """Seconds since some moment, never fewer than before."""
        return time.monotonic()

    @abstractmethod
    def close(self):
        """Let go of the board. May be called twice."""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
