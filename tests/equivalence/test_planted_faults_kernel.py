"""The comparison with the reference finds faults: each is planted into a copy of the text and run.

The copies run as plain Python (numba compiles for seconds, and the text is what is tested here). That
the copy without a fault passes shows that it is the fault which is found.
"""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from snnsim.image import ImageProjection, Part
from snnsim.raster import SpikeRaster
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.contract.cases import load_cases, make_image
from tests.equivalence.test_simulators import alike
from tests.generator import random_config, random_image, random_stimulus
from tests.simulator.test_delivery import network as network_of_inputs

STEPS = 30

FAULTS = {
    "fires at the threshold": ("contract/neuron.py", "(v > v_threshold)", "(v >= v_threshold)"),
    "fires while refractory": ("contract/neuron.py", "(r == 0) & (v > v_threshold)", "(v > v_threshold)"),
    "forgets the countdown at rest": ("contract/neuron.py", "(i == 0) & (r == 0)", "(i == 0)"),
    "rounds down": ("contract/arithmetic.py", "select(x < 0, (1 << bits) - 1, 0)", "0"),
    "arrives a step late": ("contract/schedule.py", "return step + delay", "return step + delay + 1"),
    "takes the wrong delay slot": (
        "simulator/plain_machine.py", "1 << (self._image.delay_max + self._window - 2).bit_length()",
        "max(1, 1 << (self._image.delay_max - 1).bit_length() - 1)"),
    "saturates before the sum": (
        "simulator/cells.py", "current_sum(i_decayed, load(drive, k))",
        "current_sum(i_decayed, bounded(load(drive, k), lo, hi))"),
    "does not take the arrivals": ("simulator/cells.py", "store(drive, k, number(0))", "pass"),
    "takes neurons with i for neurons without": ("simulator/cells.py", "cells[:, AT_KEEP_I] == 0", "True"),
    "takes neurons for alike that are not": ("simulator/cells.py", ".all(axis=(1, 2))", ".any(axis=(1, 2))"),
    "skips a block with one neuron moving": ("simulator/kernel.py", "= moving > 0", "= moving > 1"),
    "skips the last of the blocks in which something arrives": (
        "simulator/delivery.py", "np.uint64(last // BLOCK + 1)", "np.uint64(last // BLOCK)"),
    "skips blocks in which little arrives": (
        "simulator/delivery.py", "touched[(segment.origin + np.int64(target[j])) // BLOCK] = 1", "pass"),
    "drops the second input event of a step": (
        "simulator/kernel.py", "        event += 1\n        n += 1\n", "        event += 1\n"),
    "drops the second spike of a block": ("simulator/kernel.py", "while mask != 0:", "if mask != 0:"),
    "drops what is in flight between runs": ("simulator/simulator.py", "self._time = origin + done", "pass"),
    "drops the spikes of the second thread": (
        "simulator/kernel.py", "for thread in range(team.neuron.shape[0]):",
        "for thread in range(min(1, team.neuron.shape[0])):"),
    "leaves the spikes of the last window": (
        "simulator/kernel.py", "while delivered < step or (step < last and not stops):",
        "while step < last and not stops:"),
    "delivers later than the shortest delay": (
        "simulator/plain_machine.py", "shortest // (1 + self._lag)", "shortest"),
    "fills a gap with a weight": ("simulator/blocks.py", "weights = np.zeros(size", "weights = np.ones(size"),
    "loses the exponent of rows": ("simulator/rows.py", "1 << p.exponent", "1"),
    "loses the exponent of dense rows": (
        "simulator/blocks.py", "block = (p.first_source, delay, 1 << p.exponent",
        "block = (p.first_source, delay, 1"),
    "loses the exponent of bitmaps": ("simulator/blocks.py", "int(weight) << p.exponent", "int(weight)"),
    "loses a carry": (
        "simulator/counting.py", "carry_b = (sum_a & carry_d) | (half & twos[w])",
        "carry_b = sum_a & carry_d"),
    "loses the carries of all but the first bitmaps": ("simulator/counting.py", "carry[w] = also", "pass"),
    "counts no more than seven": (
        "simulator/counting.py", "some[w] |= ((plane[w] >> shift) & LANES) << weight", "pass"),
    "loses the exponent of packed rows": (
        "simulator/blocks.py", "blocks.append((p.n_sources, (p.first_source, delay, 1 << p.exponent, sum",
        "blocks.append((p.n_sources, (p.first_source, delay, 1, sum"),
    "takes weights twice": ("simulator/delivery.py", "at += bits_set(mask)", "pass"),
    "keeps sums": ("simulator/delivery.py", "sums[t] = 0", "pass"),
    "adds two rows of four": (
        "simulator/delivery.py", "four = two + vectors.load(weights, c + j) + vectors.load(weights, d + j)",
        "four = two"),
}

def _is_small_and_alive(image, raster):
    return image.n_neurons <= 66 and 0 < image.n_synapses < 3000 and len(raster) > 3


def _random_networks():
    for seed in itertools.count():
        image = random_image(seed, random_config(seed) if seed % 2 else None)
        stimulus = random_stimulus(seed, image, STEPS)
        if _is_small_and_alive(image, Simulator(image).run(stimulus).raster):
            yield image, stimulus


def _quiet_network():
    """70 neurons at rest that one event reaches all at once."""
    image = make_image([{"v_threshold": 40}] * 70, 0, [])
    everywhere = ImageProjection("r", 70, 1, 0, 70, 0, np.array([0, 70]), np.arange(70),
                                 np.full(70, 50), np.array([3]))
    one_event = SpikeRaster.from_events([4], [0], steps=STEPS, neurons=1)
    return replace(image, inputs=(Part("k", 0, 1),), projections=(everywhere,)), one_event


def _two_shares(delay):
    """Two neurons far from each other that make each other fire; ``delay``: that of the first spike. With one
    of 3 the first also fires in the last step of a run."""
    image = make_image([{"v_threshold": 40}] * 130, 1, [
        {"from": "k0", "to": 129, "weight": 50, "delay": delay},
        {"from": 129, "to": 0, "weight": 50, "delay": 2},
        {"from": 0, "to": 129, "weight": 50, "delay": 3}])
    return image, SpikeRaster.from_events([4], [0], steps=STEPS, neurons=1)


def _few_among_many():
    """An input that leads to the first and the last of many neurons."""
    image = make_image([{"v_threshold": 40}] * 400, 0, [])
    ends = ImageProjection("ends", 400, 1, 0, 400, 0, np.array([0, 3]), np.array([0, 200, 399]),
                           np.full(3, 50), np.array([3]))
    return replace(image, inputs=(Part("k", 0, 1),), projections=(ends,)), SpikeRaster.from_events(
        [4], [0], steps=STEPS, neurons=1)


def _busy(*shape):
    image = network_of_inputs(*shape, exponent=2)
    return image, _noise(image.n_inputs)


def _noise(inputs):
    return SpikeRaster.from_dense(np.random.default_rng(3).random((STEPS, inputs)) < 0.6)


@pytest.fixture(scope="module")
def networks():
    """Networks, how they are run, their stimuli in two parts, and the reference's results."""
    chosen = [*itertools.islice(_random_networks(), 16), _quiet_network(), _few_among_many(),
              *((case.image, case.stimulus) for case in load_cases())]
    return [*(_with_results(image, stimulus) for image, stimulus in chosen),
            *(_with_results(alike(seed), _noise(3)) for seed in (0, 1)),
            *(_with_results(*_two_shares(delay), threads=2) for delay in (1, 3)),
            _with_results(*_busy(70, 12, 1.0, [1, 2, -3], [2]), delivery="dense"),
            _with_results(*_busy(70, 5, 0.8, [1, 2, -3], [1, 3]), delivery="dense"),
            _with_results(*_busy(70, 12, 0.5, [1, 2, -3], [1, 3]), delivery="packed"),
            _with_results(*_busy(70, 40, 0.8, [3], [2]), delivery="bitmaps")]


def _with_results(image, stimulus, **how):
    reference, half = ReferenceSimulator(image), stimulus.steps // 2
    parts = (stimulus.window(0, half), stimulus.window(half, stimulus.steps))
    return image, how, parts, [run(reference, part) for part in parts]


def run(machine, stimulus):
    return machine.run(stimulus, record=range(machine.image.n_neurons))


def differences(machine, networks):
    """The first difference on each network; an index out of range is one, too."""
    for image, how, parts, expected in networks:
        simulator = machine(image, **how)
        for part, result in zip(parts, expected, strict=True):
            try:
                yield first_difference(result, run(simulator, part))
            except IndexError as error:
                yield error


def test_the_copy_without_a_fault_agrees(planted, networks):
    machine = planted("simulator/kernel.py", "windows += 1", "windows += 1")
    assert not any(differences(machine, networks))


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(planted, networks, fault):
    assert any(differences(planted(*FAULTS[fault]), networks))
