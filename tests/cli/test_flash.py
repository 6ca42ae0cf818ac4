"""`snnsim flash` with a programmer that does nothing, and a virtual board in place of the one it loads."""

import os

import pytest

import firmware.build
from firmware.build import Build
from firmware.platforms import find_board
from firmware.virtual import byte_level_board
from snnsim.cli import flash
from snnsim.contract import CoreConfig
from snnsim.host import Driver, SerialLink
from tests.firmware.programs import LOADED, NO_CABLE, put_program

from .commands import call, refuse, succeed

OTHER = 0x1234


@pytest.fixture(scope="module")
def board():
    with byte_level_board(CoreConfig()) as board:
        yield board


@pytest.fixture(scope="module")
def identity(board):
    with Driver(SerialLink(board.port)) as driver:
        return driver.identity


@pytest.fixture
def programmer(tmp_path, monkeypatch):
    """A function that puts a programmer into PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(flash, "SECONDS_BETWEEN", 0.01)
    monkeypatch.setattr("snnsim.host.discovery._ROUNDS", 1)
    return lambda *program: put_program(tmp_path, *program)


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A function that makes a finished build of an identity; ``calls`` of it lists what was built."""
    def finish(identity):
        result = Build(tmp_path, {"identity": f"{identity:016x}", "bitstream": "top.bin"})

        def build(board, config, announce):
            finish.calls.append(config)
            announce("building")
            return result

        monkeypatch.setattr(firmware.build, "build", build)
        monkeypatch.setattr(firmware.build, "find", lambda board, config: result)
    finish.calls = []
    return finish


def test_a_board_that_answers_with_the_identity_of_the_build_is_confirmed(board, identity, programmer, built):
    programmer(*LOADED)
    built(identity)
    output = succeed("flash", "icebreaker", "--port", board.port)
    assert output.splitlines()[-1] == (
        f"iCEBreaker answers on {board.port} with the identity of this build, {identity:016x}")
    assert built.calls == [find_board("icebreaker").config]


def test_the_core_can_be_another_than_the_boards_own(board, identity, programmer, built):
    programmer(*LOADED)
    built(identity)
    succeed("flash", "icebreaker", "--port", board.port, "--core", "neurons=64")
    assert [config.neurons for config in built.calls] == [64]


def test_the_port_is_found_among_all(board, identity, programmer, built, monkeypatch):
    monkeypatch.setattr(flash, "serial_ports", lambda: {"/dev/nowhere": "", board.port: ""})
    programmer(*LOADED)
    built(identity)
    assert f"answers on {board.port} with the identity" in succeed("flash", "icebreaker")


def test_another_identity_is_one_line_with_both(board, identity, programmer, built):
    programmer(*LOADED)
    built(OTHER)
    line = refuse_after_output("flash", "icebreaker", "--port", board.port)
    assert line.startswith(f"snnsim: {board.port} answers with the identity {identity:016x}, not with that "
                           f"of this build, {OTHER:016x}: name the port")


def test_no_port_with_the_identity_is_one_line_that_names_those_that_answer(
        board, identity, programmer, built, monkeypatch):
    monkeypatch.setattr(flash, "serial_ports", lambda: {board.port: ""})
    programmer(*LOADED)
    built(OTHER)
    line = refuse_after_output("flash", "icebreaker")
    assert f"no port answers with its identity, {OTHER:016x} ({board.port} with {identity:016x} does)" in line


def test_a_port_that_does_not_exist_is_one_line(programmer, built):
    programmer(*LOADED)
    built(OTHER)
    line = refuse_after_output("flash", "icebreaker", "--port", "/dev/nowhere")
    assert "the bitstream is loaded, but /dev/nowhere does not exist" in line


def test_a_programmer_that_fails_is_the_end(board, programmer, built):
    programmer("openFPGALoader", *NO_CABLE["openFPGALoader to an iCE40"])
    built(OTHER)
    assert "openFPGALoader finds no board" in refuse_after_output("flash", "icebreaker", "--port", board.port)


def test_a_dry_run_prints_the_command_and_builds_and_runs_nothing(tmp_path, programmer, built):
    programmer("openFPGALoader", "", 1)
    built(OTHER)
    assert succeed("flash", "icebreaker", "--dry-run") == (
        f"{tmp_path}/openFPGALoader -b ice40_generic {tmp_path}/top.bin\n")
    assert built.calls == []


def test_a_dry_run_without_a_build_is_refused(monkeypatch):
    monkeypatch.setattr(firmware.build, "find", lambda board, config: None)
    assert "run snnsim build icebreaker first" in refuse("flash", "icebreaker", "--dry-run")


def test_an_unknown_board_is_refused():
    assert "there is no board 'toaster'" in refuse("flash", "toaster")


def refuse_after_output(*arguments):
    """The line of a refusal behind what the stages and the programmer have printed on stderr."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    return result.stderr.splitlines()[-1]
