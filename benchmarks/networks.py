"""The networks of the benchmarks, described as a user would.

The balanced network is after Brunel (2000), with a constant current in place of the world outside, or with
arrivals of a Poisson process, as there.
"""

from itertools import product

import numpy as np

from snnsim import LIF, STDP, AllToAll, FixedInDegree, Network, Poisson, Population, Projection, Uniform

#: Seconds and volts.
DT, DELAY, TAU_MEM, T_REF = 1e-4, 1.5e-3, 20e-3, 2e-3
V_THRESHOLD, V_RESET = 20e-3, 10e-3
#: Of the threshold: where a neuron without arrivals tends to. Learning starts a little above.
DRIVE, DRIVE_LEARNING = 2.0, 2.1
#: Volts of an excitatory synapse; an inhibitory one is so much stronger.
WEIGHT, INHIBITION = 0.1e-3, 5.0
LARGEST_FAN_IN = 1000
#: Volts below what any neuron reaches: it says how far down the integers must go.
V_MIN = -0.5


def fan_in(n):
    """``(excitatory, inhibitory)`` synapses of each of ``n`` neurons: a tenth of those there are, at most."""
    total = min(n // 10, LARGEST_FAN_IN)
    return total * 4 // 5, total // 5


def balanced(n=10_000, distinct=False):
    """A balanced network: four of five neurons excitatory. ``distinct``: each synapse has a weight of its
    own, uniform between 0 and twice the mean."""
    return _network(n, DRIVE, distinct)


def noisy(n=10_000):
    """The balanced network, driven by a Poisson process of excitatory arrivals at each neuron instead of by a
    current of the same mean."""
    rate = DRIVE * V_THRESHOLD / (WEIGHT * TAU_MEM)
    return _network(n, 0.0, background=Poisson(rate, WEIGHT))


def plastic(n=10_000):
    """The same where the synapses between excitatory neurons learn by pair STDP: all pairs count, changes are
    added, weights are bounded."""
    w_max = 2 * WEIGHT
    rule = STDP(a_plus=0.002 * w_max, a_minus=1.05 * 0.002 * w_max, tau_plus=TAU_MEM, tau_minus=TAU_MEM,
                w_min=0, w_max=w_max)
    return _network(n, DRIVE_LEARNING, learning=rule)


def _network(n, drive, distinct=False, learning=None, background=None):
    rng = np.random.default_rng(0)
    populations = [
        Population(name, size, LIF(
            tau_mem=TAU_MEM, v_threshold=V_THRESHOLD, v_reset=V_RESET, v_min=V_MIN, t_ref=T_REF,
            i_bias=drive * V_THRESHOLD, v_init=rng.uniform(0, V_THRESHOLD, size)), background=background)
        for name, size in (("excitatory", n * 4 // 5), ("inhibitory", n // 5))]
    projections = [
        _random(pre, post, n, distinct, seed, learning if pre == post == "excitatory" else None)
        for seed, (pre, post) in enumerate(product(("excitatory", "inhibitory"), repeat=2))]
    return Network(dt=DT, populations=populations, projections=projections)


def _random(pre, post, n, distinct, seed, learning):
    excites = pre == "excitatory"
    weight, k = (WEIGHT, fan_in(n)[0]) if excites else (-INHIBITION * WEIGHT, fan_in(n)[1])
    if distinct:
        weight = Uniform(min(0, 2 * weight), max(0, 2 * weight), seed=seed)
    return Projection(pre, post, FixedInDegree(k, seed=seed), weight=weight, delay=DELAY, learning=learning)


def cuba(n=4000):
    """The example CUBA of Brian2 (after Vogels and Abbott, 2005): currents that decay, 2 % connectivity.

    There, inhibition decays with 10 ms; a neuron here has one current, so both decay with 5 ms, and
    inhibition is twice as strong, which leaves what a spike carries as it is.
    """
    n_excitatory, rng = n * 4 // 5, np.random.default_rng(0)
    populations = [
        Population(name, size, LIF(
            tau_mem=20e-3, tau_syn=5e-3, v_threshold=-50e-3, v_reset=-60e-3, v_leak=-49e-3, t_ref=5e-3,
            v_min=V_MIN, v_init=rng.uniform(-60e-3, -50e-3, size)))
        for name, size in (("excitatory", n_excitatory), ("inhibitory", n - n_excitatory))]
    sizes, weights = {p.name: p.n for p in populations}, {"excitatory": 1.62e-3, "inhibitory": -18e-3}
    projections = [
        Projection(pre, post, FixedInDegree(sizes[pre] // 50, seed=seed), weight=weights[pre])
        for seed, (pre, post) in enumerate(product(sizes, repeat=2))]
    return Network(dt=DT, populations=populations, projections=projections)


def all_to_all(n):
    """``n`` integrators without leak, which fire about every 50 steps; signed random weights."""
    rng = np.random.default_rng(n)
    cells = Population("cells", n, LIF(
        tau_mem=np.inf, v_threshold=1.0, i_bias=rng.uniform(16, 24, n), v_init=rng.uniform(0, 1, n)))
    synapses = Projection("cells", "cells", AllToAll(), weight=Uniform(-0.008, 0.008, seed=n))
    return Network(dt=1e-3, populations=[cells], projections=[synapses])
