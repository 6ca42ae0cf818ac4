"""The kernel and the reference agree on random networks: spikes, every state of every step, the end."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import Formats
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator, Simulator, kernel, plain_machine, rows, simulator
from snnsim.simulator.choice import Method
from tests.contract.cases import make_image
from tests.generator import random_config, random_image, random_stimulus

STEPS = 50


def everything(machine, stimulus):
    return machine.run(stimulus, record=range(machine.image.n_neurons))


def assert_same(image, stimulus):
    difference = first_difference(everything(Simulator(image), stimulus),
                                  everything(ReferenceSimulator(image), stimulus))
    assert difference is None, str(difference)


@pytest.mark.parametrize("seed", range(100))
def test_same_on_a_random_network_in_the_default_formats(seed):
    image = random_image(seed)
    assert_same(image, random_stimulus(seed, image, STEPS))


@pytest.mark.parametrize("seed", range(100, 180))
def test_same_on_a_random_network_in_random_formats(seed):
    image = random_image(seed, random_config(seed))
    assert_same(image, random_stimulus(seed, image, STEPS))


@pytest.mark.parametrize("machine", [Simulator, ReferenceSimulator])
@pytest.mark.parametrize("seed", range(30))
def test_a_run_in_pieces_is_the_run(machine, seed):
    image = random_image(seed)
    stimulus = random_stimulus(seed, image, STEPS)
    whole, pieces = everything(machine(image), stimulus), machine(image)
    parts = [everything(pieces, stimulus.window(*ends)) for ends in ((0, 1), (1, 20), (20, 20), (20, STEPS))]
    for name in ("v", "i"):
        np.testing.assert_array_equal(np.concatenate([getattr(p, name) for p in parts]), getattr(whole, name))
    for start, part in zip((0, 1, 20, 20), parts, strict=True):
        assert part.raster == whole.raster.window(start, start + part.raster.steps)
    for name in ("i_saturations", "v_saturations"):
        assert sum(getattr(p, name) for p in parts) == getattr(whole, name)
    for name in "vir":
        np.testing.assert_array_equal(getattr(parts[-1].state, name), getattr(whole.state, name))


@pytest.mark.parametrize("machine", [Simulator, ReferenceSimulator])
def test_clear_makes_a_machine_as_new(machine):
    for seed in range(20):
        image = random_image(seed)
        stimulus = random_stimulus(seed, image, STEPS)
        used = machine(image)
        first = everything(used, stimulus)
        used.clear()
        assert first_difference(first, everything(used, stimulus)) is None


def test_chunks_of_a_few_steps_change_nothing(monkeypatch):
    for seed in range(20):
        image = random_image(seed)
        stimulus = random_stimulus(seed, image, STEPS)
        whole = everything(Simulator(image), stimulus)
        with monkeypatch.context() as patch:
            patch.setattr(simulator, "CHUNK_WORK", 1)
            assert first_difference(whole, everything(Simulator(image), stimulus)) is None
        with monkeypatch.context() as patch:
            patch.setattr(plain_machine, "ROOM", 3)
            assert first_difference(whole, everything(Simulator(image), stimulus)) is None


@pytest.mark.parametrize("method", list(Method))
def test_every_delivery_is_the_same(method):
    for seed in range(40):
        image = random_image(seed, random_config(seed) if seed % 2 else None)
        stimulus = random_stimulus(seed, image, STEPS)
        can = {p.name: method for p in image.projections if can_be(method, p, image)}
        machine = Simulator(image, delivery=can)
        assert first_difference(everything(Simulator(image, delivery=by_rows(image)), stimulus),
                                everything(machine, stimulus)) is None, seed


def can_be(method, p, image):
    """Whether a projection has no synapses twice, and no wide weights for packed rows."""
    if method is Method.PACKED and image.formats.weight_width > 8:
        return False
    pairs = np.stack([p.sources(), p.target, p.delays()])
    return method is Method.ROWS or np.unique(pairs, axis=1).shape[1] == p.n_synapses


def by_rows(image):
    return dict.fromkeys((p.name for p in image.projections), "rows")


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_every_number_of_threads_is_the_same(threads):
    for seed in range(20):
        image = many_blocks(random_image(seed))
        stimulus = random_stimulus(seed, image, STEPS)
        assert first_difference(everything(Simulator(image), stimulus),
                                everything(Simulator(image, threads=threads), stimulus)) is None, seed


def many_blocks(image, copies=40):
    """A network of several blocks of neurons: each projection leads to all the copies of its targets."""
    return replace(
        image, populations=(Part("all", 0, copies * image.n_neurons),),
        parameters=Parameters(*(np.tile(getattr(image.parameters, n), copies) for n in Parameters.names())),
        initial=State(*(np.tile(getattr(image.initial, n), copies) for n in "vir")),
        noise=None if image.noise is None else replace(image.noise, **{
            n: np.tile(getattr(image.noise, n), copies) for n in ("amplitude", "source")}),
        projections=tuple(
            replace(p, name=f"{p.name} {k}", first_target=p.first_target + k * image.n_neurons,
                    first_source=p.first_source + (copies - 1) * image.n_neurons * (
                        p.first_source >= image.n_neurons))
            for p in image.projections if not is_mixed(p, image) for k in range(copies)))


def is_mixed(p, image):
    """Whether its sources are neurons and inputs."""
    return p.first_source < image.n_neurons < p.first_source + p.n_sources


@pytest.mark.parametrize("seed", range(60))
def test_same_on_blocks_of_neurons_that_are_alike(monkeypatch, seed):
    monkeypatch.setattr(kernel, "MANY", 0)
    image = alike(seed, random_config(seed) if seed % 2 else None)
    assert_same(image, SpikeRaster.from_dense(np.random.default_rng(seed).random((STEPS, 3)) < 0.3))


def alike(seed, config=None, n=140):
    """``n`` neurons with the parameters of one of a random network, in states of their own."""
    image, rng = random_image(seed, config), np.random.default_rng(seed)
    one = rng.integers(image.n_neurons)
    p = image.parameters
    parameters = Parameters(*(np.repeat(getattr(p, name)[one], n) for name in Parameters.names()))
    initial = State(*(rng.choice(getattr(image.initial, name), n) for name in "vir"))
    noise = image.noise and replace(
        image.noise, value=image.noise.value // 4, other=image.noise.other // 4,
        **{name: rng.choice(getattr(image.noise, name), n) for name in ("amplitude", "source")})
    most = min(image.formats.weight.hi, image.formats.drive.hi // 4)
    synapses = ImageProjection(
        "in", n, 3, 0, n, 0, n * np.arange(4), np.concatenate([rng.permutation(n) for _ in range(3)]),
        rng.integers(-most, most + 1, 3 * n), np.array([2]))
    return replace(image, populations=(Part("cells", 0, n),), inputs=(Part("k", 0, 3),),
                   parameters=parameters, initial=initial, projections=(synapses,), noise=noise)


def test_batches_of_a_few_synapses_are_the_same(monkeypatch):
    for seed in range(20):
        image = random_image(seed)
        stimulus = random_stimulus(seed, image, STEPS)
        whole = everything(Simulator(image), stimulus)
        with monkeypatch.context() as patch:
            patch.setattr(rows, "BATCH", 5)
            assert first_difference(whole, everything(Simulator(image), stimulus)) is None


def test_many_blocks_at_rest_but_for_a_few_neurons():
    """Groups of blocks are skipped and woken: 1,500 neurons of which 3 are ever reached."""
    fires = {"v_threshold": 40, "keep_v": 2048}
    image = make_image([fires] * 1500, 1, [
        {"from": "k0", "to": 700, "weight": 50, "delay": 2},
        {"from": 700, "to": 1499, "weight": 60, "delay": 4},
        {"from": 1499, "to": 0, "weight": 70, "delay": 3}])
    stimulus = SpikeRaster.from_events([1, 9], [0, 0], steps=25, neurons=1)
    result = Simulator(image).run(stimulus)
    assert list(zip(result.raster.step, result.raster.neuron, strict=True)) == [
        (3, 700), (7, 1499), (10, 0), (11, 700), (15, 1499), (18, 0)]
    assert_same(image, stimulus)


def test_more_than_65536_neurons():
    """Targets beyond 16 bits: the last neuron is reached from the first."""
    image = make_image([{"v_threshold": 40}] * 70_000, 1, [
        {"from": "k0", "to": 0, "weight": 50}, {"from": 0, "to": 69_999, "weight": 50}])
    result = Simulator(image).run(SpikeRaster.from_events([0], [0], steps=5, neurons=1))
    assert list(zip(result.raster.step, result.raster.neuron, strict=True)) == [(1, 0), (2, 69_999)]


def test_delays_far_beyond_any_core():
    image = make_image([{"v_threshold": 40}], 1, [{"from": "k0", "to": 0, "weight": 50, "delay": 5000}])
    result = Simulator(image).run(SpikeRaster.from_events([7], [0], steps=6000, neurons=1))
    assert result.raster.step.tolist() == [5007]


def test_16_bit_weights_and_targets_in_any_order_on_one_pair():
    formats = Formats(weight_width=16)
    base = make_image([{}] * 40, 1, [], formats)
    target = np.array([39, 3, 3, 0, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30])
    weight = np.array([32767, -32768, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    image = Image(formats, base.populations, (Part("k", 0, 1),), base.parameters, base.initial, (
        ImageProjection("r", 40, 1, 0, 40, 0, np.array([0, 14]), target, weight, np.array([1])),))
    stimulus = SpikeRaster.from_events([0], [0], steps=3, neurons=1)
    assert everything(Simulator(image), stimulus).i[1, [39, 3, 0]].tolist() == [32770, -32767, 2]
    assert_same(image, stimulus)


def test_progress_is_told_the_steps_done(monkeypatch):
    monkeypatch.setattr(simulator, "CHUNK_WORK", 200)
    image, told = random_image(3), []
    Simulator(image).run(SpikeRaster.empty(steps=50, neurons=image.n_inputs), progress=told.append)
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] == 50


def test_an_interrupted_run_leaves_a_machine_that_can_be_cleared(monkeypatch):
    monkeypatch.setattr(simulator, "CHUNK_WORK", 200)
    image = random_image(3)
    stimulus = random_stimulus(3, image, STEPS)
    machine, fresh = Simulator(image), everything(Simulator(image), stimulus)

    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        machine.run(stimulus, progress=interrupt)
    machine.clear()
    assert first_difference(fresh, everything(machine, stimulus)) is None
