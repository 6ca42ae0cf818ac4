"""A core is found at whatever rate its bitstream was built for."""

import pytest

from firmware.platforms import BOARDS
from snnsim.contract import CoreConfig
from snnsim.contract.packets import CAPABILITY
from snnsim.host import BAUDRATES, Driver, DriverError
from snnsim.host.discovery import find_rate

from .software_board import SoftwareBoard


class BoardAtRate(SoftwareBoard):
    """Answers at one rate; at any other it sees noise and may send some."""

    def __init__(self, rate, noise=b""):
        super().__init__(CoreConfig())
        self._rate, self._noise, self.tried = rate, noise, []

    def set_baudrate(self, rate):
        self.tried.append(rate)

    def write(self, data):
        if self.tried[-1] == self._rate:
            super().write(data)
        else:
            self._out += self._noise


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("snnsim.host.discovery._PATIENCE", 0.01)


@pytest.mark.parametrize("noise", [b"", b"\x00\x17\xff\x00"])
@pytest.mark.parametrize("rate", BAUDRATES)
def test_the_rate_at_which_a_core_answers_is_found(rate, noise):
    board = BoardAtRate(rate, noise)
    find_rate(board)
    assert board.tried[-1] == rate
    assert Driver(board).config == board.config


def test_a_core_of_another_version_is_found_and_then_refused():
    board = BoardAtRate(BAUDRATES[1])
    board.capability[CAPABILITY.index("contract_version")] = 9
    find_rate(board)
    with pytest.raises(DriverError, match="contract version 9"):
        Driver(board)


def test_a_port_where_nobody_answers_is_tried_twice_at_each_rate_and_refused():
    board = BoardAtRate(9600)
    with pytest.raises(DriverError, match="does not answer at 1,000,000, .* baud: check the port"):
        find_rate(board)
    assert sorted(board.tried) == sorted(BAUDRATES * 2)


def test_the_rates_are_those_of_all_boards():
    assert {board.baud for board in BOARDS.values()} <= set(BAUDRATES)
