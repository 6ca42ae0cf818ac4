"""The tests marked ``board`` are chosen by -m board with a port, and never otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = "tests/board/test_board.py"


def collect(*arguments):
    return subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only",
                           TESTS, *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [(), ("-m", "not slow"), ("-m", "not board")])
def test_they_are_deselected_without_being_asked_for(arguments):
    result = collect(*arguments)
    assert (result.returncode, "deselected" in result.stdout) == (5, True)  # 5: nothing was collected
    assert "::" not in result.stdout


def test_without_a_port_they_are_refused():
    result = collect("-m", "board")
    assert result.returncode == 4
    assert "the tests marked board need a board: give its port with --board-port=PORT" in result.stderr


def test_with_a_port_they_are_chosen():
    result = collect("-m", "board", "--board-port=/dev/ttyUSB1", "--board-networks=3")
    assert result.returncode == 0
    assert result.stdout.count("::test_same_on_random_networks[") == 3
