"""Cells of the ECP5 family (Lattice FPGA-TN-02200, FPGA-TN-02204, FPGA-TN-02205, FPGA-DS-02012)."""

from fractions import Fraction

from ..logic import ONE, ZERO
from .common import RamPort, WhenWriting, block_ram, drive, lut, mux


def _carry(logic, cell):
    """CCU2C: two tables and the carry through them."""
    carry = cell.net("CIN")
    for k in "01":
        inputs = [cell.net(f"{name}{k}") for name in "ABCD"]
        bits, injects = cell.number(f"INIT{k}"), cell.text(f"INJECT1_{k}", "YES") == "YES"
        carry_in = ZERO if injects else carry
        if f"S{k}" in cell.ports:
            logic.table((*inputs, carry_in), _sum_of(bits), cell.net(f"S{k}"))
        carry = logic.table((*inputs, carry), _carry_of(bits, injects))
    if "COUT" in cell.ports:
        logic.join(cell.net("COUT"), carry)


def _sum_of(bits):
    return lambda a, b, c, d, carry: (bits >> (a + 2 * b + 4 * c + 8 * d) & 1) ^ carry


def _carry_of(bits, injects):
    def carry_of(a, b, c, d, carry):
        propagates = bits >> (a + 2 * b + 4 * c + 8 * d) & 1
        generates = 0 if injects else bits >> (a + 2 * b) & 1
        return carry if propagates else generates
    return carry_of


def _line(logic, cell, port, usual):
    """An input with its multiplexer: constant, inverted or itself."""
    setting = cell.text(f"{port}MUX", usual)
    if setting in ("0", "1"):
        return int(setting)
    net = cell.net(port)
    return logic.invert(net) if setting == "INV" else net


def _positive_clock(cell, port):
    if cell.text(f"{port}MUX", port) == "INV":
        raise cell.unsupported("its edge is negative")
    return cell.net(port)


def _flip_flop(logic, cell):
    """TRELLIS_FF. It begins with the value to which it is reset."""
    if cell.text("LSRMODE", "LSR") != "LSR":
        raise cell.unsupported("it is loaded from M")
    clock, value = _positive_clock(cell, "CLK"), int(cell.text("REGSET", "RESET") == "SET")
    enable, reset = _line(logic, cell, "CE", "1"), _line(logic, cell, "LSR", "LSR")
    d, q, mode = cell.net("DI"), cell.net("Q"), cell.text("SRMODE", "LSR_OVER_CE")
    if mode == "ASYNC" and reset != ZERO:
        logic.register_with_asynchronous_reset(clock, d, q, reset, value, init=value, enable=enable)
    else:
        logic.register(clock, d, q, value, enable, reset, value, reset_first=mode != "CE_OVER_LSR")


def _pin(logic, cell):
    """TRELLIS_IO: pad B, to the inside O, to the outside I unless T."""
    direction, pad = cell.text("DIR"), cell.net("B")
    if direction in ("INPUT", "BIDIR") and "O" in cell.ports:
        logic.join(cell.net("O"), pad)
    if direction in ("OUTPUT", "BIDIR"):
        logic.mux(cell.net("T"), ONE, cell.net("I"), pad)  # a pin that nobody drives is pulled up


def _clock_buffer(logic, cell):
    if cell.net("CE", ONE) != ONE:
        raise cell.unsupported("its clock is stopped")
    logic.join(cell.net("CLKO"), cell.net("CLKI"))


def _pll(logic, cell):
    """Clocks of a PLL are the clock it is given: the model counts clocks, and notes what their rate is."""
    if cell.text("FEEDBK_PATH") != "CLKOP" or {"CLKOS", "CLKOS2", "CLKOS3"} & set(cell.ports):
        raise cell.unsupported("its feedback, or a second output")
    logic.rate *= Fraction(cell.number("CLKFB_DIV"), cell.number("CLKI_DIV"))
    logic.join(cell.net("CLKOP"), cell.net("CLKI"))
    if "LOCK" in cell.ports:
        logic.join(cell.net("LOCK"), ONE)


def _distributed_ram(logic, cell):
    """TRELLIS_DPR16X4: 16 words of 4 bits, read without a clock."""
    number = cell.number("INITVAL")
    memory = logic.memory(cell.name, 16, 4, [number >> 4 * k & 15 for k in range(16)])
    logic.write(memory, _positive_clock(cell, "WCK"), _line(logic, cell, "WRE", "WRE"), cell.bus("WAD", 4),
                cell.bus("DI", 4), (ONE,) * 4)
    drive(logic, cell, "DO", logic.read(memory, cell.bus("RAD", 4)))


def _block_ram(logic, cell):
    """DP16KD: 1,024 words of 18 bits behind two ports; 36 bits wide, both ports' data belong to one."""
    words = []
    for k in range(64):
        number = cell.number(f"INITVAL_{k:02X}")
        words += [number >> 20 * word + 9 * half & 0x1FF for word in range(16) for half in range(2)]
    widths = {port: cell.number(f"DATA_WIDTH_{port}", 18) for port in "AB"}
    wide = 36 in widths.values()
    ports = [_ram_port(logic, cell, port, widths, wide) for port in "AB"]
    block_ram(logic, cell, ports, words, 9)


_WRITE_MODES = {"NORMAL": WhenWriting.KEEP, "READBEFOREWRITE": WhenWriting.OLD,
                "WRITETHROUGH": WhenWriting.NEW}


def _ram_port(logic, cell, port, widths, wide):
    """One of two ports; where one is 36 bits wide, A writes and B reads, narrow words in the upper half."""
    if cell.text(f"REGMODE_{port}", "NOREG") != "NOREG":
        raise cell.unsupported("its output register")
    if any(cell.net(f"CS{port}{k}") != ZERO for k in range(3)) or int(
            cell.text(f"CSDECODE_{port}", "0b000"), 2):
        raise cell.unsupported("its chip select")
    writes, width = _line(logic, cell, f"WE{port}", f"WE{port}"), widths[port]
    data = (*cell.bus("DIA", 18), *cell.bus("DIB", 18)) if wide else cell.bus(f"DI{port}", 18)
    outputs = (*cell.bus("DOA", 18, default=None), *cell.bus("DOB", 18, default=None))
    q = outputs if width == 36 else outputs[18:] if port == "B" else outputs[:18]
    if wide and port == "A":
        q = ()
    reset = cell.net(f"RST{port}")
    if reset != ZERO and cell.text("RESETMODE", "SYNC") != "SYNC":
        raise cell.unsupported("its asynchronous reset")
    return RamPort(
        clock=_positive_clock(cell, f"CLK{port}"), width=width, address=cell.bus(f"AD{port}", 14),
        enable=_line(logic, cell, f"CE{port}", f"CE{port}"), writes=writes, data=data, q=q, reset=reset,
        when_writing=_WRITE_MODES[cell.text(f"WRITEMODE_{port}", "NORMAL")])


def _multiplier(logic, cell):
    """MULT18X18D, without its registers."""
    used = [name for name in cell.parameters if name.startswith("REG_") and name.endswith("_CLK")
            and cell.text(name) != "NONE"]
    if used or cell.net("SOURCEA") != ZERO or cell.net("SOURCEB") != ZERO:
        raise cell.unsupported("its registers, or a cascade")
    product = logic.multiply(cell.bus("A", 18), cell.bus("B", 18), cell.net("SIGNEDA") == ONE,
                             cell.net("SIGNEDB") == ONE, 36)
    drive(logic, cell, "P", product)


MODELS = {
    "LUT4": lut("ABCD", "Z", "INIT"), "PFUMX": mux("C0", "ALUT", "BLUT", "Z"),
    "L6MUX21": mux("SD", "D1", "D0", "Z"), "CCU2C": _carry, "TRELLIS_FF": _flip_flop, "TRELLIS_IO": _pin,
    "DCCA": _clock_buffer, "EHXPLLL": _pll, "TRELLIS_DPR16X4": _distributed_ram, "DP16KD": _block_ram,
    "MULT18X18D": _multiplier,
}
