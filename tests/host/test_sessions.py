"""The sessions that are kept here, replayed: the board's spikes and states are those of the simulator."""

import pytest

from snnsim.contract import CONTRACT_VERSION
from snnsim.contract.packets import PROTOCOL_VERSION
from snnsim.host import Driver
from snnsim.host.recording import ReplayLink, Session
from tests.board.recorded import KEPT, SESSIONS, replay

from .test_recording import with_another_spike

LARGEST_TOTAL = 200_000
FILES = sorted(SESSIONS.glob("*.npz"))


def test_the_session_of_the_pin_level_board_is_among_them_and_all_are_small():
    assert KEPT in FILES
    assert sum(file.stat().st_size for file in FILES) < LARGEST_TOTAL


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_session_replays_to_its_end_without_a_difference(file):
    session = Session.load(file)
    link, differences = replay(session)
    assert differences == {}
    assert link.is_over
    assert len(session.about["exchanges"]) >= 10


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_session_says_from_what_it_was_recorded(file):
    session = Session.load(file)
    about = session.about
    assert "board" in about["recorded_from"] and about["date"] and about["snnsim_version"]
    assert (about["contract_version"], about["protocol_version"]) == (CONTRACT_VERSION, PROTOCOL_VERSION)
    driver = Driver(ReplayLink(session))
    assert (about["config_digest"], about["identity"]) == (driver.config.digest, f"{driver.identity:016x}")


@pytest.mark.parametrize("number", [0, 7])
def test_a_spike_planted_into_the_record_is_found_and_named(number):
    faulty, spike = with_another_spike(Session.load(KEPT), number)
    _, differences = replay(faulty)
    assert len(differences) == 1
    (difference,) = differences.values()
    assert difference.quantity == "spike"
    assert difference.neuron in (spike >> 16, spike >> 16 ^ 1)
