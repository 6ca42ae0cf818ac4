"""What the random networks that learn cover, counted over the first seeds; and that they fit their cores."""

from collections import Counter

import numpy as np
import pytest

from snnsim.contract.terms import FACTOR, FIRST_OF_LANE, SHIFT, Condition, Factor, Target, TraceMode
from snnsim.placement import place
from snnsim.simulator import ReferenceSimulator
from tests.generator import (
    random_commands,
    random_learning_config,
    random_learning_image,
    random_stimulus,
)

SEEDS = range(120)
STEPS = 60


class Watched:
    """A network run step by step, and what was seen to happen in it."""

    def __init__(self, seed):
        self.image = random_learning_image(seed)
        self.stimulus = random_stimulus(seed, self.image, STEPS)
        self.commands = random_commands(seed, STEPS)
        machine = ReferenceSimulator(self.image)
        self.states, self.results = [machine.read_learning()], []
        for step in range(STEPS):
            commands = [0] if step in self.commands else []
            self.results.append(machine.run(self.stimulus.window(step, step + 1), commands=commands))
            self.states.append(machine.read_learning())
        self.spikes = sum(len(r.raster) for r in self.results)
        self.changed = [self._changes(k) for k in range(len(self.image.projections))]

    def _changes(self, k):
        """All changes of the weights of projection ``k``, shape (steps, synapses)."""
        return np.diff([state.weights[k] for state in self.states], axis=0)

    def ever(self, name):
        """Whether a quantity of all states was ever not 0."""
        values = [getattr(state, name) for state in self.states]
        return any(np.any(x) for value in values for x in (value if isinstance(value, tuple) else (value,)))

    def total(self, count):
        return sum(getattr(result, count) for result in self.results)

    def moving(self):
        """The projections whose weights changed."""
        pairs = zip(self.image.projections, self.changed, strict=True)
        return [p for p, changes in pairs if changes.any()]


def features(seed):
    watched = Watched(seed)
    image, plasticity = watched.image, watched.image.plasticity
    plastic = [p for p in image.projections if p.learning is not None and p.n_synapses]
    moving = watched.moving()
    rules = {p.learning.rule for p in moving}
    terms = [term for rule in rules for term in rule.terms]
    factors = {factor for term in terms for factor in term.factors}
    traces = [trace for rule in rules for trace in (rule.x1, rule.x2)]
    of_neurons = [trace for c in plasticity.classes for trace in (c.y1, c.y2)] if moving else []
    enabled = [p.learning.mask(p.n_synapses) for p in plastic]
    counts = set(plasticity.counts.ravel().tolist()) if plasticity else set()
    changes = np.concatenate([c.ravel() for c in watched.changed] or [[]])
    return {
        "learns": bool(plastic), "does not learn": not plastic, "spikes": watched.spikes > 0,
        "between": 0.001 < watched.spikes / (STEPS * image.n_neurons) < 0.5,
        "weights change": bool(moving),
        "weights rise": (changes > 0).any(), "weights fall": (changes < 0).any(),
        "weights rise and fall": (changes > 0).any() and (changes < 0).any(),
        "clips": watched.total("weight_clips"), "saturations": watched.total("learning_saturations"),
        **{f"{n} not 0": watched.ever(n) for n in ("tags", "x1", "x2", "y1", "y2", "m", "modulators")},
        **{f"condition {c.name}": any(term.condition == c for term in terms) for c in Condition},
        **{f"factor {f.name}": f in factors for f in Factor},
        **{f"{n} factors": any(len(t.factors) == n for t in terms) for n in range(5)},
        "one factor twice": any(len(set(t.factors)) < len(t.factors) for t in terms),
        "least coefficient": any(t.coefficient == FACTOR.lo for t in terms),
        "largest coefficient": any(t.coefficient == FACTOR.hi for t in terms),
        "no shift": any(t.shift == 0 for t in terms),
        "largest shift": any(t.shift == SHIFT.hi for t in terms),
        "tag into weight": any(t.target == Target.WEIGHT and Factor.E in t.factors for t in terms),
        "weight into tag": any(t.target == Target.TAG and Factor.W in t.factors for t in terms),
        "8 terms": any(len(rule.terms) == 8 for rule in rules),
        **{f"x of mode {m.name}": any(t.mode == m for t in traces) for m in TraceMode},
        **{f"y of mode {m.name}": any(t.mode == m for t in of_neurons) for m in TraceMode},
        "graded trace": any(t.graded for t in of_neurons),
        "a table": bool(moving) and len(plasticity.tables) > 0,
        "stochastic rounding": any(rule.stochastic for rule in rules),
        "several rules": len(rules) > 1,
        "a rule of two projections": len(rules) < len(moving),
        "several classes": bool(moving) and np.unique(plasticity.neuron_class).size > 1,
        "both signs": bool(moving) and np.unique(plasticity.sign).size > 1,
        "arrival": any(p.learning.arrival for p in moving),
        "arrival by several delays": any(p.learning.arrival and np.unique(p.delay).size > 1 for p in moving),
        "some enabled": any(mask.any() and not mask.all() for mask in enabled),
        "none enabled": any(not mask.any() for mask in enabled),
        "bounds of the format": any(r.w_min == image.formats.weight.lo and r.w_max == image.formats.weight.hi
                                    for r in rules),
        "bounds that are one number": any(p.learning.rule.w_min == p.learning.rule.w_max for p in plastic),
        "bounds below 0": any(r.w_max <= 0 for r in rules),
        "fixed beside plastic": bool(moving) and any(p.learning is None and p.n_synapses
                                                     for p in image.projections),
        "several synapses per pair": any(_has_pair_twice(p) for p in moving),
        "from neurons": any(p.first_source < image.n_neurons for p in moving),
        "from inputs": any(p.first_source + p.n_sources > image.n_neurons for p in moving),
        "third factors received": any(p.to_m and p.n_synapses for p in image.projections),
        "third factors received and learned": any(p.to_m for p in moving),
        "counted up and down": {-1, 1} <= counts, "commands": bool(moving) and watched.commands.size > 0,
        "adaptation": image.adaptation is not None and watched.spikes > 0,
        "adaptation beside learning": image.adaptation is not None and bool(moving),
    }


def _has_pair_twice(p):
    pairs = p.sources() * p.n_targets + p.target
    return np.unique(pairs).size < pairs.size


@pytest.fixture(scope="module")
def census():
    counts = Counter()
    for seed in SEEDS:
        counts.update({name: bool(there) for name, there in features(seed).items()})
    print(*(f"{count:4} of {len(SEEDS)}: {name}" for name, count in counts.items()), sep="\n")
    return counts


def test_most_networks_are_alive_and_learn(census):
    for name, share in (("spikes", 0.8), ("between", 0.7), ("weights change", 0.7),
                        ("weights rise and fall", 0.5), ("clips", 0.5), ("saturations", 0.5),
                        ("tags not 0", 0.3)):
        assert census[name] > share * len(SEEDS), name


def test_everything_there_is_occurs_several_times(census):
    assert {name: count for name, count in census.items() if count < 4} == {}


def test_a_seed_gives_one_network_and_the_same_commands():
    digests = [random_learning_image(seed).digest for seed in (3, 3, 4)]
    assert digests[0] == digests[1] != digests[2]
    assert random_commands(2, 50).tolist() == random_commands(2, 50).tolist()
    assert len({tuple(random_commands(seed, 50).tolist()) for seed in range(20)}) > 10


def used_of(image):
    """What an image needs of a core, as the fields of `CoreConfig` that say how much there is of it."""
    plasticity, rules = image.plasticity, image.rules
    terms = [term for rule in rules for term in rule.terms]
    factors = {factor for term in terms for factor in term.factors}
    uses_m = plasticity is not None and (
        plasticity.initial_m.any() or any(c.keep_m for c in plasticity.classes))
    modulates = plasticity is not None and (
        plasticity.counts.any() or any(m.initial or m.keep or m.gain for m in plasticity.modulators))
    return {
        "neurons": image.n_neurons, "inputs": image.n_inputs, "delay_slots": image.delay_max,
        "plastic_rows": image.learning_rows.size, "learning_rules": len(rules),
        "post_classes": len(plasticity.classes) if plasticity else 0,
        "tables": len(plasticity.tables) if plasticity else 0,
        "lane_factors": max((sum(f >= FIRST_OF_LANE for f in t.factors) for t in terms), default=0),
        "tags": any(rule.has_tag for rule in rules),
        "modulators": modulates or bool(factors & {Factor.M0, Factor.M1, Factor.M2, Factor.M3}),
        "third_factors": uses_m or Factor.M in factors or any(p.to_m for p in image.projections),
        "stochastic": any(rule.stochastic for rule in rules), "adaptive": image.adaptation is not None,
    }


@pytest.mark.parametrize("seed", range(100))
def test_a_network_fits_the_core_it_was_drawn_for(seed):
    config = random_learning_config(seed)
    image = random_learning_image(seed, config)
    assert image.formats == config.formats
    assert {name: int(n) for name, n in used_of(image).items() if n > getattr(config, name)} == {}
    place(image, config)


def test_cores_lend_and_networks_use_each_part_of_learning():
    images = {seed: random_learning_image(seed, random_learning_config(seed)) for seed in range(100)}
    counts = Counter()
    for image in images.values():
        counts.update({name: bool(n) for name, n in used_of(image).items()})
    assert min(counts.values()) > 10, counts
    assert sum(not random_learning_config(seed).learns and image.adaptation is not None
               for seed, image in images.items()) > 1
