"""The CRC-32 of Ethernet and zlib, a byte per clock."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

#: The generator polynomial 0x04C11DB7, least significant bit first.
POLYNOMIAL = 0xEDB88320
ALL_ONES = 0xFFFFFFFF


def shifted(register, bits):
    """The register (an integer) after ``bits`` zero bits."""
    for _ in range(bits):
        register = (register >> 1) ^ (POLYNOMIAL if register & 1 else 0)
    return register


#: What remains in the register of a message that is followed by its own CRC.
RESIDUE = 0xDEBB20E3


class Crc32(wiring.Component):
    """``crc`` is that of the bytes taken with ``valid`` since ``start``.

    ``matches`` says that the last four of them were the CRC of the others, least significant byte
    first. ``start`` counts for the bytes after it.

    The register's next value is written as a sum of 32-bit constants, one for each bit of its low
    byte: the same gates as the matrix of single bits in ``amaranth.lib.crc``, but compiled to native
    code it takes eight word operations a clock in place of five hundred bit operations, which made
    half of the virtual board's work.
    """

    start: In(1)
    valid: In(1)
    data: In(8)
    crc: Out(32)
    matches: Out(1)

    def elaborate(self, platform):
        m = Module()
        register = Signal(32, init=ALL_ONES)
        low = Signal(8)
        m.d.comb += [
            low.eq(register[:8] ^ self.data),
            self.crc.eq(~register),
            self.matches.eq(register == RESIDUE),
        ]
        following = register >> 8
        for bit in range(8):
            following = following ^ Mux(low[bit], shifted(1 << bit, 8), 0)
        with m.If(self.valid):
            m.d.sync += register.eq(following)
        with m.If(self.start):
            m.d.sync += register.eq(ALL_ONES)
        return m
