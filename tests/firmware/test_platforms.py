"""The boards: their cores, clocks and links are possible, and their pins are in the design."""

import json
from dataclasses import replace

import pytest

from firmware import flow
from firmware.platforms import BOARDS, find_board
from firmware.platforms.board import VIVADO
from firmware.uart import SMALLEST_DIVISOR
from snnsim.contract.layout import Memory, memory_shape
from snnsim.errors import UserError

OPEN = [name for name, board in BOARDS.items() if board.toolchain != VIVADO]

#: A core that is elaborated in no time.
SMALL = {"neurons": 8, "inputs": 8, "lanes": 2, "synapse_words": 64, "rows": 32, "receive_words": 128,
         "event_buffer": 64, "spike_buffer": 64}


def small(board):
    return replace(board.config, **SMALL)


def test_the_boards_are_those_of_the_readme_and_each_has_its_own_name():
    assert {"icebreaker", "icesugar", "hx8k-evn", "ulx3s-12f", "ulx3s-25f", "ulx3s-45f", "ulx3s-85f",
            "ecpix5-45f", "ecpix5-85f", "colorlight-5a-75b", "tang-nano-9k", "tang-primer-20k", "arty-a7",
            "cmod-a7", "ulx3s-25f-learning"} == set(BOARDS)
    assert all(board.name == name for name, board in BOARDS.items())
    assert len({board.title for board in BOARDS.values()}) == len(BOARDS)


def test_an_unknown_board_is_refused_with_those_there_are():
    with pytest.raises(UserError, match="no board 'icebraker': choose one of icebreaker, "):
        find_board("icebraker")


@pytest.mark.parametrize("name", BOARDS)
def test_the_link_of_a_board_has_clocks_enough_for_its_receiver(name):
    board = BOARDS[name]
    assert board.divisor >= 2 * SMALLEST_DIVISOR
    assert board.clock / board.divisor == pytest.approx(board.baud, rel=0.01)


def test_a_baud_rate_that_the_clock_does_not_make_is_refused():
    with pytest.raises(ValueError, match=r"24000000 Hz makes 2181818 baud and not 2250000: 3.0% off"):
        replace(find_board("icebreaker"), baud=2_250_000)


def test_the_sizes_that_are_promised():
    def synapses(board):
        return board.config.synapse_words * board.config.lanes

    icebreaker, medium, large = (find_board(name) for name in ("icebreaker", "ulx3s-25f", "ulx3s-85f"))
    assert icebreaker.config.neurons >= 256 and synapses(icebreaker) >= 65536
    assert icebreaker.clock >= 24_000_000 and icebreaker.config.delay_slots >= 4
    assert medium.config.neurons >= 256 and medium.config.lanes == 8 and medium.clock >= 80_000_000
    assert large.config.neurons >= 1024 and synapses(large) >= 150_000


@pytest.mark.parametrize("name", BOARDS)
def test_the_synapses_of_a_board_have_room_in_its_memory(name):
    board = BOARDS[name]
    board.check_synapses(*memory_shape(board.config, Memory.SYNAPSES))


@pytest.mark.parametrize("name", OPEN)
def test_a_board_elaborates_to_rtlil_with_its_pins_placed(name, tmp_path):
    board = BOARDS[name]
    commands = flow.prepare(board, small(board), 0x0123456789ABCDEF, tmp_path)
    assert [command[0] for command in commands][0] == "yosys"
    assert set(flow.FLOWS[board.toolchain].tools) >= {commands[0][0], commands[-1][0]}
    assert (tmp_path / "top.il").read_text().count("\nmodule \\top\n") == 1
    constraints = "".join(path.read_text() for suffix in ("pcf", "lpf", "cst")
                          for path in tmp_path.glob(f"*.{suffix}"))
    ports = ["uart_0__rx__io", "uart_0__tx__io", "clk"] + (["led_0__io"] if board.led else [])
    assert all(constraints.count(port) for port in ports)
    # The script that Amaranth writes, and so this one, asks for the board's way of synthesis.
    assert board.synthesis in (tmp_path / "top.ys").read_text()


@pytest.mark.parametrize("name", ["icebreaker", "icesugar"])
def test_an_ultraplus_keeps_its_synapses_in_single_port_ram(name, tmp_path):
    board = BOARDS[name]
    flow.prepare(board, small(board), 1, tmp_path)
    assert "cell \\SB_SPRAM256KA" in (tmp_path / "top.il").read_text()


def test_the_identity_is_in_the_design(tmp_path):
    board = find_board("hx8k-evn")
    texts = []
    for identity in (0x0123456789ABCDEF, 0x0123456789ABCDEE):
        flow.prepare(board, small(board), identity, tmp_path)
        texts.append((tmp_path / "top.il").read_text())
    assert texts[0] != texts[1]


def test_nextpnr_for_gowin_is_called_as_its_successor_wants_it():
    arguments = ["--device", "GW1NR-LV9QN88PC6/I5", "--family", "GW1N-9C", "--json", "top.syn.json", "--cst",
                 "top.cst", "--write", "top.pnr.json"]
    assert flow._for_himbaechel(arguments) == [
        "--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C", "--json", "top.json",
        "--vopt", "cst=top.cst", "--write", "top.pnr.json"]


def test_variables_of_the_environment_do_not_change_what_amaranth_writes(tmp_path, monkeypatch):
    board = find_board("hx8k-evn")
    commands = flow.prepare(board, small(board), 1, tmp_path)
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    for name, value in (("AMARANTH_USE_YOSYS", "nonsense"), ("AMARANTH_synth_opts", "-nonsense"),
                        ("AMARANTH_nextpnr_opts", "--nonsense"), ("AMARANTH_verbose", "1"),
                        ("YOSYS", "/bin/false")):
        monkeypatch.setenv(name, value)
    assert flow.prepare(board, small(board), 1, tmp_path) == commands
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == texts
    assert json.loads(texts["build_top.json"])["commands"] == commands
