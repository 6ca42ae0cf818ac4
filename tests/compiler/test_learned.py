"""What was learned comes home: the description with it compiles to exactly the integers that were learned."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim import (
    LIF,
    STDP,
    AllToAll,
    CoreConfig,
    Dense,
    FixedProbability,
    Formats,
    Input,
    IntegerLIF,
    Network,
    Normal,
    Pairs,
    Population,
    Projection,
    RectangularSTDP,
    ReferenceSimulator,
    SpikeRaster,
    ThirdFactor,
    Uniform,
    UserError,
    compile,
    with_weights,
)
from snnsim.compiler import learned

N_IN, N = 8, 5
DT = 1e-3


def stdp(w_max, **others):
    return STDP(w_max / 20, w_max / 25, 20e-3, 15e-3, w_min=-w_max / 3, w_max=w_max, **others)


def network(*projections, neuron=None):
    neuron = neuron or LIF(20e-3, 15e-3, t_ref=2e-3)
    populations = [Population("p", N, neuron, third_factor=ThirdFactor())]
    return Network(DT, populations, [Input("in", N_IN)], projections)


def shuffled(seed):
    """All pairs, in no order."""
    pairs = np.random.default_rng(seed).permutation(N_IN * N)
    return Pairs(*np.divmod(pairs, N))


MATRIX = np.where(np.random.default_rng(1).random((N_IN, N)) < 0.6, 5e-3, 0.0)
MASK = np.random.default_rng(2).random((N_IN, N)) < 0.7
DRIVE = Projection("in", "p", AllToAll(), 4e-3)
CURRENTS = LIF(20e-3, 15e-3, tau_syn=3e-3, r=70e6)
CASES = {
    "volts": network(Projection("in", "p", AllToAll(), Uniform(1e-3, 5e-3, 1), learning=stdp(6e-3))),
    "amperes": network(Projection("in", "p", AllToAll(), Uniform(1e-10, 6e-10, 1), learning=stdp(7e-10)),
                       neuron=CURRENTS),
    "no order": network(Projection("in", "p", shuffled(3), Uniform(1e-3, 5e-3, 1), learning=stdp(6e-3))),
    "a matrix without zeros": network(Projection("in", "p", Dense(), MATRIX, learning=stdp(6e-3)), DRIVE),
    "a mask": network(Projection("in", "p", Dense(MASK), Normal(3e-3, 1e-3, 5), learning=stdp(9e-3)), DRIVE),
    "some fixed": network(Projection("in", "p", shuffled(4), Uniform(0, 4e-2, 1), learning=stdp(
        6e-3, enabled=Uniform(0, 4e-2, 1).draw(N * N_IN) < 5e-3)), DRIVE),
    "two, and one that is fixed": network(
        DRIVE, Projection("in", "p", FixedProbability(0.5, 3), 1e-3, learning=stdp(2e-3)),
        Projection("p", "p", AllToAll(False), Uniform(-1e-3, 1e-3, 7), delay=3e-3, learning=stdp(3.3e-3))),
    "third factors": network(DRIVE, Projection("in", "p", AllToAll(), 0.1, port="m", learning=stdp(0.3))),
    "integers": network(
        Projection("in", "p", shuffled(5), weight_q=np.arange(N_IN * N) * 3, exponent=5,
                   learning=RectangularSTDP(7, 5, 20e-3, 10e-3, w_min=0, w_max=120)),
        neuron=IntegerLIF(9000, keep_v_q=60000)),
}
TARGETS = {"16 bits": Formats(weight_width=16), "8 bits": Formats(weight_width=8),
           "core": CoreConfig.with_learning()}


def stimulus(image):
    return SpikeRaster.from_dense(np.random.default_rng(6).random((150, image.n_inputs)) < 0.12)


def run(network, target):
    """``(image, machine after a run)``."""
    image = compile(network, target).image
    machine = ReferenceSimulator(image)
    machine.run(stimulus(image))
    return image, machine


def comes_home(network, target, path=None):
    """Whether what was learned compiles to what was learned; through a file if ``path`` is given."""
    image, machine = run(network, target)
    weights = machine.read_weights()
    assert any(np.any(w != p.weights()) for p, w in zip(image.projections, weights, strict=True))
    home = with_weights(network, image, weights)
    if path is not None:
        home.save(path)
        home = Network.load(path)
    again = compile(home, target).image
    same = [np.array_equal(p.weights(), w) for p, w in zip(again.projections, weights, strict=True)]
    others = replace(again, projections=image.projections).digest == image.digest
    return all(same) and others


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("target", TARGETS)
def test_what_was_learned_compiles_to_the_very_integers(name, target):
    assert comes_home(CASES[name], TARGETS[target])


@pytest.mark.parametrize("name", CASES)
def test_a_saved_network_runs_on_like_the_machine_that_learned(tmp_path, name):
    network = CASES[name]
    assert comes_home(network, None, tmp_path / "learned.npz")
    image, machine = run(network, None)
    machine.clear()
    again = ReferenceSimulator(compile(Network.load(tmp_path / "learned.npz")).image)
    first, second = machine.run(stimulus(image)), again.run(stimulus(image))
    assert first.raster == second.raster and len(first.raster) > 0
    for a, b in zip(machine.read_weights(), again.read_weights(), strict=True):
        assert np.array_equal(a, b)


def test_fixed_weights_stay_as_they_were_described():
    network = CASES["two, and one that is fixed"]
    image, machine = run(network, None)
    home = with_weights(network, image, machine.read_weights())
    assert home.projections[0] == network.projections[0]
    assert replace(home.projections[2], weight=0.0) == replace(network.projections[2], weight=0.0)


def test_synapses_that_do_not_learn_stay_as_they_were_described():
    network = CASES["some fixed"]
    image, machine = run(network, None)
    home, described = (n.projections[0].synapses(N_IN, N)
                       for n in (with_weights(network, image, machine.read_weights()), network))
    fixed = ~described.enabled
    assert np.array_equal(home.weight[fixed], described.weight[fixed]) and fixed.any()
    assert np.any(home.weight[~fixed] != described.weight[~fixed])


def test_a_wrong_order_is_caught(monkeypatch):
    monkeypatch.setattr(learned, "by_source", lambda pre: np.arange(pre.size))
    assert not comes_home(CASES["no order"], None)


def test_a_wrong_unit_is_caught(monkeypatch):
    monkeypatch.setattr(learned, "weight_gain", lambda *args: np.array([1.0]))
    with pytest.raises(UserError, match="outside the bounds of its learning rule"):
        comes_home(CASES["amperes"], None)


def test_weights_of_another_image_are_refused():
    network = CASES["volts"]
    image, machine = run(network, None)
    with pytest.raises(UserError, match="weights must have shapes"):
        with_weights(network, image, ())
    with pytest.raises(UserError, match=r"projection 'in->p': weight\[0\] must be between"):
        with_weights(network, image, [machine.read_weights()[0] + 40000])
