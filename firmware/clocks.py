"""The core's clock made from a board's oscillator: the PLLs of the families, and the reset until they lock.

Each source takes the oscillator's pin (a port of ``platform.request(..., dir="-")``), its frequency and that
of the clock wanted, both in Hz, and raises `ValueError` if it cannot make the one from the other exactly.
"""

from itertools import product

from amaranth import ClockDomain, ClockSignal, Const, Instance, Module, Signal
from amaranth.lib import io, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

#: Block RAM of an iCE40 reads as 0 for about 3 us after configuration; with a margin, and good for all.
RESET_SECONDS = 15e-6


class ClockSource(wiring.Component):
    """What all sources have: ``clk``, and ``locked`` once it may be used."""

    def __init__(self, pin, oscillator, clock):
        self._pin, self._oscillator, self._clock = pin, oscillator, clock
        super().__init__({"clk": Out(1), "locked": Out(1)})

    def _buffered_pin(self, m):
        m.submodules.pin = buffer = io.Buffer("i", self._pin)
        return buffer.i


class OscillatorClock(ClockSource):
    """The oscillator itself."""

    def __init__(self, pin, oscillator, clock):
        if clock != oscillator:
            raise ValueError(f"without a PLL there is the oscillator's {oscillator} Hz and no {clock} Hz")
        super().__init__(pin, oscillator, clock)

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [self.clk.eq(self._buffered_pin(m)), self.locked.eq(1)]
        return m


class _PLL(ClockSource):
    """A source with the settings that ``find_parameters(oscillator, clock)`` of its class gives."""

    def __init__(self, pin, oscillator, clock):
        self._parameters = self.find_parameters(oscillator, clock)
        super().__init__(pin, oscillator, clock)


def ice40_parameters(oscillator, clock):
    """``oscillator * (DIVF + 1) / (DIVR + 1) / 2**DIVQ``, with a VCO of 533 to 1066 MHz."""
    choices = [(divr, divf, divq) for divr, divf, divq in product(range(16), range(64), range(1, 7))
               if oscillator * (divf + 1) == clock * (divr + 1) << divq
               and 10e6 <= oscillator / (divr + 1) <= 133e6 and 533e6 <= clock << divq <= 1066e6]
    divr, divf, divq = _best(choices, oscillator, clock)
    return {"FEEDBACK_PATH": "SIMPLE", "DIVR": Const(divr, 4), "DIVF": Const(divf, 7), "DIVQ": Const(divq, 3),
            "FILTER_RANGE": Const(_filter_range(oscillator / (divr + 1)), 3)}


def _filter_range(comparison):
    """The setting of the loop filter for a comparison frequency in Hz."""
    return next(k for k, limit in enumerate((17e6, 26e6, 44e6, 66e6, 101e6, 134e6), 1) if comparison < limit)


class _ICE40PLL(_PLL):
    find_parameters = staticmethod(ice40_parameters)

    def _instance(self, cell, *reference):
        return Instance(cell, *reference, *(("p", *item) for item in self._parameters.items()),
                        i_RESETB=Const(1), i_BYPASS=Const(0), o_PLLOUTGLOBAL=self.clk, o_LOCK=self.locked)


class ICE40PadPLL(_ICE40PLL):
    """For an oscillator on a PLL's own pin, which then has no other use."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.pll = self._instance("SB_PLL40_PAD", ("io", "PACKAGEPIN", self._pin.io))
        return m


class ICE40CorePLL(_ICE40PLL):
    """For an oscillator on any other pin."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.pll = self._instance("SB_PLL40_CORE", ("i", "REFERENCECLK", self._buffered_pin(m)))
        return m


def ecp5_parameters(oscillator, clock):
    """``oscillator * CLKFB_DIV / CLKI_DIV``, with a VCO of 400 to 800 MHz."""
    outputs = sorted(range(1, 129), key=lambda output: abs(clock * output - 600e6))
    choices = [(div, feedback, output)
               for div, feedback, output in product(range(1, 41), range(1, 81), outputs)
               if oscillator * feedback == clock * div
               and oscillator / div >= 3.125e6 and 400e6 <= clock * output <= 800e6]
    div, feedback, output = _best(choices, oscillator, clock)
    return {
        "CLKI_DIV": div, "CLKFB_DIV": feedback, "CLKOP_DIV": output, "CLKOP_CPHASE": output // 2,
        "CLKOP_FPHASE": 0, "CLKOP_ENABLE": "ENABLED", "FEEDBK_PATH": "CLKOP",
        "PLLRST_ENA": "DISABLED", "INTFB_WAKE": "DISABLED", "STDBY_ENABLE": "DISABLED",
        "DPHASE_SOURCE": "DISABLED"}


class ECP5PLL(_PLL):
    """The EHXPLLL of an ECP5, its output fed back."""

    find_parameters = staticmethod(ecp5_parameters)

    def elaborate(self, platform):
        m = Module()
        m.submodules.pll = Instance(
            "EHXPLLL", *(("p", *item) for item in self._parameters.items()),
            a_FREQUENCY_PIN_CLKI=f"{self._oscillator / 1e6:g}",
            a_FREQUENCY_PIN_CLKOP=f"{self._clock / 1e6:g}",
            a_ICP_CURRENT="12", a_LPF_RESISTOR="8", a_MFG_ENABLE_FILTEROPAMP="1", a_MFG_GMCREF_SEL="2",
            i_CLKI=self._buffered_pin(m), i_CLKFB=self.clk, i_RST=Const(0), i_STDBY=Const(0),
            i_PHASESEL0=Const(0), i_PHASESEL1=Const(0), i_PHASEDIR=Const(1), i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1), i_PLLWAKESYNC=Const(0), i_ENCLKOP=Const(0),
            o_CLKOP=self.clk, o_LOCK=self.locked)
        return m


def gowin_parameters(oscillator, clock):
    """``oscillator * (FBDIV_SEL + 1) / (IDIV_SEL + 1)``, with a VCO of 500 to 1200 MHz."""
    outputs = (128, 112, 96, 80, 64, 48, 32, 16, 8, 4, 2)
    choices = [(div, feedback, output)
               for div, feedback, output in product(range(64), range(64), outputs)
               if oscillator * (feedback + 1) == clock * (div + 1)
               and oscillator / (div + 1) >= 3e6 and 500e6 <= clock * output <= 1200e6]
    div, feedback, output = _best(choices, oscillator, clock)
    return {"FCLKIN": f"{oscillator / 1e6:g}", "IDIV_SEL": div, "FBDIV_SEL": feedback,
            "ODIV_SEL": output}


class GowinPLL(_PLL):
    """The rPLL of GW1N and GW2A."""

    find_parameters = staticmethod(gowin_parameters)

    def elaborate(self, platform):
        m = Module()
        unused = {f"i_{name}": Const(0, width) for name, width in (
            ("RESET", 1), ("RESET_P", 1), ("CLKFB", 1), ("FBDSEL", 6), ("IDSEL", 6), ("ODSEL", 6),
            ("PSDA", 4), ("DUTYDA", 4), ("FDLY", 4))}
        m.submodules.pll = Instance(
            "rPLL", *(("p", *item) for item in self._parameters.items()), **unused,
            p_DEVICE=platform.family, p_DYN_IDIV_SEL="false", p_DYN_FBDIV_SEL="false",
            p_DYN_ODIV_SEL="false", p_CLKFB_SEL="internal",
            i_CLKIN=self._buffered_pin(m), o_CLKOUT=self.clk, o_LOCK=self.locked)
        return m


def xilinx_parameters(oscillator, clock):
    """``oscillator * CLKFBOUT_MULT_F / CLKOUT0_DIVIDE_F`` of an MMCM, with a VCO of 600 to 1200 MHz."""
    choices = [(multiply, divide) for multiply, divide in product(range(2, 65), range(1, 129))
               if oscillator * multiply == clock * divide and 600e6 <= oscillator * multiply <= 1200e6]
    multiply, divide = _best(choices, oscillator, clock)
    return {"CLKIN1_PERIOD": 1e9 / oscillator, "CLKFBOUT_MULT_F": float(multiply),
            "CLKOUT0_DIVIDE_F": float(divide), "DIVCLK_DIVIDE": 1}


class XilinxPLL(_PLL):
    """The MMCM of a 7-series FPGA."""

    find_parameters = staticmethod(xilinx_parameters)

    def elaborate(self, platform):
        m = Module()
        feedback, output = Signal(), Signal()
        m.submodules.pll = Instance(
            "MMCME2_BASE", *(("p", *item) for item in self._parameters.items()),
            i_CLKIN1=self._buffered_pin(m), i_CLKFBIN=feedback, o_CLKFBOUT=feedback,
            i_PWRDWN=Const(0), i_RST=Const(0), o_CLKOUT0=output, o_LOCKED=self.locked)
        m.submodules.buffer = Instance("BUFG", i_I=output, o_O=self.clk)
        return m


def _best(choices, oscillator, clock):
    """The choice with the smallest dividers, and of those the first."""
    if not choices:
        raise ValueError(f"the PLL cannot make {clock} Hz of {oscillator} Hz")
    return min(choices, key=lambda choice: choice[:2])


class PowerOnReset(wiring.Component):
    """``reset`` until ``locked`` has been high for `RESET_SECONDS`, and whenever it is not.

    ``clk`` is the clock to be reset, of ``clock`` Hz; ``reset`` changes with it.
    """

    def __init__(self, clock):
        self._clocks = round(RESET_SECONDS * clock)
        super().__init__({"clk": In(1), "locked": In(1), "reset": Out(1, init=1)})

    def elaborate(self, platform):
        m = Module()
        # It has no reset, as it makes that of the others.
        m.domains.start = ClockDomain(reset_less=True, local=True)
        m.d.comb += ClockSignal("start").eq(self.clk)
        locked = Signal()
        m.submodules.locked = FFSynchronizer(self.locked, locked, o_domain="start")
        left = Signal(range(self._clocks + 1), init=self._clocks)
        m.d.start += self.reset.eq(left != 0)
        with m.If(~locked):
            m.d.start += left.eq(self._clocks)
        with m.Elif(left != 0):
            m.d.start += left.eq(left - 1)
        return m
