"""The command: classifies papers on the simulator, on another machine and in floating point, compares all."""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from snnsim import Simulator, UserError, compile, first_difference
from snnsim.cli.machines import opened
from snnsim.cli.progress import progress
from snnsim.result import first_weight_difference

from ..machines import loaded, title
from .floats import weights_after
from .graph import GraphError, generated, load, split
from .network import CORE, described
from .queries import asked, best, first, most_frequent, nearest, strict, topic_weights


@dataclass(frozen=True, eq=False)
class Outcome:
    """Of one split: shares of right answers by the name of the method; numbers of papers and of answers that
    are those in floating point; and in words where the two machines differ first, or None."""

    shares: dict
    papers: int
    as_floats: int
    difference: str


def main(arguments=None):
    """Run the experiment; 0 if both machines are equal, 1 if not, 2 after a mistake."""
    options = parsed(arguments)
    try:
        return experiment(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="python -m examples.citations", description=__doc__)
    parser.add_argument("--on", default="virtual", metavar="MACHINE",
                        help="what to compare with the simulator: virtual (default), gateware, a serial "
                             "port, or none")
    parser.add_argument("--splits", type=positive, default=10, metavar="N",
                        help="random splits, each of a generated graph of its own if no files are given "
                             "(default: 10)")
    parser.add_argument("--papers", type=positive, metavar="N",
                        help="classify the first N papers of each split only")
    parser.add_argument("--citations", metavar="FILE", help="a graph of your own: lines 'paper,paper'")
    parser.add_argument("--topics", metavar="FILE", help="and lines 'paper,topic'")
    return parser.parse_args(arguments)


def positive(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return int(text)


def experiment(options):
    if (options.citations is None) != (options.topics is None):
        raise GraphError("give both files, --citations and --topics, or neither")
    given = load(options.citations, options.topics) if options.citations else None
    say_task(given or generated(0), options)
    outcomes, machine = [], None
    with ExitStack() as stack:
        advance = stack.enter_context(progress("splits", options.splits))
        for seed in range(options.splits):
            graph = given or generated(seed)
            parts = shortened(split(graph, seed), options.papers)
            image = compile(described(graph, parts.train), CORE.formats).image
            if options.on != "none":
                machine = loaded(machine, image) if machine else stack.enter_context(
                    opened(options.on, image, CORE))
            outcomes.append(outcome(graph, parts, image, machine))
            advance(seed + 1)
    say(outcomes, options.on)
    return int(any(o.difference for o in outcomes))


def shortened(parts, papers):
    """The `Split` with so many of its papers to be classified; None: all."""
    return replace(parts, test=parts.test[:papers])


def say_task(graph, options):
    parts = shortened(split(graph, 0), options.papers)
    print(graph)
    print(f"random splits: {options.splits}, each into {parts.train.size} papers of known topic, "
          f"{parts.validation.size} set aside, {parts.test.size} to be classified"
          + ("" if options.citations else "; each of a generated graph like this") + "\n")


def outcome(graph, parts, image, machine):
    """The `Outcome` of a split, whose network is ``image``; ``machine`` has it loaded, or is None."""
    queries = asked(Simulator(image), image, parts.test)
    difference = first_of(queries, image, machine) if machine else None
    answers = [best(topic_weights(image, query)) for query in queries]
    in_floats = [best(weights_after(graph, parts.train, query.paper)) for query in queries]
    topics = graph.topic[parts.test]
    found = np.array([nearest(graph, parts.train, query.paper) for query in queries])
    shares = {
        "ours, a tie counts as wrong": strict(answers, topics),
        "ours, the first of a tie counts": first(answers, topics),
        "baseline: nearest paper of known topic": float(np.mean(found == topics)),
        "baseline: most frequent topic": float(np.mean(most_frequent(graph, parts.train) == topics)),
    }
    as_floats = sum(a == b for a, b in zip(answers, in_floats, strict=True))
    return Outcome(shares, len(queries), as_floats, difference)


def first_of(queries, image, machine):
    """Where ``machine`` first differs from what the simulator did, in words, or None."""
    others = asked(machine, image, np.array([query.paper for query in queries]))
    for a, b in zip(queries, others, strict=True):
        found = first_difference(a.result, b.result) or first_weight_difference(image, a.weights, b.weights)
        if found:
            return f"query of paper {a.paper}, {found}"
    return None


def say(outcomes, on):
    papers = sum(o.papers for o in outcomes)
    print(f"{'share of papers classified right':<42} mean    sd")
    for name in outcomes[0].shares:
        values = [o.shares[name] for o in outcomes]
        print(f"  {name:<40} {np.mean(values):.3f}  {np.std(values):.3f}")
    print(f"\nanswers that are those in floating point: {sum(o.as_floats for o in outcomes):,} of {papers:,}")
    if on == "none":
        return
    for k, o in enumerate(outcomes):
        if o.difference:
            print(f"different: simulator and {title(on)}, split {k}, {o.difference}")
            return
    print(f"identical: simulator and {title(on)}, {papers:,} queries, 0 differences in spikes, states and "
          "weights")


if __name__ == "__main__":
    sys.exit(main())
