"""The kernel, in both of its schedules, and the reference agree on random networks that learn: spikes, every
state of every step, all that was learned, what was clipped and saturated."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import Formats
from snnsim.contract.terms import ONE, Condition, Factor, Target, TraceMode
from snnsim.image import ImageProjection
from snnsim.plasticity import Adaptation, Plasticity, PostClass, ProjectionLearning, Rule, Term, Trace
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator, Simulator, learning_machine, simulator
from snnsim.simulator.learn import CHUNK
from snnsim.simulator.notes import EPOCH, NOTED
from snnsim.simulator.rule_tables import Program, can_replay
from tests.contract.cases import make_image
from tests.generator import random_commands, random_learning_config, random_learning_image, random_stimulus

STEPS = 40
SCHEDULES = pytest.mark.parametrize("replay", [False, True], ids=["in each step", "in arrears"])


def random_network(seed, steps=STEPS):
    """``(image, stimulus, commands)``; half of the cores that they are for are random, too."""
    image = random_learning_image(seed, random_learning_config(seed) if seed % 2 else None)
    return image, random_stimulus(seed, image, steps), random_commands(seed, steps)


def replaying(image):
    """The image with its rules cut down to what can be learned in arrears."""
    def cut(rule):
        post = {Factor.M0, Factor.M1, Factor.M2, Factor.M3}
        return replace(rule, terms=tuple(
            replace(term, target=Target.WEIGHT, condition=Condition.PRE if is_step else term.condition)
            for term in rule.terms for is_step in [term.condition == Condition.STEP]
            if Factor.E not in term.factors
            and not (term.condition == Condition.POST and post & set(term.factors))))
    changed = replace(image, projections=tuple(
        p if p.learning is None else replace(p, learning=replace(p.learning, rule=cut(p.learning.rule)))
        for p in image.projections))
    assert all(map(can_replay, changed.rules))
    return changed


def run(machine, stimulus, commands=(), everything=True):
    recorded = range(machine.image.n_neurons) if everything else ()
    return machine.run(stimulus, recorded, commands=commands), machine.read_learning()


def assert_same(image, a, b):
    assert first_difference(a[0], b[0]) is None
    assert first_learning_difference(image, a[1], b[1]) is None


@pytest.mark.parametrize("seed", range(100))
def test_same_on_a_random_network(seed):
    image, *stimulus = random_network(seed)
    expected = run(ReferenceSimulator(image), *stimulus)
    for replay in (False, True):
        assert_same(image, expected, run(Simulator(image, replay), *stimulus))


@pytest.mark.parametrize("seed", range(100, 160))
def test_same_on_a_random_network_that_learns_in_arrears(seed):
    image, *stimulus = random_network(seed)
    image = replaying(image)
    assert_same(image, run(ReferenceSimulator(image), *stimulus), run(Simulator(image), *stimulus))


@pytest.mark.parametrize("seed", range(200, 240))
def test_both_schedules_are_the_same_when_notes_are_full(seed):
    """Longer than spikes are noted for, and with more of them of a neuron."""
    image, *stimulus = random_network(seed, EPOCH + 1000)
    image = replaying(image)
    a, b = (run(Simulator(image, replay), *stimulus, everything=False) for replay in (False, True))
    assert_same(image, a, b)


def test_notes_are_full_in_these():
    rasters = [run(Simulator(replaying(image)), *stimulus, everything=False)[0].raster
               for image, *stimulus in (random_network(seed, EPOCH + 1000) for seed in range(200, 210))]
    assert sum(np.bincount(raster.neuron, minlength=1).max() > 2 * NOTED for raster in rasters) > 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_same_on_a_random_network_for_long(seed):
    image, *stimulus = random_network(seed, 2000)
    image = replaying(image) if seed % 4 == 3 else image
    expected = run(ReferenceSimulator(image), *stimulus)
    for replay in (False, True):
        assert_same(image, expected, run(Simulator(image, replay), *stimulus))


@SCHEDULES
def test_chunks_of_a_few_steps_change_nothing(monkeypatch, replay):
    for seed in range(20):
        image, *stimulus = random_network(seed)
        whole = run(Simulator(image, replay), *stimulus)
        for module, name, value in ((simulator, "CHUNK_WORK", 1), (learning_machine, "ROOM", 3)):
            with monkeypatch.context() as patch:
                patch.setattr(module, name, value)
                assert_same(image, whole, run(Simulator(image, replay), *stimulus))


def test_what_was_learned_before_an_interrupt_can_be_read(monkeypatch):
    def interrupt(step):
        if step == 20:
            raise KeyboardInterrupt
    monkeypatch.setattr(simulator, "CHUNK_WORK", 1)
    for seed in range(100, 110):
        image, stimulus, commands = random_network(seed)
        image = replaying(image)
        machines = [ReferenceSimulator(image), Simulator(image)]
        for machine in machines:
            with pytest.raises(KeyboardInterrupt):
                machine.run(stimulus, progress=interrupt, commands=commands)
        assert first_learning_difference(image, *(m.read_learning() for m in machines)) is None


@SCHEDULES
@pytest.mark.parametrize("seed", range(20))
def test_what_the_host_writes_between_runs_counts_the_same(seed, replay):
    image, stimulus, commands = random_network(seed)
    if image.plasticity is None:
        image = replace(image, plasticity=Plasticity.plain(image.n_neurons, image.n_inputs))
    rng = np.random.default_rng(seed)
    written = [rng.integers(np.minimum(low, high), np.maximum(low, high) + 1)
               for low, high in (p.weight_range() for p in image.projections)]
    modulators, m = rng.integers(-ONE, ONE, 4), rng.integers(-ONE, ONE, image.n_neurons)
    outcomes = []
    for machine in (ReferenceSimulator(image), Simulator(image, replay)):
        machine.run(stimulus, commands=commands)
        machine.write_weights(written)
        machine.write_modulators(modulators)
        machine.write_third_factors(m)
        outcomes.append(run(machine, stimulus, commands))
    assert_same(image, *outcomes)


def test_without_learning_a_threshold_adapts_as_in_the_reference():
    for seed in range(40):
        image, stimulus, _ = random_network(seed)
        if image.adaptation is not None:
            alone = replace(image, plasticity=None, projections=tuple(
                replace(p, learning=None) for p in image.projections if not p.to_m))
            assert_same(alone, run(ReferenceSimulator(alone), stimulus), run(Simulator(alone), stimulus))


def pair_rule(stochastic=False, extra=(), shift=8):
    """Pair STDP within 0 .. 1000, some units a pair."""
    return Rule((Term(Target.WEIGHT, Condition.POST, ONE, shift, (Factor.X1, *extra)),
                 Term(Target.WEIGHT, Condition.PRE, -ONE, shift, (Factor.Y1, *extra))),
                Trace(keep=60000, amount=ONE // 2), Trace(), 0, 1000, stochastic=stochastic)


def one_source(n, rule, delay=1, arrival=False):
    """An input that leads to ``n`` neurons which fire by themselves, at different times."""
    neurons = [{"v_threshold": 40 + k % 7, "bias": 3 + k % 5, "keep_v": 65000} for k in range(n)]
    base = make_image(neurons, 1, [], Formats(weight_width=16, drive_width=32))
    projection = ImageProjection("r", n, 1, 0, n, 0, np.array([0, n]), np.arange(n), np.full(n, 500),
                                 np.array([delay]), ProjectionLearning(rule, arrival))
    return replace(base, projections=(projection,), plasticity=Plasticity.plain(
        n, 1, y1=Trace(keep=60000, amount=ONE // 2), seed=7))


@pytest.mark.parametrize("rule", [pair_rule(), pair_rule(stochastic=True),
                                  pair_rule(extra=(Factor.W,), shift=3),
                                  pair_rule(extra=(Factor.SIGN, Factor.UP), shift=3)])
def test_rows_longer_than_what_is_held_at_a_time(rule):
    image = one_source(CHUNK + 30, rule)
    stimulus = SpikeRaster.from_events([2, 17, 18, 23], [0, 0, 0, 0], steps=25, neurons=1)
    expected = run(ReferenceSimulator(image), stimulus, everything=False)
    for replay in (False, True):
        assert_same(image, expected, run(Simulator(image, replay), stimulus, everything=False))
    assert np.unique(expected[1].weights[0]).size > 3


@SCHEDULES
def test_arrivals_as_late_as_the_ring_is_long(replay):
    image = one_source(20, pair_rule(), delay=16, arrival=True)
    stimulus = SpikeRaster.from_events([0, 1, 5, 21], [0, 0, 0, 0], steps=60, neurons=1)
    learned = run(Simulator(image, replay), stimulus)
    assert_same(image, run(ReferenceSimulator(image), stimulus), learned)
    assert (learned[1].weights[0] != 500).any()


@SCHEDULES
def test_a_single_neuron_whose_factors_are_noted(replay):
    image = one_source(1, pair_rule(extra=(Factor.Y1,)))
    stimulus = SpikeRaster.from_events([2, 30, 80], [0, 0, 0], steps=100, neurons=1)
    learned = run(Simulator(image, replay), stimulus)
    assert_same(image, run(ReferenceSimulator(image), stimulus), learned)
    assert learned[1].weights[0] != 500


@pytest.mark.slow  # the kernel is compiled once more, for other targets
def test_more_than_65536_neurons_learn():
    n = 70_000
    image = make_image([{"v_threshold": 40}] * n, 1, [])
    rule = Rule((Term(Target.WEIGHT, Condition.PRE, ONE, 0, ()),), Trace(), Trace(), 0, 7)
    projection = ImageProjection("r", n, 1, 0, n, 0, np.array([0, 2]), np.array([0, n - 1]), np.array([0, 0]),
                                 np.array([1]), ProjectionLearning(rule))
    image = replace(image, projections=(projection,), plasticity=Plasticity.plain(n, 1))
    stimulus = SpikeRaster.from_events([0], [0], steps=2, neurons=1)
    result, state = run(Simulator(image), stimulus, everything=False)
    assert state.weights[0].tolist() == [7, 7] and result.weight_clips == 2


def test_a_neuron_at_rest_is_graded_and_its_threshold_decays():
    """Nothing reaches the neurons of the second block, and yet their traces move."""
    n = 100
    base = make_image([{"v_threshold": 40}] * n, 1, [{"from": "k0", "to": 0, "weight": 50}])
    table = np.arange(256, dtype=np.int64)[None] * 64 - 8192
    graded = Trace(TraceMode.ADD, 3000, ONE // 4, graded=True)
    image = replace(
        base, plasticity=replace(Plasticity.plain(n, 1), tables=table, classes=(PostClass(graded, table=0),)),
        adaptation=Adaptation(np.full(n, 4000), np.full(n, 5), np.full(n, 30)))
    stimulus = SpikeRaster.from_events([3, 9], [0, 0], steps=40, neurons=1)
    expected = run(ReferenceSimulator(image), stimulus)
    assert_same(image, expected, run(Simulator(image), stimulus))
    assert expected[1].y1[99] != 0


def test_an_image_that_does_not_learn_has_learned_nothing():
    image = make_image([{}], 1, [{"from": "k0", "to": 0, "weight": 5}])
    assert first_learning_difference(image, Simulator(image).read_learning(),
                                     ReferenceSimulator(image).read_learning()) is None


def test_which_rules_can_learn_in_arrears():
    def rule(*terms):
        return Rule(tuple(Term(target, condition, ONE, 0, factors) for target, condition, factors in terms),
                    Trace(), Trace(), 0, 1)
    weight, tag = Target
    assert can_replay(rule((weight, Condition.PRE, (Factor.M0, Factor.GRADED)),
                           (weight, Condition.POST, (Factor.X1, Factor.Y2, Factor.W)),
                           (weight, Condition.COMMAND, ())))
    assert not can_replay(rule((weight, Condition.STEP, (Factor.X1,))))
    assert not can_replay(rule((weight, Condition.POST, (Factor.M0,))))
    assert not can_replay(rule((weight, Condition.PRE, (Factor.E,))))
    assert not can_replay(rule((tag, Condition.PRE, ())))


def test_which_rules_do_the_same_to_all_synapses_of_a_target():
    def rule(stochastic=False, pre=(Factor.Y1,), post=(Factor.X1,)):
        terms = tuple(Term(Target.WEIGHT, condition, ONE, 0, factors)
                      for condition, factors in ((Condition.PRE, pre), (Condition.POST, post)))
        return Rule(terms, Trace(), Trace(), 0, 1000, stochastic=stochastic)

    def is_alike(rule, replay=True):
        return bool(Program.of(one_source(2, rule), replay).rules.alike[0])
    assert is_alike(rule()) and is_alike(rule(pre=(Factor.M0, Factor.GRADED, Factor.SIGN)))
    assert not any(map(is_alike, (rule(True), rule(pre=(Factor.X1,)), rule(pre=(Factor.W,)),
                                  rule(post=(Factor.Y1,)))))
    assert not is_alike(rule(), replay=False)


@pytest.mark.parametrize("n", [CHUNK + 30, 7])
def test_targets_that_fire_with_their_source_learn_from_both(n):
    """In several chunks, and in less than one."""
    image, steps = one_source(n, pair_rule()), 60
    stimulus = SpikeRaster.from_events(range(2, steps), [0] * (steps - 2), steps=steps, neurons=1)
    expected = run(ReferenceSimulator(image), stimulus, everything=False)
    for replay in (False, True):
        assert_same(image, expected, run(Simulator(image, replay), stimulus, everything=False))
    assert len(expected[0].raster) > 20 * n and np.any(expected[1].weights[0] != 500)


def test_weights_are_read_and_written_in_the_order_of_the_image():
    """Delays that differ let the simulator keep another one, in each of several projections."""
    for seed in range(30):
        image = random_learning_image(seed)
        machine, rng = Simulator(image), np.random.default_rng(seed)
        weights = [rng.integers(*p.weight_range(), endpoint=True) if p.learning else p.weights()
                   for p in image.projections]
        machine.write_weights(weights)
        assert all(map(np.array_equal, machine.read_weights(), weights))
