"""The network: a neuron for each paper and each topic.

A query is a spike of one paper. It spreads over citations; papers whose label is known pass it on to the
neuron of their topic. Synapses between papers without a label and all topics learn by the window rule of
SuperNeuroMAT, so that of the query to a topic grows with how soon the topic fired after it.

All numbers of the experiment are multiples of `UNIT`, so they are integers here and nothing is rounded.
"""

import numpy as np

from snnsim import (
    CoreConfig,
    Formats,
    History,
    Input,
    IntegerLIF,
    Modulator,
    Network,
    OneToOne,
    Pairs,
    Population,
    Projection,
    SumOfProducts,
)

#: What a synapse gains by its lag, 1 to 5 steps, and loses for each lag at which the two did not spike.
A_PLUS = (1.0, 0.5, 0.1, 0.01, 0.001)
A_MINUS = 1e-4
WINDOW = len(A_PLUS)
#: Weights of citations, of a query, between papers and their known topics, and of all that is unknown.
CITATION, QUERY, KNOWN, UNKNOWN = 100.0, 100.0, 1.0, 0.001
THRESHOLD = 1.0
QUERY_STEPS = 10
#: Steps in which a paper cannot fire again. Those of unknown topic fire once: theirs cannot for 1,000 steps,
#: but a query has ten.
REFRACTORY_KNOWN, REFRACTORY_UNKNOWN = 1, 200

#: What an integer 1 stands for.
UNIT = 1e-4
#: A weight of 100 is larger than 16 bits of these: an exponent takes what is missing.
EXPONENT = 6
#: Room for a synapse that loses in each step, and for one that gains every tap: as one of its neurons is a
#: paper that fires once, it gains each but once.
W_MIN, W_MAX = -100, 17_000
#: Of the size of NeuroCoreX, which has 100 neurons; 32 bits hold a hundred papers' weight of 100.
CORE = CoreConfig(formats=Formats(weight_width=16, state_width=32, drive_width=32), neurons=128, inputs=128,
                  synapse_words=4096, rows=512, plastic_rows=256, tables=1, modulators=1)

#: Steps of a query on a machine: the spike from outside takes one to arrive.
STEPS = QUERY_STEPS + 1
#: The modulator counts the lags that there are, in eighths.
LAG = 1 / 8


def described(graph, known):
    """The `Network` of a `CitationGraph`; ``known``: the numbers of the papers whose topic is.

    In SuperNeuroMAT, lags from before a query do not count. So a clock from outside, which ticks in the first
    `WINDOW` steps, steps up a modulator: how many lags there are. And it delivers a spike with the weight
    from after the step in which it was sent, the contract with that from before. As a query takes a step to
    arrive here, but not there, the clock is ahead by just that. All that is left is that every synapse
    forgets once more here, in the last step, which changes no answer.
    """
    n = len(graph.papers)
    unknown, topics = np.setdiff1d(np.arange(n), known), np.arange(len(graph.topics))
    refractory = np.where(np.isin(np.arange(n), known), REFRACTORY_KNOWN, REFRACTORY_UNKNOWN)
    a, b = graph.edges.T
    own = graph.topic[known]
    paper, topic = np.repeat(unknown, topics.size), np.tile(topics, unknown.size)
    return Network(
        dt=1e-3, name="citations", inputs=[Input("query", n), Input("clock", 1)],
        populations=[Population("papers", n, neuron(refractory)),
                     Population("topics", topics.size, neuron(0))],
        modulators=[Modulator(counts={"clock": 1}, gain=LAG)],
        projections=[
            Projection("query", "papers", OneToOne(), **large(QUERY)),
            Projection("papers", "papers", Pairs(np.append(a, b), np.append(b, a)), **large(CITATION)),
            Projection("papers", "topics", Pairs(known, own), weight_q=units(KNOWN), name="known"),
            Projection("topics", "papers", Pairs(own, known), weight_q=units(KNOWN), name="known, back"),
            Projection("papers", "topics", Pairs(paper, topic), weight_q=units(UNKNOWN), learning=window(),
                       name="guess"),
            Projection("topics", "papers", Pairs(topic, paper), weight_q=units(UNKNOWN), learning=window(),
                       name="guess, back")])


def neuron(refractory):
    return IntegerLIF(units(THRESHOLD), refractory_steps=refractory, refractory="mute")


def window():
    """The rule: a pair of spikes k steps apart gains ``A_PLUS[k - 1]``; each lag without one loses."""
    loss = units(A_MINUS)
    return SumOfProducts("@post w += x1; w -= loss * M0", x1=History([units(gain) + loss for gain in A_PLUS]),
                         w_min=W_MIN, w_max=W_MAX, parameters={"loss": loss / LAG})


def units(value):
    """``value`` in units."""
    return round(value / UNIT)


def large(weight):
    """A weight, of which an exponent takes the last bits."""
    return {"weight_q": units(weight) >> EXPONENT, "exponent": EXPONENT}
