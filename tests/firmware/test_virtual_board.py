"""The virtual board behind its serial port, at both depths."""

import errno
import os
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import contextmanager

import pytest

from firmware.virtual import byte_level_board, compile_byte_level, pin_level_board
from snnsim.contract import CoreConfig
from snnsim.contract.packets import From, Nack, To
from snnsim.host import Driver, DriverError, LinkError, SerialLink
from snnsim.host.protocol import END, FrameDecoder, Packet, encode
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator
from tests.host.networks import busy_image, busy_stimulus
from tests.host.software_board import FaultyLink

CONFIG = CoreConfig()
BOARDS = {"bytes": byte_level_board, "pins": pin_level_board}
IMAGE, STIMULUS = busy_image(), busy_stimulus(60)


@pytest.fixture(params=BOARDS.values(), ids=BOARDS)
def board(request):
    with request.param(CONFIG) as board:
        yield board


@pytest.fixture
def fast_board():
    with byte_level_board(CONFIG) as board:
        yield board


@contextmanager
def opened(board, timeout=5.0):
    with SerialLink(board.port) as link:
        yield Driver(link, timeout=timeout)


def expected():
    return ReferenceSimulator(IMAGE).run(STIMULUS)


def test_the_board_says_who_it_is(board):
    with opened(board) as driver:
        assert driver.config == CONFIG
        assert driver.identity != 0


def test_a_run_is_that_of_the_reference_and_weights_read_back(board):
    with opened(board) as driver:
        assert first_difference(driver.load(IMAGE).run(STIMULUS), expected()) is None
        for weights, projection in zip(driver.read_weights(), IMAGE.projections, strict=True):
            assert (weights == projection.weights()).all()


def test_hosts_come_and_go_and_the_network_stays(board):
    with opened(board) as driver:
        driver.load(IMAGE).run(STIMULUS)
        state = driver.read_state()
        first = driver.read_memory(1, 0, 4)
    with opened(board) as driver:
        assert (driver.read_memory(1, 0, 4) == first).all()
        assert first_difference(driver.load(IMAGE).run(STIMULUS), expected()) is None
        assert (driver.read_state().v == state.v).all()


def test_noise_on_the_line_changes_nothing(board):
    numbers = iter(range(10**9))

    def noise(frame):
        return [frame] if next(numbers) % 23 or len(frame) < 4 else [frame[:3] + b"\xA5" + frame[4:]]

    with SerialLink(board.port) as link:
        driver = Driver(FaultyLink(link, there=noise, back=noise), timeout=5.0)
        assert first_difference(driver.load(IMAGE).run(STIMULUS), expected()) is None


def answers(link, *frames):
    """The packets that come back for raw frames."""
    link.write(b"".join(frames))
    decoder, found = FrameDecoder(), []
    while data := link.read(0.3):
        found += decoder.feed(data)
    return found


def test_a_corrupt_frame_is_refused_and_not_executed(fast_board):
    with SerialLink(fast_board.port) as link:
        Driver(link)
        assert answers(link, END, encode(Packet(To.HELLO, 9)))[-1].type == From.HELLO
        good = encode(Packet(To.WRITE, 10, 1, (0, 0x1234, 0x5678)))
        for place in range(len(good) - 1):
            bad = bytes([*good[:place], good[place] ^ 0x10 or 0x20, *good[place + 1:]])
            link.write(bad)
        refused = answers(link)
        assert len(refused) >= len(good) - 1
        assert all((p.type, p.sequence, p.argument) == (From.NACK, 10, Nack.CORRUPT) for p in refused)
        read = encode(Packet(To.READ, 10, 1, (0, 1)))
        assert answers(link, read) == [Packet(From.DATA, 10, 0, (0, 0))]
        again = encode(Packet(To.WRITE, 11, 1, (0, 0x1234, 0x5678)))
        assert answers(link, again) == [Packet(From.ACK, 11)]
        read = encode(Packet(To.READ, 12, 1, (0, 1)))
        assert answers(link, read) == [Packet(From.DATA, 12, 0, (0x1234, 0x5678))]


def test_a_board_unplugged_in_mid_run_is_reported(board):
    def unplug(done, total):
        board.unplug()

    with opened(board) as driver:
        driver.load(IMAGE)
        with pytest.raises(LinkError, match=f"the board on {board.port} is gone .*: plug it in again"):
            driver.run(STIMULUS, progress=unplug)


def test_an_interrupt_in_mid_run_leaves_the_board_usable(board):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with opened(board) as driver:
        driver.load(IMAGE)
        with pytest.raises(KeyboardInterrupt):
            driver.run(STIMULUS, progress=interrupt)
        driver.clear()
        assert first_difference(driver.run(STIMULUS), expected()) is None


def test_a_host_that_dies_in_mid_run_leaves_the_board_usable(board):
    with SerialLink(board.port) as link:
        driver = Driver(link).load(IMAGE)
        driver._transport.submit(To.RUN, payload=(50_000, 40))
        driver._transport.submit(To.EVENTS, payload=(1,))
        driver._transport.flush()
    with opened(board) as driver:
        assert first_difference(driver.load(IMAGE).run(STIMULUS), expected()) is None


def test_an_idle_board_sleeps(board):
    with opened(board) as driver:
        driver.load(IMAGE).run(STIMULUS)
    time.sleep(0.2)
    before = cpu_seconds(board._process.pid)
    time.sleep(0.5)
    assert cpu_seconds(board._process.pid) - before <= 0.02


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_closing_ends_the_process_and_the_port(fast_board):
    process = fast_board._process
    fast_board.close()
    assert process.returncode == 0
    with pytest.raises(LinkError, match="does not exist: plug the board in"):
        SerialLink(fast_board.port)
    fast_board.close()


def test_the_board_ends_with_the_process_that_made_it():
    """Even if that is killed: nothing is left behind."""
    script = ("import sys, time; from firmware.virtual import VirtualBoard\n"
              "board = VirtualBoard(sys.argv[1])\n"
              "print(board._process.pid, flush=True); time.sleep(60)\n")
    maker = subprocess.Popen([sys.executable, "-c", script, str(compile_byte_level(CONFIG))],
                             stdout=subprocess.PIPE, text=True)
    with maker:
        pid = int(maker.stdout.readline())
        maker.kill()
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_board_in_the_foreground_ends_cleanly_on_a_signal(number):
    script = ("import sys; from firmware.virtual import serve_until_signal\n"
              "serve_until_signal(sys.argv[1], lambda port: print(port, flush=True))\n"
              "print('ended')\n")
    server = subprocess.Popen([sys.executable, "-c", script, str(compile_byte_level(CONFIG))],
                              stdout=subprocess.PIPE, text=True)
    with server:
        port = server.stdout.readline().strip()
        with SerialLink(port) as link:
            assert Driver(link).config == CONFIG
        server.send_signal(number)
        assert server.stdout.read() == "ended\n"
    assert server.returncode == 0


# Ports that are no boards

def test_a_port_that_does_not_exist_is_reported():
    with pytest.raises(LinkError, match="^/dev/ttyNONE does not exist: plug the board in"):
        SerialLink("/dev/ttyNONE")


def test_a_file_is_no_port(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LinkError, match="cannot be opened: .* check the cable and the name"):
        SerialLink(tmp_path / "file")


def test_a_port_in_use_is_reported(fast_board):
    with SerialLink(fast_board.port):
        with pytest.raises(LinkError, match="is in use: close the other program"):
            SerialLink(fast_board.port)


def test_a_port_without_permission_is_reported(monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("snnsim.host.serial_link.serial.Serial", refuse)
    with pytest.raises(LinkError, match="may not be opened by this user: add yourself to the port's group"):
        SerialLink("/dev/ttyUSB0")


def test_a_silent_port_is_reported_within_the_timeout():
    ours, hosts = os.openpty()
    try:
        attributes = termios.tcgetattr(hosts)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(hosts, termios.TCSANOW, attributes)
        with SerialLink(os.ttyname(hosts)) as link:
            with pytest.raises(DriverError, match="does not answer within 0.2 s: check the port"):
                Driver(link, timeout=0.2)
        assert select.select([ours], [], [], 1)[0], "nothing was asked"
    finally:
        os.close(ours)
        os.close(hosts)
