"""Cells of the iCE40 family (Lattice FPGA-TN-02026, FPGA-TN-02002, FPGA-TN-02022, FPGA-TN-02007).

All flip-flops and block RAMs without initial contents begin with 0, single-port RAM with noise.
"""

from fractions import Fraction
from itertools import product

from ..logic import ONE, ZERO
from .common import choose
from .mac16 import multiply_accumulate


def _lut4(logic, cell):
    logic.table(cell.bus("I", 4), cell.number("LUT_INIT"), cell.net("O"))


def _carry(logic, cell):
    logic.table((cell.net("I0"), cell.net("I1"), cell.net("CI")), 0b11101000, cell.net("CO"))


def _flip_flop(enabled, reset, value):
    """``reset``: none, synchronous ("S", only while enabled) or asynchronous ("A"), to ``value``."""
    def model(logic, cell):
        clock, d, q = cell.net("C"), cell.net("D"), cell.net("Q")
        enable = cell.net("E", ONE) if enabled else ONE
        line = cell.net("S" if value else "R") if reset else ZERO
        if reset == "A" and line != ZERO:
            logic.register_with_asynchronous_reset(clock, d, q, line, value, enable=enable)
        else:
            logic.register(clock, d, q, enable=enable, reset=line, value=value, reset_first=False)
    return model


def _flip_flops():
    """SB_DFF, SB_DFFE and those with set or reset; without negative edges."""
    for enabled in (False, True):
        yield f"SB_DFF{'E' * enabled}", _flip_flop(enabled, None, 0)
        for kind, value in product("SA", (0, 1)):
            # R and S alone are asynchronous, SR and SS synchronous.
            name = f"SB_DFF{'E' * enabled}{'S' * (kind == 'S')}{'RS'[value]}"
            yield name, _flip_flop(enabled, kind, value)


def _pin(logic, cell):
    """SB_IO: bits 0 and 1 of PIN_TYPE are the input, 2 to 5 the output."""
    kind, pin = cell.number("PIN_TYPE"), cell.net("PACKAGE_PIN")
    if cell.number("NEG_TRIGGER"):
        raise cell.unsupported("its edge is negative")
    source, target = kind & 0b11, kind >> 2
    if "D_IN_0" in cell.ports:
        if source == 0b01:
            logic.join(cell.net("D_IN_0"), pin)
        elif source == 0b00:
            logic.register(cell.net("INPUT_CLK"), pin, cell.net("D_IN_0"))
        else:
            raise cell.unsupported("its input is latched")
    if not target:
        return
    if target not in (0b0110, 0b1010):
        raise cell.unsupported(f"its PIN_TYPE {kind:06b}")
    enable = ONE if target == 0b0110 else cell.net("OUTPUT_ENABLE")
    logic.mux(enable, cell.net("D_OUT_0"), ONE, pin)  # a pin that nobody drives is pulled up


def _global_pin(logic, cell):
    logic.join(cell.net("GLOBAL_BUFFER_OUTPUT"), cell.net("PACKAGE_PIN"))
    _pin(logic, cell)


def _global_buffer(logic, cell):
    logic.join(cell.net("GLOBAL_BUFFER_OUTPUT"), cell.net("USER_SIGNAL_TO_GLOBAL_BUFFER"))


def _pll(logic, cell):
    """Clocks of a PLL are the clock it is given: the model counts clocks, and notes what their rate is."""
    if cell.text("FEEDBACK_PATH") != "SIMPLE" or cell.text("PLLOUT_SELECT", "GENCLK") != "GENCLK":
        raise cell.unsupported("its feedback, or a shifted or halved output")
    if cell.net("BYPASS") != ZERO or cell.net("RESETB") != ONE:
        raise cell.unsupported("its reset or bypass is used")
    logic.rate *= Fraction(cell.number("DIVF") + 1, cell.number("DIVR") + 1 << cell.number("DIVQ"))
    source = cell.net("REFERENCECLK") if "REFERENCECLK" in cell.ports else cell.net("PACKAGEPIN")
    for port in ("PLLOUTCORE", "PLLOUTGLOBAL"):
        if port in cell.ports:
            logic.join(cell.net(port), source)
    if "LOCK" in cell.ports:
        logic.join(cell.net("LOCK"), ONE)


def _block_ram(logic, cell):
    """SB_RAM40_4K: 256 words of 16 bits; mode m uses every 2**m-th data bit and m more address bits.

    In mode m bit ``k`` of the narrow word is data bit ``(k << m) + offset[m]``, and lies in bit
    ``(k << m) + high address`` of the word of 16 bits.
    """
    read_mode, write_mode = cell.number("READ_MODE"), cell.number("WRITE_MODE")
    contents = []
    for k in range(16):
        number = cell.number(f"INIT_{k:X}")
        contents += [number >> 16 * word & 0xFFFF for word in range(16)]
    memory = logic.memory(cell.name, 256, 16, contents)

    address = cell.bus("WADDR", 11)
    data, mask = cell.bus("WDATA", 16), cell.bus("MASK", 16)
    write = logic.table((cell.net("WE"), cell.net("WCLKE", ONE)), 0b1000)
    high = address[8:8 + write_mode]
    data = [data[_narrow(write_mode, k)] for k in range(16)]
    enable = []
    for k in range(16):
        if write_mode:
            slot = k % (1 << write_mode)
            enable.append(logic.table(high, lambda *bits, slot=slot: _of(bits) == slot))
        else:
            enable.append(logic.invert(mask[k]))
    logic.write(memory, cell.net("WCLK"), write, address[:8], data, enable)

    address = cell.bus("RADDR", 11)
    read = logic.table((cell.net("RE"), cell.net("RCLKE", ONE)), 0b1000)
    word = logic.guarded_read(memory, address[:8], read, memory.writes)
    for k, q in enumerate(cell.bus("RDATA", 16, default=None)):
        if q is None or k != _narrow(read_mode, k):
            continue
        d = choose(logic, word[k & -(1 << read_mode):][:1 << read_mode], address[8:8 + read_mode])
        logic.register(cell.net("RCLK"), d, q, enable=read)


def _narrow(mode, k):
    """The data bit that stands for bit ``k`` of the word of 16 bits."""
    return (k & -(1 << mode)) + (0, 0, 1, 3)[mode]


def _of(bits):
    return sum(bit << k for k, bit in enumerate(bits))


def _single_port_ram(logic, cell):
    """SB_SPRAM256KA: 16,384 words of 16 bits; MASKWREN enables a nibble. A write leaves DATAOUT as it is."""
    for port in ("STANDBY", "SLEEP"):
        if cell.net(port) != ZERO:
            raise cell.unsupported(f"{port} is used")
    if cell.net("POWEROFF", ONE) != ONE:
        raise cell.unsupported("POWEROFF, which is active low, is used")
    memory = logic.memory(cell.name, 1 << 14, 16, None)
    clock, selected = cell.net("CLOCK"), cell.net("CHIPSELECT")
    address, mask = cell.bus("ADDRESS", 14), cell.bus("MASKWREN", 4)
    when = logic.table((selected, cell.net("WREN")), 0b1000)
    logic.write(memory, clock, when, address, cell.bus("DATAIN", 16), [mask[k // 4] for k in range(16)])
    reads = logic.table((selected, cell.net("WREN")), 0b0010)
    for d, q in zip(logic.read(memory, address), cell.bus("DATAOUT", 16, default=None), strict=True):
        if q is not None:
            logic.register(clock, d, q, enable=reads)


MODELS = {
    "SB_LUT4": _lut4, "SB_CARRY": _carry, **dict(_flip_flops()),
    "SB_IO": _pin, "SB_GB_IO": _global_pin, "SB_GB": _global_buffer,
    "SB_PLL40_CORE": _pll, "SB_PLL40_PAD": _pll,
    "SB_RAM40_4K": _block_ram, "SB_SPRAM256KA": _single_port_ram, "SB_MAC16": multiply_accumulate,
}
