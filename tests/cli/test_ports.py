"""`snnsim ports`: who answers, and why nobody does."""

import pytest

from firmware.virtual import byte_level_board
from snnsim.cli import ports
from snnsim.contract import CONTRACT_VERSION, CoreConfig
from snnsim.contract.packets import To
from snnsim.host import Driver, SerialLink, serial_ports
from snnsim.host.streaming import ask_status
from snnsim.host.transport import Transport

from .commands import succeed
from .test_boards import silent_port

CONFIG = CoreConfig()


@pytest.fixture
def board():
    with byte_level_board(CONFIG) as board:
        yield board


@pytest.fixture(autouse=True)
def no_other_ports(monkeypatch):
    monkeypatch.setattr(ports, "serial_ports", lambda: {})
    monkeypatch.setattr("snnsim.host.discovery._ROUNDS", 1)


def lines(*arguments):
    return succeed("ports", *arguments).splitlines()


def test_a_core_is_shown_with_its_sizes_identity_and_contract(board):
    with Driver(SerialLink(board.port)) as driver:
        identity = driver.identity
    name, answer = lines(board.port)
    assert name == board.port
    assert answer == (f"  a core of 256 neurons, 256 inputs, 131,072 synapses; identity {identity:016x}, "
                      f"contract version {CONTRACT_VERSION}, 1,000,000 baud")


def test_the_ports_of_the_machine_come_with_their_descriptions(board, monkeypatch):
    monkeypatch.setattr(ports, "serial_ports", lambda: {"/dev/nowhere": "iCEBreaker V1.0e", "/dev/no": "n/a"})
    output = lines(board.port)
    assert output[0] == "/dev/nowhere: iCEBreaker V1.0e"
    assert output[1].startswith("  does not exist: plug the board in")
    assert output[2] == "/dev/no"
    assert output[5].startswith("  a core of 256 neurons")


def test_a_busy_port_is_said_to_be_busy(board):
    with SerialLink(board.port):
        assert lines(board.port)[1] == "  is in use: close the other program"


def test_a_forbidden_port_is_said_to_be_forbidden(monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("snnsim.host.serial_link.serial.Serial", refuse)
    assert lines("/dev/ttyUSB0")[1].startswith("  may not be opened by this user: add yourself to the port's")


def test_a_silent_port_is_said_to_be_silent():
    with silent_port() as port:
        assert lines(port)[1].startswith("  does not answer at 1,000,000, ")


def test_a_core_of_another_version_is_said_to_be_one(board, monkeypatch):
    monkeypatch.setattr("snnsim.host.handshake.CONTRACT_VERSION", 7)
    assert lines(board.port)[1].startswith(
        f"  has contract version {CONTRACT_VERSION}, this snnsim 7: install")


def test_the_run_of_another_host_goes_on(board):
    """Nobody else may be in the middle of one, but if the cable was changed over, its end is not ours."""
    with Driver(SerialLink(board.port)) as driver:
        driver._transport.request(To.RUN, payload=(1000, 1))  # and its event does not come
    assert "a core of" in lines(board.port)[1]
    with SerialLink(board.port) as link:
        transport = Transport(link, 5.0)
        transport.hello()
        assert ask_status(transport).running


def test_no_ports_at_all_is_said():
    assert lines()[0].startswith("no serial ports: plug a board in")


def test_the_ports_of_the_machine_are_listed_by_name_with_their_description(monkeypatch):
    class Port:
        def __init__(self, device, description):
            self.device, self.description = device, description

        def __lt__(self, other):
            return self.device < other.device

    monkeypatch.setattr("snnsim.host.serial_link.list_ports.comports",
                        lambda: [Port("/dev/ttyUSB1", "b"), Port("/dev/ttyUSB0", "a")])
    assert list(serial_ports().items()) == [("/dev/ttyUSB0", "a"), ("/dev/ttyUSB1", "b")]
