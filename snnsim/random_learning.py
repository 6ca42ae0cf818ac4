"""Random networks that learn, to try machines on, seeded, with every parameter drawn to its extremes.

`random_learning_image` and `random_commands` depend on nothing but their arguments. The stimuli are those of
`random_networks.random_stimulus`.
"""

from collections import Counter
from dataclasses import replace

import numpy as np

from .contract import CoreConfig
from .drive import drive_bounds
from .image import Image, ImageProjection
from .plasticity import LearningRows, ProjectionLearning
from .random_networks import (
    calmed,
    random_delays,
    random_exponent,
    random_pairs,
    random_parameters,
    random_parts,
    random_range,
    random_state,
    random_weights,
)
from .random_noise import random_noise
from .random_rules import random_adaptation, random_plasticity, random_rule, random_tables
from .random_values import mixed, pick

#: Synapses of one projection: few, so that the slow reference keeps up.
MOST_SYNAPSES = 200
#: Words of a row that any core can describe at once; a longer row takes several descriptors.
LONGEST_ROW = 64


def random_learning_image(seed, config=None):
    """An `Image` that fits ``config`` (default: a core that learns by every rule there is).

    Nothing in it learns where the core cannot; thresholds adapt where it can let them, and there is noise
    where it has sources.
    """
    config = config or CoreConfig.with_learning()
    rng = np.random.default_rng([seed, 4])
    f, n_neurons, n_inputs = config.formats, _size(rng, 1, config.neurons), _size(rng, 2, config.inputs)
    theta = 2.0 ** rng.uniform(min(f.weight_width - 2, f.state_width - 3), f.state_width - 2)
    populations, inputs = random_parts(rng, "p", n_neurons), random_parts(rng, "k", n_inputs)
    parameters = random_parameters(rng, f, n_neurons, theta)
    if rng.random() < 0.3:
        parameters = calmed(rng, parameters, f)
    # Where nobody fires, little is learned.
    parameters = replace(parameters, v_threshold=parameters.v_threshold >> pick(rng, 0, 1, 2, 4))
    tables = random_tables(rng, config)
    projections = _projections(rng, config, len(tables), populations, inputs, theta)
    has_plasticity = any(p.to_m or p.learning for p in projections)
    state = random_state(rng, f, parameters, theta)
    projections = _fitted_to_memory(_fitted_to_drive(projections, n_neurons, f.drive), config)
    bounds = drive_bounds(n_neurons, [p for p in projections if not p.to_m])
    return Image(
        f, populations, inputs, parameters, state, projections,
        random_plasticity(rng, config, tables, n_neurons, n_inputs, theta) if has_plasticity else None,
        random_adaptation(rng, f, n_neurons, theta) if config.adaptive and rng.random() < 0.4 else None,
        random_noise(seed, config, parameters, bounds, theta))


def random_commands(seed, steps):
    """Steps in which a command is given: none, all, or some; an ascending array."""
    rng = np.random.default_rng([seed, 5])
    return np.flatnonzero(rng.random(steps) < rng.choice([0, 0.05, 0.2, 0.2, 0.5, 1]))


def _size(rng, least, most):
    sizes = [least, rng.integers(2, 9), rng.integers(3, 17), rng.integers(3, 17), rng.integers(9, 41)]
    return min(most, int(rng.choice(sizes, p=[0.06, 0.24, 0.25, 0.25, 0.2])))


def _projections(rng, config, n_tables, populations, inputs, theta):
    """Projections of which the first lets inputs reach all neurons, and the others learn or not."""
    n_neurons, n_inputs = (sum(part.size for part in parts) for parts in (populations, inputs))
    everything = [(0, n_neurons + n_inputs), (n_neurons, n_inputs), (n_neurons, n_inputs)]
    sources = [*((p.first, p.size) for p in populations), *((n_neurons + p.first, p.size) for p in inputs),
               *everything]
    targets = [*((p.first, p.size) for p in populations), (0, n_neurons), (0, n_neurons)]
    scale = 4 * theta if rng.random() < 0.8 else config.formats.weight.hi
    rules = [random_rule(rng, config, n_tables, scale)
             for _ in range(rng.integers(1, config.learning_rules + 1))]
    projections = []
    if rng.random() < 0.9:
        drive = _projection(rng, config, "drive", everything[1:], targets[-1:], theta)
        projections.append(replace(
            drive, weight=np.minimum(abs(drive.weight), config.formats.weight.hi),
            exponent=min(config.formats.exponent.hi, drive.exponent + pick(rng, 0, 1, 1, 2))))
    for k in range(pick(rng, 1, 2, 3, 4, 6)):
        rule = rules[rng.integers(len(rules))] if config.learns and rng.random() < 0.8 else None
        projections.append(_projection(rng, config, f"r{k}", sources, targets, theta, rule))
    return projections


def _projection(rng, config, name, sources, targets, theta, rule=None):
    """A projection between two of these ranges; it learns by ``rule`` if there is one."""
    formats = config.formats
    first_source, n_sources = random_range(rng, sources)
    first_target, n_targets = random_range(rng, targets)
    source, target = random_pairs(rng, n_sources, n_targets)
    few = np.sort(rng.permutation(source.size)[:MOST_SYNAPSES])
    source, target = source[few], target[few]
    order = np.lexsort((rng.random(source.size), source))  # within a row in any order
    source, target = source[order], target[order]
    to_m = bool(config.third_factors and config.learns and rng.random() < 0.2)
    size = 1 << 15 if to_m else theta
    weight, learning = random_weights(rng, formats.weight, source.size), None
    if rule is None:
        weight = np.trunc(weight * min(1, 4 * size / formats.weight.hi)).astype(np.int64)
    else:
        learning = ProjectionLearning(rule, bool(rng.random() < 0.4), _enabled(rng, source.size))
        begin = _initial_weights(rng, formats.weight, rule, source.size)
        weight = np.where(learning.mask(source.size), begin, weight)
    return ImageProjection(
        name, first_source, n_sources, first_target, n_targets,
        random_exponent(rng, formats, size, n_sources * n_targets and source.size / n_targets),
        indptr=np.concatenate(([0], np.cumsum(np.bincount(source, minlength=n_sources)))).astype(np.int64),
        target=target, weight=weight, delay=random_delays(rng, config.delay_slots, source.size),
        learning=learning, to_m=to_m)


def _enabled(rng, n):
    """All synapses, most of them, or none."""
    match rng.integers(0, 20):
        case 0:
            return np.zeros(1, bool)
        case 1 | 2 | 3 | 4 | 5 | 6:
            return rng.random(n) < 0.7
        case _:
            return np.ones(1, bool)


def _initial_weights(rng, weight, rule, n):
    """Anywhere within the bounds, and at them."""
    usual = rng.integers(rule.w_min, rule.w_max + 1, n)
    return np.clip(mixed(rng, n, weight, usual, [rule.w_min, rule.w_max], rng.choice([0, 0.1, 0.7])),
                   rule.w_min, rule.w_max)


def _fitted_to_memory(projections, config):
    """The projections, the largest without half of its sources until the memories of the core suffice."""
    projections = list(projections)
    while not _fits_memory(projections, config):
        rows = np.bincount(LearningRows.of(projections).projection, minlength=len(projections))
        too_many = rows.sum() > config.plastic_rows
        k = max(range(len(projections)), key=lambda k: rows[k] if too_many else projections[k].n_synapses)
        projections[k] = _thinned(projections[k])
    return tuple(projections)


def _thinned(p):
    """A projection without the later half of its synapses."""
    kept = p.n_synapses // 2
    learning = p.learning
    if learning is not None and learning.enabled.size == p.n_synapses:
        learning = replace(learning, enabled=learning.enabled[:kept])
    if learning is not None and not learning.enabled.size:
        learning = replace(learning, enabled=np.ones(1, bool))
    return replace(p, indptr=np.minimum(p.indptr, kept), target=p.target[:kept], weight=p.weight[:kept],
                   delay=p.delay if p.delay.size == 1 else p.delay[:kept], learning=learning)


def _fits_memory(projections, config):
    """Whether a core's synapse words, row descriptors and rows that learn suffice.

    A row of words holds one learning row, or the fixed synapses of a source that share exponent and kind of
    target. It takes as many words as its fullest bank has synapses; bank is target modulo lanes.
    """
    learning, fullest = LearningRows.of(projections), Counter()
    for p, rows in zip(projections, learning.row, strict=True):
        kinds = [(p.exponent, p.to_m)] * p.n_synapses if rows is None else rows.tolist()
        banks = (p.first_target + p.target) % config.lanes
        fullest.update(zip(p.sources().tolist(), kinds, banks.tolist(), strict=True))
    words = Counter()
    for (source, kind, _), count in fullest.items():
        words[source, kind] = max(words[source, kind], count)
    descriptors = Counter()
    for (source, _), length in words.items():
        descriptors[source] += -(-length // LONGEST_ROW)
    further = sum(descriptors.values()) - len(descriptors)
    return (learning.size <= config.plastic_rows and words.total() < config.synapse_words
            and further <= config.rows - config.neurons - config.inputs)


def _fitted_to_drive(projections, n_neurons, drive):
    """The projections, their largest contributions halved until no sum can leave the drive format."""
    for to_m in (False, True):
        while not _fits_drive([p for p in projections if p.to_m == to_m], n_neurons, drive):
            sizes = [_largest(p, n_neurons) if p.to_m == to_m else -1 for p in projections]
            projections = _halved(projections, int(np.argmax(sizes)))
    return projections


def _fits_drive(projections, n_neurons, drive):
    highest, lowest = drive_bounds(n_neurons, projections)
    return highest.max() <= drive.hi and lowest.min() >= drive.lo


def _largest(p, n_neurons):
    return max(abs(int(bound)) for ends in drive_bounds(n_neurons, [p]) for bound in (ends.min(), ends.max()))


def _halved(projections, k):
    """The projections, the contributions of one halved: its exponent, its weights, or, where they learn, the
    weights and bounds of all that share its rule."""
    p = projections[k]
    if p.exponent:
        return [replace(q, exponent=q.exponent - 1) if q is p else q for q in projections]
    if p.learning is None:
        return [_with_half_weights(q) if q is p else q for q in projections]
    rule = p.learning.rule
    half = replace(rule, w_min=int(rule.w_min / 2), w_max=int(rule.w_max / 2))
    return [replace(_with_half_weights(q), learning=replace(q.learning, rule=half))
            if q.learning is not None and q.learning.rule == rule else q for q in projections]


def _with_half_weights(p):
    return replace(p, weight=np.trunc(p.weight / 2).astype(np.int64))
