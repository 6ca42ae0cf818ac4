"""Queries on a machine, answers, and what answers without a network would be."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from snnsim import SpikeRaster
from snnsim.result import RunResult

from .network import STEPS, UNIT, WINDOW


@dataclass(frozen=True, eq=False)
class Query:
    """What a machine did at the query of one paper: its ``result`` and all ``weights`` afterwards."""

    paper: int
    result: RunResult
    weights: tuple


def asked(machine, image, papers, progress=lambda done: None):
    """A `Query` for each of ``papers``, on a machine with ``image`` loaded: each from the first weights."""
    queries = []
    for k, paper in enumerate(papers.tolist()):
        machine.clear()
        machine.write_weights([p.weights() for p in image.projections])
        result = machine.run(stimulus(image, paper))
        queries.append(Query(paper, result, machine.read_weights()))
        progress(k + 1)
    return queries


def stimulus(image, paper):
    """A spike of the query of ``paper`` in step 0, and the ticks of the clock."""
    clock = image.n_inputs - 1
    return SpikeRaster.from_events([0, *range(WINDOW)], [paper] + [clock] * WINDOW, steps=STEPS,
                                   neurons=image.n_inputs)


def topic_weights(image, query):
    """Weights from the paper of a `Query` to each topic, in the original's numbers."""
    number = next(k for k, p in enumerate(image.projections) if p.name == "guess")
    of_paper = image.projections[number].sources() == query.paper
    return query.weights[number][of_paper] * UNIT


def best(weights):
    """The topics with the largest weight: one, or several where they tie."""
    return frozenset(np.flatnonzero(weights > np.max(weights) - UNIT / 2).tolist())


def strict(answers, topics):
    """The share of right answers, where a tie is none."""
    return float(np.mean([answer == {topic} for answer, topic in zip(answers, topics, strict=True)]))


def first(answers, topics):
    """The share of right answers, where a tie is its first topic."""
    return float(np.mean([min(answer) == topic for answer, topic in zip(answers, topics, strict=True)]))


def nearest(graph, known, paper):
    """The topic of the nearest papers of known topic, by breadth-first search; the most frequent, then the
    first of them; without such papers, the first topic."""
    neighbours, known = graph.neighbours(), set(known.tolist())
    distance, waiting, found = {paper: 0}, deque([paper]), []
    while waiting:
        here = waiting.popleft()
        if found and distance[here] > distance[found[0]]:
            break
        if here in known:
            found.append(here)
        for other in neighbours[here]:
            if other not in distance:
                distance[other] = distance[here] + 1
                waiting.append(other)
    return most_frequent(graph, found)


def most_frequent(graph, papers):
    """The most frequent topic of ``papers``, the first one where several are."""
    return int(np.bincount(graph.topic[papers], minlength=len(graph.topics)).argmax()) if len(papers) else 0
