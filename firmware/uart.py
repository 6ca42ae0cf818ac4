"""Bytes on two wires: 8 data bits, no parity, 1 stop bit, least significant bit first."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

#: Fewer clocks a bit leave no room for the synchroniser and for sampling in the middle.
SMALLEST_DIVISOR = 4

_DATA_BITS = 8
_FRAME_BITS = 1 + _DATA_BITS + 1


def _check_divisor(divisor):
    if isinstance(divisor, bool) or not isinstance(divisor, int) or divisor < SMALLEST_DIVISOR:
        raise ValueError(f"divisor must be an integer of at least {SMALLEST_DIVISOR} clocks a bit, "
                         f"not {divisor!r}")


class UARTReceiver(wiring.Component):
    """Bytes from the pin ``rx``, each bit sampled once in its middle; ``divisor`` clocks a bit.

    A byte whose stop bit is 0 is dropped, and so is one that ends while the one before it has not been
    taken from ``o``: the line cannot wait, and the check sum of the frame tells. ``busy`` is high from the
    start bit to the stop bit.
    """

    def __init__(self, divisor):
        _check_divisor(divisor)
        self._divisor = divisor
        super().__init__({"rx": In(1, init=1), "o": Out(stream.Signature(8)), "busy": Out(1)})

    def elaborate(self, platform):
        m = Module()
        rx = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, rx, init=1)
        timer = Signal(range(self._divisor))  # clocks until the next sample
        count = Signal(range(_DATA_BITS))     # data bits received
        byte = Signal(_DATA_BITS)

        m.d.sync += timer.eq(timer - 1)
        with m.If(timer == 0):
            m.d.sync += timer.eq(self._divisor - 1)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.FSM() as fsm:
            m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                # The clock that saw the edge counts too: from here to the middle of the start bit.
                m.d.sync += timer.eq(self._divisor // 2 - 1)
                with m.If(~rx):
                    m.next = "START"
            with m.State("START"):
                with m.If(timer == 0):
                    m.next = "DATA"
                    with m.If(rx):  # a glitch, not a start bit
                        m.next = "IDLE"
            with m.State("DATA"):
                with m.If(timer == 0):
                    m.d.sync += [byte.eq(Cat(byte[1:], rx)), count.eq(count + 1)]
                    with m.If(count == _DATA_BITS - 1):
                        m.next = "STOP"
            with m.State("STOP"):
                with m.If(timer == 0):
                    m.next = "BREAK"
                    with m.If(rx):
                        m.next = "IDLE"
                        with m.If(~self.o.valid | self.o.ready):
                            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(byte)]
            with m.State("BREAK"):  # whatever this is, it is over when the line is
                with m.If(rx):
                    m.next = "IDLE"
        return m


class UARTTransmitter(wiring.Component):
    """Bytes to the pin ``tx``, ``divisor`` clocks a bit; a byte takes one clock more than its ten bits.

    ``busy`` is high while a byte is on its way.
    """

    def __init__(self, divisor):
        _check_divisor(divisor)
        self._divisor = divisor
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1), "busy": Out(1)})

    def elaborate(self, platform):
        m = Module()
        timer = Signal(range(self._divisor))
        left = Signal(range(_FRAME_BITS + 1))  # bits still to be sent, the present one included
        bits = Signal(_FRAME_BITS, init=-1)
        m.d.comb += [self.tx.eq(bits[0]), self.busy.eq(left != 0), self.i.ready.eq(left == 0)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                bits.eq(Cat(0, self.i.payload, 1)), left.eq(_FRAME_BITS), timer.eq(self._divisor - 1),
            ]
        with m.Elif(self.busy):
            m.d.sync += timer.eq(timer - 1)
            with m.If(timer == 0):
                m.d.sync += [bits.eq(Cat(bits[1:], 1)), left.eq(left - 1), timer.eq(self._divisor - 1)]
        return m
