"""The cases worked by hand find faults: each is planted into a copy of contract and reference and run.

That the copy without a fault passes shows that it is the fault which is found.
"""

import importlib

import pytest

from tests.contract.learning_cases import FILES, load_learning_cases
from tests.contract.test_learning_vectors import run_step

CASES = load_learning_cases((*FILES, "noise"))
REFERENCE, LEARNING = "simulator/reference.py", "simulator/reference_learning.py"
RULES, NOISE, TERMS = "contract/plasticity.py", "contract/noise.py", "contract/terms.py"
ADD_TERM = "totals[term.target] += _value(term, factors)"
BOUND = "weights[j] = bounded(w_sum, rule.w_min, rule.w_max)"
SEND = """        for source in sources:
            self._send(source)
"""
LEARN = """        if self.image.plasticity:
            self._learning.learn(self._time, sources, fired_at, thresholds, is_commanded)
"""
LEARN_ALL = """        for k, projection in enumerate(self.image.projections):
            if projection.learning is not None:
                self._learn_projection(k, step, spiked, events, graded, is_commanded)
"""
TRACE = "        self._trace(spiked, events, graded)\n"

FAULTS = {
    "takes post for pre": (LEARNING, "Condition.PRE: events[row]", "Condition.PRE: n in spiking"),
    "takes pre for post": (LEARNING, "Condition.POST: n in spiking", "Condition.POST: events[row]"),
    "swaps the factors pre and post": (
        LEARNING, "Factor.PRE: indicated(events[row])", "Factor.PRE: indicated(n in spiking)"),
    "swaps the traces x1 and x2": (LEARNING, "Factor.X1: self._read(self.x1[row], rule.x1), "
                                   "Factor.X2: self._read(self.x2[row], rule.x2)",
                                   "Factor.X2: self._read(self.x1[row], rule.x1), "
                                   "Factor.X1: self._read(self.x2[row], rule.x2)"),
    "reads the trace of another row": (LEARNING, "self._read(self.x1[row]", "self._read(self.x1[0]"),
    "takes commanded steps for all": (LEARNING, "Condition.STEP: True", "Condition.STEP: is_commanded"),
    "always has a command": (LEARNING, "Condition.COMMAND: is_commanded", "Condition.COMMAND: True"),
    "learns twice": (LEARNING, "for term in rule.terms:", "for term in 2 * rule.terms:"),
    "learns before it sends": (REFERENCE, SEND + LEARN, LEARN + SEND),
    "traces take up events before learning": (LEARNING, LEARN_ALL + TRACE, TRACE + LEARN_ALL),
    "clips after each term": (LEARNING, ADD_TERM, f"""{ADD_TERM}
                    totals[Target.WEIGHT] = bounded(
                        totals[Target.WEIGHT], (rule.w_min - weights[j]) << delta_fraction(width),
                        (rule.w_max - weights[j]) << delta_fraction(width))"""),
    "rounds each term": (
        LEARNING, ADD_TERM, "totals[term.target] += rounded(_value(term, factors), 10) << 10"),
    "evaluates terms one after the other": (LEARNING, ADD_TERM, f"""{ADD_TERM}
                    factors[Factor.W] = widened(
                        weights[j] + rounded(totals[Target.WEIGHT], delta_fraction(width)), width)"""),
    "lets a later term see the tag of an earlier": (LEARNING, ADD_TERM, f"""{ADD_TERM}
                    factors[Factor.E] = tags[j] + rounded(totals[Target.TAG], delta_fraction(16))"""),
    "forgets the upper bound": (LEARNING, BOUND, "weights[j] = max(w_sum, rule.w_min)"),
    "forgets the lower bound": (LEARNING, BOUND, "weights[j] = min(w_sum, rule.w_max)"),
    "clips at the format": (LEARNING, BOUND, "weights[j] = bounded(w_sum, -128, 127)"),
    "counts weights at a bound": (LEARNING, "saturates(w_sum, rule.w_min, rule.w_max)",
                                  "saturates(w_sum, rule.w_min + 1, rule.w_max - 1)"),
    "ignores what is enabled": (LEARNING, "if not enabled[j]:", "if False:"),
    "measures UP from the other end": (
        LEARNING, "widened(rule.w_max - weights[j], width)", "widened(rule.w_min - weights[j], width)"),
    "measures DOWN from zero": (
        LEARNING, "widened(weights[j] - rule.w_min, width)", "widened(weights[j], width)"),
    "decays the tag before it is seen": (
        LEARNING, "Factor.E: tags[j]", "Factor.E: decayed(product(tags[j], rule.keep_e), self._decay_bits)"),
    "decays no tag": (LEARNING, "decayed(product(tags[j], rule.keep_e), self._decay_bits)", "tags[j]"),
    "takes the emission for an arrival": (LEARNING, "step - int(self.rows.lag[row])", "step"),
    "third factors arrive before they decay": (
        LEARNING, "decayed(product(self.m[n], c.keep_m), self._decay_bits) + arrivals[n]",
        "decayed(product(self.m[n] + arrivals[n], c.keep_m), self._decay_bits)"),
    "delivers third factors as drive": (
        REFERENCE, "(third_factors if to_m else drive)", "(drive if to_m else third_factors)"),
    "counts a modulator's spikes without their sign": (
        LEARNING, "int(p.counts[source, g])", "abs(int(p.counts[source, g]))"),
    "does not clear the tags": (
        LEARNING, "self.tags = [[0] * p.n_synapses for p in self.image.projections]",
        "self.tags = getattr(self, 'tags', [[0] * p.n_synapses for p in self.image.projections])"),
    "clears the weights": (LEARNING, "self._spiked = []", "self._spiked = []; "
                           "self.weights = [p.weights().tolist() for p in self.image.projections]"),
    "takes v after the reset": (REFERENCE, "self._learning.learn(self._time, sources, fired_at,",
                                "self._learning.learn(self._time, sources, self.v,"),
    "grades by the threshold that is not adapted": (
        REFERENCE, "fired_at, thresholds, is_commanded", "fired_at, "
        "[p['v_threshold'] for p in self._parameters], is_commanded"),
    "fires before z decays": (
        REFERENCE, "return [effective_threshold(p[\"v_threshold\"], z)",
        "return [effective_threshold(p[\"v_threshold\"], z * 2)"),
    "jumps before z decays": (REFERENCE, "z_sum = adapted(self.z[n], n in spiking, jump)",
                              "z_sum = adapted(self.z[n] // 2, n in spiking, jump)"),
    "lets z go beyond the state": (
        REFERENCE, "self.z[n] = bounded(z_sum, 0, highest)", "self.z[n] = z_sum"),
    "subtracts the adapted threshold": (
        REFERENCE, "self.v[n] = reset_v(self.v[n], spike, self.r[n], p[\"v_threshold\"]",
        "self.v[n] = reset_v(self.v[n], spike, self.r[n], p[\"v_threshold\"] + (self.z or [0] * 99)[n]"),
    "adapts downward": (RULES, "return v_threshold + z", "return v_threshold - z"),
    "takes the entry next to that of the distance": (RULES, "-128, 127) + 128", "-128, 127) + 127"),
    "selects an entry below the table": (RULES, "saturate((v - threshold) >> shift, -128, 127) + 128",
                                         "(((v - threshold) >> shift) + 128) % 256"),
    "rounds the distance toward zero": (
        RULES, "(v - threshold) >> shift", "shift_toward_zero(v - threshold, shift)"),
    "takes a weight for a fraction of its width": (
        RULES, "x << (FACTOR_WIDTH - width)", "x << (FACTOR_WIDTH - width - 1)"),
    "counts down one step too long": (RULES, "select(x > 0, ONE, 0)", "select(x >= 0, ONE, 0)"),
    "forgets no history": (RULES, "(select(x > 127, x - 128, x) << 1)", "((x << 1) % 512)"),
    "turns a history over": (RULES, "(select(x > 127, x - 128, x) << 1) + select(event, 1, 0)",
                             "(x >> 1) + select(event, 128, 0)"),
    "adds where it should set": (
        RULES, "select(event, amount, x_decayed)", "x_decayed + select(event, amount, 0)"),
    "sets where it should add": (RULES, "return x_decayed + select(event, amount, 0)",
                                 "return select(event, amount, x_decayed)"),
    "adds to a trace before it decays": (
        LEARNING, "        total = trace_sum(x_decayed, event, amount)\n",
        "        x_decayed = decayed(product(x + (amount if event else 0), trace.keep), self._decay_bits)\n"
        "        total = trace_sum(x_decayed, False, amount)\n"),
    "restarts no countdown": (RULES, "select(event, amount, select(x > 0, x - 1, 0))",
                              "select(x > 0, x - 1, select(event, amount, 0))"),
    "grades by the whole value": (
        RULES, "select(is_graded, shift_toward_zero(amount * graded, FACTOR_FRACTION), amount)",
        "select(is_graded, graded, amount)"),
    "a graded trace takes up spikes only": (LEARNING, "event = event or trace.graded", "event = bool(event)"),
    "rounds products down": (RULES, "return shift_toward_zero(exact, FACTOR_FRACTION)",
                             "return exact >> FACTOR_FRACTION"),
    "rounds a shifted term toward zero": (
        RULES, "return product >> shift", "return shift_toward_zero(product, shift)"),
    "rounds sums down": (RULES, "return select(total < 0, (1 << fraction) - 1, 0)", "return 0"),
    "multiplies the last factor first": (LEARNING, "for factor in term.factors:",
                                         "for factor in reversed(term.factors):"),
    "keeps too few bits of a product": (TERMS, "PRODUCT_FRACTION = 24", "PRODUCT_FRACTION = 20"),
    "wraps a sum at 32 bits": (
        LEARNING, ADD_TERM,
        "totals[term.target] = (totals[term.target] + _value(term, factors) + 2**31) % 2**32 - 2**31"),
    "rounds by chance without noise": (
        RULES, "return rounded_down(total + noise, fraction)", "return rounded_down(total, fraction)"),
    "rounds by chance toward zero": (
        RULES, "return rounded_down(total + noise, fraction)", "return rounded(total + noise, fraction)"),
    "takes the lowest bits of the noise": (NOISE, "return h >> (32 - bits)", "return h & ((1 << bits) - 1)"),
    "takes up the target in one round": (
        NOISE, "mixed(mixed(joined(source_noise, target)))", "mixed(joined(source_noise, target))"),
    "takes up no source": (NOISE, "return mixed(joined(step_noise, source))", "return mixed(step_noise)"),
    "takes up no step": (NOISE, "joined(mixed(seed), step & MASK)", "mixed(seed)"),
    "takes up no seed": (NOISE, "joined(mixed(seed), step & MASK)", "step & MASK"),
    "stirs the other way": (NOISE, "return g ^ (g >> 11)", "return g ^ (g >> 12)"),
    "takes up the step of a neuron once": (
        NOISE, "mixed(joined(mixed(joined(step_noise, neuron)), step_noise))",
        "mixed(mixed(joined(step_noise, neuron)))"),
    "takes up no neuron": (NOISE, "joined(step_noise, neuron)", "step_noise"),
    "chooses a column by the lowest bits": (NOISE, "return h >> (32 - COLUMN_BITS)", "return h % COLUMNS"),
    "takes the bits of the column for the lot": (
        NOISE, "h >> (32 - COLUMN_BITS - CUT_BITS)", "h >> (32 - CUT_BITS)"),
    "draws the value at the cut": (NOISE, "select(lot < cut,", "select(lot <= cut,"),
    "draws the value of every column": (NOISE, "select(lot < cut, value, other)", "value"),
    "centres no noise": (NOISE, "(h >> (32 - CENTRED_BITS)) - (1 << (CENTRED_BITS - 1))",
                         "(h >> (33 - CENTRED_BITS))"),
    "rounds the noise of thresholds toward zero": (
        NOISE, "return product >> (CENTRED_BITS - 1)", "return int(product / (1 << (CENTRED_BITS - 1)))"),
    "subtracts the noise from the threshold": (NOISE, "return threshold + noise", "return threshold - noise"),
    "makes all noise of one hash": (REFERENCE, "threshold_product(mixed(h),", "threshold_product(h,"),
    "numbers neurons from 1": (REFERENCE, "neuron_noise(of_step, n)", "neuron_noise(of_step, n + 1)"),
    "takes another source": (REFERENCE, "columns[source - 1]", "columns[-source]"),
    "draws in place of the arrivals": (REFERENCE, "drive[n] += drawn(", "drive[n] = drawn("),
    "draws nothing at rest": (REFERENCE, "if source:", "if source and self.v[n]:"),
    "draws nothing while it is refractory": (REFERENCE, "if source:", "if source and not self.r[n]:"),
    "takes no seed for noise": (REFERENCE, "step_noise(noise.seed,", "step_noise(0,"),
    "goes on with the steps of noise after clearing": (
        REFERENCE, "self._time = 0", "self._time = getattr(self, '_time', 0)"),
    "forgets adaptation where there is noise": (
        REFERENCE, "noisy_threshold(thresholds[n],", "noisy_threshold(self._parameters[n]['v_threshold'],"),
    "subtracts the noisy threshold": (REFERENCE, "        self._reset(spikes)\n", """
        for n in spikes:
            self.v[n] -= threshold_noises[n]
        self._reset(spikes)
"""),
    "grades by the noisy threshold": (
        REFERENCE, "fired_at, thresholds, is_commanded",
        "fired_at, list(map(sum, zip(thresholds, threshold_noises))), is_commanded"),
}


@pytest.fixture
def planted(faulty_copy):
    """A function that plants a fault, and returns the `ReferenceSimulator` that has it."""
    def plant(file, text, fault):
        package = faulty_copy(file, text, fault)
        return importlib.import_module(f"{package}.simulator.reference").ReferenceSimulator
    return plant


def wrong_cases(machine):
    """The names of the cases in which a machine gives other numbers, or none."""
    for case in CASES:
        try:
            if not _is_right(machine(case.image), case):
                yield case.name
        except (IndexError, ValueError):
            yield case.name


def _is_right(machine, case):
    counts, spikes = dict.fromkeys(case.counts, 0), []
    for step in range(case.stimulus.steps):
        result, values = run_step(machine, case, step)
        spikes += [(step, neuron) for neuron in result.raster.neuron.tolist()]
        if any(values[name].tolist() != expected[step].tolist() for name, expected in case.expected.items()):
            return False
        counts = {name: count + getattr(result, name) for name, count in counts.items()}
    return counts == case.counts and spikes == case.spikes


def test_the_copy_without_a_fault_is_right(planted):
    assert list(wrong_cases(planted(LEARNING, ADD_TERM, ADD_TERM))) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(planted, fault):
    assert next(wrong_cases(planted(*FAULTS[fault])), None) is not None
