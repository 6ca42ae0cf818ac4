"""Phase LEARN of the reference simulator: every synapse that learns, every trace, in every step."""

import numpy as np

from snnsim.contract import noise
from snnsim.contract.neuron import bounded, decayed, product, saturates
from snnsim.contract.plasticity import (
    aligned,
    coefficient_product,
    grade_index,
    increment,
    indicated,
    learned,
    modulator_sum,
    readout,
    rounded,
    rounded_down_with,
    times,
    trace_sum,
    traced,
    widened,
)
from snnsim.contract.terms import (
    FACTOR,
    FACTOR_WIDTH,
    MODULATORS,
    ONE,
    Condition,
    Factor,
    Target,
    TraceMode,
    delta_fraction,
)
from snnsim.plasticity import LearningState

MODULATOR_FACTORS = (Factor.M0, Factor.M1, Factor.M2, Factor.M3)


class ReferenceLearning:
    """What learns in an `Image`: weights, tags and all traces. ``spiked`` are sources, in any order."""

    def __init__(self, image):
        self.image = image
        self.rows = image.learning_rows
        self.weights = [p.weights().tolist() for p in image.projections]
        self._sources = [p.sources().tolist() for p in image.projections]
        self.clear()

    def clear(self):
        """Traces and tags 0, third factors and modulators as they begin; weights stay."""
        n = self.image.n_neurons
        plasticity = self.image.plasticity
        self.tags = [[0] * p.n_synapses for p in self.image.projections]
        self.x1, self.x2 = [0] * self.rows.size, [0] * self.rows.size
        self.y1, self.y2 = [0] * n, [0] * n
        self.m = plasticity.initial_m.tolist() if plasticity else [0] * n
        self.modulators = [m.initial for m in plasticity.modulators] if plasticity else [0] * MODULATORS
        self._spiked = []  # the sets of sources that spiked, by step
        self.count_clips = self.count_saturations = 0

    def receive(self, arrivals):
        """Phase INTEGRATE: third factors decay and take up what arrives for them."""
        for n, c in self._classes():
            m_sum = decayed(product(self.m[n], c.keep_m), self._decay_bits) + arrivals[n]
            self.m[n] = self._factor(m_sum)

    def learn(self, step, spiked, v, thresholds, is_commanded):
        """Phase LEARN. ``v`` and ``thresholds`` as they were when it was decided who fires."""
        self._spiked.append(set(spiked))
        graded = self._graded(v, thresholds)
        events = [self._has_event(r, step) for r in range(self.rows.size)]
        for k, projection in enumerate(self.image.projections):
            if projection.learning is not None:
                self._learn_projection(k, step, spiked, events, graded, is_commanded)
        self._trace(spiked, events, graded)

    def state(self):
        """The `LearningState` of now."""
        def ints(values):
            return np.array(values, dtype=np.int64)
        return LearningState(tuple(map(ints, self.weights)), tuple(map(ints, self.tags)), ints(self.x1),
                             ints(self.x2), ints(self.y1), ints(self.y2), ints(self.m), ints(self.modulators))

    @property
    def _decay_bits(self):
        return self.image.formats.decay_bits

    def _classes(self):
        """``(neuron, its class)`` of all neurons."""
        p = self.image.plasticity
        return [(n, p.classes[c]) for n, c in enumerate(p.neuron_class.tolist())]

    def _entry(self, table, index):
        tables = self.image.plasticity.tables
        return int(tables[table, index]) if len(tables) else 0

    def _factor(self, total):
        """A sum as a factor, its saturation counted."""
        self.count_saturations += saturates(total, FACTOR.lo, FACTOR.hi)
        return bounded(total, FACTOR.lo, FACTOR.hi)

    def _graded(self, v, thresholds):
        return [0 if c.table is None else
                self._entry(c.table, grade_index(v[n], thresholds[n], c.grade_shift))
                for n, c in self._classes()]

    def _has_event(self, row, step):
        """Whether the pre-synaptic event of a learning row falls into this step."""
        sent = step - int(self.rows.lag[row])
        return sent >= 0 and int(self.rows.source[row]) in self._spiked[sent]

    def _read(self, x, trace):
        entry = self._entry(trace.table, x & 255) if trace.mode == TraceMode.HISTORY else 0
        return readout(x, trace.mode, entry)

    def _learn_projection(self, k, step, spiked, events, graded, is_commanded):
        projection = self.image.projections[k]
        rule, weights, tags = projection.learning.rule, self.weights[k], self.tags[k]
        plasticity = self.image.plasticity
        enabled = projection.learning.mask(projection.n_synapses).tolist()
        first, width = projection.first_target, self.image.formats.weight_width
        spiking = set(spiked)
        for j, (source, target, row) in enumerate(
                zip(self._sources[k], projection.target.tolist(), self.rows.row[k].tolist(), strict=True)):
            if not enabled[j]:
                continue
            n = first + target
            post = plasticity.classes[plasticity.neuron_class[n]]
            factors = {
                Factor.PRE: indicated(events[row]),
                Factor.X1: self._read(self.x1[row], rule.x1), Factor.X2: self._read(self.x2[row], rule.x2),
                **dict(zip(MODULATOR_FACTORS, self.modulators, strict=True)),
                Factor.POST: indicated(n in spiking),
                Factor.Y1: self._read(self.y1[n], post.y1), Factor.Y2: self._read(self.y2[n], post.y2),
                Factor.M: self.m[n], Factor.GRADED: graded[n], Factor.SIGN: ONE * int(plasticity.sign[n]),
                Factor.W: widened(weights[j], width), Factor.E: tags[j],
                Factor.UP: widened(rule.w_max - weights[j], width),
                Factor.DOWN: widened(weights[j] - rule.w_min, width),
            }
            holds = {Condition.PRE: events[row], Condition.POST: n in spiking, Condition.STEP: True,
                     Condition.COMMAND: is_commanded}
            totals = {Target.WEIGHT: 0, Target.TAG: 0}
            for term in rule.terms:
                if holds[term.condition]:
                    totals[term.target] += _value(term, factors)
            chance = noise.synapse_noise(
                noise.source_noise(noise.step_noise(plasticity.seed, step), source), n)
            w_sum = learned(weights[j], _rounded(totals[Target.WEIGHT], width, rule, chance))
            e_decayed = decayed(product(tags[j], rule.keep_e), self._decay_bits)
            e_sum = learned(e_decayed, _rounded(totals[Target.TAG], FACTOR_WIDTH, rule, chance))
            self.count_clips += saturates(w_sum, rule.w_min, rule.w_max)
            weights[j] = bounded(w_sum, rule.w_min, rule.w_max)
            tags[j] = self._factor(e_sum)

    def _trace(self, spiked, events, graded):
        spiking = set(spiked)
        for r, k in enumerate(self.rows.projection.tolist()):
            rule = self.image.projections[k].learning.rule
            self.x1[r] = self._next(self.x1[r], rule.x1, events[r], 0)
            self.x2[r] = self._next(self.x2[r], rule.x2, events[r], 0)
        for n, post in self._classes():
            self.y1[n] = self._next(self.y1[n], post.y1, n in spiking, graded[n])
            self.y2[n] = self._next(self.y2[n], post.y2, n in spiking, graded[n])
        p = self.image.plasticity
        for g, modulator in enumerate(p.modulators):
            count = sum(int(p.counts[source, g]) for source in spiked)
            kept = decayed(product(self.modulators[g], modulator.keep), self._decay_bits)
            self.modulators[g] = self._factor(modulator_sum(kept, modulator.gain, count))

    def _next(self, x, trace, event, graded):
        amount = increment(trace.amount, trace.graded, graded)
        event = event or trace.graded
        x_decayed = decayed(product(x, trace.keep), self._decay_bits)
        total = trace_sum(x_decayed, event, amount)
        if trace.mode == TraceMode.ADD:
            self.count_saturations += saturates(total, FACTOR.lo, FACTOR.hi)
        return traced(x, x_decayed, total, event, amount, trace.mode)


def _value(term, factors):
    value = coefficient_product(term.coefficient)
    for factor in term.factors:
        value = times(value, factors[factor])
    return aligned(value, term.shift)


def _rounded(total, width, rule, chance):
    fraction = delta_fraction(width)
    if rule.stochastic:
        return rounded_down_with(total, noise.noise_bits(chance, fraction), fraction)
    return rounded(total, fraction)
