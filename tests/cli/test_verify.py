"""`snnsim verify` with the compiled core in place of a netlist."""

import pytest

import firmware.build
import firmware.verify
from firmware.build import Build
from firmware.verify import Proof, read_proofs
from snnsim.contract.layout import Memory
from snnsim.host.driver import Driver
from tests.firmware.verify.test_proof import Link

from .commands import call, refuse, succeed


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A build of a board that is simulated by the compiled core."""
    made = Build(tmp_path, {})
    monkeypatch.setattr(firmware.build, "build", lambda board, config, announce: made)
    monkeypatch.setattr(firmware.verify, "open_level", lambda build, board, level, announce: Link())
    monkeypatch.setattr(firmware.verify, "expected_of", lambda build, board, config: Link().expected)
    return made


def test_a_proof_is_told_and_kept(made):
    said = succeed("verify", "ulx3s-25f", "--networks", "2")
    assert "identical: the gateware in this process and the simulator: 3 networks, 60 steps, " in said
    assert isinstance(read_proofs(made)["netlist"], Proof)


def test_both_levels_of_an_ice40_are_proven(made):
    succeed("verify", "icebreaker", "--networks", "1")
    assert set(read_proofs(made)) == {"netlist", "bitstream"}


def test_a_finding_is_told_and_not_kept(made, monkeypatch):
    link = Link()
    monkeypatch.setattr(firmware.verify, "open_level", lambda build, board, level, announce: link)
    words = Driver(link).read_memory(Memory.ROWS, 7, 1)
    Driver(link).write_memory(Memory.ROWS, 7, words + 1)
    result = call("verify", "ulx3s-25f", "--networks", "1")
    assert result.exit_code == 1
    assert "different: the gateware in this process: ROWS after power-up: word 7, column 0" in result.stdout
    assert read_proofs(made) == {}


@pytest.mark.parametrize(("arguments", "message"), [
    (["no-board"], "there is no board 'no-board'"),
    (["icebreaker", "--level", "layout"], "there is no level 'layout'"),
    (["arty-a7"], "nothing of Arty A7-35T can be simulated"),
    (["ulx3s-25f", "--level", "bitstream"],
     "the bitstream of ULX3S 25F cannot be simulated, only the netlist"),
])
def test_what_cannot_be_verified_is_refused_in_one_line(arguments, message):
    assert message in refuse("verify", *arguments)
