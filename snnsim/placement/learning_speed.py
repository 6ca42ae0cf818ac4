"""How many clocks a core learns in a step, before there is one: by the rates of its sources."""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from snnsim.contract.terms import ONE, Condition, Factor, is_of_row
from snnsim.plasticity import Trace

from .learning import may_act_alone

#: Clocks in which it is found that no row has anything to do, and with the hash of the step.
PHASE_CLOCKS, HASH_CLOCKS = 4, 8
#: Clocks in which a row is set up, beside its terms, and those in which tables are read for its traces.
ROW_SETUP_CLOCKS, TABLE_CLOCKS = 12, 4
#: Clocks to begin with the terms, for each of them, and for each whose condition holds and each of its
#: factors.
TERMS_CLOCKS, TERM_CLOCKS, HELD_CLOCKS, FACTOR_CLOCKS = 2, 2, 1, 2
#: The least clocks in which a word is read and written, and those from its being read until it is written,
#: beside those of its factors in the lanes.
WORD_CLOCKS, WAY_CLOCKS = 2, 8

@dataclass(frozen=True)
class _Moment:
    """A step as a row sees it: whether its source spikes (``pre``), whether any neuron does (``post``), and
    which of its traces and tags are not 0 (``alive``)."""

    pre: bool
    post: bool
    alive: frozenset

    def holds(self, condition):
        return {Condition.PRE: self.pre, Condition.POST: self.post, Condition.STEP: True,
                Condition.COMMAND: False}[condition]

    def is_live(self, term):
        """Whether a term may change something, as far as that is the same for all synapses of the row.

        Modulators are taken to be other than 0.
        """
        factors = set(term.factors) & {Factor.PRE, Factor.X1, Factor.X2}
        return self.holds(term.condition) and factors <= self.alive | ({Factor.PRE} if self.pre else set())


def predict_learning_clocks(image, config, words, events):
    """Clocks of phase LEARN in a mean step.

    ``words``: synapse words of each of the `LearningRows` of ``image``; ``events``: mean events per step of
    each source, shape (n_neurons + n_inputs,). Sources are taken to spike independently of each other, and
    tags to last as long as one of 1 does: where they are smaller and spikes are rare, it is too much.
    """
    phase = PHASE_CLOCKS + (HASH_CLOCKS if config.stochastic else 0)
    rows, events = image.learning_rows, np.clip(np.asarray(events, float), 0, 1)
    if not rows.size:
        return phase
    any_post = _any(events[:image.n_neurons])
    rule_of = [p.learning.rule if p.learning else None for p in image.projections]
    expected = {}
    keys = list(zip(rows.projection, events[rows.source], words, strict=True))
    for projection, rate, length in set(keys):
        expected[projection, rate, length] = _expect(
            image, config, rule_of[projection], rate, any_post, length)
    # A spike makes some row be walked; so may something else, which is then true of most rows.
    any_spike = _any(events[np.union1d(np.arange(image.n_neurons), rows.source)])
    any_walk = max(any_spike, *(walked for _, walked in expected.values()))
    ends = ROW_SETUP_CLOCKS + WAY_CLOCKS + FACTOR_CLOCKS * config.lane_factors
    return phase + sum(expected[key][0] for key in keys) + any_walk * ends


def _expect(image, config, rule, rate, any_post, words):
    """``(clocks, probability that it is walked)`` of a row in a step."""
    always = may_act_alone(rule, image.plasticity.tables)
    moments = _moments(rate, any_post, _lives(rule, image.formats.decay_bits))
    takes = [(share, *_take(config, rule, moment, always, words)) for share, moment in moments]
    return sum(p * max(setup, walk) for p, setup, walk in takes), sum(p for p, _, walk in takes if walk)


def _take(config, rule, moment, always, words):
    """``(set-up, walk)``: the clocks of a row in a step. It is set up while the one before is walked."""
    if not (always or moment.pre or moment.alive):
        return 0, 0
    held = [t for t in rule.terms if moment.holds(t.condition)]
    live, is_tagged = sum(map(moment.is_live, held)), Factor.E in moment.alive
    setup = ROW_SETUP_CLOCKS + (TABLE_CLOCKS if config.tables else 0)
    if held or is_tagged:
        setup += TERMS_CLOCKS + TERM_CLOCKS * len(rule.terms)
        setup += sum(HELD_CLOCKS + FACTOR_CLOCKS * sum(map(is_of_row, t.factors)) for t in held)
    groups = math.ceil(live / config.term_units)
    walk = words * max(WORD_CLOCKS, groups) + (groups > 1)
    return setup, walk if live or is_tagged else 0


def _lives(rule, decay_bits):
    """For how many steps after an event of a row each of its traces, and its tags, are not 0."""
    lives = {Factor.X1: rule.x1.decay_steps(decay_bits) if rule.x1.is_used else 0,
             Factor.X2: rule.x2.decay_steps(decay_bits) if rule.x2.is_used else 0, Factor.E: 0}
    if rule.has_tag:
        lives[Factor.E] = math.inf if _keeps_walking(rule) else Trace(
            keep=rule.keep_e, amount=ONE).decay_steps(decay_bits)
    return lives


def _keeps_walking(rule):
    """Whether a row with tags is walked in every step, whatever has become of them: for a term of every step
    with none of its own traces. That its tags are all 0 is only seen where nothing else is to be done."""
    return any(t.condition == Condition.STEP and not {Factor.PRE, Factor.X1, Factor.X2} & set(t.factors)
               for t in rule.terms)


def _moments(rate, any_post, lives):
    """``(probability, _Moment)`` of each that there is."""
    ends = sorted({0, *lives.values()})
    reached = [_share(rate, end) for end in ends]
    ages = [(later - sooner, frozenset(f for f, life in lives.items() if life >= end))
            for sooner, later, end in zip(reached, reached[1:], ends[1:], strict=False)]
    for (share, alive), pre, post in product(
            [*ages, (1 - reached[-1], frozenset())], (False, True), (False, True)):
        share *= (rate if pre else 1 - rate) * (any_post if post else 1 - any_post)
        yield share, _Moment(pre, post, alive)


def _share(rate, steps):
    """The probability that there was an event in the last ``steps`` (inf: that there ever was one)."""
    return float(rate > 0) if math.isinf(steps) else 1 - (1 - rate) ** steps


def _any(events):
    """The probability that any of the sources spikes."""
    return 1 - np.prod(1 - events)
