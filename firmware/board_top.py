"""The top level of a bitstream: a board's clock, pins and light around `firmware.top.Top`."""

from amaranth import ClockDomain, ClockSignal, Module, ResetSignal, Signal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out

from .clocks import PowerOnReset
from .top import Top

#: How long a light stays on after the last activity, so that an eye sees it.
LIGHT_SECONDS = 0.05


class Light(wiring.Component):
    """``on`` while ``busy`` is high and for ``clocks`` clocks after."""

    def __init__(self, clocks):
        self._clocks = clocks
        super().__init__({"busy": In(1), "on": Out(1)})

    def elaborate(self, platform):
        m = Module()
        left = Signal(range(self._clocks + 1))
        m.d.sync += self.on.eq(left != 0)
        with m.If(self.busy):
            m.d.sync += left.eq(self._clocks)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        return m


class BoardTop(wiring.Component):
    """A core of ``config`` on ``board``, a `Board`: elaborates on the board's platform only.

    ``identity`` is the 64-bit id that the core tells the host.
    """

    def __init__(self, board, config, identity):
        self._board = board
        self._top = Top(config, board.divisor, identity, board.synapse_memory)
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        board, top = self._board, self._top
        m.submodules.top = top
        self._elaborate_clock(m, platform)
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [top.rx.eq(rx.i), tx.o.eq(top.tx)]
        if board.led:
            m.submodules.light = light = Light(round(LIGHT_SECONDS * board.clock))
            m.submodules.led = led = io.Buffer("o", platform.request(board.led, 0, dir="-"))
            m.d.sync += light.busy.eq(top.busy)  # it comes from all over the core
            m.d.comb += led.o.eq(light.on)
        return m

    def _elaborate_clock(self, m, platform):
        clock = self._board.clock
        pin = platform.request(platform.default_clk, dir="-")
        oscillator = round(platform.default_clk_frequency)
        m.submodules.source = source = self._board.clock_source(pin, oscillator, clock)
        m.submodules.start = start = PowerOnReset(clock)
        m.domains.sync = ClockDomain()
        m.d.comb += [
            start.clk.eq(source.clk), start.locked.eq(source.locked),
            ClockSignal("sync").eq(source.clk), ResetSignal("sync").eq(start.reset),
        ]
