"""`snnsim run`."""

import signal

import numpy as np
import pytest

from snnsim import Network, Recording, Simulator, SpikeRaster, compile
from snnsim.cli import machines
from snnsim.simulator.learning_machine import LearningMachine
from snnsim.simulator.plain_machine import PlainMachine

from .commands import RING, call, refuse, succeed

STDP = RING.parent / "stdp.toml"


@pytest.fixture
def start(tmp_path):
    """Input of the ring: one event that starts it, then silence; 20 steps."""
    path = tmp_path / "start.npz"
    SpikeRaster.from_events([0], [0], steps=20, neurons=9).save(path)
    return path


@pytest.mark.parametrize("machine", ["simulator", "reference"])
def test_the_raster_is_that_of_the_library(tmp_path, start, machine):
    succeed("run", RING, "--on", machine, "--input", start, "-o", tmp_path / "out.npz")
    expected = Simulator(compile(Network.load(RING)).image).run(SpikeRaster.load(start)).raster
    assert SpikeRaster.load(tmp_path / "out.npz") == expected
    assert len(expected) > 5


def test_threads_give_the_same_spikes(tmp_path, start):
    for threads, output in ((1, "a.npz"), (2, "b.npz")):
        succeed("run", RING, "--on", "simulator", "--input", start, "--threads", threads, "-o",
                tmp_path / output)
    assert SpikeRaster.load(tmp_path / "a.npz") == SpikeRaster.load(tmp_path / "b.npz")


def test_only_the_simulator_has_threads(tmp_path):
    line = refuse("run", RING, "--on", "reference", "--threads", 2, "-o", tmp_path / "out.npz")
    assert line == "snnsim: only the simulator has threads: leave --threads out for reference"


def test_a_network_that_learns_has_one_thread(tmp_path):
    line = refuse("run", STDP, "--on", "simulator", "--threads", 2, "-o", tmp_path / "out.npz")
    assert "runs on one thread" in line


def test_an_image_runs_like_its_description(tmp_path, start):
    succeed("compile", RING, "-o", tmp_path / "ring.npz")
    for network, output in ((RING, "a.npz"), (tmp_path / "ring.npz", "b.npz")):
        succeed("run", network, "--on", "simulator", "--input", start, "-o", tmp_path / output)
    assert SpikeRaster.load(tmp_path / "a.npz") == SpikeRaster.load(tmp_path / "b.npz")


def test_more_steps_than_the_input_are_silent_ones(tmp_path, start):
    succeed("run", RING, "--on", "simulator", "--input", start, "--steps", 50, "-o", tmp_path / "out.npz")
    raster = SpikeRaster.load(tmp_path / "out.npz")
    assert raster.steps == 50
    assert raster.step.max() > 40


def test_fewer_steps_than_the_input_are_refused(tmp_path, start):
    assert "20 steps" in refuse("run", RING, "--on", "simulator", "--input", start, "--steps", 10,
                                "-o", tmp_path / "out.npz")


def test_random_input_is_announced_and_the_same_for_the_same_seed(tmp_path):
    rasters = []
    for seed, output in ((3, "a.npz"), (3, "b.npz"), (4, "c.npz")):
        text = succeed("run", RING, "--on", "simulator", "--steps", 100, "--rate", 0.2, "--seed", seed,
                       "-o", tmp_path / output)
        assert "input: random, " in text and f"at 0.2 per step and input, seed {seed}" in text
        rasters.append(SpikeRaster.load(tmp_path / output))
    assert rasters[0] == rasters[1]
    assert rasters[0] != rasters[2]


def test_a_network_without_inputs_runs_in_silence(tmp_path):
    alone = tmp_path / "alone.toml"
    alone.write_text('dt = 1e-3\n[[population]]\nname = "p"\nn = 2\n'
                     'neuron = { model = "IntegerLIF", v_threshold_q = 4, bias_q = 2 }\n')
    text = succeed("run", alone, "--on", "simulator", "--steps", 9, "-o", tmp_path / "out.npz")
    assert "no inputs" in text
    assert SpikeRaster.load(tmp_path / "out.npz").step.tolist() == [2, 2, 5, 5, 8, 8]


def test_saturations_are_shown(tmp_path):
    saturating = tmp_path / "s.toml"
    saturating.write_text('dt = 1e-3\n[[population]]\nname = "p"\nn = 1\nneuron = { model = "IntegerLIF", '
                          'v_threshold_q = 8388607, bias_q = 8388607 }\n')
    text = succeed("run", saturating, "--on", "simulator", "--steps", 9, "-o", tmp_path / "out.npz")
    assert "saturated: i 0 times, v 8 times" in text


def test_what_the_compiler_notes_is_shown(tmp_path):
    small = tmp_path / "small.toml"
    small.write_text('dt = 1e-3\n[[input]]\nname = "in"\nn = 1\n[[population]]\nname = "p"\nn = 2\n'
                     'neuron = { model = "LIF", tau_mem = 0.01, v_threshold = 1.0 }\n'
                     '[[projection]]\npre = "in"\npost = "p"\nconnect = "AllToAll"\nweight = [1.0, 1e-6]\n')
    text = succeed("run", small, "--on", "simulator", "--steps", 9, "-o", tmp_path / "out.npz")
    assert "note: in->p: 1 of 2 weights became 0" in text


def test_stderr_stays_silent_where_it_is_no_terminal(tmp_path):
    assert call("run", RING, "--on", "simulator", "-o", tmp_path / "out.npz").stderr == ""


def test_an_input_that_does_not_exist_is_refused(tmp_path):
    SpikeRaster.from_events([0], [9], steps=2, neurons=10).save(tmp_path / "in.npz")
    line = refuse("run", RING, "--on", "simulator", "--input", tmp_path / "in.npz",
                  "-o", tmp_path / "out.npz")
    assert "10 inputs" in line and "9" in line
    assert not (tmp_path / "out.npz").exists()


def test_an_unknown_machine_is_refused_with_those_there_are(tmp_path):
    line = refuse("run", RING, "--on", "board7", "-o", tmp_path / "out.npz")
    assert "'board7'" in line and all(name in line for name in machines.BUILT_IN)


@pytest.mark.parametrize(("arguments", "words"), [
    (["run"], "NETWORK"), (["run", RING, "--on", "simulator"], "--output"),
    (["run", RING, "--on", "simulator", "-o", "x", "--stream", "y"], "--stream"),
    (["frobnicate"], "frobnicate"),
    (["--frobnicate"], "--frobnicate"),
    (["run", RING, "--on", "simulator", "-o", "x", "--steps", "-1"], "--steps"),
    (["run", RING, "--on", "simulator", "-o", "x", "--rate", "2"], "--rate"),
    (["run", RING, "--on", "simulator", "-o", "x", "--sleep", "2"], "--sleep"),
])
def test_a_wrong_call_is_one_line_that_leads_to_the_help(arguments, words):
    line = refuse(*arguments)
    assert words in line and line.endswith("--help")


def test_a_port_that_does_not_exist_is_refused(tmp_path):
    line = refuse("run", RING, "--on", "/dev/no-such-port", "-o", tmp_path / "out.npz")
    assert "/dev/no-such-port does not exist" in line
    assert not (tmp_path / "out.npz").exists()


def test_an_interrupt_is_one_line_and_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "out.npz").write_text("old")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("snnsim.simulator.Simulator.run", interrupted)
    assert refuse("run", RING, "--on", "simulator", "-o", tmp_path / "out.npz") == "snnsim: interrupted"
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]
    assert (tmp_path / "out.npz").read_text() == "old"


@pytest.fixture
def interrupt(monkeypatch):
    """A function after which the run of a simulator is interrupted in the middle of a step."""
    def plant(step):
        for machine in (PlainMachine, LearningMachine):
            def signalled(self, events, first, last, origin, work, advance=machine.advance):
                advanced = advance(self, events, first, last, origin, work)
                if first < last and origin + first == step:
                    signal.raise_signal(signal.SIGINT)
                return advanced

            monkeypatch.setattr(machine, "advance", signalled)
        monkeypatch.setattr("snnsim.simulator.simulator.CHUNK_WORK", 1)
    return plant


def test_an_interrupt_leaves_the_steps_done_and_says_how_many(tmp_path, start, interrupt):
    whole, part = tmp_path / "whole.npz", tmp_path / "part.npz"
    succeed("run", RING, "--on", "simulator", "--input", start, "-o", whole)
    interrupt(11)
    line = refuse("run", RING, "--on", "simulator", "--input", start, "-o", part)
    assert line == f"snnsim: interrupted after 12 of 20 steps: these are in {part}"
    assert SpikeRaster.load(part) == SpikeRaster.load(whole).window(0, 12)


def test_an_interrupt_of_a_run_that_learns_leaves_what_was_learned(tmp_path, interrupt):
    arguments = ("run", STDP, "--on", "simulator", "--rate", 0.2, "-o", tmp_path / "out.npz", "--learned")
    succeed(*arguments, tmp_path / "expected.npz", "--steps", 200)
    interrupt(199)
    line = refuse(*arguments, tmp_path / "learned.npz", "--steps", 500)
    assert "interrupted after 200 of 500 steps" in line and "learned.npz" in line
    learned, expected, begun = (Network.load(path) for path in
                                (tmp_path / "learned.npz", tmp_path / "expected.npz", STDP))
    assert compile(learned).image.digest == compile(expected).image.digest != compile(begun).image.digest


@pytest.mark.parametrize("step", [None, 11])
def test_a_streamed_run_is_a_folder_that_other_commands_read(tmp_path, start, interrupt, step):
    succeed("run", RING, "--on", "simulator", "--input", start, "-o", tmp_path / "whole.npz")
    arguments = ("run", RING, "--on", "simulator", "--input", start, "--stream", tmp_path / "run")
    if step is None:
        assert f"wrote {tmp_path / 'run'}" in succeed(*arguments)
        assert "0 differences" in succeed("diff", tmp_path / "run", tmp_path / "whole.npz")
    else:
        interrupt(step)
        assert "interrupted after 12 of 20 steps" in refuse(*arguments)
    done = 20 if step is None else 12
    recording, expected = Recording.load(tmp_path / "run"), SpikeRaster.load(tmp_path / "whole.npz")
    assert recording.raster == expected.window(0, done) and recording.is_whole == (step is None)


def test_other_machines_do_not_stream(tmp_path):
    line = refuse("run", RING, "--on", "reference", "--stream", tmp_path / "run")
    assert "give -o instead of --stream" in line and not (tmp_path / "run").exists()


def test_a_bug_is_not_disguised_as_the_users_mistake(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("snnsim.simulator.Simulator.run", broken)
    result = call("run", RING, "--on", "simulator", "-o", tmp_path / "out.npz")
    assert isinstance(result.exception, ZeroDivisionError)


def test_an_output_that_cannot_be_written_is_refused_before_the_run(tmp_path, monkeypatch):
    monkeypatch.delattr("snnsim.simulator.Simulator.run")
    assert "cannot write" in refuse("run", RING, "--on", "simulator", "-o", tmp_path / "no" / "out.npz")


def test_the_rate_is_that_of_the_random_input(tmp_path):
    text = succeed("run", RING, "--on", "simulator", "--steps", 1000, "--rate", 1, "-o", tmp_path / "out.npz")
    assert "input: random, 9,000 spikes" in text
    assert np.all(SpikeRaster.load(tmp_path / "out.npz").step < 1000)
