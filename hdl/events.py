"""Events on their way: spikes until the host has them, input events until their step."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

_HALF = 16


class EventBuffer(wiring.Component):
    """A buffer of ``depth`` events, numbered from 0 modulo ``2**number_bits`` since the last ``clear``.

    ``i`` is ready while there is room. ``o`` gives the events in order, ``sent`` being the number of
    the next. With ``take``, all events before ``take_number`` are done with: their room is
    free, two clocks later. With ``again``, ``o`` goes back to the first event that was not taken.
    A ``take_number`` that names no event of the buffer is ignored. ``used`` counts the events whose room
    is not free.

    An event is two halves in a memory of 16 bits, which fills small blocks of memory: it takes two clocks
    to come in and three to go out.
    """

    def __init__(self, depth, number_bits=16):
        self._depth = depth
        super().__init__({
            "i": In(stream.Signature(2 * _HALF)),
            "o": Out(stream.Signature(2 * _HALF)),
            "clear": In(1),
            "take": In(1),
            "take_number": In(number_bits),
            "again": In(1),
            "written": Out(number_bits),
            "sent": Out(number_bits),
            "used": Out(range(depth + 1)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = memory.Memory(shape=_HALF, depth=2 * self._depth, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        written, sent, taken = self.written, self.sent, Signal.like(self.sent)
        takes, wanted = Signal(), Signal.like(sent)  # a register: where it comes from is far away
        acknowledged, unacknowledged = Signal.like(sent), Signal.like(sent)
        writes_high, low = Signal(), Signal(_HALF)

        m.d.comb += [
            self.used.eq(written - taken),
            self.i.ready.eq(writes_high & (self.used != self._depth)),
            write.addr.eq(Cat(writes_high, written)),
            write.data.eq(Mux(writes_high, self.i.payload[_HALF:], self.i.payload[:_HALF])),
            write.en.eq(self.i.valid & (self.used != self._depth)),
            acknowledged.eq(wanted - taken),
            unacknowledged.eq(sent - taken),
            self.o.payload.eq(Cat(low, read.data)),
        ]
        m.d.sync += [writes_high.eq(writes_high ^ write.en), takes.eq(self.take), wanted.eq(self.take_number)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += sent.eq(sent + 1)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += written.eq(written + 1)
        stage = Signal(2)  # of an event on its way out: its low half is read, its high half, it is there
        m.d.comb += [read.addr.eq(Cat(stage != 0, sent)), self.o.valid.eq(stage == 2)]
        with m.Switch(stage):
            with m.Case(0):
                m.d.sync += stage.eq(sent != written)
            with m.Case(1):
                m.d.sync += [low.eq(read.data), stage.eq(2)]
            with m.Default():
                with m.If(self.o.ready):
                    m.d.sync += stage.eq(0)
        with m.If(self.again | self.clear):
            m.d.sync += stage.eq(0)
        with m.If(self.again):
            m.d.sync += sent.eq(taken)
        with m.If(takes & (acknowledged <= unacknowledged)):
            m.d.sync += taken.eq(wanted)
        with m.If(self.clear):
            m.d.sync += [takes.eq(0), written.eq(0), sent.eq(0), taken.eq(0), writes_high.eq(0)]
        return m
