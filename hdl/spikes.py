"""The spikes on their way to the host, kept until the host has them."""

from amaranth import Module, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out


class SpikeBuffer(wiring.Component):
    """A buffer of ``depth`` events, numbered from 0 modulo 2**16 since the last ``clear``.

    ``i`` is ready while there is room. ``o`` gives the events in order, ``sent`` being the number of
    the next. With ``take``, the host acknowledges all events before ``take_number``: their room is
    free. With ``again``, ``o`` goes back to the first event that was not acknowledged.
    A ``take_number`` that names no event of the buffer is ignored.
    """

    def __init__(self, depth):
        self._depth = depth
        super().__init__({
            "i": In(stream.Signature(32)),
            "o": Out(stream.Signature(32)),
            "clear": In(1),
            "take": In(1),
            "take_number": In(16),
            "again": In(1),
            "written": Out(16),
            "sent": Out(16),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = memory.Memory(shape=32, depth=self._depth, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        written, sent, taken = self.written, self.sent, Signal(16)
        next_sent, used, acknowledged, unacknowledged = (Signal(16) for _ in range(4))

        m.d.comb += [
            used.eq(written - taken),
            self.i.ready.eq(used < self._depth),
            write.addr.eq(written), write.data.eq(self.i.payload),
            write.en.eq(self.i.valid & self.i.ready),
            next_sent.eq(sent + (self.o.valid & self.o.ready)),
            acknowledged.eq(self.take_number - taken),
            unacknowledged.eq(sent - taken),
            read.addr.eq(next_sent),
            self.o.payload.eq(read.data),
        ]
        m.d.sync += [sent.eq(next_sent), self.o.valid.eq(next_sent != written)]
        with m.If(write.en):
            m.d.sync += written.eq(written + 1)
        with m.If(self.again):
            m.d.sync += [sent.eq(taken), self.o.valid.eq(0)]
        with m.If(self.take & (acknowledged <= unacknowledged)):
            m.d.sync += taken.eq(self.take_number)
        with m.If(self.clear):
            m.d.sync += [written.eq(0), sent.eq(0), taken.eq(0), self.o.valid.eq(0)]
        return m
