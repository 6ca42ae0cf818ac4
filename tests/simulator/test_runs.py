"""Runs that are recorded in memory or to a folder, within bounds, and that are interrupted."""

import signal
import threading
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from snnsim import recording
from snnsim.errors import UserError
from snnsim.random_learning import random_commands, random_learning_image
from snnsim.recording import Recording
from snnsim.result import RunInterrupted, first_difference, first_learning_difference
from snnsim.simulator import Simulator, simulator
from snnsim.simulator.interrupts import held_back
from tests.generator import random_image, random_stimulus

STEPS = 60


@pytest.fixture(autouse=True)
def chunks_of_one_step(monkeypatch):
    monkeypatch.setattr(simulator, "CHUNK_WORK", 1)


def case(seed):
    """``(image, stimulus, commands)``, every second image learning."""
    image = random_learning_image(seed) if seed % 2 else random_image(seed)
    return image, random_stimulus(seed, image, STEPS), random_commands(seed, STEPS)


def joined(first, second):
    """Two results, one after the other, as one."""
    steps = first.raster.steps
    raster = replace(
        first.raster, steps=steps + second.raster.steps,
        step=np.concatenate((first.raster.step, second.raster.step + steps)),
        neuron=np.concatenate((first.raster.neuron, second.raster.neuron)))
    counts = {name: getattr(first, name) + getattr(second, name) for name in
              ("i_saturations", "v_saturations", "weight_clips", "learning_saturations")}
    return replace(second, raster=raster, v=np.concatenate((first.v, second.v)),
                   i=np.concatenate((first.i, second.i)), **counts)


@pytest.mark.parametrize(("window", "work"), [(1 << 16, 1), (7, 1), (7, 100)])
@pytest.mark.parametrize("seed", range(20))
def test_a_run_to_a_folder_is_the_run_in_memory(seed, window, work, tmp_path, monkeypatch):
    monkeypatch.setattr(simulator, "CHUNK_WORK", work)
    image, stimulus, commands = case(seed)
    everyone = range(image.n_neurons)
    in_memory, to_folder = Simulator(image), Simulator(image)
    expected = in_memory.run(stimulus, everyone, commands=commands)
    monkeypatch.setattr(recording, "WINDOW_STEPS", window)
    result = to_folder.run(stimulus, everyone, commands=commands, to=tmp_path / "run")
    assert first_difference(expected, result) is None
    assert first_learning_difference(image, in_memory.read_learning(), to_folder.read_learning()) is None
    back = Recording.load(tmp_path / "run")
    assert back.is_whole and back.raster == expected.raster
    for name, values in (("v", expected.v), ("i", expected.i), ("recorded", everyone)):
        np.testing.assert_array_equal(getattr(back, name), values)


def test_without_states_a_folder_holds_spikes(tmp_path):
    image, stimulus, _ = case(4)
    result = Simulator(image).run(stimulus, to=tmp_path / "run")
    assert result.raster == Simulator(image).run(stimulus).raster
    assert (result.recorded, result.v, result.i) == (None, None, None)
    assert {p.name for p in (tmp_path / "run").iterdir()} == {"neuron.npy", "recording.json", "step.npy"}


def test_a_run_of_no_steps_is_recorded(tmp_path):
    image, stimulus, _ = case(4)
    result = Simulator(image).run(stimulus.window(0, 0), [0], to=tmp_path / "run")
    assert (result.raster.steps, len(result.raster), result.v.shape) == (0, 0, (0, 1))


def test_states_beyond_the_bound_are_refused_with_bytes_limit_and_remedy():
    image, stimulus, _ = case(4)
    assert Simulator(image).run(stimulus, [0, 1], most_bytes=8 * 2 * STEPS).v.nbytes == 8 * STEPS
    with pytest.raises(UserError, match=rf"2 neurons in {STEPS} steps take {16 * STEPS} bytes, more than "
                                        rf"most_bytes, {16 * STEPS - 1}: .* record to a folder"):
        Simulator(image).run(stimulus, [0, 1], most_bytes=8 * 2 * STEPS - 1)


def test_a_folder_is_not_bound_and_keeps_one_window_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "WINDOW_BYTES", 100)
    windows, run = [], Simulator._run
    monkeypatch.setattr(Simulator, "_run", lambda self, window, *others: (
        windows.append(window.v.nbytes + window.i.nbytes), run(self, window, *others)))
    image, stimulus, _ = case(4)
    Simulator(image).run(stimulus, [0, 1, 2], to=tmp_path / "run", most_bytes=0)
    assert max(windows) <= 100 and len(windows) == STEPS // 4


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_text("")])
def test_a_folder_that_exists_is_refused(make, tmp_path):
    make(tmp_path / "run")
    image, stimulus, _ = case(4)
    with pytest.raises(UserError, match="cannot record to .*run: File exists; choose another folder"):
        Simulator(image).run(stimulus, to=tmp_path / "run")


def interrupted(machine, stimulus, when=20, **options):
    """The result of a run in which a signal from the keyboard comes while step ``when`` is computed."""
    advance = machine._machine.advance

    def signalled(*arguments):
        advanced = advance(*arguments)
        if machine._time == when:
            signal.raise_signal(signal.SIGINT)
        return advanced

    machine._machine.advance = signalled
    with pytest.raises(RunInterrupted) as caught:
        machine.run(stimulus, range(machine.image.n_neurons), **options)
    machine._machine.advance = advance
    return caught.value.result


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_after_an_interrupt_the_run_so_far_is_there_and_goes_on(seed, folder, tmp_path):
    image, stimulus, commands = case(seed)
    everyone = range(image.n_neurons)
    whole, machine = Simulator(image), Simulator(image)
    expected = whole.run(stimulus, everyone, commands=commands)
    first = interrupted(machine, stimulus, commands=commands, **{"to": tmp_path / "run"} if folder else {})
    done = first.raster.steps
    assert done == len(first.v) == 21
    if folder:
        back = Recording.load(tmp_path / "run")
        assert (back.is_whole, back.asked, back.raster) == (False, STEPS, first.raster)
    rest = machine.run(stimulus.window(done, STEPS), everyone,
                       commands=[step - done for step in commands if step >= done])
    assert first_difference(expected, joined(first, rest)) is None
    assert first_learning_difference(image, whole.read_learning(), machine.read_learning()) is None


def test_a_run_that_loses_what_an_interrupt_cut_off_is_seen(monkeypatch):
    image, stimulus, _ = case(4)
    expected = Simulator(image).run(stimulus, range(image.n_neurons))
    monkeypatch.setattr(simulator, "held_back", lambda: nullcontext(lambda: None))
    machine = Simulator(image)
    first = interrupted(machine, stimulus)
    rest = machine.run(stimulus.window(first.raster.steps, STEPS), range(image.n_neurons))
    assert first_difference(expected, joined(first, rest)) is not None


def test_an_interrupt_in_the_last_step_leaves_the_whole_run():
    image, stimulus, _ = case(4)
    result = interrupted(Simulator(image), stimulus, when=STEPS - 1)
    assert result.raster == Simulator(image).run(stimulus).raster


def test_a_second_interrupt_does_not_wait():
    image, stimulus, _ = case(4)
    machine, calls = Simulator(image), []

    def stuck(*_):
        signal.raise_signal(signal.SIGINT)
        calls.append("one")
        signal.raise_signal(signal.SIGINT)
        calls.append("two")

    machine._machine.advance = stuck
    with pytest.raises(RunInterrupted) as caught:
        machine.run(stimulus)
    assert calls == ["one"] and caught.value.result.raster.steps == 0


def test_an_interrupt_that_nobody_lets_go_comes_at_the_end():
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_somebody_else_stays():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append("theirs"))
    try:
        image, stimulus, _ = case(4)
        Simulator(image).run(stimulus, progress=lambda done: done > 50 and signal.raise_signal(signal.SIGINT))
        assert set(seen) == {"theirs"}
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_handler_is_back_after_a_run():
    image, stimulus, _ = case(4)
    Simulator(image).run(stimulus)
    interrupted(Simulator(image), stimulus)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_in_another_thread_is_a_run():
    image, stimulus, _ = case(4)
    results = []
    thread = threading.Thread(target=lambda: results.append(Simulator(image).run(stimulus)))
    thread.start()
    thread.join()
    assert results[0].raster == Simulator(image).run(stimulus).raster
