"""The citation graph: generated as described, learned exactly as in floats and by SuperNeuroMAT."""

import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from superneuromat import SNN

from examples.citations import __main__ as command
from examples.citations import network as numbers
from examples.citations.floats import weights_after
from examples.citations.graph import (
    EDGES,
    TOPIC_SIZES,
    CitationGraph,
    GraphError,
    generated,
    load,
    split,
)
from examples.citations.network import A_MINUS, CORE, UNIT, WINDOW, described
from examples.citations.queries import asked, best, first, most_frequent, nearest, strict, topic_weights
from snnsim import Simulator, compile

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "experiments.md").read_text()
#: What every synapse forgets once more than in the original.
ONCE_MORE = WINDOW * A_MINUS
SPLITS = range(10)


def simulated(graph, known, papers):
    """``(image, a Query for each paper)`` on the simulator."""
    image = compile(described(graph, known), CORE.formats).image
    return image, asked(Simulator(image), image, papers)


def is_connected(graph):
    neighbours, reached, waiting = graph.neighbours(), {0}, [0]
    while waiting:
        new = set(neighbours[waiting.pop()]) - reached
        reached |= new
        waiting += new
    return len(reached) == len(graph.papers)


@pytest.mark.parametrize("seed", range(5))
def test_a_generated_graph_is_as_described(seed):
    graph = generated(seed)
    assert np.bincount(graph.topic).tolist() == list(TOPIC_SIZES) == [26, 20, 15, 12, 8, 3]
    assert len(graph.papers) == 84 and len(set(map(tuple, graph.edges.tolist()))) == EDGES == 84
    assert np.all(graph.edges[:, 0] < graph.edges[:, 1])
    assert graph.degree.max() == 5 and graph.degree.min() >= 1
    assert round(graph.homophily, 2) == 0.74
    assert is_connected(graph)


def test_the_same_seed_generates_the_same_graph_another_another():
    a, b, c = generated(3), generated(3), generated(4)
    assert np.array_equal(a.edges, b.edges) and not np.array_equal(a.edges, c.edges)


def test_a_split_has_each_paper_once():
    parts = split(generated(0), seed=1)
    assert [len(part) for part in vars(parts).values()] == [18, 18, 48]
    assert sorted(np.concatenate(list(vars(parts).values()))) == list(range(84))
    assert not np.array_equal(parts.test, split(generated(0), seed=2).test)


def superneuromat_weights(graph, known, paper):
    """Weights from ``paper`` to each topic after a query, by SuperNeuroMAT itself."""
    snn = SNN()
    known = set(known.tolist())
    papers = [snn.create_neuron(threshold=1.0, leak=0.0, refractory_period=1 if k in known else 1000)
              for k in range(len(graph.papers))]
    topics = [snn.create_neuron(threshold=1.0, leak=0.0) for _ in graph.topics]
    for a, b in graph.edges.tolist():
        snn.create_synapse(papers[a], papers[b], weight=100.0)
        snn.create_synapse(papers[b], papers[a], weight=100.0)
    for k, neuron in enumerate(papers):
        for t, topic in enumerate(topics):
            if k not in known or graph.topic[k] == t:
                for pre, post in ((neuron, topic), (topic, neuron)):
                    snn.create_synapse(pre, post, weight=1.0 if k in known else 0.001,
                                       stdp_enabled=k not in known)
    snn.apos, snn.aneg = [1.0, 0.5, 0.1, 0.01, 0.001], [-0.0001] * 5
    snn.add_spike(0, papers[paper], 100.0)
    snn.simulate(10, use="cpu")
    return np.array([snn.get_synapse(papers[paper], topic).weight for topic in topics])


def test_superneuromat_answers_the_same():
    graph = generated(0)
    parts = split(graph, 0)
    image, queries = simulated(graph, parts.train, parts.test)
    for query in queries:
        theirs = superneuromat_weights(graph, parts.train, query.paper)
        assert np.allclose(topic_weights(image, query) + ONCE_MORE, theirs, rtol=0, atol=1e-12)
        assert np.allclose(weights_after(graph, parts.train, query.paper), theirs, rtol=0, atol=1e-12)


def test_all_answers_are_those_in_floats():
    for seed in SPLITS:
        graph = generated(seed)
        parts = split(graph, seed)
        image, queries = simulated(graph, parts.train, parts.test)
        for query in queries:
            exact = weights_after(graph, parts.train, query.paper)
            assert np.allclose(topic_weights(image, query) + ONCE_MORE, exact, rtol=0, atol=1e-12)
            assert best(topic_weights(image, query)) == best(exact)
            assert (query.result.v_saturations, query.result.weight_clips,
                    query.result.learning_saturations) == (0, 0, 0)


@pytest.mark.parametrize(("number", "value"), [
    ("A_PLUS", (1.0, 0.5, 0.1, 0.0101, 0.001)), ("A_MINUS", 2e-4), ("REFRACTORY_UNKNOWN", 2), ("WINDOW", 4),
    ("UNKNOWN", -0.001), ("KNOWN", 0.9),
])
def test_another_number_is_seen(monkeypatch, number, value):
    """In the network alone: the floats have imported theirs."""
    monkeypatch.setattr(numbers, number, value)
    if number == "WINDOW":
        monkeypatch.setattr("examples.citations.queries.WINDOW", value)
    graph = generated(0)
    parts = split(graph, 0)
    image, queries = simulated(graph, parts.train, parts.test)
    equal = [np.allclose(topic_weights(image, query) + ONCE_MORE,
                         weights_after(graph, parts.train, query.paper), rtol=0, atol=1e-12)
             for query in queries]
    assert not all(equal)


def test_the_network_finds_what_the_nearest_papers_know(capsys):
    """Breadth-first search is what spikes along citations can do at best; without them there is guessing.

    Over 50 splits the mean is 0.55, standard deviation 0.08; of ten, 0.45 is four standard errors below."""
    assert command.main(["--on", "none"]) == 0
    output = capsys.readouterr().out
    means = re.findall(r"^  (?:ours|baseline).*? (0\.\d{3})  0\.\d{3}$", output, re.MULTILINE)
    ties_wrong, first_of_ties, search, guess = map(float, means)
    assert 0.45 < ties_wrong <= first_of_ties <= search + 0.02
    assert ties_wrong > guess + 0.15
    assert output.splitlines()[-1] == "answers that are those in floating point: 480 of 480"
    measured = [line.strip() for line in output.splitlines()[3:] if line]
    assert len(measured) == 6 and all(line in PAGE for line in measured)


def test_the_command_finds_the_virtual_board_identical(capsys):
    assert command.main(["--splits", "2", "--papers", "5"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "identical: simulator and virtual board, 10 queries, 0 differences in spikes, states and weights")


class OtherWeight(Simulator):
    def read_weights(self):
        weights = [w.copy() for w in super().read_weights()]
        weights[-1][7] -= 1
        return weights


def test_a_planted_fault_is_named(monkeypatch, capsys):
    monkeypatch.setattr(command, "opened", lambda name, image, config: nullcontext(OtherWeight(image)))
    assert command.main(["--splits", "1", "--on", "faulty"]) == 1
    assert re.fullmatch(
        r"different: simulator and faulty, split 0, query of paper \d+, after the last step, neuron \d+: "
        r"weight from neuron 84 in 'guess, back' \(its synapse 7\) -?\d+ against -?\d+",
        capsys.readouterr().out.splitlines()[-1])


#: a - b - c - d, and e alone.
PATH = CitationGraph(tuple("abcde"), ("X", "Y"), np.array([0, 1, 0, 1, 1]),
                     np.array([[0, 1], [1, 2], [2, 3]]))


@pytest.mark.parametrize(("paper", "known", "topic"), [
    (0, [1], 1), (0, [2, 3], 0),
    (1, [0, 2, 3], 0),      # a and c are nearer than d
    (2, [0, 3], 1),         # d is nearer than a
    (0, [0, 1], 0),         # what is known of the paper itself
    (4, [0, 3], 0),         # nothing is reached: the first topic
])
def test_the_nearest_known_paper_decides(paper, known, topic):
    assert nearest(PATH, np.array(known), paper) == topic


def test_among_several_as_near_the_most_frequent_topic_decides():
    star = replace(PATH, edges=np.array([[0, 1], [0, 3], [0, 2], [0, 4]]))
    assert nearest(star, np.array([1, 2, 3]), 0) == 1
    assert nearest(star, np.array([1, 2]), 0) == 0
    assert most_frequent(star, np.array([2, 3, 4])) == 1


def test_ties_are_wrong_or_their_first():
    answers = [best(np.array(w) * UNIT) for w in ([5, 2, 2], [3, 3, 1], [-4, -4, -4], [1, 2, 3])]
    assert answers == [{0}, {0, 1}, {0, 1, 2}, {2}]
    assert strict(answers, [0, 0, 1, 2]) == 0.5
    assert first(answers, [0, 0, 1, 1]) == 0.5


def files(folder, citations, topics):
    paths = []
    for name, text in (("citations.csv", citations), ("topics.csv", topics)):
        paths.append(folder / name)
        paths[-1].write_text(text)
    return paths


TOPICS = "# of each paper\na,X\nb,Y\nc,X\n\nd,Y\ne,Y\n"


@pytest.mark.parametrize("citations", [
    "a,b\nc,b\nc,d\n", "a\tb\nb\tc\nd\tc\n", "a b\n# twice\nb a\nb  c\n d, c\n"])
def test_files_of_ones_own_are_read(tmp_path, citations):
    graph = load(*files(tmp_path, citations, TOPICS))
    assert (graph.papers, graph.topics) == (PATH.papers, PATH.topics)
    assert np.array_equal(graph.topic, PATH.topic) and np.array_equal(graph.edges, PATH.edges)


@pytest.mark.parametrize(("citations", "topics", "said"), [
    ("a,b\na\n", TOPICS, "citations.csv, line 2: a line must be 'paper,paper', separated by a comma, a tab "
                         "or blanks, not 'a'"),
    ("a,b,c\n", TOPICS, r"citations.csv, line 1: a line must be 'paper,paper', .* not 'a,b,c'"),
    ("a,\n", TOPICS, r"citations.csv, line 1: .* not 'a,'"),
    ("a,b\n\nb,z\n", TOPICS, r"citations.csv, line 3: paper 'z' has no topic in .*topics.csv; give it .*"),
    ("b,b\n", TOPICS, r"citations.csv, line 1: paper 'b' cites itself; leave that out"),
    ("a,b\n", "a,X\nb,Y\na,Y\n", r"topics.csv, line 3: paper 'a' has the topic 'Y' here and 'X' above; .*"),
    ("a,b\n", "a X Y\n", r"topics.csv, line 1: a line must be 'paper,topic', .* not 'a X Y'"),
    ("# nothing\n", TOPICS, r"citations.csv has no line of the form 'paper,paper'"),
])
def test_a_wrong_line_is_named(tmp_path, citations, topics, said):
    with pytest.raises(GraphError) as error:
        load(*files(tmp_path, citations, topics))
    assert re.fullmatch(f".*{said}", str(error.value))


def test_files_that_cannot_be_read_are_named(tmp_path, capsys):
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\xfd")
    reasons = {tmp_path / "none.csv": "No such file or directory", binary: "it is no text in UTF-8"}
    for path, said in reasons.items():
        assert command.main(["--citations", str(path), "--topics", str(path)]) == 2
        assert capsys.readouterr().err == f"{path} cannot be read: {said}\n"


@pytest.mark.parametrize(("arguments", "said"), [
    (["--topics", "topics.csv"], "give both files, --citations and --topics, or neither\n"),
    (["--on", "nothing", "--splits", "1"], "there is no machine 'nothing': "),
])
def test_a_mistake_is_one_line(capsys, arguments, said):
    assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(said) and error.count("\n") == 1


def test_a_graph_of_ones_own_is_classified(tmp_path, capsys):
    """Two rings of papers that cite each other; each is of one topic."""
    papers = range(24)
    citations = "".join(f"{k},{(k + 2) % 24}\n" for k in papers)
    topics = "".join(f"{k},{'odd' if k % 2 else 'even'}\n" for k in papers)
    paths = files(tmp_path, citations, topics)
    assert command.main(["--on", "none", "--splits", "3", "--citations", str(paths[0]),
                         "--topics", str(paths[1])]) == 0
    output = capsys.readouterr().out
    assert output.startswith("24 papers, 24 citations, 2 topics; 1.000 of the citations within a topic")
    assert "answers that are those in floating point: 42 of 42" in output


def test_a_graph_that_is_too_small_is_refused(tmp_path, capsys):
    paths = files(tmp_path, "a,b\n", "a,X\nb,Y\n")
    assert command.main(["--citations", str(paths[0]), "--topics", str(paths[1])]) == 2
    assert capsys.readouterr().err == "a graph of 2 papers is too small to be split; give one of at least 4\n"
