"""The tests marked ``board`` run only if they are asked for, and then only with a port to run them on; and
what tests that plant faults share."""

import itertools
import re
import sys

import pytest

from tests.mutants import mutant_simulators

NAMES = (f"faulty{k}" for k in itertools.count())

# A port is given as --board-port=PORT: pytest would take a PORT of its own for a path of tests, and look for
# its configuration there, before it knows of these options.


def pytest_addoption(parser):
    group = parser.getgroup("board", "tests on a board (-m board)")
    group.addoption("--board-port", metavar="PORT", help="the serial port of the board to test")
    group.addoption("--board-record", metavar="FILE", help="record the session with the board")
    group.addoption("--board-name", metavar="TEXT", help="what the record says the board is")
    group.addoption("--board-networks", metavar="N", type=int, default=100,
                    help="random networks to run on the board (default: 100)")


@pytest.hookimpl(trylast=True)  # after -m has chosen
def pytest_collection_modifyitems(config, items):
    on_board = [item for item in items if item.get_closest_marker("board")]
    if not on_board:
        return
    if not is_chosen(config.option.markexpr):
        config.hook.pytest_deselected(items=on_board)
        items[:] = [item for item in items if item not in set(on_board)]
    elif not config.option.board_port:
        raise pytest.UsageError("the tests marked board need a board: give its port with --board-port=PORT, "
                                "that of snnsim virtual --pins if there is no other")


def is_chosen(expression):
    """Whether an expression of -m names the mark."""
    return "board" in re.findall(r"\w+", expression)


def pytest_generate_tests(metafunc):
    if "network" in metafunc.fixturenames and metafunc.definition.get_closest_marker("board"):
        metafunc.parametrize("network", range(metafunc.config.option.board_networks))


@pytest.fixture
def faulty_copy(tmp_path, monkeypatch):
    """A function that plants a fault into a copy made by `mutant_simulators`; the name of its package."""
    made = []

    def plant(file, text, fault):
        made.append(next(NAMES))
        mutant_simulators(tmp_path, made[-1], file, text, fault)
        monkeypatch.syspath_prepend(tmp_path)
        return made[-1]

    yield plant
    for name in [name for name in sys.modules if name.split(".")[0] in made]:
        del sys.modules[name]
