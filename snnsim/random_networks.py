"""Random networks and stimuli to try machines on, seeded, with every parameter drawn to its extremes.

`random_image`, `full_image` and `random_stimulus` depend on nothing but their arguments; the pieces that they
draw, each from a generator that is handed in, serve `random_learning` as well.
"""

from dataclasses import replace

import numpy as np

from .contract import CoreConfig
from .drive import drive_bounds
from .image import Image, ImageProjection, Parameters, Part, State
from .placement import CapacityError, place
from .random_noise import random_noise
from .random_values import mixed, pick, random_keep
from .raster import SpikeRaster


def random_image(seed, config=None):
    """An `Image` that fits ``config`` (default: `CoreConfig` as it comes), with noise if it has sources."""
    config = config or CoreConfig()
    rng = np.random.default_rng([seed, 1])
    n_neurons = min(config.neurons, _size(rng, 1))
    n_inputs = min(config.inputs, _size(rng, 0))
    f = config.formats
    # The size of the numbers in this network, so that weights, thresholds and biases suit each other.
    theta = 2.0 ** rng.uniform(3, f.state_width - 2)
    populations, inputs = random_parts(rng, "p", n_neurons), random_parts(rng, "k", n_inputs)
    parameters = random_parameters(rng, f, n_neurons, theta)
    if rng.random() < 0.3:
        parameters = calmed(rng, parameters, f)
    ranges = ([(part.first, part.size) for part in populations]
              + [(n_neurons + part.first, part.size) for part in inputs]
              + [(0, n_neurons + n_inputs), (n_neurons, n_inputs), (n_neurons, n_inputs)])
    projections = [_projection(rng, config, f"r{k}", ranges, populations, n_neurons, theta)
                   for k in range(pick(rng, 0, 1, 2, 2, 3, 4, 6))]
    while not _fits_memory(projections, config):
        projections.pop()
    projections = _fitted_to_drive(projections, n_neurons, f.drive)
    return Image(f, populations, inputs, parameters, random_state(rng, f, parameters, theta), projections,
                 noise=random_noise(seed, config, parameters, drive_bounds(n_neurons, projections), theta))


def full_image(seed, config):
    """An `Image` of all neurons and inputs of ``config``, with as many synapses as nearly fill its memory."""
    rng = np.random.default_rng([seed, 3])
    f, n, n_inputs = config.formats, config.neurons, config.inputs
    theta = 2.0 ** (f.state_width - 4)
    parameters = random_parameters(rng, f, n, theta)
    share = min(1.0, config.synapse_words * config.lanes / ((n + n_inputs) * n))
    while True:
        source, target = np.divmod(np.flatnonzero(rng.random((n + n_inputs) * n) < share), n)
        projection = ImageProjection(
            "all", 0, n + n_inputs, 0, n, random_exponent(rng, f, theta, source.size / n),
            indptr=np.concatenate(([0], np.cumsum(np.bincount(source, minlength=n + n_inputs)))),
            target=target, weight=rng.integers(f.weight.lo, f.weight.hi + 1, source.size),
            delay=rng.integers(1, config.delay_slots + 1, source.size))
        projections = _fitted_to_drive([projection], n, f.drive)
        image = Image(f, (Part("p", 0, n),), (Part("k", 0, n_inputs),), parameters,
                      random_state(rng, f, parameters, theta), projections,
                      noise=random_noise(seed, config, parameters, drive_bounds(n, projections), theta))
        if _has_place(image, config):
            return image
        share *= 0.97


def _has_place(image, config):
    try:
        place(image, config)
    except CapacityError:
        return False
    return True


def random_stimulus(seed, image, steps):
    """A `SpikeRaster` over the inputs: silent ones, ones that always fire, random ones and bursts.

    In every third, the inputs spike once or never, so that a network may come to rest in between.
    """
    rng = np.random.default_rng([seed, 2])
    dense = np.zeros((steps, image.n_inputs), dtype=bool)
    kinds = 2 if rng.random() < 0.33 else 8
    for k in range(image.n_inputs):
        match rng.integers(0, kinds):
            case 0:
                pass
            case 1:
                dense[rng.integers(0, steps), k] = True
            case 2:
                dense[:, k] = True
            case 3:
                first = rng.integers(0, steps)
                dense[first:first + rng.integers(1, 8), k] = True
            case _:
                dense[:, k] = rng.random(steps) < rng.choice([0.02, 0.1, 0.4])
    return SpikeRaster.from_dense(dense)


def _size(rng, least):
    """Mostly small, now and then one more than a block or the largest."""
    return int(rng.choice([least, 1, 2, rng.integers(3, 17), rng.integers(17, 65), 65, 256],
                          p=[0.08, 0.05, 0.05, 0.44, 0.24, 0.06, 0.08]))


def random_parts(rng, name, size):
    """Cut ``size`` neurons into parts; some may be empty."""
    cuts = np.sort(rng.integers(0, size + 1, rng.integers(0, 4)))
    edges = [0, *cuts.tolist(), size]
    return tuple(Part(f"{name}{k}", first, last - first)
                 for k, (first, last) in enumerate(zip(edges[:-1], edges[1:], strict=True)))


def random_parameters(rng, f, n, theta):
    state, share = f.state, rng.choice([0, 0.02, 0.1, 0.5])

    def about(low, high):
        return theta * rng.uniform(low, high, n)

    v_threshold = mixed(rng, n, state, about(0.3, 1.5),
                         [state.lo, -1, 0, 1, state.hi, state.hi - 1, int(-theta)], share)
    return Parameters(
        keep_i=random_keep(rng, n, f.keep, share), keep_v=random_keep(rng, n, f.keep, share),
        leak=mixed(rng, n, f.leak, rng.choice([0, 1]) * about(0, 0.1), [0, 1, f.leak.hi], share / 2),
        bias=mixed(rng, n, state, rng.choice([0, 0, 1]) * about(-0.1, 0.4),
                    [state.lo, -1, 1, state.hi], share / 2),
        v_threshold=v_threshold,
        v_reset=mixed(rng, n, state, rng.choice([-1, 0, 0, 1]) * about(0, 0.7),
                       [state.lo, state.hi], share / 2),
        v_min=mixed(rng, n, state, rng.choice([state.lo, state.lo, -theta, 0]),
                     [state.lo, -1, 0, 1, int(theta / 2), state.hi], share / 2),
        refractory=mixed(rng, n, f.refractory, rng.choice([0, 1, 2, 5, 20]) * rng.random(n) * 1.2,
                          [0, 1, f.refractory.hi], share),
        subtract=((rng.random(n) < rng.choice([0, 0.5, 1])) & (v_threshold >= 0)).astype(np.int64),
        hold=(rng.random(n) < rng.choice([0, 0.5, 1])).astype(np.int64),
    )


def calmed(rng, p, f):
    """The parameters, changed such that every neuron comes to rest when nothing arrives."""
    n, keep = len(p.bias), [0, 0, f.keep.hi // 4, f.keep.hi // 2]
    return replace(p, bias=np.zeros(n, np.int64), v_threshold=np.maximum(p.v_threshold, 0),
                   v_min=np.minimum(p.v_min, 0), refractory=rng.integers(0, min(6, f.refractory.hi + 1), n),
                   keep_i=np.full(n, rng.choice(keep)), keep_v=np.full(n, rng.choice(keep)))


def random_state(rng, f, parameters, theta):
    """Zero state, or some neurons elsewhere, with extremes."""
    n, state = len(parameters.bias), f.state
    if rng.random() < 0.5:
        return State(*(np.zeros(n, dtype=np.int64) for _ in "vir"))
    return State(
        v=mixed(rng, n, state, theta * rng.uniform(-1, 1, n), [state.lo, 0, 1, -1, state.hi], 0.2),
        i=mixed(rng, n, state, rng.choice([0, 1]) * theta * rng.uniform(-1, 1, n),
                 [state.lo, 0, state.hi], 0.1),
        r=mixed(rng, n, f.refractory, rng.choice([0, 3]) * rng.random(n), [0, 1, f.refractory.hi], 0.05))


def _projection(rng, config, name, ranges, populations, n_neurons, theta):
    """A projection from a random part (or all sources) to a random population (or all neurons)."""
    first_source, n_sources = random_range(rng, ranges)
    first_target, n_targets = random_range(
        rng, [(p.first, p.size) for p in populations] + 2 * [(0, n_neurons)])
    source, target = random_pairs(rng, n_sources, n_targets)
    order = np.lexsort((rng.random(source.size), source))  # within a row in any order
    source, target = source[order], target[order]
    weight = random_weights(rng, config.formats.weight, source.size)
    exponent = random_exponent(rng, config.formats, theta, n_sources * n_targets and source.size / n_targets)
    return ImageProjection(
        name, first_source, n_sources, first_target, n_targets, exponent,
        indptr=np.concatenate(([0], np.cumsum(np.bincount(source, minlength=n_sources)))).astype(np.int64),
        target=target, weight=weight, delay=random_delays(rng, config.delay_slots, source.size))


def random_range(rng, ranges):
    """One of the ranges ``(first, size)``, rarely an empty one."""
    if rng.random() < 0.95:
        ranges = [(first, size) for first, size in ranges if size]
    return ranges[rng.integers(len(ranges))]


def random_pairs(rng, n_sources, n_targets):
    """``(source, target)`` of the synapses; a pair may occur several times."""
    if n_sources == 0 or n_targets == 0 or rng.random() < 0.05:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    match rng.integers(0, 5):
        case 0:
            pairs = np.arange(n_sources * n_targets)  # all to all
        case 1:
            both = np.arange(min(n_sources, n_targets))  # one to one, itself if it is its own target
            pairs = both * n_targets + both
        case 2:
            pairs = np.flatnonzero(rng.random(n_sources * n_targets) < rng.choice([0.05, 0.3]))
        case _:
            pairs = rng.integers(0, n_sources * n_targets, rng.integers(1, 4 * (n_sources + n_targets)))
    if rng.random() < 0.2 and pairs.size < 2000:
        pairs = np.repeat(pairs, rng.integers(1, 4, pairs.size))
    return np.divmod(pairs, n_targets)


def random_weights(rng, weight, n):
    low, high = [(weight.lo, weight.hi), (weight.lo, -1), (1, weight.hi), (0, weight.hi)][rng.integers(4)]
    usual = rng.integers(low, high + 1, n)
    return mixed(rng, n, weight, usual, [weight.lo, -1, 0, 1, weight.hi], rng.choice([0, 0.1, 0.7]))


def random_exponent(rng, formats, theta, fan_in):
    """Such that a few arrivals reach the threshold; now and then the least or the largest."""
    if rng.random() < 0.15:
        return pick(rng, formats.exponent.lo, formats.exponent.hi)
    arrivals = max(1.0, fan_in * rng.choice([0.02, 0.1, 0.5]))
    usual = np.log2(theta / formats.weight.hi / np.sqrt(arrivals)) + rng.integers(-1, 3)
    return int(np.clip(usual, formats.exponent.lo, formats.exponent.hi))


def random_delays(rng, longest, n):
    match rng.integers(0, 5):
        case 0:
            return np.array([rng.choice([1, longest])])
        case 1:
            return np.array([rng.integers(1, longest + 1)])
        case 2:
            return rng.choice([1, 2, longest - 1, longest], n).clip(1)
        case 3:
            return rng.integers(1, min(longest, 4) + 1, n)
        case _:
            return rng.integers(1, longest + 1, n)


def _fits_memory(projections, config):
    """Whether a core's synapse words and row descriptors suffice.

    A row takes as many words as its fullest bank has synapses; bank is target modulo lanes.
    """
    words = 0
    rows = np.zeros(config.neurons + config.inputs, dtype=np.int64)
    for p in projections:
        row = np.repeat(np.arange(p.n_sources), np.diff(p.indptr))
        bank = (p.first_target + p.target) % config.lanes
        counts = np.bincount(row * config.lanes + bank, minlength=p.n_sources * config.lanes)
        words += int(counts.reshape(p.n_sources, config.lanes).max(axis=1, initial=0).sum())
        rows[p.first_source:p.first_source + p.n_sources] += np.diff(p.indptr) > 0
    further = int(np.maximum(rows - 1, 0).sum())
    return words < config.synapse_words and further <= config.rows - config.neurons - config.inputs


def _fitted_to_drive(projections, n_neurons, drive):
    """The projections, their largest contributions halved until no sum can leave the drive format."""
    projections = list(projections)
    while not _fits_drive(projections, n_neurons, drive):
        k = max(range(len(projections)), key=lambda k: _largest(projections[k]))
        p = projections[k]
        projections[k] = (replace(p, exponent=p.exponent - 1) if p.exponent
                          else replace(p, weight=np.trunc(p.weight / 2).astype(np.int64)))
    return tuple(projections)


def _largest(p):
    """The largest sum of magnitudes at one neuron."""
    return np.bincount(p.target, np.abs(p.weight), 1).max() * 2.0 ** p.exponent


def _fits_drive(projections, n_neurons, drive):
    highest, lowest = np.zeros(n_neurons), np.zeros(n_neurons)
    for p in projections:
        here, gain = slice(p.first_target, p.first_target + p.n_targets), 2.0 ** p.exponent
        highest[here] += np.bincount(p.target, np.maximum(p.weight, 0), p.n_targets) * gain
        lowest[here] += np.bincount(p.target, np.minimum(p.weight, 0), p.n_targets) * gain
    return highest.max() <= drive.hi and lowest.min() >= drive.lo
