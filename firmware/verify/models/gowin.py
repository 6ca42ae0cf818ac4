"""Cells of Gowin's LittleBee and Arora families (Gowin UG288, UG285, UG286, UG287, UG289)."""

from fractions import Fraction

from ..logic import ONE, ZERO
from .common import RamPort, WhenWriting, block_ram, buffer, drive, lut, mux

#: Sum without carry, and the carry where the sum without it is 0, of I0, I1 and I3 in each mode of an ALU.
_ALU_MODES = (
    (lambda a, b, c: a ^ b, lambda a, b, c: a),                # add
    (lambda a, b, c: a ^ b ^ 1, lambda a, b, c: a),            # subtract
    (lambda a, b, c: a ^ b ^ c ^ 1, lambda a, b, c: a),        # add or subtract
    (lambda a, b, c: a ^ b ^ 1, lambda a, b, c: 1),            # not equal
    (lambda a, b, c: a ^ b ^ 1, lambda a, b, c: a),            # greater or equal
    (lambda a, b, c: a ^ b ^ 1, lambda a, b, c: b),            # less or equal
    (lambda a, b, c: a, lambda a, b, c: 0),                    # count up
    (lambda a, b, c: a ^ 1, lambda a, b, c: 1),                # count down
    (lambda a, b, c: a ^ c ^ 1, lambda a, b, c: a),            # count up or down
    (lambda a, b, c: a & b ^ c, lambda a, b, c: a & b),        # multiply
)


def _alu(logic, cell):
    half, generate = _ALU_MODES[cell.number("ALU_MODE")]
    inputs = [cell.net(port) for port in ("I0", "I1", "I3", "CIN")]
    if "SUM" in cell.ports:
        logic.table(inputs, lambda a, b, c, carry: half(a, b, c) ^ carry, cell.net("SUM"))
    if "COUT" in cell.ports:
        logic.table(inputs, lambda a, b, c, carry: carry if half(a, b, c) else generate(a, b, c),
                    cell.net("COUT"))


def _flip_flop(line, asynchronous, value, enabled):
    def model(logic, cell):
        clock, d, q = cell.net("CLK"), cell.net("D"), cell.net("Q")
        init, enable = cell.number("INIT", value), cell.net("CE", ONE) if enabled else ONE
        reset = cell.net(line) if line else ZERO
        if asynchronous and reset != ZERO:
            logic.register_with_asynchronous_reset(clock, d, q, reset, value, init, enable)
        else:
            logic.register(clock, d, q, init, enable, reset, value)
    return model


def _flip_flops():
    """DFF and those with set, reset, preset, clear and enable; without negative edges."""
    kinds = (("", "", False, 0), ("S", "SET", False, 1), ("R", "RESET", False, 0),
             ("P", "PRESET", True, 1), ("C", "CLEAR", True, 0))
    return {f"DFF{letter}{'E' * enabled}": _flip_flop(line, asynchronous, value, enabled)
            for letter, line, asynchronous, value in kinds for enabled in (False, True)}


def _inverter(logic, cell):
    logic.table((cell.net("I"),), 0b01, cell.net("O"))


def _driven_pin(logic, cell):
    """TBUF and IOBUF: OEN is active low. A pin that nobody drives is pulled up."""
    pad = cell.net("IO") if "IO" in cell.ports else cell.net("O")
    logic.mux(cell.net("OEN"), ONE, cell.net("I"), pad)
    if "IO" in cell.ports and "O" in cell.ports:
        logic.join(cell.net("O"), pad)


def _global_reset(logic, cell):
    if cell.net("GSRI") != ONE:
        raise cell.unsupported("it is used")


def _pll(logic, cell):
    """Clocks of a PLL are the clock it is given: the model counts clocks, and notes what their rate is."""
    if {"CLKOUTP", "CLKOUTD", "CLKOUTD3"} & set(cell.ports) or "true" in (
            cell.text(f"DYN_{name}_SEL", "false") for name in ("IDIV", "FBDIV", "ODIV")):
        raise cell.unsupported("its second output, or dividers that change")
    logic.rate *= Fraction(cell.number("FBDIV_SEL") + 1, cell.number("IDIV_SEL") + 1)
    logic.join(cell.net("CLKOUT"), cell.net("CLKIN"))
    if "LOCK" in cell.ports:
        logic.join(cell.net("LOCK"), ONE)


def _distributed_ram(width):
    """RAM16SDP1, 2 and 4: 16 words, read without a clock."""
    def model(logic, cell):
        columns = [cell.number(f"INIT_{k}") for k in range(width)]
        words = [sum((column >> word & 1) << k for k, column in enumerate(columns)) for word in range(16)]
        memory = logic.memory(cell.name, 16, width, words)
        logic.write(memory, cell.net("CLK"), cell.net("WRE"), cell.bus("WAD", 4), cell.bus("DI", width),
                    (ONE,) * width)
        drive(logic, cell, "DO", logic.read(memory, cell.bus("RAD", 4)))
    return model


def _contents(cell, byte):
    """INIT_RAM_00 to INIT_RAM_3F hold 32 bytes of 8 or 9 bits each."""
    words = []
    for k in range(64):
        number = cell.number(f"INIT_RAM_{k:02X}")
        words += [number >> byte * n & (1 << byte) - 1 for n in range(32)]
    return words


def _refuse_options(cell, *ports):
    if any(cell.number(name) for name in cell.parameters
           if name.startswith(("READ_MODE", "BLK_SEL"))):
        raise cell.unsupported("its output register, or a block select")
    if any(net != ZERO for port in ports for net in cell.ports.get(port, ())):
        raise cell.unsupported("its block select")


_WRITE_MODES = (WhenWriting.KEEP, WhenWriting.NEW, WhenWriting.OLD)


def _simple_dual_port(byte):
    """SDPB and SDPX9B: port A writes, port B reads."""
    def model(logic, cell):
        _refuse_options(cell, "BLKSELA", "BLKSELB")
        bits = 4 * byte
        block_ram(logic, cell, (
            RamPort(cell.net("CLKA"), cell.number("BIT_WIDTH_0", bits), cell.bus("ADA", 14), cell.net("CEA"),
                    ONE, cell.bus("DI", bits), ()),
            RamPort(cell.net("CLKB"), cell.number("BIT_WIDTH_1", bits), cell.bus("ADB", 14), cell.net("CEB"),
                    ZERO, (), cell.bus("DO", bits, default=None), _reset(cell, "RESETB")),
        ), _contents(cell, byte), byte)
    return model


def _dual_port(byte):
    """DPB and DPX9B: both ports read and write."""
    def model(logic, cell):
        _refuse_options(cell, "BLKSELA", "BLKSELB")
        bits = 2 * byte
        block_ram(logic, cell, [
            RamPort(cell.net(f"CLK{port}"), cell.number(f"BIT_WIDTH_{k}", bits), cell.bus(f"AD{port}", 14),
                    cell.net(f"CE{port}"), cell.net(f"WRE{port}"), cell.bus(f"DI{port}", bits),
                    cell.bus(f"DO{port}", bits, default=None), _reset(cell, f"RESET{port}"),
                    _WRITE_MODES[cell.number(f"WRITE_MODE{k}")])
            for k, port in enumerate("AB")], _contents(cell, byte), byte)
    return model


def _single_port(byte):
    """SP and SPX9."""
    def model(logic, cell):
        _refuse_options(cell, "BLKSEL")
        bits = 4 * byte
        block_ram(logic, cell, [
            RamPort(cell.net("CLK"), cell.number("BIT_WIDTH", bits), cell.bus("AD", 14), cell.net("CE"),
                    cell.net("WRE"), cell.bus("DI", bits), cell.bus("DO", bits, default=None),
                    _reset(cell, "RESET"), _WRITE_MODES[cell.number("WRITE_MODE")])],
            _contents(cell, byte), byte)
    return model


def _reset(cell, port):
    reset = cell.net(port)
    if reset != ZERO and cell.text("RESET_MODE", "SYNC") != "SYNC":
        raise cell.unsupported("its asynchronous reset")
    return reset


def _multiplier(bits):
    """MULT9X9, MULT18X18 and MULT36X36, without their registers."""
    def model(logic, cell):
        if any(cell.number(name) for name in cell.parameters if name.endswith("REG")):
            raise cell.unsupported("its registers")
        if ONE in (cell.net("ASEL"), cell.net("BSEL")):
            raise cell.unsupported("it is cascaded")
        product = logic.multiply(cell.bus("A", bits), cell.bus("B", bits), cell.net("ASIGN") == ONE,
                                 cell.net("BSIGN") == ONE, 2 * bits)
        drive(logic, cell, "DOUT", product)
    return model


MODELS = {
    **{f"LUT{n}": lut([f"I{k}" for k in range(n)], "F", "INIT") for n in range(1, 5)},
    **{f"MUX2_LUT{n}": mux("S0", "I1", "I0", "O") for n in range(5, 9)},
    "ALU": _alu, **_flip_flops(), "INV": _inverter,
    "IBUF": buffer("I", "O"), "OBUF": buffer("I", "O"), "TBUF": _driven_pin, "IOBUF": _driven_pin,
    "GSR": _global_reset, "rPLL": _pll,
    **{f"RAM16SDP{n}": _distributed_ram(n) for n in (1, 2, 4)},
    "SDPB": _simple_dual_port(8), "SDPX9B": _simple_dual_port(9), "DPB": _dual_port(8),
    "DPX9B": _dual_port(9), "SP": _single_port(8), "SPX9": _single_port(9),
    "MULT9X9": _multiplier(9), "MULT18X18": _multiplier(18),
}
