"""What models of several vendors share."""

from dataclasses import dataclass
from enum import Enum

from ..logic import ONE, ZERO


def buffer(source, output):
    """A model that passes its port ``source`` on to ``output``."""
    def model(logic, cell):
        logic.join(cell.net(output), cell.net(source))
    return model


def lut(inputs, output, parameter):
    """A model of a table with the one-bit ports ``inputs``."""
    def model(logic, cell):
        logic.table([cell.net(port) for port in inputs], cell.number(parameter), cell.net(output))
    return model


def mux(select, one, zero, output):
    """A model of a multiplexer."""
    def model(logic, cell):
        logic.mux(cell.net(select), cell.net(one), cell.net(zero), cell.net(output))
    return model


def drive(logic, cell, port, sources):
    """Connect the outputs of a port that are used."""
    for net, source in zip(cell.bus(port, len(sources), default=None), sources, strict=True):
        if net is not None:
            logic.join(net, source)


def choose(logic, nets, select):
    """The net that ``select`` (lowest bit first) numbers."""
    for line in select:
        nets = [logic.mux(line, one, zero) for zero, one in zip(nets[::2], nets[1::2], strict=True)]
    return nets[0]


class WhenWriting(Enum):
    """What the outputs of a port show that writes: what they did, the old word or the new one."""

    KEEP, OLD, NEW = range(3)


@dataclass(frozen=True)
class RamPort:
    """A port of a block RAM of 512 words of four bytes, of 8 or 9 bits each.

    ``width`` bits are read or written at once, at an address of 14 bits that counts the bits of bytes of 8.
    ``enable`` lets the port read or write. It writes where ``writes`` is 1; then its outputs ``q`` (None
    where they are not used) do what `WhenWriting` says. ``reset`` clears them.
    """

    clock: int
    width: int
    address: tuple
    enable: int
    writes: int
    data: tuple
    q: tuple
    reset: int = ZERO
    when_writing: WhenWriting = WhenWriting.KEEP


def block_ram(logic, cell, ports, words, byte):
    """A block RAM with ``ports``; ``words``: its contents in bytes of ``byte`` bits, lowest first."""
    words = words + [0] * (2048 - len(words))
    contents = [sum(words[4 * k + n] << n * byte for n in range(4)) for k in range(512)]
    memory = logic.memory(cell.name, 512, 4 * byte, contents)
    own = [_add_write(logic, memory, port, byte) if port.writes != ZERO else None for port in ports]
    for port, write in zip(ports, own, strict=True):
        if any(q is not None for q in port.q):
            _add_read(logic, memory, port, byte, write)


def _places(width, byte):
    """The bits of a word of the memory that each address below it means, bit 0 first."""
    if width >= byte:
        return [range(first, first + width) for first in range(0, 4 * byte, width)]
    return [range(first, first + width)
            for whole in range(0, 4 * byte, byte) for first in range(whole, whole + 8, width)]


def _low_address(port, places):
    """The address bits that choose among the places."""
    bits = (len(places) - 1).bit_length()
    return port.address[5 - bits:5]


def _add_write(logic, memory, port, byte):
    places = _places(port.width, byte)
    low = _low_address(port, places)
    data, enable = [ZERO] * memory.width, [ZERO] * memory.width
    for number, place in enumerate(places):
        chosen = logic.table(low, lambda *bits, number=number: _of(bits) == number) if low else ONE
        for k, bit in enumerate(place):
            # Wide words have an enable for each byte in the address bits that they do not need.
            byte_enable = port.address[k // byte] if port.width > byte else ONE
            data[bit] = port.data[k]
            enable[bit] = logic.all_of([net for net in (chosen, byte_enable) if net != ONE] or [ONE])
    when = logic.all_of((port.enable, port.writes))
    return logic.write(memory, port.clock, when, port.address[5:], data, enable)


def _add_read(logic, memory, port, byte, own):
    places = _places(port.width, byte)
    reads = port.enable
    if port.when_writing == WhenWriting.KEEP:
        reads = logic.table((port.enable, port.writes), 0b0010)
    others = [write for write in memory.writes if write is not own]
    word = logic.guarded_read(memory, port.address[5:], reads, others)
    if own and port.when_writing == WhenWriting.NEW:
        word = [logic.mux(logic.all_of((own.when, enable)), new, old)
                for old, new, enable in zip(word, own.data, own.enable, strict=True)]
    for k, q in enumerate(port.q[:port.width]):
        if q is not None:
            d = choose(logic, [word[place[k]] for place in places], _low_address(port, places))
            logic.register(port.clock, d, q, enable=reads, reset=port.reset)


def _of(bits):
    return sum(bit << k for k, bit in enumerate(bits))
