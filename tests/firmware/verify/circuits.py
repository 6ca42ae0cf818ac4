"""Cells by hand, and a slow and obvious simulation of logic."""

from firmware.verify.circuit import Circuit
from firmware.verify.logic import FIRST_NET, ONE, ZERO, Cell, Logic
from firmware.verify.models import models_of

CLOCK = FIRST_NET


class Bench:
    """One cell with nets of its own at each port: ``step(PORT=number, ...)`` gives its outputs as numbers.

    ``ports`` maps names to widths, ``outputs`` are names of some of them, ``clocks`` further ports.
    """

    def __init__(self, toolchain, type, parameters, ports, outputs, clocks=()):
        first, nets = FIRST_NET + 1, {}
        for name, width in ports.items():
            nets[name] = tuple(range(first, first + width))
            first += width
        self._outputs = {name: nets[name] for name in outputs}
        self._inputs = {name: nets[name] for name in ports if name not in outputs}
        self._logic = Logic(first)
        connected = {**nets, **{name: (CLOCK,) for name in clocks}}
        self._logic.add_cell(Cell(type, "cell", parameters, connected), models_of(toolchain))
        self._logic.inputs = {net for bits in self._inputs.values() for net in bits}
        self._circuit = Circuit(self._logic, CLOCK)

    def step(self, **values):
        """One clock; the outputs are those before its edge."""
        before = self._circuit.step({net: value >> k & 1 for name, value in values.items()
                                     for k, net in enumerate(self._inputs[name])})
        return {name: sum(int(before[self._logic.resolve(net)]) << k for k, net in enumerate(nets))
                for name, nets in self._outputs.items()}


class SlowCircuit:
    """`Circuit` again: everything is computed in each clock, until nothing changes."""

    def __init__(self, logic):
        self._logic, self._resolve = logic, logic.resolve
        self._value = {ZERO: 0, ONE: 1}
        self._kept = {logic.resolve(f.q): f.init for f in logic.flip_flops}
        self._contents = [list(memory.contents) for memory in logic.memories]

    def step(self, inputs):
        value = {**self._value, **{self._resolve(net): bit for net, bit in inputs.items()}, **self._kept}
        before = None
        while before != value:
            before = dict(value)
            self._settle(value)
        self._kept = {self._resolve(f.q): self._get(value, f.d) for f in self._logic.flip_flops}
        for memory, contents in zip(self._logic.memories, self._contents, strict=True):
            for write in memory.writes:
                if self._get(value, write.when):
                    self._write(value, write, contents)
        return value

    def _settle(self, value):
        for table in self._logic.tables:
            value[self._resolve(table.output)] = table.bits >> self._number(value, table.inputs) & 1
        for memory, contents in zip(self._logic.memories, self._contents, strict=True):
            for read in memory.reads:
                address = self._number(value, read.address)
                word = contents[address] if address < len(contents) else 0
                self._set(value, read.data, word)
        for p in self._logic.products:
            a, b = self._signed(value, p.a, p.a_signed), self._signed(value, p.b, p.b_signed)
            self._set(value, p.output, a * b)

    def _write(self, value, write, contents):
        address = self._number(value, write.address)
        if address < len(contents):
            mask, data = self._number(value, write.enable), self._number(value, write.data)
            contents[address] = contents[address] & ~mask | data & mask

    def _get(self, value, net):
        return value.get(self._resolve(net), 0)

    def _number(self, value, nets):
        return sum(self._get(value, net) << k for k, net in enumerate(nets))

    def _signed(self, value, nets, is_signed):
        number = self._number(value, nets)
        return number - (1 << len(nets)) if is_signed and number >> (len(nets) - 1) else number

    def _set(self, value, nets, number):
        for k, net in enumerate(nets):
            value[self._resolve(net)] = number >> k & 1
