"""Random learning rules, seeded, with every number drawn to its extremes; the pieces of `random_learning`.

Each function draws from the generator ``rng`` and keeps to what a core of ``config`` can do.
"""

import numpy as np

from .contract.terms import (
    FACTOR,
    FIRST_OF_LANE,
    GRADE_SHIFT,
    LARGEST_RULE,
    LARGEST_TERM,
    MODULATORS,
    ONE,
    SHIFT,
    TABLE_SIZE,
    Condition,
    Factor,
    Target,
    TraceMode,
)
from .plasticity import Adaptation, Modulator, Plasticity, PostClass, Rule, Term, Trace
from .plasticity_checks import DISTANCES
from .random_values import mixed, pick, random_keep

WEIGHT, TAG = Target.WEIGHT, Target.TAG
PRE, POST, STEP, COMMAND = Condition
GLOBAL = (Factor.M0, Factor.M1, Factor.M2, Factor.M3)

#: What rules of the field begin with: (target, condition, sign of the coefficient, factors) of each term.
BEGINNINGS = (
    ((WEIGHT, POST, 1, (Factor.X1,)), (WEIGHT, PRE, -1, (Factor.Y1,))),
    ((WEIGHT, POST, -1, (Factor.X1,)), (WEIGHT, PRE, 1, (Factor.Y1,))),
    ((WEIGHT, POST, 1, (Factor.X1, Factor.UP)), (WEIGHT, PRE, -1, (Factor.Y1, Factor.DOWN))),
    ((WEIGHT, POST, 1, (Factor.X1, Factor.Y2)), (WEIGHT, PRE, -1, (Factor.X2, Factor.Y1))),
    ((TAG, POST, 1, (Factor.X1,)), (TAG, PRE, -1, (Factor.Y1,)), (WEIGHT, STEP, 1, (Factor.M0, Factor.E))),
    ((TAG, PRE, 1, (Factor.GRADED,)), (WEIGHT, STEP, 1, (Factor.M, Factor.E))),
    ((TAG, POST, 1, (Factor.X1,)), (WEIGHT, COMMAND, 1, (Factor.E,)), (TAG, COMMAND, -1, (Factor.E,))),
    ((WEIGHT, PRE, 1, (Factor.GRADED,)), (WEIGHT, POST, -1, (Factor.W,))),
    ((WEIGHT, STEP, 1, (Factor.X1, Factor.M)), (WEIGHT, POST, -1, ())),
    ((WEIGHT, PRE, 1, (Factor.SIGN,)), (WEIGHT, POST, -1, (Factor.SIGN,))),
    ((WEIGHT, STEP, 1, (Factor.UP,)), (WEIGHT, PRE, -1, (Factor.DOWN,))),
    ((WEIGHT, STEP, 1, (Factor.PRE, Factor.Y1)), (WEIGHT, STEP, -1, (Factor.X1, Factor.POST))),
)


def random_rule(rng, config, n_tables, scale):
    """A `Rule` with bounds of about ``scale``; some have no term at all."""
    formats = config.formats
    w_min, w_max = _bounds(rng, formats.weight, scale)
    possible = _possible_factors(config, n_tables, w_max - w_min <= formats.weight.hi)
    span = max(1, w_max - w_min)
    drawn = _beginning(rng, config, possible) if rng.random() < 0.85 else []
    if not drawn and rng.random() < 0.8:
        drawn.append((WEIGHT, *_drawn_term(rng, config, possible)[1:]))
    while len(drawn) < LARGEST_RULE and rng.random() < 0.62:
        drawn.append(_drawn_term(rng, config, possible))
    order = rng.permutation(len(drawn))
    return Rule(
        tuple(_term(rng, formats, span, *drawn[k]) for k in order),
        random_trace(rng, config, n_tables), random_trace(rng, config, n_tables), w_min, w_max,
        keep_e=_one_keep(rng, formats), stochastic=bool(config.stochastic and rng.random() < 0.4))


def random_trace(rng, config, n_tables, of_neuron=False):
    """A `Trace`, mostly one that is used; one ``of_neuron`` may be graded."""
    modes = [TraceMode.ADD, TraceMode.ADD, TraceMode.SET, TraceMode.COUNTDOWN]
    mode = TraceMode(pick(rng, *modes, *[TraceMode.HISTORY] * bool(n_tables)))
    if mode == TraceMode.COUNTDOWN:
        return Trace(mode, 0, pick(rng, 0, 1, 2, 5, 20, FACTOR.hi))
    anything = rng.integers(FACTOR.lo, FACTOR.hi + 1)
    amount = pick(rng, ONE, ONE, ONE, ONE, ONE // 4, ONE // 4, 1, -ONE // 2, FACTOR.lo, FACTOR.hi, anything)
    return Trace(mode, _one_keep(rng, config.formats), amount, pick(rng, *range(n_tables or 1)),
                 graded=bool(of_neuron and n_tables and mode == TraceMode.ADD and rng.random() < 0.3))


def random_tables(rng, config):
    """Tables: rising, falling from the middle, random, sparse; shape (n, 256), n up to ``config.tables``."""
    return np.array([_table(rng) for _ in range(rng.integers(0, config.tables + 1))],
                    dtype=np.int64).reshape(-1, TABLE_SIZE)


def random_plasticity(rng, config, tables, n_neurons, n_inputs, theta):
    """A `Plasticity`; ``theta`` is the size of the thresholds."""
    classes = tuple(_post_class(rng, config, len(tables), theta)
                    for _ in range(min(config.post_classes, pick(rng, 1, 1, 2, 3, config.post_classes))))
    counts, modulators = np.zeros((n_neurons + n_inputs, MODULATORS), np.int64), (Modulator(),) * MODULATORS
    if config.modulators:
        counts = rng.choice([-1, 0, 0, 0, 1], counts.shape) * (rng.random(MODULATORS) < 0.7)
        modulators = tuple(_modulator(rng, config.formats) for _ in range(MODULATORS))
    initial_m = mixed(rng, n_neurons, FACTOR, pick(rng, 0, 0, ONE, -ONE), [FACTOR.lo, 0, FACTOR.hi],
                      0.1) * config.third_factors
    sign = 1 - 2 * rng.integers(0, pick(rng, 1, 2), n_neurons)
    return Plasticity(
        classes, rng.integers(0, len(classes), n_neurons), sign, initial_m, counts, modulators, tables,
        seed=pick(rng, 0, 1, (1 << 32) - 1, rng.integers(1 << 32), rng.integers(1 << 32)))


def random_adaptation(rng, formats, n_neurons, theta):
    """An `Adaptation` of thresholds of about ``theta``."""
    positive = formats.state
    jump = theta * rng.choice([0.05, 0.3, 1]) * rng.random(n_neurons)
    z = theta * rng.choice([0, 0, 1]) * rng.random(n_neurons)
    return Adaptation(
        random_keep(rng, n_neurons, formats.keep, 0.1),
        np.maximum(mixed(rng, n_neurons, positive, jump, [0, 1, positive.hi], 0.1), 0),
        np.maximum(mixed(rng, n_neurons, positive, z, [0, 1, positive.hi], 0.05), 0))


def _one_keep(rng, formats):
    one = formats.keep.hi
    usual = [one // 2, one - one // 8, one - one // 32, int(rng.integers(0, one + 1))]
    return pick(rng, 0, 1, one - 1, one, *usual, *usual)


def _bounds(rng, weight, scale):
    """The whole format, one sign, about ``scale``, half of the format, or a single number."""
    scale = int(min(scale, weight.hi))
    low, high = int(rng.integers(-scale, 1)), int(rng.integers(0, scale + 1))
    choices = [(weight.lo, weight.hi), (0, weight.hi), (weight.lo, 0), (0, scale), (-scale, scale),
               (low, high), (-(scale // 2), scale - scale // 2), (high, high)]
    return choices[rng.choice(len(choices), p=[0.05, 0.08, 0.08, 0.38, 0.1, 0.18, 0.1, 0.03])]


def _possible_factors(config, n_tables, has_distances):
    """The factors that a rule may have: what the core has, and differences of weights if they fit."""
    absent = set()
    if not config.modulators:
        absent |= set(GLOBAL)
    if not config.third_factors:
        absent.add(Factor.M)
    if not n_tables:
        absent.add(Factor.GRADED)
    if not config.tags:
        absent.add(Factor.E)
    if not has_distances:
        absent |= DISTANCES
    return [f for f in Factor if f not in absent]


def _beginning(rng, config, possible):
    """The terms of one of `BEGINNINGS` that the core can evaluate."""
    chosen = BEGINNINGS[rng.integers(len(BEGINNINGS))]
    return [(target, *others, factors) for target, *others, factors in chosen
            if set(factors) <= set(possible) and (config.tags or target != TAG)
            and sum(f >= FIRST_OF_LANE for f in factors) <= config.lane_factors]


def _drawn_term(rng, config, possible):
    """``(target, condition, sign, factors)``; a factor may occur several times."""
    target = TAG if config.tags and rng.random() < 0.3 else WEIGHT
    drawn = rng.choice(possible, rng.choice(LARGEST_TERM + 1, p=[0.12, 0.33, 0.28, 0.15, 0.12]))
    drawn = sorted(int(f) for f in drawn)
    of_lane = [f for f in drawn if f >= FIRST_OF_LANE][:config.lane_factors]
    factors = (*(f for f in drawn if f < FIRST_OF_LANE), *of_lane)
    return target, Condition(pick(rng, *Condition)), pick(rng, -1, 1), factors


def _term(rng, formats, span, target, condition, sign, factors):
    """Such that a few events move a weight by its ``span``, a tag by its range; now and then by extremes."""
    if rng.random() < 0.08:
        coefficient = pick(rng, FACTOR.lo, FACTOR.hi, -1, 0, 1)
    else:
        coefficient = sign * int(ONE * rng.choice([0.25, 0.5, 1, 1.5]))
    width = formats.weight_width if target == WEIGHT else 16
    usual = width - 2 - np.log2(span if target == WEIGHT else ONE) + rng.integers(0, 6)
    shift = pick(rng, SHIFT.lo, SHIFT.hi) if rng.random() < 0.05 else int(np.clip(usual, SHIFT.lo, SHIFT.hi))
    return Term(target, condition, coefficient, shift, factors)


def _table(rng):
    index = np.arange(TABLE_SIZE) - TABLE_SIZE // 2
    match rng.integers(0, 5):
        case 0:
            return index * (FACTOR.hi // 128)
        case 1:
            return (ONE / (1 + np.abs(index) / rng.uniform(1, 60))).astype(np.int64)
        case 2:
            return rng.integers(FACTOR.lo, FACTOR.hi + 1, TABLE_SIZE)
        case 3:
            return rng.choice([FACTOR.lo, 0, 0, ONE, FACTOR.hi], TABLE_SIZE)
        case _:
            return np.where(index > 0, ONE, -ONE // 2)


def _post_class(rng, config, n_tables, theta):
    usual = np.log2(theta) - 6 + rng.integers(-2, 2)
    shift = int(np.clip(usual, GRADE_SHIFT.lo, GRADE_SHIFT.hi))
    if rng.random() < 0.1:
        shift = pick(rng, GRADE_SHIFT.lo, GRADE_SHIFT.hi)
    y1, y2 = (random_trace(rng, config, n_tables, of_neuron=True) for _ in range(2))
    return PostClass(
        y1, y2, keep_m=_one_keep(rng, config.formats) * config.third_factors,
        table=pick(rng, *range(n_tables)) if n_tables and rng.random() < 0.8 else None, grade_shift=shift)


def _modulator(rng, formats):
    return Modulator(pick(rng, 0, 0, ONE, -ONE, FACTOR.lo, FACTOR.hi), _one_keep(rng, formats),
                     pick(rng, 0, ONE // 8, -ONE // 8, ONE, FACTOR.lo, FACTOR.hi))
