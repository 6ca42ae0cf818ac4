"""Commands that talk to a board: a virtual one in another process, a silent one, one that goes away."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
import tty
from contextlib import contextmanager

import pytest

from firmware.virtual import byte_level_board
from snnsim import CoreConfig, SpikeRaster
from snnsim.host import Driver
from snnsim.host.protocol import capability_of
from snnsim.host.transport import Transport

from .commands import RING, refuse, succeed

COMMAND = [sys.executable, "-c", "from snnsim.cli import main; main()"]


@pytest.fixture
def board():
    with byte_level_board(CoreConfig()) as board:
        yield board


@contextmanager
def silent_port():
    """The name of a port behind which nobody answers."""
    ours, hosts = pty.openpty()
    tty.setraw(hosts)
    try:
        yield os.ttyname(hosts)
    finally:
        os.close(ours)
        os.close(hosts)


@pytest.fixture
def impatient(monkeypatch):
    """Drivers that give up after a fifth of a second."""
    begin = Transport.__init__
    monkeypatch.setattr(Transport, "__init__", lambda self, link, timeout: begin(self, link, 0.2))


@pytest.mark.parametrize("machine", ["gateware", "virtual", "virtual-pins"])
def test_the_core_agrees_with_the_simulator(machine):
    output = succeed("compare", RING, "--on", "simulator", "--on", machine, "--steps", 60, "--rate", 0.2)
    assert "clocks a step" in output
    assert output.splitlines()[-1].startswith(f"identical: simulator and {machine}: 60 steps, ")


def test_a_board_is_a_machine_by_its_port(board, tmp_path):
    arguments = ("--steps", 50, "--rate", 0.2, "-o")
    succeed("run", RING, "--on", board.port, *arguments, tmp_path / "board.npz")
    succeed("run", RING, "--on", "simulator", *arguments, tmp_path / "simulator.npz")
    assert len(SpikeRaster.load(tmp_path / "board.npz"))
    succeed("diff", tmp_path / "board.npz", tmp_path / "simulator.npz")


def test_info_shows_what_the_board_is(board):
    output = succeed("info", board.port)
    config = CoreConfig()
    rows = dict(line.split(maxsplit=1) for line in output.replace("contract version", "version").splitlines())
    assert rows["configuration"] == config.digest[:16]
    assert rows["neurons"] == str(config.neurons)
    assert rows["decay_bits"] == str(config.formats.decay_bits)


def test_a_network_larger_than_the_board_is_refused_with_both_numbers(board, tmp_path):
    large = tmp_path / "large.toml"
    large.write_text('dt = 1e-3\n[[population]]\nname = "p"\nn = 300\n'
                     'neuron = { model = "LIF", tau_mem = 0.01, v_threshold = 1.0 }\n')
    for machine in (board.port, "gateware", "virtual"):
        line = refuse("run", large, "--on", machine, "-o", tmp_path / "out.npz")
        assert "300" in line and "256" in line
    assert not (tmp_path / "out.npz").exists()


def test_a_delay_beyond_the_ring_of_the_board_is_refused(board, tmp_path):
    late = tmp_path / "late.toml"
    late.write_text(RING.read_text().replace("delay_steps = [1,", "delay_steps = [33,"))
    line = refuse("run", late, "--on", board.port, "-o", tmp_path / "out.npz")
    assert "33" in line and "32" in line


def test_another_configuration_of_formats_is_refused(board, tmp_path):
    line = refuse("run", RING, "--on", board.port, "--core", "weight_width=10", "-o", tmp_path / "out.npz")
    assert "weight_width of 10" in line and "8" in line


def test_another_contract_version_is_refused(board, monkeypatch):
    def newer(packet):
        return {**capability_of(packet), "contract_version": 7}

    monkeypatch.setattr("snnsim.host.handshake.capability_of", newer)
    assert "contract version 7" in refuse("info", board.port)


def test_a_port_that_does_not_answer_is_refused(impatient):
    with silent_port() as port:
        assert f"{port} does not answer" in refuse("info", port)


def test_a_port_that_does_not_exist_is_refused():
    assert "/dev/no-such-port does not exist" in refuse("info", "/dev/no-such-port")


def test_a_file_is_not_a_port(tmp_path):
    (tmp_path / "file").write_text("text")
    assert str(tmp_path / "file") in refuse("info", tmp_path / "file")


def test_a_board_unplugged_in_mid_run_is_one_line(board, tmp_path, monkeypatch):
    run = Driver.run

    def run_and_unplug(*arguments, **options):
        threading.Timer(0.3, board.unplug).start()
        return run(*arguments, **options)

    monkeypatch.setattr(Driver, "run", run_and_unplug)
    line = refuse("run", RING, "--on", board.port, "--steps", 3_000_000, "--rate", 0,
                  "-o", tmp_path / "out.npz")
    assert board.port in line and "gone" in line
    assert list(tmp_path.iterdir()) == []


def wait_for(condition):
    """Until it holds; a minute is for the slowest machine."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError


def test_after_an_interrupt_the_board_is_usable(board, tmp_path):
    with open(tmp_path / "stdout", "w+") as stdout:
        process = subprocess.Popen(
            [*COMMAND, "run", str(RING), "--on", board.port, "--steps", "30000000", "--rate", "0",
             "-o", str(tmp_path / "out.npz")], stdout=stdout, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: "input: random" in (tmp_path / "stdout").read_text())
        time.sleep(1.5)  # it is loading or running: either must end well
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (2, "snnsim: interrupted\n")
    assert not (tmp_path / "out.npz").exists()
    succeed("compare", RING, "--on", "simulator", "--on", board.port, "--steps", 50, "--rate", 0.2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_virtual_serves_a_board_until_it_is_stopped(number):
    process = subprocess.Popen([*COMMAND, "virtual"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    port = process.stdout.readline().strip()
    assert "neurons" in succeed("info", port)
    process.send_signal(number)
    output, error = process.communicate(timeout=60)
    assert (process.returncode, output, error) == (0, "", "")


def test_a_virtual_board_of_another_size_describes_itself():
    process = subprocess.Popen([*COMMAND, "virtual", "--core", "neurons=16,inputs=16,rows=32,lanes=2"],
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        port = process.stdout.readline().strip()
        succeed("compare", RING, "--on", "simulator", "--on", port, "--steps", 50, "--rate", 0.2)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_real_process_exits_with_2_and_one_line(tmp_path):
    result = subprocess.run([*COMMAND, "run", "nothing.toml", "--on", "simulator", "-o", "out.npz"],
                            cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (
        2, "", "snnsim: nothing.toml does not exist\n")


def test_help_comes_without_the_heavy_modules():
    code = ("import sys; from snnsim.cli import app; from typer.testing import CliRunner; "
            "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
            "print({'numpy', 'numba', 'amaranth', 'matplotlib', 'sklearn', 'serial'} & set(sys.modules))")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
