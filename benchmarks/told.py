"""What other simulators are told of a network: the numbers of its description, not those of its image."""

import numpy as np

#: Of neurons; each has one value for all of them in the networks of the benchmarks.
COMMON = ("tau_mem", "tau_syn", "v_threshold", "v_reset", "v_leak", "t_ref")
STDP = ("a_plus", "a_minus", "tau_plus", "tau_minus", "w_max")


def told(network, seconds):
    """Arrays by name, in SI units; neurons are numbered through, population after population.

    ``n``, ``dt``, ``seconds``, the numbers of `COMMON`; ``current`` (r times the bias; one value where all
    are equal) and ``v_init``; ``background_rate`` (0: none) and ``background_weight``; for each of
    ``projections``, the k-th, ``pre{k}``, ``post{k}``, ``weight{k}`` and ``delay{k}`` (one value where all
    are equal); ``plastic``, the number of the one that learns by pair STDP (-1: none), with the numbers of
    `STDP`.
    """
    numbers = {"dt": network.dt, "seconds": seconds, "n": sum(p.n for p in network.populations),
               "projections": len(network.projections), "plastic": -1}
    numbers |= {name: _common(network, name) for name in COMMON}
    numbers["current"] = _one_if_equal(_of_neurons(network, lambda neuron: neuron.r * neuron.i_bias))
    numbers["v_init"] = _of_neurons(network, lambda neuron: neuron.v_init)
    numbers |= _background(network)
    for k, p in enumerate(network.projections):
        numbers |= _synapses(network, p, k)
        if p.learning is not None:
            numbers |= {"plastic": k} | {name: getattr(p.learning, name) for name in STDP}
    return numbers


def _background(network):
    backgrounds = {(b.rate, b.weight) if (b := p.background) else (0.0, 0.0) for p in network.populations}
    if len(backgrounds) != 1:
        raise ValueError(f"the background must be the same for all neurons of {network.name!r}")
    return dict(zip(("background_rate", "background_weight"), backgrounds.pop(), strict=True))


def _synapses(network, p, k):
    synapses = p.synapses(network.size(p.pre), network.size(p.post))
    delay = synapses.delay * (network.dt if p.delay is None else 1)
    return {f"pre{k}": _first(network, p.pre) + synapses.pre.astype(np.int32),
            f"post{k}": _first(network, p.post) + synapses.post.astype(np.int32),
            f"weight{k}": _one_if_equal(synapses.weight), f"delay{k}": _one_if_equal(delay)}


def _first(network, name):
    """The number of the first neuron of a population."""
    names = [p.name for p in network.populations]
    return np.int32(sum(p.n for p in network.populations[:names.index(name)]))


def _common(network, name):
    values = {getattr(p.neuron, name) for p in network.populations}
    if len(values) != 1:
        raise ValueError(f"{name} must be the same for all neurons of {network.name!r}, not {values}")
    return values.pop()


def _of_neurons(network, value):
    return np.concatenate([np.broadcast_to(value(p.neuron), p.n) for p in network.populations])


def _one_if_equal(values):
    return values[0] if values.size and np.ptp(values) == 0 else values
