"""COBS framing: zero bytes end frames and occur nowhere else (Cheshire and Baker, 1999)."""

from amaranth import Module, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

#: Data bytes of the longest block; its code stands for no zero.
LONGEST_BLOCK = 254


class CobsDecoder(wiring.Component):
    """Bytes on the wire to the bytes of frames. No latency, one byte per clock.

    The end of a frame is an output of its own: ``end`` set, and ``bad`` if the frame broke off
    inside a block.
    """

    i: In(stream.Signature(8))
    o: Out(stream.Signature(data.StructLayout({"byte": 8, "end": 1, "bad": 1})))

    def elaborate(self, platform):
        m = Module()
        remaining = Signal(8)
        owes_zero = Signal()  # the block before stands for a zero, if another block follows it

        at_code = remaining == 0
        is_end = self.i.payload == 0
        m.d.comb += [
            self.o.p.end.eq(is_end),
            self.o.p.bad.eq(~at_code),
            self.o.p.byte.eq(self.i.payload),
            self.o.valid.eq(self.i.valid),
            self.i.ready.eq(self.o.ready),
        ]
        with m.If(at_code & ~is_end):
            m.d.comb += [self.o.p.byte.eq(0), self.o.valid.eq(self.i.valid & owes_zero)]
        with m.If(self.i.valid & self.i.ready):
            with m.If(is_end):
                m.d.sync += [remaining.eq(0), owes_zero.eq(0)]
            with m.Elif(at_code):
                m.d.sync += [
                    remaining.eq(self.i.payload - 1),
                    owes_zero.eq(self.i.payload != LONGEST_BLOCK + 1),
                ]
            with m.Else():
                m.d.sync += remaining.eq(remaining - 1)
        return m


class CobsEncoder(wiring.Component):
    """The bytes of frames to bytes on the wire, with the zero that ends each frame.

    A block is gathered before its code is known: about two clocks a byte.
    """

    i: In(stream.Signature(data.StructLayout({"byte": 8, "last": 1})))
    o: Out(stream.Signature(8))

    def elaborate(self, platform):
        m = Module()
        m.submodules.block = block = memory.Memory(shape=8, depth=256, init=[])
        write, read = block.write_port(), block.read_port()
        count = Signal(8)
        sent = Signal(8)
        last = Signal()        # the block is the frame's last
        empty_block = Signal()  # the frame ends with a zero: an empty block must follow

        i, o = self.i, self.o
        next_sent = Signal(8)
        m.d.comb += [
            write.addr.eq(count), write.data.eq(i.p.byte),
            next_sent.eq(sent), read.addr.eq(next_sent),
        ]
        with m.FSM():
            with m.State("FILL"):
                m.d.comb += i.ready.eq(1)
                with m.If(i.valid):
                    m.d.sync += [last.eq(i.p.last), empty_block.eq(i.p.last & (i.p.byte == 0))]
                    with m.If(i.p.byte != 0):
                        m.d.comb += write.en.eq(1)
                        m.d.sync += count.eq(count + 1)
                    with m.If(i.p.last | (i.p.byte == 0) | (count == LONGEST_BLOCK - 1)):
                        m.next = "CODE"
            with m.State("CODE"):
                m.d.comb += [o.valid.eq(1), o.payload.eq(count + 1)]
                with m.If(o.ready):
                    with m.If(count != 0):
                        m.next = "DATA"
                    with m.Else():
                        m.next = "BLOCK SENT"
            with m.State("DATA"):
                m.d.comb += [o.valid.eq(1), o.payload.eq(read.data)]
                with m.If(o.ready):
                    m.d.comb += next_sent.eq(sent + 1)
                    m.d.sync += sent.eq(next_sent)
                    with m.If(next_sent == count):
                        m.next = "BLOCK SENT"
            with m.State("BLOCK SENT"):
                m.d.sync += [count.eq(0), sent.eq(0), empty_block.eq(0)]
                with m.If(empty_block):
                    m.next = "CODE"
                with m.Elif(last):
                    m.next = "END"
                with m.Else():
                    m.next = "FILL"
            with m.State("END"):
                m.d.comb += [o.valid.eq(1), o.payload.eq(0)]
                with m.If(o.ready):
                    m.next = "FILL"
        return m
