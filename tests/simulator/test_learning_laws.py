"""Laws of learning that follow from its contract, on random networks: what may be said otherwise, and what
order and what cut cannot matter."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract.terms import Condition, Factor
from snnsim.plasticity import LearningRows, Term
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.generator import (
    random_commands,
    random_learning_config,
    random_learning_image,
    random_stimulus,
)

STEPS = 40
SEEDS = range(25)
MACHINES = pytest.mark.parametrize("machine", [ReferenceSimulator, Simulator])


def random_network(seed):
    """``(image, stimulus, commands)``; half of the cores that they are for are random, too."""
    image = random_learning_image(seed, random_learning_config(seed) if seed % 2 else None)
    return image, random_stimulus(seed, image, STEPS), random_commands(seed, STEPS)


def with_rules(image, change):
    """The image, each rule ``change``d."""
    return replace(image, projections=tuple(
        p if p.learning is None else replace(p, learning=replace(p.learning, rule=change(p.learning.rule)))
        for p in image.projections))


def outcome(machine, image, stimulus, commands):
    loaded = machine(image)
    result = loaded.run(stimulus, range(image.n_neurons), commands=commands)
    return result, loaded.read_learning()


def assert_same(image, a, b):
    assert first_difference(a[0], b[0]) is None
    assert first_learning_difference(image, a[1], b[1]) is None


@MACHINES
@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_terms_does_not_matter(machine, seed):
    image, *run = random_network(seed)
    turned = with_rules(image, lambda rule: replace(rule, terms=rule.terms[::-1]))
    assert_same(image, outcome(ReferenceSimulator, image, *run), outcome(machine, turned, *run))


def as_step(term):
    """A term that says by a factor what it said by its condition, if it has room for that."""
    factor = {Condition.PRE: Factor.PRE, Condition.POST: Factor.POST}.get(term.condition)
    if factor is None or len(term.factors) == 4:
        return term
    return Term(term.target, Condition.STEP, term.coefficient, term.shift, sorted((*term.factors, factor)))


@MACHINES
@pytest.mark.parametrize("seed", SEEDS)
def test_a_condition_can_be_said_by_a_factor(machine, seed):
    image, *run = random_network(seed)
    steps = with_rules(image, lambda rule: replace(rule, terms=tuple(map(as_step, rule.terms))))
    assert_same(image, outcome(ReferenceSimulator, image, *run), outcome(machine, steps, *run))


@MACHINES
@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_projections_does_not_matter(machine, seed):
    image, *run = random_network(seed)
    turned = replace(image, projections=image.projections[::-1])
    result, state = outcome(machine, turned, *run)
    state = replace(state, weights=state.weights[::-1], tags=state.tags[::-1],
                    **{name: in_order_of(image, turned, getattr(state, name)) for name in ("x1", "x2")})
    assert_same(image, outcome(ReferenceSimulator, image, *run), (result, state))


def in_order_of(image, turned, values):
    """Values of the rows of ``turned`` in the order of those of ``image``."""
    last = len(image.projections) - 1

    def keys(rows, projection):
        return [tuple(key) for key in np.transpose((projection, rows.source, rows.lag)).tolist()]

    rows, others = LearningRows.of(image.projections), LearningRows.of(turned.projections)
    place = {key: k for k, key in enumerate(keys(others, last - others.projection))}
    return np.array([values[place[key]] for key in keys(rows, rows.projection)], np.int64)


@MACHINES
@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_in_pieces_is_the_run(machine, seed):
    image, stimulus, commands = random_network(seed)
    whole, pieces = outcome(ReferenceSimulator, image, stimulus, commands), machine(image)
    clips = saturations = 0
    for first, last in ((0, 1), (1, 17), (17, 17), (17, STEPS)):
        here = commands[(commands >= first) & (commands < last)] - first
        result = pieces.run(stimulus.window(first, last), range(image.n_neurons), commands=here)
        pieces.read_learning()  # which must change nothing
        clips, saturations = clips + result.weight_clips, saturations + result.learning_saturations
    assert (clips, saturations) == (whole[0].weight_clips, whole[0].learning_saturations)
    assert result.raster == whole[0].raster.window(17, STEPS)
    assert first_learning_difference(image, whole[1], pieces.read_learning()) is None
    for name in result.state.names:
        np.testing.assert_array_equal(getattr(result.state, name), getattr(whole[0].state, name))


@MACHINES
@pytest.mark.parametrize("seed", SEEDS)
def test_clearing_leaves_the_weights_and_nothing_else(machine, seed):
    image, stimulus, commands = random_network(seed)
    used = machine(image)
    first = used.run(stimulus, range(image.n_neurons), commands=commands)
    learned = used.read_learning()
    used.clear()
    cleared, new = used.read_learning(), machine(image).read_learning()
    assert first_learning_difference(image, cleared, replace(new, weights=learned.weights)) is None
    used.write_weights(new.weights)
    again = used.run(stimulus, range(image.n_neurons), commands=commands)
    assert first_difference(first, again) is None
    assert first_learning_difference(image, learned, used.read_learning()) is None


class Watching(ReferenceSimulator):
    """Keeps the largest and the least sums of arrivals."""

    highest = lowest = 0

    def _deliver(self):
        sums = super()._deliver()
        self.highest = max(self.highest, *map(max, sums))
        self.lowest = min(self.lowest, *map(min, sums))
        return sums


@pytest.mark.parametrize("seed", range(60))
def test_sums_of_arrivals_stay_in_their_format_while_weights_learn(seed):
    image, stimulus, commands = random_network(seed)
    machine = Watching(image)
    machine.run(stimulus, commands=commands)
    assert image.formats.drive.lo <= machine.lowest <= machine.highest <= image.formats.drive.hi


def test_weights_stay_within_what_they_can_become():
    for seed in SEEDS:
        image, *run = random_network(seed)
        _, state = outcome(ReferenceSimulator, image, *run)
        for p, weights in zip(image.projections, state.weights, strict=True):
            lowest, highest = p.weight_range()
            assert (lowest <= weights).all() and (weights <= highest).all()


def test_these_networks_learn():
    changed = 0
    for seed in SEEDS:
        image, *run = random_network(seed)
        _, state = outcome(ReferenceSimulator, image, *run)
        pairs = zip(image.projections, state.weights, strict=True)
        changed += any((w != p.weights()).any() for p, w in pairs)
    assert changed > len(SEEDS) / 2
