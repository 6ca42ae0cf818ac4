"""The comparison of a core that learns with the reference finds faults: each is planted into its text and
run.

As in `test_planted_faults_core`, in Amaranth's own simulator on a small core, so that nothing is compiled.
"""

import importlib
from dataclasses import replace

import numpy as np
import pytest

from hdl.cosim import SimulatorLink
from snnsim.contract import CoreConfig, Formats
from snnsim.contract.terms import ONE, Condition, Factor, Target, TraceMode
from snnsim.host.driver import Driver
from snnsim.image import ImageProjection
from snnsim.plasticity import (
    Adaptation,
    Modulator,
    Plasticity,
    PostClass,
    ProjectionLearning,
    Rule,
    Term,
    Trace,
)
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator
from tests.contract.cases import make_image
from tests.equivalence.test_learning_gateware import random_network, window
from tests.mutants import mutant, plant

CONFIG = CoreConfig.with_learning(
    formats=Formats(weight_width=8), neurons=6, inputs=4, lanes=2, delay_slots=2, synapse_words=48, rows=20,
    plastic_rows=12, post_classes=2, learning_rules=2, tables=1, term_units=2, lane_factors=2,
    receive_words=128, event_buffer=64, spike_buffer=64)
STEPS = 10
SEED = 334
ONE_DECAY = CONFIG.formats.keep.hi
SPIKES = Rule(
    (Term(Target.WEIGHT, Condition.POST, ONE, 3, (Factor.X1,)),
     Term(Target.WEIGHT, Condition.POST, ONE, 2, (Factor.X1, Factor.Y1)),
     Term(Target.WEIGHT, Condition.PRE, 1 - ONE, 3, ()),
     Term(Target.WEIGHT, Condition.PRE, ONE, 4, (Factor.M0,)),
     Term(Target.WEIGHT, Condition.PRE, ONE, 3, (Factor.X1,))),
    Trace(TraceMode.COUNTDOWN, amount=7), Trace(), -2, 15)
TAGS = Rule(
    (Term(Target.TAG, Condition.PRE, ONE, 0, ()), Term(Target.WEIGHT, Condition.COMMAND, ONE, 4, ()),
     Term(Target.WEIGHT, Condition.PRE, ONE // 3, 5, ())),
    Trace(), Trace(), -100, 100, keep_e=ONE_DECAY * 7 // 8, stochastic=True)

#: Fault -> the module that uses the faulty one, the faulty one, its text, the fault.
FAULTS = {
    # Which rows
    "post for pre": (
        "learner", "plastic", "[self._event, self.any_post, Const(1), self.commanded]",
        "[self.any_post, self._event, Const(1), self.commanded]"),
    "a row twice in the queue": (
        "learner", "plastic", "(self._marks & ~self._queued_read.data)", "self._marks"),
    "a row with a trace that leaves the queue": (
        "learner", "plastic", "stays = self._descriptor.always | (self._traces.as_value() != 0)",
        "stays = self._descriptor.always | 0"),
    "a row with tags that leaves the queue": (
        "learner", "plastic", "stays |= self._visited & self._descriptor.tagged", "stays |= 0"),
    "a row that is not looked at when a run begins": (
        "learner", "plastic", "self._queued_write.data.eq(is_active), self._push.eq(is_active)",
        "self._queued_write.data.eq(row.always), self._push.eq(row.always)"),
    "a command for the rows of the queue alone": (
        "learner", "plastic", "with m.If(self.commanded):  # all of them; the queue is made anew",
        "with m.If(0):"),
    "the row behind the one that learns": (
        "core", "synapse",
        "self.mark_row.eq(descriptor.plastic - 1)", "self.mark_row.eq(descriptor.plastic)"),
    # When
    "an arrival a step late": ("learner", "plastic", "sent = traces.sent << 1", "sent = traces.sent"),
    "a spike before its learning": (
        "core", "sequencer", "with m.If(~self.delivering):\n                m.d.comb += self.learn.eq(1)",
        "with m.If(1):\n                m.d.comb += self.learn.eq(1)"),
    "a command that stays": (
        "core", "sequencer", "with m.If(self._step_ends):\n            m.d.sync += [self.any_post.eq(0), "
        "self.commanded.eq(0)]", "with m.If(self._step_ends):\n            m.d.sync += self.any_post.eq(0)"),
    "modulators before the rows": ("core", "learner", "pending & rows.done", "pending"),
    "modulators that count for ever": ("learner", "settings", "Array(counts)[g].eq(0), ", ""),
    # Traces
    "a trace with the event of its step": (
        "learner", "plastic", "self._traces[name], self._rule[f\"{name}_mode\"], self._entries[name]",
        "self._traces[name] + Mux(self._event, self._rule[f\"{name}_amount\"], 0),\n"
        "                self._rule[f\"{name}_mode\"], self._entries[name]"),
    "a neuron's trace with the event of its step": (
        "learner", "post", "self.factors[name].eq(s[f\"read_{name}\"])",
        "self.factors[name].eq(s[f\"new_{name}\"])"),
    "a neuron that rests with its spike": (
        "learner", "post", "stays = s[\"awake\"] | s[\"spike\"]\n        if self._config.tables:\n"
        "            stays |= s[\"away\"]", "stays = s[\"awake\"]\n        if self._config.tables:\n"
        "            pass"),
    "a neuron that rests with its trace": ("learner", "post", "stays |= (x != 0) | (new != 0)", "stays |= 0"),
    # Terms
    "terms of the other bank": ("learner", "learn", "(self._asked_bank * per_unit)", "0"),
    "terms that are not there": (
        "learner", "learn", "group.number * len(terms) + unit < work.terms", "1"),
    "a term of a target that has not fired": ("learner", "learn", "~term.if_post | post.post", "1"),
    "y1 for y2": ("learn", "lane", "Factor.Y1: post.y1, Factor.Y2: post.y2",
                  "Factor.Y1: post.y2, Factor.Y2: post.y1"),
    "the sum of the word before": ("learner", "learn", "Mux(after.first, 0, total)", "total"),
    # Weights and tags
    "rounded down": ("learner", "learn", "addend = plasticity.toward_zero(total, fraction)", "addend = 0"),
    "clipped before it is added": (
        "learner", "learn", "plasticity.learned(second.word[lane].weight, delta)",
        "plasticity.learned(second.word[lane].weight, rules.bounded(\n"
        "            delta, self._works[second.bank].w_min, self._works[second.bank].w_max))"),
    "not clipped": ("learner", "learn", "bounded.eq(rules.bounded(w_sum, work.w_min, work.w_max))",
                    "bounded.eq(w_sum)"),
    "a synapse that is not enabled": (
        "learner", "learn", "\"weight\": Mux(slot.enabled, bounded, slot.weight)", "\"weight\": bounded"),
    "a clip of a synapse that is not enabled": ("learner", "learn", "slot.enabled & clips", "clips"),
    "a weight at another address": (
        "learner", "learn", "self.w_address.eq(out.address)", "self.w_address.eq(out.address + 1)"),
    "tags that do not decay": (
        "learner", "learn", "rules.product(first.tags[lane], work.keep_e)", "first.tags[lane] << bits"),
    # Chance
    "the noise of the next step": (
        "learner", "plastic",
        "noise.joined(self._noise, self.time)", "noise.joined(self._noise, self.time + 1)"),
    "the noise of another source": (
        "learner", "plastic", "noise.joined(self._step_noise, row.source)", "self._step_noise"),
    "the noise of the neighbour": (
        "learner", "learn",
        "(lanes - 1).bit_length()) | lane for lane", "(lanes - 1).bit_length()) for lane"),
    # Thresholds
    "a threshold that does not adapt": (
        "core", "neuron", "threshold = s.get(\"threshold\", v_threshold)", "threshold = v_threshold"),
}


#: Those that are planted each time: some seconds each add up.
QUICKLY = ("post for pre", "a row twice in the queue", "a row with a trace that leaves the queue",
           "modulators before the rows", "a neuron that rests with its spike", "terms of the other bank",
           "a weight at another address", "the noise of another source")


@pytest.fixture(scope="module")
def networks():
    """Networks, their runs in two parts, and what the reference makes of them."""
    return [with_results(*case) for case in (quiet_network(), random_network(SEED, CONFIG, STEPS))]


def quiet_network():
    """``(image, stimulus, commands)`` in which little happens, and all of it counts.

    Neurons 0 and 4 fire once and rest at once, each in a region of its own; the latter has a trace. The
    trace of input 0 lives on alone, into the second part of the run; tags outlive what made them, arrivals
    of input 1.
    """
    fires_once = {"keep_v": ONE_DECAY, "v": 90, "v_threshold": 10, "r": 2}
    base = make_image([fires_once, {}, {"v_threshold": 10}, {}, fires_once], 2,
                      [{"from": "k1", "to": 2, "weight": 50}], CONFIG.formats)
    spikes = learning_projection("spikes", 5, range(5), [3, 3, 3, 50, 3], 1, ProjectionLearning(
        SPIKES, enabled=np.arange(5) != 3))  # the weight that does not learn is beyond the bounds
    tags = learning_projection("tags", 6, (2, 3), [3, 3], 2, ProjectionLearning(TAGS, arrival=True))
    counts = np.zeros((7, 4), np.int64)
    counts[2, 0] = 1
    classes = PostClass(Trace(keep=ONE_DECAY // 2, amount=ONE)), PostClass()
    image = replace(
        base, projections=(*base.projections, spikes, tags),
        adaptation=Adaptation(np.full(5, ONE_DECAY // 2), 100 * (np.arange(5) == 2), np.zeros(5, np.int64)),
        plasticity=replace(
            Plasticity.plain(5, 2), classes=classes, neuron_class=np.array([1, 0, 0, 0, 0]), counts=counts,
            modulators=(Modulator(ONE, ONE_DECAY // 2, ONE // 4), *[Modulator()] * 3), seed=1))
    stimulus = SpikeRaster.from_events([0, 2, 3, 6], [0, 1, 1, 1], steps=STEPS, neurons=2)
    return image, stimulus, np.array([1])


def learning_projection(name, source, targets, weight, delay, learning):
    """A projection from one source."""
    n = len(targets)
    return ImageProjection(name, source, 1, targets[0], n, 0, np.array([0, n]), np.arange(n),
                           np.array(weight), np.array([delay]), learning)


def with_results(image, stimulus, commands):
    half = STEPS // 2
    parts = [window(stimulus, commands, *ends) for ends in ((0, half), (half, STEPS))]
    return image, parts, list(outcomes(ReferenceSimulator(image), parts))


def outcomes(machine, parts):
    """What each part of a run gives, and at last all that was learned.

    Between the parts the host writes, after which all rows are looked at anew.
    """
    for k, (stimulus, commands) in enumerate(parts):
        if k:
            machine.write_modulators(np.array([-ONE, 0, ONE, ONE // 3]))
        yield machine.run(stimulus, commands=commands)
    yield machine.read_learning()


def has_difference(networks):
    driver = Driver(SimulatorLink(CONFIG), timeout=60)
    for image, parts, expected in networks:
        *runs, learned = expected
        found = outcomes(driver.load(image), parts)
        if any(first_difference(result, next(found)) for result in runs):
            return True
        if first_learning_difference(image, learned, next(found)):
            return True
    return False


def test_the_core_without_a_fault_agrees(networks):
    assert not has_difference(networks)


def test_each_fault_can_be_planted():
    for _, module, text, faulty in FAULTS.values():
        mutant(f"hdl.{module}", text, faulty)


@pytest.mark.parametrize("fault", [
    fault if fault in QUICKLY else pytest.param(fault, marks=pytest.mark.slow) for fault in FAULTS])
def test_planted_fault_is_found(monkeypatch, networks, fault):
    target, module, text, faulty = FAULTS[fault]
    plant(monkeypatch, importlib.import_module(f"hdl.{target}"), mutant(f"hdl.{module}", text, faulty))
    assert has_difference(networks)
