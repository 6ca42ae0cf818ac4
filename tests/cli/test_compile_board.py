"""`snnsim compile --board`: whether a network fits a board and how fast it will be there."""

import json

import pytest

from firmware.platforms import BOARDS, find_board
from snnsim import Image, Network, compile
from snnsim.compiler import Fit
from snnsim.placement import ClockedCore, Speed, full_load
from tests.cli.commands import RING, call, refuse, succeed

BOARD = find_board("icebreaker")
BALANCED = RING.parent / "balanced.toml"


def description(tmp_path, neurons=10, inputs=10, projections=""):
    path = tmp_path / "net.toml"
    path.write_text(f"""
dt = 1e-3
[[input]]
name = "in"
n = {inputs}
[[population]]
name = "p"
n = {neurons}
neuron = {{ model = "LIF", tau_mem = 10e-3, v_threshold = 1.0 }}
{projections}""")
    return path


def projection(connect='"AllToAll"', weight=0.001, delay=1, pre="p"):
    return (f'[[projection]]\npre = "{pre}"\npost = "p"\nconnect = {connect}\nweight = {weight}\n'
            f'delay_steps = {delay}\n')


def test_nothing_is_written_without_an_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "wrote" not in succeed("compile", RING, "--board", "icebreaker")
    assert list(tmp_path.iterdir()) == []


def test_the_fit_is_that_of_the_library():
    compilation = compile(Network.load(BALANCED), BOARD.config)
    clocked = ClockedCore(BOARD.config, BOARD.clock, BOARD.baud)
    output = succeed("compile", BALANCED, "--board", "icebreaker")
    assert "fits icebreaker" in output
    assert str(Fit.of(compilation, 0.02, clocked)) in output
    assert str(compilation.report) in output


def test_the_image_is_in_the_formats_of_the_board(tmp_path):
    succeed("compile", RING, "--board", "icebreaker", "-o", tmp_path / "ring.npz")
    assert Image.load(tmp_path / "ring.npz").formats == BOARD.config.formats


def test_the_rate_is_the_one_given():
    assert "5 % fire" in succeed("compile", RING, "--board", "icebreaker", "--rate", 0.05)
    assert "2 % fire" in succeed("compile", RING, "--core", "")


def test_a_rate_without_a_core_is_refused():
    assert "--board" in refuse("compile", RING, "--rate", 0.05)


def test_a_core_has_no_clock_and_so_no_steps_per_second():
    (line,) = [line for line in succeed("compile", RING, "--core", "").splitlines()
               if line.startswith("all fire")]
    assert line.split()[-4:] == ["-"] * 4


def test_a_state_that_may_saturate_is_named(tmp_path):
    lines = succeed("compile", BALANCED).splitlines()
    assert [line.split(": ")[-1] for line in lines if line.startswith(("  exc: ", "  inh: "))] == [
        "v may saturate", "cannot saturate"]


def test_an_unknown_board_is_refused_with_those_there_are():
    assert "icebreaker" in refuse("compile", RING, "--board", "icebraker")


@pytest.mark.parametrize("command", [
    ("compile", RING), ("run", RING, "--on", "simulator", "-o", "out.npz"),
    ("compare", RING, "--on", "simulator", "--on", "reference"), ("virtual",)])
def test_a_core_and_a_board_at_once_are_refused(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = refuse(*command, "--core", "lanes=2", "--board", "icebreaker")
    assert "--core" in line and "--board" in line


def test_the_core_of_a_board_agrees_with_the_simulator():
    output = succeed("compare", RING, "--board", "icebreaker", "--on", "simulator", "--on", "gateware",
                     "--steps", 60, "--rate", 0.2)
    assert output.splitlines()[-1].startswith("identical: simulator and gateware: 60 steps, ")


# What does not fit

SIZE = BOARD.config
#: A source has a row for each exponent, and so for each projection of another size of weights.
FAR_APART = "".join(projection('"OneToOne"', weight=4.0 ** -k) for k in range(9))
TOO_LARGE = {
    "neurons": (dict(neurons=SIZE.neurons + 1), SIZE.neurons),
    "inputs": (dict(inputs=SIZE.inputs + 1), SIZE.inputs),
    "synapse words": (dict(neurons=SIZE.neurons, projections=projection() + projection(pre="in")),
                      SIZE.synapse_words),
    "row descriptors": (dict(neurons=SIZE.neurons, projections=FAR_APART), SIZE.rows),
    "delay slots": (dict(projections=projection(delay=SIZE.delay_slots + 1)), SIZE.delay_slots),
}


@pytest.mark.parametrize("resource", TOO_LARGE)
def test_what_does_not_fit_is_one_line_that_names_it_and_nothing_is_written(tmp_path, resource):
    network, available = TOO_LARGE[resource]
    path = description(tmp_path, **network)
    line = refuse("compile", path, "--board", "icebreaker", "-o", tmp_path / "out.npz",
                  "--json", tmp_path / "out.json")
    assert line.startswith(f"snnsim: {path} does not fit icebreaker: the network needs ")
    assert f" {resource}, the core has {available}: " in line
    assert f"or use a core with more {resource}; it fits " in line
    assert list(tmp_path.iterdir()) == [path]


def test_what_just_fits_is_compiled(tmp_path):
    slots = projection('"OneToOne"', delay=SIZE.delay_slots)
    succeed("compile", description(tmp_path, SIZE.neurons, SIZE.inputs, slots), "--board", "icebreaker")


def test_all_that_does_not_fit_is_named(tmp_path):
    path = description(tmp_path, 999, 888, projection('"OneToOne"', delay=77))
    line = refuse("compile", path, "--board", "icebreaker")
    for words in ("999 neurons", "888 inputs", "77 delay slots"):
        assert words in line
    assert "synapse words" not in line


def test_the_boards_that_it_does_fit_are_named(tmp_path):
    path = description(tmp_path, BOARD.config.neurons + 1)
    _, _, others = refuse("compile", path, "--board", "icebreaker").partition("; it fits ")
    named = others.split(", ")
    assert named == [name for name in BOARDS if call("compile", path, "--board", name).exit_code == 0]
    assert "ulx3s-85f" in named


def test_that_it_fits_no_board_is_said(tmp_path):
    path = description(tmp_path, 1 << 16)
    assert refuse("compile", path, "--board", "icebreaker").endswith("; it fits no other board here")


def in_integers(tmp_path, neurons, weight_q, exponent):
    """All to all, so that ``neurons * weight_q << exponent`` can arrive at once."""
    path = description(tmp_path, neurons, projections=projection(weight=0.5))
    text = path.read_text().replace('model = "LIF", tau_mem = 10e-3, v_threshold = 1.0',
                                    'model = "IntegerLIF", v_threshold_q = 10')
    path.write_text(text.replace("weight = 0.5", f"weight_q = {weight_q}\nexponent = {exponent}"))
    return path


#: The largest exponent with which 100 arrivals of weight 127 fit the drive.
LARGEST_EXPONENT = (SIZE.formats.drive.hi // (100 * 127)).bit_length() - 1


def test_arrivals_that_the_drive_cannot_hold_are_refused(tmp_path):
    exponent = LARGEST_EXPONENT + 1
    line = refuse("compile", in_integers(tmp_path, 100, 127, exponent), "--board", "icebreaker")
    assert f"could sum to {100 * 127 << exponent}" in line and f"{SIZE.formats.drive.hi}; use smaller" in line


def test_arrivals_that_the_drive_can_just_hold_are_compiled(tmp_path):
    succeed("compile", in_integers(tmp_path, 100, 127, LARGEST_EXPONENT), "--board", "icebreaker")


def test_weights_that_the_format_cannot_hold_are_refused(tmp_path):
    line = refuse("compile", in_integers(tmp_path, 2, SIZE.formats.weight.hi + 1, 0), "--board", "icebreaker")
    assert "weight_q" in line and str(SIZE.formats.weight.hi) in line


# The table of boards

def test_the_table_of_boards_has_the_speed_of_each_full_core_and_says_under_which_load():
    output = succeed("boards")
    lines = {line.split()[0]: line for line in output.splitlines() if line.strip()}
    for name, board in BOARDS.items():
        speed = Speed.of(full_load(board.config, 0.02), ClockedCore(board.config, board.clock, board.baud))
        assert f"{speed.core:,.0f}" in lines[name] and f"{speed.link:,.0f}" in lines[name]
    assert "2 % of all" in output


# For programs

def record(tmp_path, *options):
    succeed("compile", BALANCED, "--json", tmp_path / "fit.json", *options)
    return json.loads((tmp_path / "fit.json").read_text())


def test_the_json_has_what_the_report_says(tmp_path):
    found = record(tmp_path, "--board", "icebreaker")
    compilation = compile(Network.load(BALANCED), BOARD.config)
    assert found["digest"] == compilation.image.digest
    assert found["core"]["neurons"] == BOARD.config.neurons and found["board"] == "icebreaker"
    assert found["fit"]["usage"]["neurons"] == {"used": 100, "available": BOARD.config.neurons}
    assert found["fit"]["fan_in"]["synapses"] == 45
    assert [case["name"] for case in found["fit"]["cases"]] == ["at rest", "2 % fire", "all fire"]
    slowest = found["fit"]["cases"][-1]
    assert slowest["limit"] == "link" and slowest["real_time"] == 1e-3 * slowest["link_steps_per_second"]
    assert [p["weight"]["relative"] for p in found["projections"]] == [
        p.weight.relative for p in compilation.report.projections]
    assert [s["may_saturate"] for s in found["saturation"]] == [["v"], []]
    assert found["notes"] == compilation.report.notes()


def test_a_silent_link_is_null_as_json_has_no_infinity(tmp_path):
    assert record(tmp_path, "--board", "icebreaker")["fit"]["cases"][0]["link_steps_per_second"] is None


def test_the_json_of_a_cpu_has_no_fit(tmp_path):
    found = record(tmp_path)
    assert found["fit"] is found["core"] is found["board"] is None
    assert found["neurons"] == 100


def test_a_folder_that_does_not_exist_is_named_before_the_work(tmp_path):
    assert "cannot write" in refuse("compile", tmp_path / "none.toml", "--json", tmp_path / "none" / "x.json")
