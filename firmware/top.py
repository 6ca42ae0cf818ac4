"""What goes on an FPGA: a core behind a UART."""

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.core import Core
from hdl.memory import ColumnMemory

from .uart import UARTReceiver, UARTTransmitter


class Top(wiring.Component):
    """A `Core` of ``config`` at the pins ``rx`` and ``tx``; ``divisor`` clocks a bit.

    ``identity`` is the 64-bit id that the core tells the host. ``busy`` is high while something is on
    its way or at work: good for a light. ``synapse_memory`` is as for `Core`.
    """

    def __init__(self, config, divisor, identity=0, synapse_memory=ColumnMemory):
        self._core = Core(config, identity, synapse_memory)
        self._receiver = UARTReceiver(divisor)
        self._transmitter = UARTTransmitter(divisor)
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "busy": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.core = core = self._core
        m.submodules.receiver = receiver = self._receiver
        m.submodules.transmitter = transmitter = self._transmitter
        wiring.connect(m, receiver.o, core.i)
        wiring.connect(m, core.o, transmitter.i)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.busy.eq(receiver.busy | receiver.o.valid | core.busy | core.o.valid | transmitter.busy),
        ]
        return m
