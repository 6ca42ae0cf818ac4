"""Logic as `circuit.cc` takes it: nets, tables, flip-flops, memories, products. Models of cells build it."""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from snnsim.errors import UserError

#: The nets that are always 0 and always 1. Others are numbered from `FIRST_NET` on.
ZERO, ONE, FIRST_NET = 0, 1, 2
#: Inputs of the largest table.
LARGEST_TABLE = 6


class NetlistError(UserError):
    """A netlist that cannot be simulated: an unknown cell, a second clock, a loop without a register."""


@dataclass(frozen=True)
class Cell:
    """A cell of a netlist: ``ports`` maps names to tuples of nets, bit 0 first."""

    type: str
    name: str
    parameters: dict
    ports: dict

    def net(self, port, default=ZERO):
        """The net of a port of one bit; ``default`` if it is not connected."""
        return self.ports.get(port, (default,))[0]

    def bus(self, port, width, default=ZERO):
        """The nets of a port of ``width`` bits, or of the ports ``port0``, ``port1``, ... of one bit each."""
        if port in self.ports:
            nets = self.ports[port]
            return (*nets, *(default,) * (width - len(nets)))
        return tuple(self.net(f"{port}{k}", default) for k in range(width))

    def number(self, name, default=0):
        """An integer parameter. Bits that nobody cares about are 0, as in the bitstream."""
        value = self.parameters.get(name, default)
        return int(value.replace("x", "0"), 2) if isinstance(value, str) else value

    def text(self, name, default=""):
        """A parameter that is a word."""
        return str(self.parameters.get(name, default)).strip()

    def unsupported(self, what):
        """The error that says that the model of this cell lacks something."""
        return NetlistError(f"cell {self.name} ({self.type}) cannot be simulated: {what}")


@dataclass(frozen=True)
class Table:
    """``output`` is bit ``sum(inputs[k] << k)`` of ``bits``."""

    inputs: tuple
    output: int
    bits: int


@dataclass(frozen=True)
class FlipFlop:
    """``q`` takes ``d`` at each clock; it begins with ``init``."""

    d: int
    q: int
    init: int


@dataclass(frozen=True)
class Write:
    """At a clock, if ``when`` is 1, the bits of ``data`` whose ``enable`` is 1 are written. All are nets."""

    when: int
    address: tuple
    data: tuple
    enable: tuple


@dataclass(frozen=True)
class Read:
    """``data`` is the word at ``address``, without a clock. All are nets."""

    address: tuple
    data: tuple


@dataclass
class Memory:
    """``contents``: a word for each address, or None where they are unknown at power-up."""

    name: str
    depth: int
    width: int
    contents: list | None
    writes: list = field(default_factory=list)
    reads: list = field(default_factory=list)


@dataclass(frozen=True)
class Product:
    """``output`` is the product of ``a`` and ``b``, modulo its width; each signed where told."""

    a: tuple
    b: tuple
    a_signed: bool
    b_signed: bool
    output: tuple


class Logic:
    """What the cells of a netlist consist of. Models of cells add to it.

    ``inputs`` are the nets that come from outside, ``rate`` is the rate of its clock in terms of the
    oscillator's.
    """

    def __init__(self, nets=FIRST_NET):
        self.nets = nets
        self.inputs, self.rate = set(), Fraction(1)
        self.tables, self.flip_flops, self.memories, self.products = [], [], [], []
        self.clocks = set()
        self._same = {}

    def new(self):
        """A new net."""
        self.nets += 1
        return self.nets - 1

    def bus(self, width):
        return tuple(self.new() for _ in range(width))

    def join(self, net, source):
        """``net`` is ``source`` by another name."""
        if self.resolve(net) != self.resolve(source):
            self._same[self.resolve(net)] = source

    def resolve(self, net):
        """The one name of a net."""
        while net in self._same:
            net = self._same[net]
        return net

    def table(self, inputs, bits, output=None):
        """The output of a table; ``bits`` is an integer, or a function of the inputs that gives 0 or 1.

        A table that is always the same, or always one of its inputs, is a wire.
        """
        if callable(bits):
            bits = sum(int(bool(bits(*(n >> k & 1 for k in range(len(inputs)))))) << n
                       for n in range(1 << len(inputs)))
        inputs, bits = _essential([self.resolve(net) for net in inputs], bits)
        if not inputs or bits == 0b10 and len(inputs) == 1:
            source = inputs[0] if inputs else bits
            if output is None:
                return source
            self.join(output, source)
            return output
        output = self.new() if output is None else output
        self.tables.append(Table(tuple(inputs), output, bits))
        return output

    def mux(self, select, one, zero, output=None):
        """``one`` where ``select`` is 1, else ``zero``."""
        return self.table((select, one, zero), lambda s, a, b: a if s else b, output)

    def invert(self, net):
        return self.table((net,), 0b01)

    def register(self, clock, d, q=None, init=0, enable=ONE, reset=ZERO, value=0, reset_first=True):
        """A flip-flop with enable and synchronous reset to ``value``; returns its output.

        With ``reset_first`` it is reset whether it is enabled or not.
        """
        q = self.new() if q is None else q
        if clock in (ZERO, ONE):  # never an edge
            self.join(q, ONE if init else ZERO)
            return q
        if (enable, reset) != (ONE, ZERO):
            def following(d, q, enable, reset):
                if reset and (enable or reset_first):
                    return value
                return d if enable else q
            d = self.table((d, q, enable, reset), following)
        self.clocks.add(clock)
        self.flip_flops.append(FlipFlop(d, q, init))
        return q

    def register_with_asynchronous_reset(self, clock, d, q, reset, value, init=0, enable=ONE):
        """The same with a reset that acts at once: on what is kept, and on what is seen."""
        kept = self.register(clock, d, init=init, enable=enable, reset=reset, value=value)
        self.mux(reset, ONE if value else ZERO, kept, q)
        return q

    def memory(self, name, depth, width, contents):
        self.memories.append(Memory(name, depth, width, contents))
        return self.memories[-1]

    def write(self, memory, clock, when, address, data, enable):
        if clock in (ZERO, ONE):  # never an edge
            when = ZERO
        else:
            self.clocks.add(clock)
        memory.writes.append(Write(when, tuple(address), tuple(data), tuple(enable)))
        return memory.writes[-1]

    def read(self, memory, address):
        """The nets of the word at ``address``, without a clock."""
        data = self.bus(memory.width)
        memory.reads.append(Read(tuple(address), data))
        return data

    def guarded_read(self, memory, address, reads, writes):
        """The same for a block that reads at the edge while ``reads`` is 1; ``writes`` are those of others.

        What is written and read at the same edge reads as neither the old word nor the new one, as far as
        they leave a choice: devices promise nothing there, so a design that needs it must not pass.
        """
        word = self.read(memory, address)
        for write in writes:
            same = [self.table((write.when, reads), 0b1000)]
            pairs = list(zip(address, write.address, strict=True))
            for k in range(0, len(pairs), 2):
                nets = [net for pair in pairs[k:k + 2] for net in pair]
                same.append(self.table(nets, lambda *bits: bits[::2] == bits[1::2]))
            collides = self.all_of(same)
            word = [self.table((old, new, enable, collides), _disturbed(k))
                    for k, (old, new, enable) in enumerate(zip(word, write.data, write.enable, strict=True))]
        return tuple(word)

    def all_of(self, nets):
        """1 where all nets are."""
        nets = list(nets)
        while len(nets) > 1:
            part, nets = nets[:LARGEST_TABLE], nets[LARGEST_TABLE:]
            nets.append(self.table(part, 1 << (1 << len(part)) - 1))
        return nets[0]

    def multiply(self, a, b, a_signed, b_signed, width):
        output = self.bus(width)
        self.products.append(Product(tuple(a), tuple(b), a_signed, b_signed, output))
        return output

    def add(self, a, b, carry=ZERO):
        """``(sum, carry)`` of two buses of the same width."""
        total = []
        for x, y in zip(a, b, strict=True):
            total.append(self.table((x, y, carry), 0b10010110))
            carry = self.table((x, y, carry), 0b11101000)
        return tuple(total), carry

    def add_cell(self, cell, models):
        """Add what a cell consists of; ``models`` maps types to functions of `Logic` and `Cell`."""
        if cell.type not in models:
            raise NetlistError(f"cell {cell.name} is a {cell.type}, of which there is no model")
        ports = {port: tuple(None if net is None else self.resolve(net) for net in nets)
                 for port, nets in cell.ports.items()}
        models[cell.type](self, replace(cell, ports=ports))


def _essential(inputs, bits):
    """The table without inputs that are constant or do not matter: ``(inputs, bits)``."""
    for k in reversed(range(len(inputs))):
        half = 1 << k
        halves = [0, 0]
        for block in range(1 << len(inputs) - k - 1):
            for one in range(2):
                part = bits >> (2 * block + one) * half & (1 << half) - 1
                halves[one] |= part << block * half
        if inputs[k] in (ZERO, ONE) or halves[0] == halves[1]:
            bits = halves[1 if inputs[k] == ONE else 0]
            inputs = [*inputs[:k], *inputs[k + 1:]]
    return inputs, bits


def _disturbed(k):
    """Bit ``k`` of a word that is read and written at once."""
    def bit(old, new, enable, collides):
        if not (enable and collides):
            return old
        return 1 - old if old == new else (old, new)[k & 1]
    return bit
