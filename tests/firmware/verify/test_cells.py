"""Models of the vendors' cells against what their documentation says, each written here a second time."""

import random

import pytest

from firmware.verify.logic import NetlistError

from .circuits import Bench

CYCLES = 400


def bits_of(number, width):
    return [number >> k & 1 for k in range(width)]


def signed(number, width):
    return number - (1 << width) if number >> (width - 1) else number


# Memories

def check_ram(write, read, depth, rng):
    """``write(address, word)``, which returns what it wrote, and ``read(address)``, against a list."""
    expected = [0] * depth
    for _ in range(CYCLES):
        address, word = rng.randrange(depth), rng.randrange(1 << 40)
        expected[address] = write(address, word)
        address = rng.choice([address, rng.randrange(depth)])
        assert read(address) == expected[address]


@pytest.mark.parametrize("write_mode", range(4))
@pytest.mark.parametrize("read_mode", range(4))
def test_ice40_block_ram_in_each_pair_of_widths(write_mode, read_mode):
    """Words of 16 >> mode bits; a narrow word uses every 2**mode-th data bit."""
    bench = Bench("ice40", "SB_RAM40_4K", {"READ_MODE": read_mode, "WRITE_MODE": write_mode}, {
        "WADDR": 11, "RADDR": 11, "WDATA": 16, "MASK": 16, "RDATA": 16, "WE": 1, "RE": 1}, ["RDATA"],
        clocks=("WCLK", "RCLK"))
    offset, rng, cells = (0, 0, 1, 3), random.Random(1), {}
    for _ in range(CYCLES):
        row, slot, word = rng.randrange(8), rng.randrange(1 << write_mode), rng.getrandbits(16)
        mask = rng.getrandbits(16)
        bench.step(WADDR=row | slot << 8, WDATA=word, MASK=mask, WE=1, RE=0)
        for k in range(0, 16, 1 << write_mode):
            if write_mode or not mask >> k & 1:
                cells[row, k + slot] = word >> (k + offset[write_mode]) & 1
        row, slot = rng.randrange(8), rng.randrange(1 << read_mode)
        bench.step(RADDR=row | slot << 8, WE=0, RE=1)
        expected = sum(cells.get((row, k + slot), 0) << (k + offset[read_mode])
                       for k in range(0, 16, 1 << read_mode))
        got = bench.step(RE=0)["RDATA"]
        used = sum(1 << (k + offset[read_mode]) for k in range(0, 16, 1 << read_mode))
        assert got & used == expected


def test_ice40_block_ram_begins_with_its_contents():
    contents = {f"INIT_{k:X}": sum((16 * k + word) * 3 << 16 * word for word in range(16)) for k in range(16)}
    bench = Bench("ice40", "SB_RAM40_4K", contents, {"RADDR": 11, "RDATA": 16, "RE": 1}, ["RDATA"],
                  ("RCLK",))
    for address in range(256):
        bench.step(RADDR=address, RE=1)
        assert bench.step(RE=0)["RDATA"] == 3 * address


def test_single_port_ram_writes_nibbles_and_keeps_its_output_meanwhile():
    bench = Bench("ice40", "SB_SPRAM256KA", {}, {
        "ADDRESS": 14, "DATAIN": 16, "MASKWREN": 4, "WREN": 1, "CHIPSELECT": 1, "DATAOUT": 16},
        ["DATAOUT"], ("CLOCK",))
    rng, words, shown = random.Random(1), {}, None
    for _ in range(CYCLES):
        address, word, mask = rng.randrange(4) * 4095, rng.getrandbits(16), rng.randrange(16)
        writes, selected = rng.randrange(2), rng.random() < 0.9
        got = bench.step(ADDRESS=address, DATAIN=word, MASKWREN=mask, WREN=writes, CHIPSELECT=selected)
        assert shown is None or got["DATAOUT"] == shown
        if selected and writes and address in words or selected and writes and mask == 15:
            nibbles = sum(15 << 4 * k for k in range(4) if mask >> k & 1)
            words[address] = words.get(address, 0) & ~nibbles | word & nibbles
        elif selected and not writes:
            shown = words.get(address)


def test_single_port_ram_begins_with_noise():
    bench = Bench("ice40", "SB_SPRAM256KA", {}, {"ADDRESS": 14, "CHIPSELECT": 1, "DATAOUT": 16}, ["DATAOUT"],
                  ("CLOCK",))
    words = [bench.step(ADDRESS=address, CHIPSELECT=1)["DATAOUT"] for address in range(100)]
    assert len(set(words)) > 90


@pytest.mark.parametrize("wide", [1, 2, 4, 9, 18])
@pytest.mark.parametrize("narrow", [1, 2, 4, 9, 18])
def test_ecp5_block_ram_in_each_pair_of_widths(wide, narrow):
    """Port A writes, B reads; bits of bytes are numbered through, the ninth belongs to its byte."""
    bench = Bench("ecp5", "DP16KD", {"DATA_WIDTH_A": wide, "DATA_WIDTH_B": narrow}, {
        "ADA": 14, "ADB": 14, "DIA": 18, "DOB": 18, "CEA": 1, "WEA": 1, "CEB": 1}, ["DOB"],
        clocks=("CLKA", "CLKB"))
    rng, cells = random.Random(1), {}
    for _ in range(CYCLES):
        row, word = rng.randrange(4) << 4 | rng.randrange(16), rng.getrandbits(18)
        enables = rng.randrange(4)
        address = row & -16 | enables if wide == 18 else row
        bench.step(ADA=address, DIA=word, CEA=1, WEA=1, CEB=0)
        for k, place in enumerate(cells_of(row, wide)):
            if wide < 18 or enables >> (k // 9) & 1:
                cells[place] = word >> k & 1
        row = rng.randrange(4) << 4 | rng.randrange(16)
        bench.step(ADB=row, CEB=1, CEA=0)
        expected = sum(cells.get(place, 0) << k for k, place in enumerate(cells_of(row, narrow)))
        assert bench.step(CEB=0)["DOB"] & (1 << narrow) - 1 == expected


def cells_of(address, width):
    """``(byte, bit)`` of each bit of the word of ``width`` bits at an address that counts bits."""
    byte, bit = address // 8, address % 8
    if width < 9:
        return [(byte, bit // width * width + k) for k in range(width)]
    byte -= byte % (width // 9)
    return [(byte + k // 9, k % 9) for k in range(width)]


def test_ecp5_block_ram_36_bits_wide_is_written_by_a_and_read_by_b():
    names = {f"{bus}{port}{k}": 1 for bus in ("DI", "DO") for port in "AB" for k in range(18)}
    outputs = [name for name in names if name.startswith("DO")]
    bench = Bench("ecp5", "DP16KD", {"DATA_WIDTH_A": 36, "DATA_WIDTH_B": 36}, {
        "ADA": 14, "ADB": 14, "CEA": 1, "CEB": 1, "WEA": 1, **names}, outputs, ("CLKA", "CLKB"))

    def write(address, word):
        word &= (1 << 36) - 1
        data = {f"DI{'AB'[k // 18]}{k % 18}": bit for k, bit in enumerate(bits_of(word, 36))}
        bench.step(ADA=address << 5 | 15, CEA=1, WEA=1, CEB=0, **data)
        return word

    def read(address):
        bench.step(ADB=address << 5, CEB=1, CEA=0)
        shown = bench.step(CEB=0)
        return sum(shown[f"DO{'AB'[k // 18]}{k % 18}"] << k for k in range(36))

    check_ram(write, read, 512, random.Random(1))


@pytest.mark.parametrize(("toolchain", "type", "ports"), [
    ("ecp5", "TRELLIS_DPR16X4", ("WCK", "WRE")), ("gowin", "RAM16SDP4", ("CLK", "WRE"))])
def test_distributed_ram_is_read_without_a_clock(toolchain, type, ports):
    clock, enable = ports
    bench = Bench(toolchain, type, {}, {"WAD": 4, "RAD": 4, "DI": 4, "DO": 4, enable: 1}, ["DO"], (clock,))

    def write(address, word):
        bench.step(WAD=address, DI=word & 15, **{enable: 1})
        return word & 15

    check_ram(write, lambda address: bench.step(RAD=address, **{enable: 0})["DO"], 16, random.Random(1))


@pytest.mark.parametrize(("type", "width", "byte"), [
    ("SDPX9B", 36, 9), ("SDPX9B", 18, 9), ("SDPX9B", 9, 9), ("SDPB", 32, 8), ("SDPB", 8, 8), ("SDPB", 2, 8)])
def test_gowin_block_ram_of_each_width(type, width, byte):
    bench = Bench("gowin", type, {"BIT_WIDTH_0": width, "BIT_WIDTH_1": width}, {
        "ADA": 14, "ADB": 14, "CEA": 1, "CEB": 1, "DI": 4 * byte, "DO": 4 * byte}, ["DO"], ("CLKA", "CLKB"))
    step = max(1, width // byte * 8 or width)
    enables = (1 << width // byte) - 1 if width > byte else 0

    def write(address, word):
        word &= (1 << width) - 1
        bench.step(ADA=address * step | enables, DI=word, CEA=1, CEB=0)
        return word

    def read(address):
        bench.step(ADB=address * step, CEB=1, CEA=0)
        return bench.step(CEB=0)["DO"] & (1 << width) - 1

    check_ram(write, read, (1 << 14) // step, random.Random(1))


@pytest.mark.parametrize(("mode", "shown"), [("NORMAL", 0), ("READBEFOREWRITE", 5), ("WRITETHROUGH", 9)])
def test_what_an_ecp5_port_shows_that_writes(mode, shown):
    bench = Bench("ecp5", "DP16KD", {"DATA_WIDTH_A": 9, "WRITEMODE_A": mode}, {
        "ADA": 14, "DIA": 18, "DOA": 18, "CEA": 1, "WEA": 1}, ["DOA"], ("CLKA",))
    bench.step(CEA=0)
    bench.step(CEA=1, WEA=1, DIA=5, ADA=0)
    bench.step(CEA=1, WEA=0, ADA=8)      # an empty word
    bench.step(CEA=1, WEA=1, DIA=9, ADA=0)
    assert bench.step(CEA=0)["DOA"] == shown


# Arithmetic

@pytest.mark.parametrize("half_signed", [(0, 0), (1, 1), (0, 1), (1, 0)])
@pytest.mark.parametrize("registers", [(), ("A_REG", "B_REG"), ("PIPELINE_16x16_MULT_REG2",)])
def test_ice40_multiplier(half_signed, registers):
    a_signed, b_signed = half_signed
    bench = Bench("ice40", "SB_MAC16", {
        "A_SIGNED": a_signed, "B_SIGNED": b_signed, "TOPOUTPUT_SELECT": 3, "BOTOUTPUT_SELECT": 3,
        **dict.fromkeys(registers, 1)}, {"A": 16, "B": 16, "O": 32}, ["O"], ("CLK",))
    rng, last = random.Random(1), None
    for _ in range(CYCLES):
        a, b = (rng.choice([0, 1, 0x7FFF, 0x8000, 0xFFFF, rng.getrandbits(16)]) for _ in range(2))
        product = ((signed(a, 16) if a_signed else a) * (signed(b, 16) if b_signed else b)) & 0xFFFFFFFF
        got = bench.step(A=a, B=b)["O"]
        assert last is None or got == (last if registers else product)
        last = product


@pytest.mark.parametrize("subtract", [0, 1])
def test_ice40_multiplier_accumulates(subtract):
    """O of 32 bits takes itself plus or minus the product, as two halves with a carry between them."""
    bench = Bench("ice40", "SB_MAC16", {
        "TOPOUTPUT_SELECT": 1, "BOTOUTPUT_SELECT": 1, "TOPADDSUB_LOWERINPUT": 2, "BOTADDSUB_LOWERINPUT": 2,
        "TOPADDSUB_CARRYSELECT": 2}, {
        "A": 16, "B": 16, "O": 32, "OLOADTOP": 1, "OLOADBOT": 1, "C": 16, "D": 16, "ADDSUBTOP": 1,
        "ADDSUBBOT": 1, "OHOLDTOP": 1, "OHOLDBOT": 1}, ["O"], ("CLK",))
    rng, total = random.Random(1), 0
    for _ in range(CYCLES):
        a, b, c = rng.getrandbits(16), rng.getrandbits(16), rng.getrandbits(32)
        loads, holds = rng.random() < 0.1, rng.random() < 0.2
        got = bench.step(A=a, B=b, C=c >> 16, D=c & 0xFFFF, OLOADTOP=loads, OLOADBOT=loads, OHOLDTOP=holds,
                         OHOLDBOT=holds, ADDSUBTOP=subtract, ADDSUBBOT=subtract)["O"]
        assert got == total
        if not holds:
            total = (c if loads else total - a * b if subtract else total + a * b) & 0xFFFFFFFF


@pytest.mark.parametrize(("toolchain", "type", "signs", "out"), [
    ("ecp5", "MULT18X18D", ("SIGNEDA", "SIGNEDB"), "P"), ("gowin", "MULT18X18", ("ASIGN", "BSIGN"), "DOUT")])
def test_multiplier_of_18_bits_without_signs(toolchain, type, signs, out):
    bench = Bench(toolchain, type, {}, {"A": 18, "B": 18, out: 36}, [out])
    rng = random.Random(1)
    for _ in range(CYCLES):
        a, b = rng.getrandbits(18), rng.getrandbits(18)
        assert bench.step(A=a, B=b)[out] == a * b


def test_ecp5_carry_cell_adds_two_bits():
    """INIT 0x96AA: a xor b passes the carry on, else a is the carry."""
    bench = Bench("ecp5", "CCU2C", {"INIT0": 0x96AA, "INIT1": 0x96AA, "INJECT1_0": "NO", "INJECT1_1": "NO"}, {
        **{f"{name}{k}": 1 for name in "ABCD" for k in "01"}, "CIN": 1, "S0": 1, "S1": 1, "COUT": 1},
        ["S0", "S1", "COUT"])
    for n in range(32):
        a, b, carry = n & 3, n >> 2 & 3, n >> 4
        got = bench.step(A0=a & 1, A1=a >> 1, B0=b & 1, B1=b >> 1, C0=0, C1=0, D0=1, D1=1, CIN=carry)
        assert got["S0"] + 2 * got["S1"] + 4 * got["COUT"] == a + b + carry


@pytest.mark.parametrize(("mode", "result"), [
    (0, lambda a, b, carry: a + b + carry), (1, lambda a, b, carry: a + (1 - b) + carry)])
def test_gowin_adder_and_subtracter(mode, result):
    bench = Bench("gowin", "ALU", {"ALU_MODE": mode}, {
        "I0": 1, "I1": 1, "I3": 1, "CIN": 1, "SUM": 1, "COUT": 1}, ["SUM", "COUT"])
    for n in range(8):
        a, b, carry = bits_of(n, 3)
        got = bench.step(I0=a, I1=b, CIN=carry, I3=0)
        assert got["SUM"] + 2 * got["COUT"] == result(a, b, carry)


# Registers and pins

@pytest.mark.parametrize(("toolchain", "type", "parameters", "names", "kind"), [
    ("ice40", "SB_DFFESR", {}, ("C", "D", "Q", "E", "R"), "after enable"),
    ("ice40", "SB_DFFESS", {}, ("C", "D", "Q", "E", "S"), "after enable"),
    ("ice40", "SB_DFFER", {}, ("C", "D", "Q", "E", "R"), "asynchronous"),
    ("ecp5", "TRELLIS_FF", {"CEMUX": "CE", "REGSET": "SET"}, ("CLK", "DI", "Q", "CE", "LSR"), "first"),
    ("ecp5", "TRELLIS_FF", {"CEMUX": "CE", "SRMODE": "ASYNC"}, ("CLK", "DI", "Q", "CE", "LSR"),
     "asynchronous"),
    ("gowin", "DFFRE", {}, ("CLK", "D", "Q", "CE", "RESET"), "first"),
    ("gowin", "DFFSE", {}, ("CLK", "D", "Q", "CE", "SET"), "first"),
    ("gowin", "DFFPE", {}, ("CLK", "D", "Q", "CE", "PRESET"), "asynchronous"),
])
def test_register_with_enable_and_reset(toolchain, type, parameters, names, kind):
    clock, d, q, enable, reset = names
    value = int(reset in ("S", "SET", "PRESET") or parameters.get("REGSET") == "SET")
    bench = Bench(toolchain, type, parameters, {d: 1, q: 1, enable: 1, reset: 1}, [q], (clock,))
    rng, kept = random.Random(1), 0 if toolchain == "ice40" else value
    for _ in range(CYCLES):
        new, on, resets = rng.randrange(2), rng.randrange(2), rng.randrange(2)
        got = bench.step(**{d: new, enable: on, reset: resets})[q]
        if kind == "asynchronous" and resets:
            kept = value
        assert got == kept
        if resets and (on or kind != "after enable"):
            kept = value
        elif on:
            kept = new


@pytest.mark.parametrize(("toolchain", "type", "parameters", "ports"), [
    ("ice40", "SB_IO", {"PIN_TYPE": "101001"}, ("PACKAGE_PIN", "D_OUT_0", "OUTPUT_ENABLE", 1)),
    ("ecp5", "TRELLIS_IO", {"DIR": "OUTPUT"}, ("B", "I", "T", 0)),
    ("gowin", "TBUF", {}, ("O", "I", "OEN", 0)),
])
def test_a_pin_that_is_not_driven_is_high(toolchain, type, parameters, ports):
    pad, data, enable, active = ports
    bench = Bench(toolchain, type, parameters, {pad: 1, data: 1, enable: 1}, [pad])
    assert [bench.step(**{data: bit, enable: on})[pad] for bit in (0, 1) for on in (active, 1 - active)] == [
        0, 1, 1, 1]


@pytest.mark.parametrize(("toolchain", "type", "parameters", "ports"), [
    ("ice40", "SB_DFFN", {}, {}),
    ("ice40", "SB_MAC16", {"MODE_8x8": 1}, {}),
    ("ice40", "SB_IO", {"PIN_TYPE": 0b000011}, {"D_IN_0": 1}),
    ("ecp5", "TRELLIS_FF", {"CLKMUX": "INV"}, {}),
    ("ecp5", "DP16KD", {"REGMODE_A": "OUTREG"}, {}),
    ("ecp5", "MULT18X18D", {"REG_INPUTA_CLK": "CLK0"}, {}),
    ("gowin", "SDPB", {"READ_MODE": 1}, {}),
    ("gowin", "OSC", {}, {}),
])
def test_a_cell_or_a_mode_without_a_model_is_refused_by_name(toolchain, type, parameters, ports):
    with pytest.raises(NetlistError, match="cell"):
        Bench(toolchain, type, parameters, ports, [])
