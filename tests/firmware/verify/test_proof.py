"""What a proof finds, on the compiled core in place of a netlist."""

import re
from dataclasses import replace

import pytest

from firmware.build import Build
from firmware.platforms import BOARDS
from firmware.verify import Expected, Finding, Proof, levels_of, open_level, prove, read_proofs, record
from firmware.verify.bad_line import BadLine
from hdl.cosim import CompiledLink
from snnsim.contract import CoreConfig
from snnsim.contract.layout import Memory, memories_of
from snnsim.errors import UserError
from snnsim.host.driver import Driver

CONFIG = CoreConfig(neurons=16, inputs=16, delay_slots=4, synapse_words=256, rows=128)

#: As small as one that learns by every rule can be.
LEARNING_CONFIG = CoreConfig.with_learning(
    neurons=16, inputs=16, lanes=2, delay_slots=4, synapse_words=512, rows=128, plastic_rows=64)


class Link(CompiledLink):
    """A core in this process with what a link to a netlist has besides."""

    images, clocks, word_seconds = [(0, 0)], 1234, 1e-4

    def __init__(self, config=CONFIG):
        super().__init__(config)
        self._config = config

    @property
    def expected(self):
        return Expected(Driver(self).identity, self._config, self.images, memories_of(self._config))


@pytest.fixture
def link():
    with Link() as link:
        yield link


def test_a_core_that_learns_is_proven_by_networks_that_learn(monkeypatch):
    learned = []
    read_learning = Driver.read_learning

    def seen(driver):
        state = read_learning(driver)
        learned.append(any((w != p.weights()).any() for w, p in
                           zip(state.weights, driver._image.projections, strict=True)))
        return state

    monkeypatch.setattr("firmware.verify.proof.Driver.read_learning", seen)
    with Link(LEARNING_CONFIG) as link:
        assert isinstance(prove(link, link.expected, 6), Proof)
    assert any(learned)


def test_a_weight_that_is_not_learned_is_found(monkeypatch):
    def forgetful(driver):
        return replace(read_learning(driver), weights=tuple(p.weights() for p in driver._image.projections))

    read_learning = Driver.read_learning
    monkeypatch.setattr("firmware.verify.proof.Driver.read_learning", forgetful)
    with Link(LEARNING_CONFIG) as link:
        assert_finds(prove(link, link.expected, 6), "the simulator and this at .* weight")


def test_a_core_that_is_right_is_proven_with_spikes_to_show(link):
    heard = []
    proof = prove(link, link.expected, 3, lambda done, total: heard.append(done / total))
    assert proof == Proof(networks=4, steps=80, spikes=proof.spikes, clocks=1234)
    assert proof.spikes > 100
    assert heard == sorted(heard) and 0.5 < heard[-1] <= 1


@pytest.mark.parametrize("memory", memories_of(CONFIG))
def test_a_bit_that_is_not_0_at_power_up_is_found_and_named(link, memory):
    words = Driver(link).read_memory(memory, 5, 1)
    words[0, 0] = 4
    Driver(link).write_memory(memory, 5, words)
    assert prove(link, link.expected, 1) == Finding(
        f"{memory.name} after power-up", "word 5, column 0 is 0x4, not 0")


def test_what_is_not_promised_at_power_up_may_be_anything(link):
    Driver(link).write_memory(Memory.SYNAPSES, 5, Driver(link).read_memory(Memory.SYNAPSES, 5, 1) + 4)
    cleared = tuple(memory for memory in memories_of(CONFIG) if memory != Memory.SYNAPSES)
    assert isinstance(prove(link, replace(link.expected, cleared=cleared), 1), Proof)


@pytest.mark.parametrize(("change", "message"), [
    ({"identity": 3}, "greeting: identity .*, not 0000000000000003"),
    ({"config": replace(CONFIG, rows=64)}, "greeting: the core is of another configuration"),
    ({"images": [(0, 1)]}, "memory images: not those of the netlist"),
])
def test_another_build_than_expected_is_found(link, change, message):
    assert_finds(prove(link, replace(link.expected, **change), 1), message)


def assert_finds(found, message):
    assert isinstance(found, Finding)
    assert re.search(message, str(found)), str(found)


def test_a_board_that_does_not_answer_is_a_finding(link):
    expected = link.expected
    link.write = lambda data: None
    assert_finds(prove(link, expected, 1), "greeting: .* does not answer")


def test_a_difference_names_network_step_and_neuron(link, monkeypatch):
    monkeypatch.setattr("firmware.verify.proof.Driver.run", silent_neuron(Driver.run, 3))
    assert_finds(prove(link, link.expected, 1), r"network 0: .* step \d+, neuron 3: spike 1 against 0")


def silent_neuron(run, neuron):
    """``run`` of a driver, without the spikes of one neuron."""
    def faulty(self, stimulus, **options):
        result = run(self, stimulus, **options)
        kept = result.raster.neuron != neuron
        raster = type(result.raster).from_events(
            result.raster.step[kept], result.raster.neuron[kept], steps=result.raster.steps,
            neurons=result.raster.neurons)
        return replace(result, raster=raster)
    return faulty


def test_a_network_runs_over_a_line_that_flips_bits(link, monkeypatch):
    lines = []
    monkeypatch.setattr("firmware.verify.proof.BadLine",
                        lambda *settings: lines.append(BadLine(*settings)) or lines[0])
    assert isinstance(prove(link, link.expected, 1), Proof)
    assert lines[0].flipped > 0


def test_proofs_are_kept_beside_the_build(tmp_path):
    build = Build(tmp_path, {})
    assert read_proofs(build) == {}
    record(build, "netlist", Proof(1, 2, 3, 4))
    record(build, "bitstream", Proof(5, 6, 7, 8))
    assert read_proofs(build) == {"netlist": Proof(1, 2, 3, 4), "bitstream": Proof(5, 6, 7, 8)}


def test_each_board_is_simulated_as_deep_as_there_are_models():
    levels = {name: levels_of(board) for name, board in BOARDS.items()}
    assert levels["icebreaker"] == levels["hx8k-evn"] == ("netlist", "bitstream")
    assert levels["ulx3s-85f"] == levels["tang-nano-9k"] == ("netlist",)
    assert levels["arty-a7"] == ()


def test_a_level_without_models_is_refused():
    with pytest.raises(UserError, match="the bitstream of ULX3S 25F cannot be simulated, only the netlist"):
        open_level(None, BOARDS["ulx3s-25f"], "bitstream")
