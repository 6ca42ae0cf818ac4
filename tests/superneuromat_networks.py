"""Random networks that both this project and SuperNeuroMAT can run, and how to run them on either.

All numbers are multiples of 2**-8, and small: floats and integers hold them exactly, so nothing is rounded.
"""

from dataclasses import dataclass, replace

import numpy as np
from superneuromat import SNN

from snnsim import (
    LIF,
    Input,
    Network,
    OneToOne,
    Pairs,
    Population,
    Projection,
    Simulator,
    SpikeRaster,
    WindowSTDP,
    compile,
    with_weights,
)

STEPS = 60
NEURONS = 8
LONGEST_WINDOW = 8
LONGEST_DELAY = 4
BOUND = 15.0
#: Of neurons that fire whenever they are told and at no other time, whatever learned weights do.
DRIVEN = {"threshold": 200.0, "strength": 400.0}


@dataclass(frozen=True, eq=False)
class Drawn:
    """A network of ``NEURONS`` neurons.

    Arrays of neurons: ``threshold``, ``leak`` (inf: v is forgotten in each step), ``reset`` (also where v
    leaks to and begins), ``refractory`` (steps), ``strength`` of a spike from outside. ``fixed`` and
    ``plastic``: pre, post, weight, delay of synapses, four arrays. ``a_plus`` and ``a_minus``: of the window.
    ``told``: spikes from outside, shape (STEPS, NEURONS).
    """

    threshold: np.ndarray
    leak: np.ndarray
    reset: np.ndarray
    refractory: np.ndarray
    strength: np.ndarray
    fixed: tuple
    plastic: tuple
    a_plus: np.ndarray
    a_minus: np.ndarray
    told: np.ndarray

    @property
    def window(self):
        return len(self.a_plus)


def drawn(seed, learns=True):
    """A random network in which spikes cause spikes."""
    rng = np.random.default_rng(seed)

    def multiples(unit, lowest, highest, n):
        return unit * rng.integers(round(lowest / unit), round(highest / unit) + 1, n)

    # Coarse: v often is exactly the threshold, which is not enough.
    reset = rng.choice([0, 0, -0.5, 0.25], NEURONS)
    pairs = rng.permutation(NEURONS ** 2)[:rng.integers(10, 40)]
    pre, post = np.divmod(pairs, NEURONS)
    is_plastic = rng.random(pairs.size) < (0.5 if learns else 0)
    weight = np.where(is_plastic, multiples(2.0 ** -6, -0.5, 1.5, pairs.size),
                      multiples(0.25, -1, 1.5, pairs.size))
    delay = np.where(is_plastic, 1, rng.integers(1, LONGEST_DELAY + 1, pairs.size))
    columns = (pre, post, weight, delay)
    window = rng.integers(1, LONGEST_WINDOW + 1)
    threshold, strength = reset + multiples(0.25, 0.25, 2, NEURONS), multiples(0.25, 0.5, 3, NEURONS)
    threshold[0], strength[0] = DRIVEN["threshold"], DRIVEN["strength"]  # the compiler makes room for it
    return Drawn(
        threshold=threshold, reset=reset, strength=strength,
        leak=rng.choice([0, 0.25, 0.5, np.inf], NEURONS), refractory=rng.choice([0, 0, 1, 2, 5], NEURONS),
        fixed=tuple(c[~is_plastic] for c in columns), plastic=tuple(c[is_plastic] for c in columns),
        a_plus=multiples(2.0 ** -8, 0, 2.0 ** -5, window), a_minus=multiples(2.0 ** -8, 0, 2.0 ** -7, window),
        told=rng.random((STEPS, NEURONS)) < rng.choice([0.05, 0.2, 0.4]))


def driven(seed, longest_delay=1):
    """The same where the spikes from outside alone say who fires, and refractory times who does not."""
    network = drawn(seed)
    pre, post, weight, _ = network.plastic
    delay = np.random.default_rng(seed).integers(1, longest_delay + 1, pre.size)
    return replace(
        network, threshold=np.full(NEURONS, DRIVEN["threshold"]), leak=np.full(NEURONS, np.inf),
        strength=np.full(NEURONS, DRIVEN["strength"]), fixed=tuple(c[:0] for c in network.fixed),
        plastic=(pre, post, weight, delay))


def description(network, rule=None):
    """Its `Network`; ``rule`` of the plastic synapses: None is the window rule."""
    rule = rule or WindowSTDP(network.a_plus, network.a_minus, w_min=-BOUND, w_max=BOUND)
    neuron = LIF(tau_mem=np.where(np.isinf(network.leak), 0, np.inf), v_threshold=network.threshold,
                 v_reset=network.reset, v_leak=network.reset, t_ref=network.refractory * 1.0,
                 leak=np.where(np.isinf(network.leak), 0, network.leak), refractory="mute")
    return Network(
        dt=1.0, inputs=[Input("outside", NEURONS)], populations=[Population("cells", NEURONS, neuron)],
        projections=[Projection("outside", "cells", OneToOne(), weight=network.strength),
                     _projection("fixed", network.fixed, None),
                     _projection("plastic", network.plastic, rule)])


def _projection(name, synapses, rule):
    pre, post, weight, delay = synapses
    return Projection("cells", "cells", Pairs(pre, post), weight=weight, delay_steps=delay, learning=rule,
                      name=name)


def ours(network, rule=None):
    """``(spikes of shape (STEPS, NEURONS), plastic weights at the end)`` of the simulator."""
    described = description(network, rule)
    image = compile(described).image
    machine = Simulator(image)
    result = machine.run(SpikeRaster.from_dense(network.told))
    assert (result.v_saturations, result.weight_clips, result.learning_saturations) == (0, 0, 0)
    learned = with_weights(described, image, machine.read_weights())
    return result.raster.dense(), learned.projections[-1].weight


def snn_of(network):
    """``(its SNN, the plastic synapses)``. Delays are made of neurons behind the first `NEURONS`."""
    snn = SNN()
    for threshold, leak, reset, refractory in zip(network.threshold, network.leak, network.reset,
                                                  network.refractory, strict=True):
        snn.create_neuron(threshold=threshold, leak=leak, reset_state=reset, initial_state=None,
                          refractory_period=int(refractory))
    synapses = []
    for columns, learns in ((network.fixed, False), (network.plastic, True)):
        synapses = [snn.create_synapse(int(pre), int(post), weight=float(weight), delay=int(delay),
                                       stdp_enabled=learns)
                    for pre, post, weight, delay in zip(*columns, strict=True)]
    snn.apos, snn.aneg = network.a_plus.tolist(), (-network.a_minus).tolist()
    return snn, synapses


def warm_up(snn):
    """Let as many silent steps pass as the window has lags, without learning: to SuperNeuroMAT lags from
    before its first step do not count, to the contract they do, as steps without spikes."""
    snn.stdp = False
    snn.simulate(LONGEST_WINDOW, use="cpu")
    snn.clear_input_spikes()
    snn.stdp = True
    assert not snn.ispikes.any()


def theirs(network, is_warm=True):
    """What `ours` says, of SuperNeuroMAT as it is. It lets spikes from outside arrive at once; so they come
    a step later."""
    snn, synapses = snn_of(network)
    if is_warm:
        warm_up(snn)
    for step, neuron in np.argwhere(network.told[:-1]):
        snn.add_spike(int(step) + 1, int(neuron), float(network.strength[neuron]))
    snn.simulate(STEPS, use="cpu")
    return snn.ispikes[-STEPS:, :NEURONS], np.array([s.weight for s in synapses])


def theirs_with_weights_as_sent(network):
    """The same, but a spike carries the weight from before the step in which it is sent, as in the contract;
    SuperNeuroMAT as it is delivers it with what was learned in that step. It runs step by step, and is given
    the weights to deliver with; by how much they change does not depend on them.
    """
    snn, synapses = snn_of(network)
    warm_up(snn)
    before = now = snn.weight_mat()
    for step in range(STEPS):
        snn.set_weights_from_mat(before)
        for neuron in np.flatnonzero(network.told[step - 1]) if step else ():
            snn.add_spike(0, int(neuron), float(network.strength[neuron]))
        snn.simulate(1, use="cpu")
        before, now = now, now + (snn.weight_mat() - before)
    weights = np.array([now[s.pre_id, s.post_id] for s in synapses])
    return snn.ispikes[-STEPS:, :NEURONS], weights
