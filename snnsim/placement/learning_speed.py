"""How many clocks a core learns in a step, before there is one: by the rates of its sources."""

import math
from dataclasses import dataclass

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
#: The least clocks in which a word is read and written.
WORD_CLOCKS = 2


@dataclass(frozen=True)
class _Row:
    """What is expected of a row in a step: the probability that it is set up and that it is walked, the
    clocks of either."""

    is_set_up: float
    setup: float
    is_walked: float
    walk: float

    @property
    def clocks(self):
        """A row is set up while the one before is walked."""
        return self.is_set_up * self.setup + self.is_walked * max(0.0, self.walk - self.setup)


def predict_learning_clocks(image, config, words, events):
    """Clocks of phase LEARN in a mean step.

    ``words``: synapse words of each of the `LearningRows` of ``image``; ``events``: mean events per step of
    each source, shape (n_neurons + n_inputs,). Sources are taken to spike independently of each other.
    """
    phase = PHASE_CLOCKS + (HASH_CLOCKS if config.stochastic else 0)
    rows, events = image.learning_rows, np.clip(np.asarray(events, float), 0, 1)
    if not rows.size:
        return phase
    any_post = 1 - np.prod(1 - events[:image.n_neurons])
    rule_of = [p.learning.rule if p.learning else None for p in image.projections]
    cached, clocks = {}, phase
    for projection, source, length in zip(rows.projection, rows.source, words, strict=True):
        key = projection, events[source], length
        if key not in cached:
            cached[key] = _expect(image, config, rule_of[projection], events[source], any_post, length).clocks
        clocks += cached[key]
    return clocks


def _expect(image, config, rule, rate, any_post, words):
    bits, tables = image.formats.decay_bits, image.plasticity.tables
    lives = {Factor.X1: _lives(rule.x1, rate, bits), Factor.X2: _lives(rule.x2, rate, bits)}
    lives[Factor.E] = _share(rate, _decay_steps(ONE, rule.keep_e, bits)) if rule.has_tag else 0.0
    holds = {Condition.PRE: rate, Condition.POST: any_post, Condition.STEP: 1.0, Condition.COMMAND: 0.0}
    live = [holds[t.condition] * min([lives.get(f, 1.0) for f in t.factors], default=1.0) for t in rule.terms]
    walked = max(_either(rule, live), lives[Factor.E])
    queued = 1.0 if may_act_alone(rule, tables) else max(_share(rate, 1), *lives.values())
    has_terms = 1 - math.prod(1 - holds[c] for c in {t.condition for t in rule.terms})
    held = {t: HELD_CLOCKS + FACTOR_CLOCKS * sum(map(is_of_row, t.factors)) for t in rule.terms}
    terms = sum(TERM_CLOCKS + holds[t.condition] * held[t] for t in rule.terms)
    setup = (ROW_SETUP_CLOCKS + (TABLE_CLOCKS if config.tables else 0)
             + has_terms * (TERMS_CLOCKS + terms))
    at_once = sum(live) / walked if walked else 0.0
    return _Row(queued, setup, walked, words * max(WORD_CLOCKS, at_once / config.term_units) + 1)


def _either(rule, live):
    """The probability that any of the terms may change something; those of one condition do so together."""
    by_condition = {}
    for term, p in zip(rule.terms, live, strict=True):
        by_condition[term.condition] = max(p, by_condition.get(term.condition, 0.0))
    return 1 - math.prod(1 - p for p in by_condition.values())


def _lives(trace: Trace, rate, decay_bits):
    """The probability that a trace is not 0."""
    if not trace.is_used:
        return 0.0
    return _share(rate, trace.decay_steps(decay_bits))


def _share(rate, steps):
    """The probability that there was an event in the last ``steps`` (inf: that there ever was one)."""
    return float(rate > 0) if math.isinf(steps) else 1 - (1 - rate) ** steps


def _decay_steps(amount, keep, decay_bits):
    return Trace(keep=keep, amount=amount).decay_steps(decay_bits)
