"""SB_MAC16 of the iCE40 UltraPlus (Lattice FPGA-TN-02007): 16 by 16 bits, and an accumulator."""

from ..logic import ONE, ZERO
from .common import drive

#: Registers behind the four partial products, which only make sense together.
_PARTIAL = ("TOP_8x8_MULT_REG", "BOT_8x8_MULT_REG", "PIPELINE_16x16_MULT_REG1")


def multiply_accumulate(logic, cell):
    """Without its modes of 8 by 8 bits, and without cascades of several."""
    _refuse_what_is_missing(cell)
    clock, enable = cell.net("CLK"), cell.net("CE", ONE)

    def registers(nets, on, reset="", hold=""):
        """``nets`` a clock later if ``on``, else themselves."""
        return _registers(logic, clock, nets, enable, cell.net(reset), cell.net(hold)) if on else nets

    def value(name, reset):
        return registers(cell.bus(name, 16), cell.number(f"{name}_REG"), reset, f"{name}HOLD")

    a, b = value("A", "IRSTTOP"), value("B", "IRSTBOT")
    c, d = value("C", "IRSTTOP"), value("D", "IRSTBOT")
    product = logic.multiply(a, b, bool(cell.number("A_SIGNED")), bool(cell.number("B_SIGNED")), 32)
    product = registers(product, cell.number(_PARTIAL[0]), "IRSTBOT")
    product = registers(product, cell.number("PIPELINE_16x16_MULT_REG2"), "IRSTBOT")

    carries = (ZERO, ONE, ZERO, cell.net("CI"))
    low, sign, carry = _half(logic, cell, "BOT", (b, None, product[:16], (ZERO,) * 16), d, carries)
    carries = (ZERO, ONE, carry, _exclusive_or(logic, carry, cell.net("ADDSUBBOT")))
    high, _, carry = _half(logic, cell, "TOP", (a, None, product[16:], (sign,) * 16), c, carries)
    drive(logic, cell, "O", (*low, *high))
    if "CO" in cell.ports:
        logic.join(cell.net("CO"), _exclusive_or(logic, carry, cell.net("ADDSUBTOP")))


def _half(logic, cell, half, lower, load, carries):
    """One of the two adders: ``(output, sign of its lower input, carry)``."""
    def setting(name):
        return cell.number(f"{half}{name}")

    subtract = cell.net(f"ADDSUB{half}")
    product, lower = lower[2], lower[setting("ADDSUB_LOWERINPUT")]
    if lower is None:
        raise cell.unsupported("its mode of 8 by 8 bits")
    kept = logic.bus(16)
    upper = load if setting("ADDSUB_UPPERINPUT") else kept
    total, carry = logic.add(lower, [_exclusive_or(logic, net, subtract) for net in upper],
                             carries[setting("ADDSUB_CARRYSELECT")])
    loads = cell.net(f"OLOAD{half}")
    total = [logic.mux(loads, new, _exclusive_or(logic, net, subtract))
             for new, net in zip(load, total, strict=True)]
    _registers(logic, cell.net("CLK"), total, cell.net("CE", ONE), cell.net(f"ORST{half}"),
               cell.net(f"OHOLD{half}"), kept)
    output = (total, kept, None, product)[setting("OUTPUT_SELECT")]
    if output is None:
        raise cell.unsupported("its mode of 8 by 8 bits")
    return output, lower[15], carry


def _registers(logic, clock, nets, enable, reset, hold, outputs=None):
    enable = logic.table((enable, hold), 0b0010) if hold != ZERO else enable
    outputs = outputs or logic.bus(len(nets))
    for d, q in zip(nets, outputs, strict=True):
        if reset == ZERO:
            logic.register(clock, d, q, enable=enable)
        else:
            logic.register_with_asynchronous_reset(clock, d, q, reset, 0, enable=enable)
    return outputs


def _exclusive_or(logic, a, b):
    return a if b == ZERO else logic.table((a, b), 0b0110)


def _refuse_what_is_missing(cell):
    if cell.number("MODE_8x8") or len({cell.number(name) for name in _PARTIAL}) > 1:
        raise cell.unsupported("its mode of 8 by 8 bits")
    for port in ("ACCUMCI", "SIGNEXTIN"):
        if cell.net(port) != ZERO:
            raise cell.unsupported(f"it is cascaded by {port}")
    if cell.number("NEG_TRIGGER"):
        raise cell.unsupported("its edge is negative")
