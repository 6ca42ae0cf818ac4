"""The equivalence suite on a real port: `pytest -m board --board-port=PORT`.

Random networks fitted to the core that the board has, and one that fills it: spikes and states are those of
the simulator. With ``--board-record=FILE`` the session is kept, to be replayed without the board.
"""

import pytest

from snnsim.host import SerialLink
from snnsim.host.discovery import find_rate

from .recorded import Recorder

pytestmark = pytest.mark.board


@pytest.fixture(scope="session")
def board(pytestconfig):
    option = pytestconfig.option
    with SerialLink(option.board_port) as link:
        find_rate(link)
        recorder = Recorder(link)
        yield recorder
        if option.board_record:
            session = recorder.session(option.board_name or f"the board on {link.name}")
            session.save(option.board_record)


def test_same_on_random_networks(board, network):
    assert board.run("random network", network) is None


@pytest.mark.parametrize("seed", range(0, 100, 20))
def test_same_v_and_i_in_every_step(board, seed):
    assert board.run("every state", seed) is None


def test_same_on_a_network_that_fills_the_core(board):
    assert board.run("full network", 1) is None
