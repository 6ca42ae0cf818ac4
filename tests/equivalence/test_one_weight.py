"""One weight that stands for all synapses is, to every machine, as many equal weights."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import CoreConfig
from snnsim.image import Image
from snnsim.placement import place
from snnsim.random_learning import random_learning_image
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import ReferenceSimulator, Simulator
from tests.generator import random_image, random_stimulus

STEPS = 40


def with_first_weights(image, count):
    """``image`` with each projection's first weight for all its synapses, ``count(n)`` times for ``n``."""
    return replace(image, projections=[
        replace(p, weight=np.repeat(_first(p), count(p.n_synapses))) if p.n_synapses else p
        for p in image.projections])


def _first(p):
    """A weight that all synapses may have: within the bounds of the rule, small enough for their sums."""
    low, high = p.weight_range()
    return int(np.clip(p.weight[0] // 4, low.max(), high.min())) if p.learning else int(p.weight[0] // 4)


def pair(seed):
    """The same image with single weights and with one for each synapse."""
    made = random_learning_image(seed) if seed % 2 else random_image(seed)
    return with_first_weights(made, lambda n: 1), with_first_weights(made, lambda n: n)


@pytest.mark.parametrize("seed", range(12))
def test_the_image_is_the_same(seed, tmp_path):
    one, each = pair(seed)
    one.save(tmp_path / "one.npz")
    back = Image.load(tmp_path / "one.npz")
    assert {p.weight.size for p in back.projections if p.n_synapses} == {1}
    assert one.digest == each.digest == back.digest
    assert one.nbytes < each.nbytes
    for p, q in zip(one.projections, each.projections, strict=True):
        for a, b in ((p.drive_bounds, q.drive_bounds), (p.weight_range(), q.weight_range())):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("machine", [Simulator, ReferenceSimulator])
def test_a_simulator_does_the_same(machine, seed):
    one, each = (machine(image) for image in pair(seed))
    stimulus = random_stimulus(seed, one.image, STEPS)
    everyone = range(one.image.n_neurons)
    assert first_difference(one.run(stimulus, everyone), each.run(stimulus, everyone)) is None
    assert first_learning_difference(one.image, one.read_learning(), each.read_learning()) is None
    one.write_weights(each.read_weights())


@pytest.mark.parametrize("seed", range(6))
def test_a_core_is_given_the_same(seed):
    config = CoreConfig.with_learning() if seed % 2 else CoreConfig()
    one, each = (place(image, config).memories for image in pair(seed))
    assert all(np.array_equal(one[memory], each[memory]) for memory in each)


def test_another_weight_for_all_is_another_image():
    one, _ = pair(0)
    p = next(p for p in one.projections if p.n_synapses)
    others = [replace(q, weight=q.weight + 1) if q is p else q for q in one.projections]
    assert replace(one, projections=others).digest != one.digest
