"""Small networks that learn, for the tests of the compiler."""

from snnsim import (
    LIF,
    STDP,
    AllToAll,
    Exponential,
    Input,
    IntegerLIF,
    Network,
    Population,
    Projection,
    SumOfProducts,
    compile,
)

DT = 1e-3
LIFS, INTEGERS = LIF(20e-3, 1.0), IntegerLIF(1 << 20)


def network(*projections, neuron=LIFS, n=2, inputs=3, modulators=(), seed=0, dt=DT, **population):
    return Network(dt, [Population("p", n, neuron, **population)], [Input("in", inputs)], projections,
                   modulators=modulators, seed=seed)


def onto(rule, weight=0.25, target=None, neuron=LIFS, connect=None, **others):
    """The compilation of inputs that project to neurons and learn by ``rule``."""
    kind = {"weight_q": weight} if isinstance(neuron, IntegerLIF) else {"weight": weight}
    projection = Projection("in", "p", connect or AllToAll(), **kind, learning=rule)
    return compile(network(projection, neuron=neuron, **others), target)


def program(text, w_min=-1, w_max=1, **others):
    return SumOfProducts(text, **others, w_min=w_min, w_max=w_max)


def stdp(w_min=0, w_max=1, a_plus=0.01, a_minus=0.02, **others):
    return STDP(a_plus, a_minus, 20e-3, 10e-3, w_min=w_min, w_max=w_max, **others)


def learned_rule(compilation):
    return compilation.image.projections[0].learning.rule


X = {"x1": Exponential(20e-3)}
XY = {**X, "y1": Exponential(10e-3)}
