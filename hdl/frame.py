"""Packets of 32-bit words to frames of bytes and back, with their CRC-32."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.packets import LARGEST_PAYLOAD

from .cobs import CobsDecoder, CobsEncoder
from .crc import Crc32

_WORD_BYTES = 4
#: Bytes of the largest packet with its header and its CRC.
LARGEST_FRAME = _WORD_BYTES * (1 + LARGEST_PAYLOAD + 1)


class FrameReceiver(wiring.Component):
    """Frames to packets; only whole packets with the right CRC come out.

    ``o`` gives, for each packet, the number of words that follow, then the words: header and
    payload; about six clocks a word. ``corrupt`` is high for a clock for each frame that was dropped: a
    wrong CRC, no whole words, more of them than a packet can have, or no room in the buffer of ``words``
    words. An empty frame is ignored.

    ``i`` is always ready.
    """

    def __init__(self, words):
        self._bytes = _WORD_BYTES * words
        super().__init__({
            "i": In(stream.Signature(8)),
            "o": Out(stream.Signature(32)),
            "corrupt": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.decoder = decoder = CobsDecoder()
        m.submodules.crc = checksum = Crc32()
        # In the buffer, a packet is the number of its words and their bytes.
        m.submodules.buffer = buffer = memory.Memory(shape=8, depth=self._bytes, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        wiring.connect(m, wiring.flipped(self.i), decoder.i)
        committed, taken = Signal(range(2 * self._bytes)), Signal(range(2 * self._bytes))
        self._elaborate_frame(m, decoder.o, checksum, write, committed, taken)
        self._elaborate_packet(m, read, committed, taken)
        return m

    def _elaborate_frame(self, m, o, checksum, write, committed, taken):
        count = Signal(range(LARGEST_FRAME + 2))  # bytes of this frame, the CRC included
        dropped = Signal()                        # it has no room, or too many bytes
        place, used = Signal.like(committed), Signal.like(committed)
        is_byte, is_end = o.valid & ~o.p.end, o.valid & o.p.end
        m.d.comb += [
            o.ready.eq(1),
            checksum.data.eq(o.p.byte), checksum.valid.eq(is_byte), checksum.start.eq(is_end),
            place.eq(committed + count + 1), used.eq(place - taken),
            write.addr.eq(place), write.data.eq(o.p.byte),
        ]
        with m.If(is_byte & ((used >= self._bytes) | (count > LARGEST_FRAME))):
            m.d.sync += dropped.eq(1)
        with m.Elif(is_byte & ~dropped):
            m.d.comb += write.en.eq(1)
            m.d.sync += count.eq(count + 1)
        words = count >> 2
        bad = (count[:2] != 0) | dropped | o.p.bad
        with m.If(is_end):
            m.d.sync += [count.eq(0), dropped.eq(0)]
            with m.If(~bad & (words >= 2) & checksum.matches):  # a header and the CRC
                m.d.comb += [write.en.eq(1), write.addr.eq(committed), write.data.eq(words - 1)]
                m.d.sync += committed.eq(place - _WORD_BYTES)
            with m.Else():
                m.d.comb += self.corrupt.eq(bad | (words != 0))

    def _elaborate_packet(self, m, read, committed, taken):
        left = Signal(range(LARGEST_FRAME // _WORD_BYTES))  # words to come
        index = Signal(range(_WORD_BYTES))
        reading = Signal()
        word = self.o.payload
        following = Signal.like(taken)
        m.d.comb += [following.eq(taken + reading), read.addr.eq(following)]
        m.d.sync += taken.eq(following)
        with m.FSM():
            with m.State("EMPTY"):
                with m.If(taken != committed):
                    m.next = "COUNT"
            with m.State("COUNT"):
                m.d.comb += reading.eq(1)
                m.d.sync += [word.eq(read.data), left.eq(read.data)]
                m.next = "OFFER"
            with m.State("BYTES"):
                m.d.comb += reading.eq(1)
                m.d.sync += [word.eq(Cat(word[8:], read.data)), index.eq(index + 1)]
                with m.If(index == _WORD_BYTES - 1):
                    m.d.sync += left.eq(left - 1)
                    m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "BYTES"
                    with m.If(left == 0):
                        m.next = "EMPTY"


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
