"""Weights come home: the integers that a machine learned, as the description of a network."""

from dataclasses import replace

import numpy as np

from snnsim.connect import Dense
from snnsim.contract.terms import FACTOR_FRACTION
from snnsim.network import LIF
from snnsim.result import check_weights

from .parameters import weight_gain
from .synapses import by_source


def with_weights(network, image, weights):
    """``network`` with the weights that a machine learned.

    ``image``: what ``network`` compiled to; ``weights``: what ``read_weights()`` of a machine gave, an array
    for each projection. Weights of synapses that do not learn stay as they were described. What comes back
    compiles, for the same target, to exactly these integers. Raises `UserError` for weights that are not of
    this image.
    """
    weights = check_weights(image, weights)
    projections = [p if p.learning is None else _learned(network, p, q, w, image)
                   for p, q, w in zip(network.projections, image.projections, weights, strict=True)]
    return replace(network, projections=projections)


def _learned(network, projection, compiled, weights, image):
    n_pre, n_post = network.size(projection.pre), network.size(projection.post)
    synapses = projection.synapses(n_pre, n_post)
    described = np.empty(synapses.pre.size, np.int64)
    described[by_source(synapses.pre)] = weights
    connect = projection.connect
    if isinstance(connect, Dense) and connect.mask is None:
        connect = Dense(projection.weight_q if projection.in_integers else projection.weight)
    if projection.in_integers:
        new = {"weight_q": np.where(synapses.enabled, described, synapses.weight)}
    else:
        unit = _unit(network, projection, compiled, image)
        new = {"weight": np.where(synapses.enabled, described * unit, synapses.weight)}
    return replace(projection, connect=connect, **new)


def _unit(network, projection, compiled, image):
    """What 1 of an integer weight is in the unit of the description."""
    if projection.port == "m":
        return 2.0 ** (compiled.exponent - FACTOR_FRACTION)
    population = network.population(projection.post)
    part = next(p for p in image.populations if p.name == projection.post)
    assert isinstance(population.neuron, LIF)
    gain = weight_gain(population.neuron, population.n, network.dt)
    return 2.0 ** compiled.exponent / part.scale / float(gain[0])
