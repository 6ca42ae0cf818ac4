"""The comparison of learning with the reference finds faults: each is planted into a copy of the text.

As in `test_planted_faults_kernel` the copies run as plain Python. Limits are made small, so that short rows
and runs reach them.
"""

import itertools
import sys
from dataclasses import replace

import numba
import numpy as np
import pytest

from snnsim.contract.terms import ONE, Condition, Factor, Target
from snnsim.plasticity import Adaptation, Term
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.contract.cases import make_image
from tests.equivalence.test_learning_simulators import one_source, pair_rule, random_network, replaying
from tests.mutants import interpreted_simulator

STEPS = 24
#: Module -> what is made small in it.
LIMITS = {"learn": {"CHUNK": 5}, "learn_terms": {"CHUNK": 5}, "alike": {"CHUNK": 5},
          "replay": {"CHUNK": 5, "EPOCH": 40}, "notes": {"NOTED": 8, "EPOCH": 40, "COARSE": 1}}

FAULTS = {
    "takes pre for post": ("learn.py", "if condition == ON_PRE:", "if condition == ON_POST:"),
    "clips the change before it adds it": (
        "lanes.py", "learned(np.int64(weight[j]), rounded(total[OF_WEIGHT, j], fraction))",
        "learned(np.int64(weight[j]), bounded(rounded(total[OF_WEIGHT, j], fraction), w_min, w_max))"),
    "rounds each term": (
        "lanes.py", "total[which, j] += aligned(products[j], shift)\n",
        "total[which, j] += rounded(aligned(products[j], shift), 14) << 14\n"),
    "takes the factor of another neuron": (
        "lanes.py", "values[which, target[j]]", "values[which, target[0]]"),
    "learns for a target that has not fired": (
        "lanes.py", "aligned(products[j], shift) if fired[j] != 0 else 0", "aligned(products[j], shift)"),
    "keeps tags from decaying": (
        "lanes.py", "decayed(product(np.int64(tag[j]), keep_e), decay_bits)", "np.int64(tag[j])"),
    "leaves tags alone when nothing happens": ("learn.py", "not active and not row.tagged", "not active"),
    "skips what is behind the first chunk": (
        "learn.py", "range(row.first, row.last, CHUNK)",
        "range(row.first, min(row.last, row.first + 1), CHUNK)"),
    "takes up an event before it learns": (
        "learning_kernel.py", "    work = learn_row(row, now,",
        "    row.x[0] += row.event\n    work = learn_row(row, now,"),
    "learns twice from a spike": (
        "learning_kernel.py", "elif not rules[row.rule].replays:", "else:"),
    "replays the spikes of a step that it has learned from": (
        "learning_kernel.py", "row.since = now + 1", "row.since = now"),
    "sends before it replays": (
        "learning_kernel.py", "work -= catch_up(source, now, learning, counts)", "pass"),
    "takes arrivals a step late": (
        "learning_kernel.py", "arrival_step(now, row.lag)", "arrival_step(now, row.lag) + 1"),
    "learns without a command": ("learning_kernel.py", "commands[step] != 0", "True"),
    "learns from commands only where something else happens": (
        "learning_kernel.py", "rule.replays and rule.has_command and", "False and"),
    "forgets spikes when notes are full": (
        "learning_kernel.py", "    if is_full(fired, now, notes):\n", """
    if is_full(fired, now, notes):
        notes.count[:], notes.recent[:], notes.counter[0] = np.minimum(notes.count, 0), 0, now
    if False:
"""),
    "does not replay at the end": (
        "learning_kernel.py", "        replay_all(learning.rows.table, origin,",
        "        (lambda *_: 0)(0,"),
    "marks a spike for ever": ("learning_kernel.py", "mark(post.factors[OF_POST], fired, 0)", "pass"),
    "misses the latest spike": (
        "replay.py", "changes[0, j] = change[noted_step(steps, 0)]", "changes[0, j] = 0"),
    "misses the one before the latest spike": (
        "replay.py", "changes[1, j] = change[noted_step(steps, 1)]", "changes[1, j] = 0"),
    "takes only two spikes": ("replay.py", "while mask != 0:", "while False:"),
    "overlooks what may have been a third spike": (
        "notes.py", "(since >> COARSE << (RECENT * STEP_BITS)) - 1",
        "((since >> COARSE) + 1 << (RECENT * STEP_BITS)) - 1"),
    "forgets the third spike": ("notes.py", "(before >> COARSE << (RECENT * STEP_BITS))", "0"),
    "misses the first of many spikes": (
        "replay.py", "range(first_noted(notes.steps, n, before, since), before)",
        "range(first_noted(notes.steps, n, before, since) + 1, before)"),
    "misses the first of spikes that differ": (
        "replay.py", "range(first_noted(notes.steps, n, noted, begin), noted)",
        "range(first_noted(notes.steps, n, noted, begin) + 1, noted)"),
    "clips in the wrong order": (
        "replay.py", "np.int32(learned(np.int32(weight[j]), changes[1, j]))",
        "np.int32(learned(np.int32(weight[j]), changes[0, j]))"),
    "counts no clips in arrears": (
        "replay.py", "clips + apply_changes(", "clips + 0 * apply_changes("),
    "draws the chance of the step of the visit": (
        "replay.py", "noise.step_noise(program.seed, since + lag)",
        "noise.step_noise(program.seed, row.since)"),
    "keeps a trace from decaying in arrears": (
        "replay.py", "x = decayed(kept, decay_bits)", "pass"),
    "leaves the changes of a row to the next": (
        "replay.py", "ahead.change[begin + 1:begin + horizon + 1] = 0", "pass"),
    "keeps what spikes do from the step before": (
        "alike.py", "alike.step[row.projection] != now", "alike.step[row.projection] < 0"),
    "overlooks that a target fires in the step of the source": (
        "alike.py", "FIRED if fired[j] != 0 else rounded(sums[j], fraction)", "rounded(sums[j], fraction)"),
    "learns from one of two spikes of a step": (
        "alike.py", "total[origin + np.int64(target[j])] + of_row", "total[origin + np.int64(target[j])]"),
    "overlooks a command in a step in which the source spikes": (
        "learn.py", "not (is_commanded and rule.has_command)", "True"),
    "counts no clips where all rows are alike": ("alike.py", "counts[CLIPPED] += clips", "pass"),
    "notes what a neuron has after the step": (
        "notes.py", "notes.factors[n, place, f] = of_neurons[f, n]", "notes.factors[n, place, f] = 0"),
    "adds a spike to a trace before it decays": (
        "traces.py", "x_decayed = decayed(product(x, trace.keep), decay_bits)",
        "x_decayed = decayed(product(x + event, trace.keep), decay_bits)"),
    "keeps what has arrived for a third factor": ("traces.py", "arrivals[slot, n] = 0", "pass"),
    "counts no more than one spike": (
        "traces.py", "count += np.int64(counts[sources[k], g])", "count = np.int64(counts[sources[k], g])"),
    "grades v after the reset": ("traces.py", "cells[b, AT_V_FIRED + k]", "cells[b, k]"),
    "does not adapt": ("cells.py", "adapted(z, spike,", "adapted(z, False,"),
    "rests while a threshold decays": (
        "cells.py", "(decay(z, keep_z, decay_bits) == z)", "True"),
    "learns where that is not enabled": (
        "plastic_rows.py", "np.where(p.learning.mask(p.n_synapses), row, -1)", "np.maximum(row, -1)"),
}


def _networks():
    """Random ones in which much is learned, half of them in arrears, and rows of several chunks."""
    for seed in itertools.count(300):
        image, stimulus, commands = random_network(seed, STEPS)
        if seed % 2:
            image = replaying(image)
        machine = Simulator(image)
        before, result = machine.read_weights(), machine.run(stimulus, commands=commands)
        moved = sum((a != b).sum() for a, b in zip(before, machine.read_weights(), strict=True))
        if moved > 5 and len(result.raster) > 20 and image.n_synapses < 400:
            yield image, stimulus, commands


def _long_rows():
    """One row of several chunks, with spikes of its source one after the other and far apart."""
    stimulus = SpikeRaster.from_events([2, 3, 17, 18, 23, 41], [0] * 6, steps=84, neurons=1)
    for rule in (pair_rule(), pair_rule(stochastic=True), pair_rule(extra=(Factor.W,), shift=3),
                 pair_rule(extra=(Factor.Y1,))):
        yield one_source(12, rule), stimulus, ()


def _tags_that_decay():
    """Nothing happens to them but that."""
    rule = replace(pair_rule(), terms=(Term(Target.TAG, Condition.PRE, ONE, 0, ()),), keep_e=1 << 15)
    return one_source(3, rule), SpikeRaster.from_events([2], [0], steps=8, neurons=1), ()


def _threshold_that_decays():
    """A neuron at rest that an event reaches when its threshold is low again."""
    image = make_image([{"v_threshold": 40}], 1, [{"from": "k0", "to": 0, "weight": 50}])
    adaptation = Adaptation(np.array([3000]), np.array([0]), np.array([30]))
    event = SpikeRaster.from_events([20], [0], steps=25, neurons=1)
    return replace(image, adaptation=adaptation), event, ()


@pytest.fixture(scope="module")
def networks():
    """Networks, their stimuli and commands, and the reference's results."""
    chosen = [*_long_rows(), _tags_that_decay(), _threshold_that_decays(),
              *itertools.islice(_networks(), 10)]
    return [(image, stimulus, commands, outcome(ReferenceSimulator(image), stimulus, commands))
            for image, stimulus, commands in chosen]


def outcome(machine, stimulus, commands):
    result = machine.run(stimulus, range(machine.image.n_neurons), commands=commands)
    return result, machine.read_learning()


@pytest.fixture
def planted(faulty_copy, monkeypatch):
    """A function that plants a fault into a copy of the simulator, and returns that `Simulator`."""
    def plant(file, text, fault):
        package = faulty_copy(f"simulator/{file}", text, fault)
        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
        simulator = interpreted_simulator(package)
        for module, limits in LIMITS.items():
            for name, value in limits.items():
                monkeypatch.setattr(sys.modules[f"{package}.simulator.{module}"], name, value)
        return simulator
    return plant


def differences(machine, networks):
    """The first difference on each network; an index out of range is one, too."""
    for image, stimulus, commands, (result, state) in networks:
        try:
            ours = outcome(machine(image), stimulus, commands)
        except (IndexError, OverflowError) as error:
            yield error
        else:
            yield first_difference(result, ours[0]) or first_learning_difference(image, state, ours[1])


def test_the_copy_without_a_fault_agrees(planted, networks):
    assert not any(differences(planted("lanes.py", "clips = 0\n", "clips = 0\n"), networks))


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(planted, networks, fault):
    assert any(differences(planted(*FAULTS[fault]), networks))
