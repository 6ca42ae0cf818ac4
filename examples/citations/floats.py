"""The same experiment in floating point, as SuperNeuroMAT does it: matrices, step by step, nothing clever."""

import numpy as np

from .network import (
    A_MINUS,
    A_PLUS,
    CITATION,
    KNOWN,
    QUERY,
    QUERY_STEPS,
    REFRACTORY_KNOWN,
    REFRACTORY_UNKNOWN,
    THRESHOLD,
    UNKNOWN,
    WINDOW,
)


def weights_after(graph, known, paper):
    """Weights from ``paper`` to each topic after a query of it, shape (topics,)."""
    n = len(graph.papers)
    weight, learns = _weights(graph, known)
    refractory = np.zeros(len(weight), int)
    refractory[:n] = REFRACTORY_UNKNOWN
    refractory[known] = REFRACTORY_KNOWN
    v, r, spikes, history = np.zeros(len(weight)), np.zeros(len(weight), int), np.zeros(len(weight)), []
    for step in range(QUERY_STEPS):
        v = v + spikes @ weight
        if step == 0:
            v[paper] += QUERY
        spikes = ((v > THRESHOLD) & (r == 0)) * 1.0
        r = np.where(spikes, refractory, np.maximum(r - 1, 0))
        v = np.where(spikes, 0.0, v)
        for gain, before in zip(A_PLUS, history, strict=False):  # as many lags as there are
            pairs = np.outer(before, spikes)
            weight = weight + learns * (gain * pairs - A_MINUS * (1 - pairs))
        history = [spikes, *history][:WINDOW]
    return weight[paper, n:]


def _weights(graph, known):
    """The matrix from all neurons, papers before topics, to all; and 1 where a synapse learns."""
    n, k = len(graph.papers), len(graph.topics)
    weight, learns = np.zeros((n + k, n + k)), np.zeros((n + k, n + k))
    a, b = graph.edges.T
    weight[a, b] = weight[b, a] = CITATION
    topic = n + graph.topic[known]
    weight[known, topic] = weight[topic, known] = KNOWN
    unknown = np.setdiff1d(np.arange(n), known)
    for half in (np.ix_(unknown, np.arange(n, n + k)), np.ix_(np.arange(n, n + k), unknown)):
        weight[half], learns[half] = UNKNOWN, 1
    return weight, learns
