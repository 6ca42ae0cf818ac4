"""Packets of 32-bit words to frames of bytes and back, with their CRC-32."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from .cobs import CobsDecoder, CobsEncoder
from .crc import Crc32


class FrameReceiver(wiring.Component):
    """Frames to packets; only whole packets with the right CRC come out.

    ``o`` gives, for each packet, the number of words that follow, then the words: header and
    payload. ``corrupt`` is high for a clock for each frame that was dropped: a wrong CRC, no whole
    words, or no room in the buffer of ``words`` words. An empty frame is ignored.

    ``i`` is always ready.
    """

    def __init__(self, words):
        self._words = words
        super().__init__({
            "i": In(stream.Signature(8)),
            "o": Out(stream.Signature(32)),
            "corrupt": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.decoder = decoder = CobsDecoder()
        m.submodules.crc = checksum = Crc32()
        m.submodules.buffer = buffer = memory.Memory(shape=32, depth=self._words, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        wiring.connect(m, wiring.flipped(self.i), decoder.i)

        pointer = range(2 * self._words)
        base, committed, taken = Signal(pointer), Signal(pointer), Signal(pointer)
        next_taken = Signal(pointer)
        count = Signal(pointer)   # words received of this frame, the CRC included
        dropped = Signal()        # it has no room
        part = Signal(2)          # bytes received of the next word
        held = Signal(32)         # the word before it: written once it is known not to be the CRC
        word = Signal(32)

        place = Signal(pointer)
        m.d.comb += [
            decoder.o.ready.eq(1),
            checksum.data.eq(decoder.o.p.byte),
            checksum.valid.eq(decoder.o.valid & ~decoder.o.p.end),
            checksum.start.eq(decoder.o.valid & decoder.o.p.end),
            place.eq(base + count),
        ]
        no_room = Signal()
        m.d.comb += no_room.eq((place - taken)[:len(place)] >= self._words)

        with m.If(decoder.o.valid & ~decoder.o.p.end):
            m.d.sync += [part.eq(part + 1), word.eq(Cat(word[8:], decoder.o.p.byte))]
            with m.If(part == 3):
                m.d.sync += [held.eq(Cat(word[8:], decoder.o.p.byte)), count.eq(count + 1)]
                with m.If(no_room | dropped):
                    m.d.sync += [dropped.eq(1), count.eq(count)]
                with m.Elif(count != 0):
                    m.d.comb += [write.en.eq(1), write.addr.eq(place), write.data.eq(held)]
        with m.If(decoder.o.valid & decoder.o.p.end):
            good = (count >= 2) & (part == 0) & ~dropped & ~decoder.o.p.bad & checksum.matches
            is_empty = (count == 0) & (part == 0) & ~dropped & ~decoder.o.p.bad
            m.d.sync += [count.eq(0), part.eq(0), dropped.eq(0)]
            with m.If(good):
                m.d.comb += [write.en.eq(1), write.addr.eq(base), write.data.eq(count - 1)]
                m.d.sync += [base.eq(place), committed.eq(place)]
            m.d.comb += self.corrupt.eq(~good & ~is_empty)

        m.d.comb += [
            next_taken.eq(taken + (self.o.valid & self.o.ready)),
            read.addr.eq(next_taken),
            self.o.payload.eq(read.data),
        ]
        m.d.sync += [taken.eq(next_taken), self.o.valid.eq(next_taken != committed)]
        return m


class FrameTransmitter(wiring.Component):
    """Packets to frames; ``last`` marks the last word of a packet. About two clocks a byte.

    ``busy`` is high from a packet's first word until its last byte is taken.
    """

    i: In(stream.Signature(data.StructLayout({"word": 32, "last": 1})))
    o: Out(stream.Signature(8))
    busy: Out(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.encoder = encoder = CobsEncoder()
        m.submodules.crc = checksum = Crc32()
        wiring.connect(m, encoder.o, wiring.flipped(self.o))

        index, sends, sending = Signal(2), Signal(), Signal()
        word = Signal.like(self.i.payload)  # a register: it comes from far away, and the CRC is long
        byte = encoder.i.p.byte
        m.d.comb += [
            self.busy.eq(self.i.valid | sending),
            sends.eq(encoder.i.valid & encoder.i.ready),
            checksum.data.eq(byte),
        ]
        with m.If(sends):
            m.d.sync += index.eq(index + 1)
        with m.If(self.i.valid):
            m.d.sync += sending.eq(1)
        with m.Elif(self.o.valid & self.o.ready & (self.o.payload == 0)):
            m.d.sync += sending.eq(0)
        with m.FSM():
            with m.State("LOAD"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += word.eq(self.i.payload)
                with m.If(self.i.valid):
                    m.next = "WORD"
            with m.State("WORD"):
                m.d.comb += [
                    encoder.i.valid.eq(1),
                    byte.eq(word.word.word_select(index, 8)),
                    checksum.valid.eq(sends),
                ]
                with m.If(sends & (index == 3)):
                    m.next = "LOAD"
                    with m.If(word.last):
                        m.next = "CRC"
            with m.State("CRC"):
                m.d.comb += [
                    encoder.i.valid.eq(1),
                    byte.eq(checksum.crc.word_select(index, 8)),
                    encoder.i.p.last.eq(index == 3),
                ]
                with m.If(sends & (index == 3)):
                    m.d.comb += checksum.start.eq(1)
                    m.next = "LOAD"
        return m
