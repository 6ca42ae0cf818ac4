"""Citation graphs: generated, or from files; and how they are split into papers with and without a label."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnsim import UserError

#: What is known of the graph of the experiment, which has 84 papers of CiteSeer.
TOPIC_SIZES = (26, 20, 15, 12, 8, 3)
EDGES = 84
#: Edges that join papers of one topic: 0.738 of all.
EDGES_WITHIN = 62
LARGEST_DEGREE = 5
#: Draws after which a graph that cannot be finished is begun anew.
PATIENCE = 20_000
#: The share of papers whose label is known, and of those set aside to try things out on.
TRAIN = VALIDATION = 18 / 84


class GraphError(UserError):
    """Files that are no citation graph, or a graph that cannot be split as asked."""


@dataclass(frozen=True, eq=False)
class CitationGraph:
    """``papers``, ``topics``: their names; ``topic``: the number of each paper's, shape (papers,); ``edges``:
    pairs of papers of which one cites the other, shape (edges, 2), in order, the lower number first."""

    papers: tuple
    topics: tuple
    topic: np.ndarray
    edges: np.ndarray

    @property
    def degree(self):
        """Edges of each paper."""
        return np.bincount(self.edges.ravel(), minlength=len(self.papers))

    @property
    def homophily(self):
        """The share of edges that join papers of one topic."""
        return float(np.mean(self.topic[self.edges[:, 0]] == self.topic[self.edges[:, 1]]))

    def neighbours(self):
        """A list of the neighbours of each paper."""
        lists = [[] for _ in self.papers]
        for a, b in self.edges.tolist():
            lists[a].append(b)
            lists[b].append(a)
        return lists

    def __str__(self):
        return (f"{len(self.papers)} papers, {len(self.edges)} citations, {len(self.topics)} topics; "
                f"{self.homophily:.3f} of the citations within a topic, at most {self.degree.max()} with one "
                "paper")


@dataclass(frozen=True, eq=False)
class Split:
    """Numbers of papers: those whose label is known, those set aside, those to be classified."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(graph, seed):
    """A random `Split`: 18 of 84 papers, and as many set aside; in other graphs the same shares."""
    n = len(graph.papers)
    train, validation = (max(1, round(share * n)) for share in (TRAIN, VALIDATION))
    if train + validation >= n:
        raise GraphError(f"a graph of {n} papers is too small to be split; give one of at least 4")
    order = np.random.default_rng(seed).permutation(n)
    return Split(*(np.sort(part) for part in np.split(order, [train, train + validation])))


def generated(seed):
    """A random connected `CitationGraph` with what is known of the one of the experiment."""
    rng = np.random.default_rng(seed)
    topic = np.repeat(np.arange(len(TOPIC_SIZES)), TOPIC_SIZES)
    while (edges := _edges(topic, rng)) is None:
        pass
    papers = tuple(f"paper{k}" for k in range(topic.size))
    return CitationGraph(papers, tuple("ABCDEF"), topic, np.array(sorted(edges)))


def _edges(topic, rng):
    """`EDGES` pairs of papers, or None where chance has led nowhere.

    At first each paper is a part by itself. Edges within topics join parts to larger ones, others join these
    to one; those that are left join anything.
    """
    part, degree, edges = np.arange(topic.size), np.zeros(topic.size, int), set()
    joining = topic.size - 1 - EDGES_WITHIN
    for wanted, within, joins in ((EDGES_WITHIN, True, True), (joining, False, True),
                                  (EDGES - topic.size + 1, False, False)):
        wanted += len(edges)
        for a, b in np.sort(rng.integers(0, topic.size, (PATIENCE, 2)), axis=1).tolist():
            if len(edges) == wanted:
                break
            if (a == b or (a, b) in edges or max(degree[a], degree[b]) == LARGEST_DEGREE
                    or (topic[a] == topic[b]) != within or (joins and part[a] == part[b])):
                continue
            edges.add((a, b))
            degree[[a, b]] += 1
            part[part == part[a]] = part[b]
        if len(edges) < wanted:
            return None
    return edges


def load(citations, topics):
    """The `CitationGraph` of two files of lines ``paper,paper`` and ``paper,topic``.

    A comma, a tab or blanks separate the two; blank lines and those that begin with # are left out. A
    citation that is given twice, or in both directions, counts once. Raises `GraphError` with file and line
    for a line that is not of this form, and for a paper that has no topic or two, or cites itself.
    """
    topic_of = {}
    for place, paper, topic in _pairs(topics, "paper,topic"):
        if topic_of.setdefault(paper, topic) != topic:
            raise GraphError(f"{place}: paper {paper!r} has the topic {topic!r} here and {topic_of[paper]!r} "
                             "above; give each paper one")
    papers, names = tuple(topic_of), tuple(dict.fromkeys(topic_of.values()))
    number = {paper: k for k, paper in enumerate(papers)}
    edges = set()
    for place, *pair in _pairs(citations, "paper,paper"):
        for paper in pair:
            if paper not in number:
                raise GraphError(f"{place}: paper {paper!r} has no topic in {topics}; give it one, or leave "
                                 "its citations out")
        if pair[0] == pair[1]:
            raise GraphError(f"{place}: paper {pair[0]!r} cites itself; leave that out")
        edges.add(tuple(sorted(number[paper] for paper in pair)))
    return CitationGraph(papers, names, np.array([names.index(topic_of[paper]) for paper in papers]),
                         np.array(sorted(edges)))


def _pairs(path, form):
    """``(place, first, second)`` for each line of a file; raises `GraphError` if there is none."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise GraphError(f"{path} cannot be read: {reason}") from None
    found = 0
    for k, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = [field.strip() for field in line.split("," if "," in line else None)]
        if len(fields) != 2 or not all(fields):
            raise GraphError(f"{path}, line {k}: a line must be '{form}', separated by a comma, a tab or "
                             f"blanks, not {line.strip()[:60]!r}")
        found += 1
        yield f"{path}, line {k}", *fields
    if not found:
        raise GraphError(f"{path} has no line of the form '{form}'")
