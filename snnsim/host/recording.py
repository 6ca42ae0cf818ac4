"""Sessions: what a host and a board said to each other, recorded once, and replayed without the board.

What a driver writes is a function of what its link gives it: which bytes, in which portions, and when. So a
`RecordingLink` keeps the portions and the times, and lets the time stand still between two of them; and the
same program on a `ReplayLink` writes the same bytes again, or is found to be another program.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata

import numpy as np

from snnsim.contract import CONTRACT_VERSION
from snnsim.contract.packets import PROTOCOL_VERSION
from snnsim.storage import load_arrays, save_arrays

from .link import AbstractLink, LinkError

FORMAT, VERSION = "snnsim session", 1
_MICROSECOND = 1e-6


@dataclass(frozen=True, eq=False)
class Session:
    """A recorded session.

    ``about``: a dict, plain enough for JSON; see `description`. ``to_board`` and ``from_board``: all bytes of
    one direction. ``turns``: int64 of shape (n, 3), for each call of the host whether it was a read (1) or
    a write (0), how many bytes it moved, and at how many microseconds since the beginning it ended.
    """

    about: dict
    to_board: bytes
    from_board: bytes
    turns: np.ndarray

    def save(self, path):
        """Write it to a file, whole or not at all."""
        arrays = {"to_board": np.frombuffer(self.to_board, np.uint8),
                  "from_board": np.frombuffer(self.from_board, np.uint8), "turns": self.turns}
        save_arrays(path, FORMAT, VERSION, {"about": self.about}, arrays)

    @classmethod
    def load(cls, path):
        """Read a file that `save` wrote. Raises `UserError` for any other."""
        header, arrays = load_arrays(path, FORMAT, VERSION, ("to_board", "from_board", "turns"))
        return cls(header["about"], arrays["to_board"].tobytes(), arrays["from_board"].tobytes(),
                   arrays["turns"])


def description(driver, recorded_from):
    """What a session says of itself: ``recorded_from`` (a text), whose core it was, when, and by what."""
    return {
        "recorded_from": recorded_from,
        "config_digest": driver.config.digest,
        "identity": f"{driver.identity:016x}",
        "contract_version": CONTRACT_VERSION,
        "protocol_version": PROTOCOL_VERSION,
        "snnsim_version": metadata.version("snnsim"),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


class RecordingLink(AbstractLink):
    """Passes everything on to ``link`` and back, and keeps it."""

    def __init__(self, link):
        self.name = link.name
        self._link = link
        self._begin = time.monotonic()
        self._to_board, self._from_board, self._turns = bytearray(), bytearray(), []

    def now(self):
        return self._turns[-1][2] * _MICROSECOND if self._turns else 0.0

    def write(self, data):
        self._link.write(data)
        self._to_board += data
        self._note(False, data)

    def read(self, timeout):
        data = self._link.read(timeout)
        self._from_board += data
        self._note(True, data)
        return data

    def close(self):
        self._link.close()

    def session(self, about):
        """The `Session` until now; ``about`` as `description` gives it, with whatever helps to replay it."""
        turns = np.array(self._turns, dtype=np.int64).reshape(-1, 3)
        return Session(about, bytes(self._to_board), bytes(self._from_board), turns)

    def _note(self, is_read, data):
        self._turns.append((int(is_read), len(data), round((time.monotonic() - self._begin) / _MICROSECOND)))


class ReplayLink(AbstractLink):
    """Plays the board of ``session``, a `Session`.

    Raises `LinkError`, naming the offset in the bytes to the board, as soon as the host writes anything else
    than was recorded, or reads where it wrote.
    """

    def __init__(self, session):
        self.name = f"the session recorded from {session.about['recorded_from']}"
        self._session = session
        self._turn = self._written = self._read = 0
        self._microseconds = 0

    @property
    def is_over(self):
        """Whether everything that was recorded has been replayed."""
        return self._turn == len(self._session.turns)

    def now(self):
        return self._microseconds * _MICROSECOND

    def write(self, data):
        recorded = self._session.to_board[self._written:self._written + len(data)]
        if bytes(data) != recorded:
            self._refuse_write(data, recorded)
        size = self._next(False, f"writes {len(data)} bytes")
        if size != len(data):
            self._refuse(f"the host writes {len(data)} bytes at once, where it wrote {size}")
        self._written += size

    def read(self, timeout):
        size = self._next(True, "reads")
        self._read += size
        return self._session.from_board[self._read - size:self._read]

    def close(self):
        pass

    def _next(self, is_read, does):
        """The size of the next turn, which must be of this kind; its time is now."""
        if self.is_over:
            self._refuse(f"the host {does} where the recording ends")
        kind, size, self._microseconds = (int(value) for value in self._session.turns[self._turn])
        if bool(kind) != is_read:
            self._refuse(f"the host {does} where it {'read' if kind else f'wrote {size} bytes'}")
        self._turn += 1
        return size

    def _refuse_write(self, data, recorded):
        place = next((k for k, (a, b) in enumerate(zip(data, recorded, strict=False)) if a != b),
                     len(recorded))
        was = f"{recorded[place]:#04x}" if place < len(recorded) else "nothing"
        self._refuse(f"the host writes {data[place]:#04x} where it wrote {was}", place)

    def _refuse(self, what, beyond=0):
        raise LinkError(f"{self.name}, byte {self._written + beyond} to the board: {what}; this is not the "
                        "host that was recorded, record it again with this one")
