"""The pins of a netlist's UART, behind the same interface as a board."""

from snnsim.host.link import AbstractLink, LinkError

from .circuit import Circuit

#: Clocks at once: an interrupt is heard between them.
_SLICE = 100_000

_BITS_OF_A_WORD = 40


def memory_images(logic):
    """The contents of all memories at power-up, sorted: as tuples, without those that are undefined."""
    return sorted(tuple(memory.contents) for memory in logic.memories if memory.contents is not None)


class NetlistLink(AbstractLink):
    """Runs a `Logic` while the host reads. ``pins`` are its `Pins`, at a clock of ``frequency`` Hz.

    Time is that of the board: ``clocks`` since power-up. ``images`` are the initial contents of its memories,
    as far as they are defined, in an order of their own. Reading beyond the time ``deadline`` raises
    `LinkError`: a core with a fault may talk for ever. ``word_seconds`` is the time of a word on the line.
    """

    def __init__(self, logic, pins, divisor, frequency, name="the netlist"):
        self._circuit = Circuit(logic, pins.clock)
        self._uart = self._circuit.uart(pins.rx, pins.tx, divisor)
        self._frequency = frequency
        self.images = memory_images(logic)
        self._input = b""
        self.name, self.clocks = name, 0
        self.word_seconds, self.deadline = _BITS_OF_A_WORD * divisor / frequency, float("inf")

    def now(self):
        return self.clocks / self._frequency

    def write(self, data):
        self._input += bytes(data)

    def read(self, timeout):
        deadline = self.clocks + round(timeout * self._frequency)
        if self.now() > self.deadline:
            raise LinkError(f"{self.name} is not ready in time")
        while True:
            clocks = min(_SLICE, max(1, deadline - self.clocks))
            ran, sent, data = self._circuit.run(self._uart, self._input, clocks)
            self.clocks += ran
            self._input = self._input[sent:]
            if data or self.clocks >= deadline:
                return data

    def close(self):
        pass
