"""Learning rules as descriptions: what they expand to, and what is refused."""

import numpy as np
import pytest

from snnsim import (
    LIF,
    STDP,
    AllToAll,
    Countdown,
    Exponential,
    Graded,
    History,
    Input,
    IntegerLIF,
    IntegerTrace,
    Modulator,
    Network,
    Population,
    Projection,
    RectangularSTDP,
    RewardSTDP,
    SumOfProducts,
    Surrogate,
    SymmetricSTDP,
    ThirdFactor,
    TripletSTDP,
    UserError,
    WindowSTDP,
)

B = {"w_min": 0, "w_max": 1}
LIFS = LIF(20e-3, 1.0)


def program(rule):
    return [str(p) for p in rule.sum_of_products().products]


@pytest.mark.parametrize(("rule", "expected"), [
    (STDP(0.5, 0.25, 1, 2, **B), ["@post w += 0.5 * x1", "@pre w -= 0.25 * y1"]),
    (STDP(0.5, 0, 1, 2, **B), ["@post w += 0.5 * x1"]),
    (SymmetricSTDP(0.5, 1, **B), ["@post w += 0.5 * x1", "@pre w += 0.5 * y1"]),
    (RectangularSTDP(3, 2, 1, 1, **B), ["@post w += 3 * x1", "@pre w -= 2 * y1"]),
    (WindowSTDP([3, 1], [1, 0.5], **B), ["@post w += 1 * x1", "w -= 1.5"]),
    (RewardSTDP(1, 2, 1, 1, 1, 0.5, **B), ["@post e += 1 * x1", "@pre e -= 2 * y1", "w += 0.5 * M0 * e"]),
    (RewardSTDP(1, 0, 1, 1, 1, 0.5, on_command=True, **B),
     ["@post e += 1 * x1", "@command w += 0.5 * M0 * e"]),
    (TripletSTDP(1, 2, 3, 4, 1, 1, 1, 1, **B),
     ["@post w += 1 * x1", "@post w += 3 * x1 * y2", "@pre w -= 2 * y1", "@pre w -= 4 * x2 * y1"]),
    (TripletSTDP(0, 2, 3, tau_plus=1, tau_minus=1, tau_y=1, **B),
     ["@post w += 3 * x1 * y2", "@pre w -= 2 * y1"]),
    (SumOfProducts("w += w_max * x1 - w_min", x1=Countdown(1), w_min=2, w_max=3), ["w += 3 * x1", "w -= 2"]),
])
def test_a_rule_is_a_program(rule, expected):
    assert program(rule) == expected


def test_bounds_and_modes_belong_to_the_program_too():
    rule = STDP(1, 1, 1, 1, rounding="stochastic", arrival=True, enabled=[True, False], **B)
    found = rule.sum_of_products()
    assert (found.w_min, found.w_max, found.rounding, found.arrival) == (0, 1, "stochastic", True)
    assert found.enabled.tolist() == [True, False] and found.sum_of_products() is found


def test_pairing_chooses_the_mode_of_the_traces():
    modes = [STDP(1, 1, 1, 1, pairing=p, **B).sum_of_products().x1.mode for p in ("all", "nearest")]
    assert modes == ["add", "set"]


def test_windows_follow_the_sign_of_superneuromat():
    taps = WindowSTDP([3, 1], [1, 0.5], **B).sum_of_products().x1.taps
    assert taps.tolist() == [4, 1.5]  # what a spike adds, and what it does not take away


def test_a_surrogate_can_be_a_function():
    s = Surrogate.of(lambda v: 1 / (1 + v ** 2), -1, 1, points=3)
    assert s.value.tolist() == [0.5, 1, 0.5] and s.at(np.array([-9, 0.5])).tolist() == [0.5, 0.75]


def net(rule=None, neuron=LIFS, *, projection=(), **population):
    modulators = population.pop("modulators", ())
    weight = {"weight_q": 0} if isinstance(neuron, IntegerLIF) else {"weight": 0.0}
    return Network(1e-3, [Population("p", 2, neuron, **population)], [Input("in", 3)],
                   [Projection("in", "p", AllToAll(), **weight, learning=rule, **dict(projection))],
                   modulators=modulators)


X = {"x1": Exponential(1)}
REFUSED = [
    (lambda: STDP(1, 1, 1, 1, w_min=1, w_max=0), "STDP w_min must be at most w_max, not 1 and 0"),
    (lambda: STDP(1, 1, 0, 1, **B), "Exponential tau must not be 0"),
    (lambda: STDP(1, 1, -1, 1, **B), "Exponential tau must be a finite number of at least 0"),
    (lambda: STDP(0, 0, 1, 1, **B), "changes nothing"),
    (lambda: STDP("a", 1, 1, 1, **B), "STDP a_plus must be a number"),
    (lambda: STDP(1, 1, 1, 1, pairing="some", **B), "STDP pairing must be 'all' or 'nearest', not 'some'"),
    (lambda: STDP(1, 1, 1, 1, rounding="up", **B), "STDP rounding must be 'toward_zero' or 'stochastic'"),
    (lambda: STDP(1, 1, 1, 1, rounding=["stochastic"], **B), "STDP rounding must be one word"),
    (lambda: STDP(1, 1, 1, 1, arrival=1, **B), "STDP arrival must be True or False, not 1"),
    (lambda: STDP(1, 1, 1, 1, enabled=[1, 0], **B), "STDP enabled must be True, False or an array of these"),
    (lambda: WindowSTDP([1, 2], [1], **B), "WindowSTDP a_plus and a_minus must have one number for each lag"),
    (lambda: WindowSTDP([1] * 9, [1] * 9, **B), "History taps must be 1 to 8 numbers"),
    (lambda: TripletSTDP(1, 1, 1, tau_plus=1, tau_minus=1, **B), "TripletSTDP needs tau_y"),
    (lambda: RewardSTDP(1, 1, 1, 1, -1, 1, **B), "RewardSTDP tau_e must be"),
    (lambda: SumOfProducts("w += x1", **B),
     "SumOfProducts: the program uses x1: say what it is, such as x1="),
    (lambda: SumOfProducts("w += x1", y1=Exponential(1), **X, **B),
     "y1 is given, but the program does not use"),
    (lambda: SumOfProducts("w += x1", 3, **B), "x1 must be a trace, such as Exponential.20e-3., not 3"),
    (lambda: SumOfProducts("w += x1", Graded(1), **B), "x1 cannot be Graded; only y1 and y2 can"),
    (lambda: SumOfProducts("e += x1", **X, **B), "the program uses tags .e.: give their time constant tau_e"),
    (lambda: SumOfProducts("w += x1", tau_e=1, **X, **B), "tau_e is given, but the program does not use e"),
    (lambda: SumOfProducts("w += 1", parameters={"2": 3}, **B), "parameters: '2' is no name"),
    (lambda: SumOfProducts("w += 1", parameters={"w_max": 3}, **B),
     "parameters: 'w_max' is a factor; use anoth"),
    (lambda: SumOfProducts("w += 1", parameters={"k": [1]}, **B), "parameters: k must be one number"),
    (lambda: SumOfProducts("w += 1", parameters=3, **B), "parameters must be numbers by name, not 3"),
    (lambda: Exponential(1, 0), "Exponential amount must not be 0"),
    (lambda: Exponential(1, mode="max"), "Exponential mode must be 'add' or 'set'"),
    (lambda: Exponential(1, 2, highest=1), "Exponential highest must be at least the amount, 2, not 1"),
    (lambda: Countdown(), "Countdown: give either duration .seconds. or steps"),
    (lambda: Countdown(1, 1), "Countdown: give either"),
    (lambda: History(), "History: give either taps or table"),
    (lambda: History(table=[1, 2]), "History table must be 256 numbers"),
    (lambda: History([[1]]), "History taps must be 1 to 8 numbers"),
    (lambda: IntegerTrace(1, 1 << 15), "IntegerTrace amount_q must be an integer between -32768 and 32767"),
    (lambda: Modulator({"in": 2}, gain=1), "Modulator counts of 'in' must be 1 or -1, not 2"),
    (lambda: Modulator({"in": 1}), "Modulator counts spikes, but its gain is 0"),
    (lambda: Modulator(3), "Modulator counts must be 1 or -1 by the name of a part, not 3"),
    (lambda: ThirdFactor(initial=3), "ThirdFactor initial must be a finite number between -2.0 and 2.0"),
    (lambda: Surrogate([0, 1], [1]), "Surrogate distance and value must be two lists of one length"),
    (lambda: Surrogate([1, 0], [1, 1]), "Surrogate distance must be ascending"),
    (lambda: Surrogate([0], [1]), "Surrogate distance needs a point that is not 0"),
    (lambda: net(STDP), "projection 'in->p': learning must be a rule of snnsim.learning, such as STDP"),
    (lambda: net(STDP(1, 1, 1, 1, enabled=[True], **B)),
     "enabled must have one value for each of the 6 synaps"),
    (lambda: net(STDP(1, 1, 1, 1, enabled=[[True]], **B)), r"enabled must have shape \(3, 2\)"),
    (lambda: net(STDP(1, 1, 1, 1, w_min=0, w_max=1.5), IntegerLIF(1)),
     "w_max must be a whole number, as weig"),
    (lambda: net(projection={"port": "n"}), "port must be 'm', or None for the membrane, not 'n'"),
    (lambda: net(projection={"port": "m"}),
     "port 'm' needs a third factor: give population 'p' third_factor"),
    (lambda: net(SumOfProducts("w += m", **B)),
     "its rule uses m: give population 'p' third_factor=ThirdFactor"),
    (lambda: net(SumOfProducts("w += g", **B)),
     "its rule uses graded values: give population 'p' surrogate="),
    (lambda: net(SumOfProducts("w += y1", y1=Graded(1), **B)),
     "its rule uses graded values: give population"),
    (lambda: net(SumOfProducts("w += M1", **B), modulators=[Modulator()]),
     "its rule uses M1, but the network has 1 modulators; add Modulator"),
    (lambda: net(modulators=[Modulator()] * 5), "there can be 4 modulators, not 5"),
    (lambda: net(modulators=[Modulator({"q": 1}, gain=1)]), "modulator M0 counts 'q', which does not exist"),
    (lambda: net(sign=[1, 0]), "population 'p': sign must be 1 or -1"),
    (lambda: net(sign=[1, 1, 1]),
     "population 'p': sign must have one value, or one for each of its 2 neurons"),
    (lambda: net(third_factor=ThirdFactor(initial=[1, 1, 1])),
     "third_factor initial must have one value, or one"),
    (lambda: net(neuron=LIF(1, np.inf), surrogate=Surrogate.triangle(1)),
     "the threshold, which is inf; give one"),
    (lambda: net(third_factor=1), "third_factor must be a ThirdFactor, not 1"),
    (lambda: net(neuron=LIF(1, 1, adapt_jump=-1)), "LIF adapt_jump must be a finite number of at least 0"),
    (lambda: net(neuron=IntegerLIF(1, keep_z_q=-1)), "IntegerLIF keep_z_q must be an integer of at least 0"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
