"""The pin-level model in this process, with a time that is counted in its clocks."""

from collections import deque

from hdl.native import NativeModel
from snnsim.host.link import AbstractLink

from .models import DIVISOR, compile_pin_level

_BITS_OF_A_BYTE = 10


class ClockedLink(AbstractLink):
    """The top level of an FPGA with a core of ``config``, ``divisor`` clocks a bit, at ``frequency`` Hz.

    Time passes only while the host reads, and is that of the model: ``clocks`` since the beginning. So what
    is measured in it is the same on every machine, however busy. ``latency`` is how many seconds each byte
    to the host is on its way longer than its bits take, as behind a USB cable. ``sent`` and ``received``
    count the bytes to the board and from it.
    """

    name = "the pin-level board in this process"

    def __init__(self, config, announce=lambda message: None, *, divisor=DIVISOR, frequency=24_000_000,
                 latency=0.0):
        self._model = NativeModel(compile_pin_level(config, announce, divisor))
        self._slice = _BITS_OF_A_BYTE * divisor  # no more than one byte may come in it
        self._frequency = frequency
        self._latency = round(latency * frequency)
        self._coming = deque()  # (clock of its arrival, bytes)
        self.clocks = self.sent = self.received = 0

    def now(self):
        return self.clocks / self._frequency

    def write(self, data):
        self.sent += len(data)
        self._model.write(bytes(data))

    def read(self, timeout):
        deadline = self.clocks + round(timeout * self._frequency)
        while not self._has_arrived():
            if self.clocks >= deadline:
                return b""
            self._advance(deadline)
        data = b""
        while self._has_arrived():
            data += self._coming.popleft()[1]
        self.received += len(data)
        return data

    def close(self):
        self._model.close()

    def _has_arrived(self):
        return bool(self._coming) and self._coming[0][0] <= self.clocks

    def _advance(self, deadline):
        """A slice of time; if the board sleeps, up to the next arrival or the deadline."""
        ran = self._model.run(self._slice)
        self.clocks += ran
        if data := self._model.read():
            self._coming.append((self.clocks + self._latency, data))
        if ran < self._slice:
            self.clocks = max(self.clocks, self._coming[0][0] if self._coming else deadline)
