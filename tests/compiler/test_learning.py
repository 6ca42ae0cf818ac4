"""Learning rules to integers: which terms, bounds and traces, with which losses, and what is refused."""

import numpy as np
import pytest

from snnsim import (
    LIF,
    STDP,
    AllToAll,
    CoreConfig,
    Countdown,
    Formats,
    Input,
    IntegerLIF,
    Network,
    OneToOne,
    Pairs,
    Population,
    Projection,
    RectangularSTDP,
    ReferenceSimulator,
    SpikeRaster,
    UserError,
    WindowSTDP,
    compile,
)
from snnsim.compiler.learning import scaled
from snnsim.contract.terms import ONE, Condition, Factor, Target

from .learners import DT, INTEGERS, XY, X, learned_rule, network, onto, program, stdp


@pytest.mark.parametrize(("w_min", "w_max", "w_width"), [
    (0, 1, 16), (-1, 0.3, 16), (-0.7, 0.6, 8), (0, 0.3, 4)])
def test_the_bounds_set_the_smallest_exponent_that_holds_both(w_min, w_max, w_width):
    formats = Formats(weight_width=w_width)
    compilation = onto(stdp(w_min, w_max), 0.1 * w_max, formats)
    p, rule = compilation.image.projections[0], learned_rule(compilation)
    unit = 2.0 ** p.exponent / compilation.image.populations[0].scale
    assert [rule.w_min, rule.w_max] == np.rint(np.array([w_min, w_max]) / unit).tolist()
    smaller = np.rint(2 * np.array([w_min, w_max]) / unit)
    assert p.exponent == 0 or smaller[0] < formats.weight.lo or smaller[1] > formats.weight.hi


def test_the_drive_holds_what_weights_can_become():
    few, many = (onto(stdp(0, w_max, 1e-4, 1e-4), 0.01, inputs=400).image for w_max in (0.02, 1.28))
    assert few.populations[0].scale / many.populations[0].scale == 2 ** 6


def test_distances_to_the_bounds_fit_the_weight_format():
    text = "@post w += 0.01 * x1 * (w_max - w)"
    for w_max in np.linspace(0.3, 1, 40):
        rule = learned_rule(onto(program(text, -w_max, w_max * 0.99, **X)))
        assert (1 << 13) < rule.w_max - rule.w_min <= (1 << 15) - 1


def test_bounds_that_both_round_outward_still_fit():
    unit = 2.0 ** -20  # of a weight under the smallest exponent
    rule = learned_rule(onto(program("@post w += 1e-4 * x1 * up", -16383.6 * unit, 16383.6 * unit, **X), 0.0))
    assert (rule.w_min, rule.w_max) == (-8192, 8192)
    unaware = learned_rule(onto(program("@post w += 1e-6 * x1", -16383.6 * unit, 16383.6 * unit, **X), 0.0))
    assert (unaware.w_min, unaware.w_max) == (-16384, 16384)


def test_bounds_of_which_no_synapse_makes_use_fit_too():
    assert learned_rule(onto(stdp(0, 100.0, enabled=False))).w_max > 1 << 13


def test_a_weight_that_does_not_learn_may_lie_outside_the_bounds():
    p = onto(stdp(0, 0.25, enabled=[True, False] * 3), [0.1, 0.9] * 3).image.projections[0]
    assert p.weight.max() > 3 * p.learning.rule.w_max
    assert p.learning.enabled.tolist() == [True, False] * 3


def test_the_mask_follows_its_synapses():
    rule = stdp(enabled=[True, False, False, True])
    p = onto(rule, [0.1, 0.2, 0.3, 0.4], connect=Pairs([2, 0, 1, 0], [0, 0, 1, 1])).image.projections[0]
    assert (p.sources() - 2).tolist() == [0, 0, 1, 2]
    assert p.learning.enabled.tolist() == [False, True, False, True]


def test_terms_are_those_of_the_program():
    rule = learned_rule(onto(program(
        "@post w += x1 / 8; @pre w -= y1 / 8; e += x1 * y1 * w / 99; @command w += e / 9", tau_e=0.1, **XY)))
    assert [(t.target, t.condition, t.factors) for t in rule.terms] == [
        (Target.WEIGHT, Condition.PRE, (Factor.Y1,)), (Target.WEIGHT, Condition.POST, (Factor.X1,)),
        (Target.WEIGHT, Condition.COMMAND, (Factor.E,)),
        (Target.TAG, Condition.STEP, (Factor.X1, Factor.Y1, Factor.W))]
    assert rule.keep_e == round(65536 * np.exp(-DT / 0.1))


@pytest.mark.parametrize("wanted", [*np.geomspace(2.0 ** -30, 1.99, 50), 1.0, 2.0 ** -20, 1 - 2.0 ** -17])
def test_a_coefficient_has_all_its_bits(wanted):
    for sign in (1, -1):
        coefficient, shift = scaled(sign * wanted, "")
        assert ONE <= abs(coefficient) < 2 * ONE and 0 <= shift <= 31
        assert coefficient / ONE * 2.0 ** -shift == pytest.approx(sign * wanted, rel=2.0 ** -15)


def test_the_least_coefficients_lose_bits_and_are_then_0():
    assert scaled(2.0 ** -40, "") == (32, 31) and scaled(2.0 ** -60, "") == (0, 31)
    assert scaled(0.0, "") == (0, 0)


def single_change(rule, spikes, target=None):
    """By how much spikes of a source, and of the target (by force, a step later), change a weight of 0.5."""
    net = Network(DT, [Population("p", 1, LIF(tau_mem=0, v_threshold=1.0))],
                  [Input("in", 1), Input("force", 1)],
                  [Projection("in", "p", AllToAll(), 0.5, learning=rule),
                   Projection("force", "p", AllToAll(), 2.0)])
    compilation = compile(net, target)
    machine = ReferenceSimulator(compilation.image)
    machine.run(SpikeRaster.from_events(*zip(*spikes, strict=True), steps=60, neurons=2))
    before, after = compilation.image.projections[0].weights()[0], machine.read_weights()[0][0]
    unit = compilation.report.learning[0].unit
    return (int(after) - int(before)) * unit, unit


@pytest.mark.parametrize("lag", [1, 2, 7, 30])
def test_a_pair_changes_a_weight_by_the_formula_from_lag_one_on(lag):
    potentiated, unit = single_change(stdp(), [(10, 0), (9 + lag, 1)])
    assert potentiated == pytest.approx(0.01 * np.exp(-lag * DT / 20e-3), abs=1.01 * unit + 1e-5)
    depressed, unit = single_change(stdp(), [(9, 1), (10 + lag, 0)])
    assert depressed == pytest.approx(-0.02 * np.exp(-lag * DT / 10e-3), abs=1.01 * unit + 3e-5)


def test_spikes_of_one_step_are_no_pair():
    assert single_change(stdp(), [(10, 0), (9, 1)])[0] == 0


def test_stochastic_rounding_learns_in_8_bits_what_truncation_loses():
    formats = Formats(weight_width=8)
    spikes = [(t, k) for t in range(0, 60, 2) for k in (0, 1)]
    rule = {"a_plus": 0.0005, "a_minus": 0.0}
    lost = single_change(stdp(**rule), spikes, formats)[0]
    found, unit = single_change(stdp(**rule, rounding="stochastic"), spikes, formats)
    exact = single_change(stdp(**rule), spikes)[0]
    assert lost == 0 and exact > 3 * unit and found == pytest.approx(exact, abs=4 * unit)


def test_what_truncation_loses_is_noted_with_the_remedy():
    notes = onto(stdp(a_plus=0.0005, a_minus=0.0005), target=Formats(weight_width=8)).report.notes()
    assert notes == [
        "in->p: an event changes a weight by at most 0.03 of its units, and rounded toward zero nothing "
        "would ever be learned; use rounding='stochastic', or weights of more bits"]
    few = onto(stdp(a_plus=0.005, a_minus=0.005), target=Formats(weight_width=8)).report.notes()
    assert "single events would change nothing" in few[0]
    assert onto(stdp(rounding="stochastic"), target=Formats(weight_width=8)).report.notes() == []
    assert onto(stdp()).report.notes() == []


def test_an_amplitude_that_became_0_is_noted_and_its_term_left_out():
    compilation = onto(program("@post w += 1e-20 * x1; @pre w += 0.1 * y1", **XY))
    assert "in->p: @post w += 1e-20 * x1 is so small that it became 0" in compilation.report.notes()
    assert len(learned_rule(compilation).terms) == 1


def test_the_default_formats_have_finer_weights_where_a_network_learns():
    assert onto(stdp()).image.formats == Formats(weight_width=16)
    assert compile(network(Projection("in", "p", AllToAll(), 0.1))).image.formats == Formats()
    assert onto(stdp(), target=CoreConfig.with_learning()).placement.config == CoreConfig.with_learning()


def test_amplitudes_in_amperes_take_the_gain_of_the_membrane():
    neuron = LIF(20e-3, 15e-3, tau_syn=5e-3, r=100e6)
    compilation = onto(STDP(1e-12, 2e-12, 20e-3, 20e-3, w_min=0, w_max=500e-12), 100e-12, neuron=neuron)
    report, part = compilation.report.learning[0], compilation.image.populations[0]
    volts = 100e6 * (1 - np.exp(-DT / 20e-3))
    p = compilation.image.projections[0]
    assert report.unit == pytest.approx(2.0 ** p.exponent / part.scale / volts)
    assert report.w_max * report.unit == pytest.approx(500e-12, rel=1e-4)
    kept = np.exp(-DT / 20e-3)
    assert report.terms[1].single * report.unit == pytest.approx(1e-12 * kept, rel=1e-3)


def test_integers_stay_what_they_are():
    compilation = onto(RectangularSTDP(3, 2, 5e-3, 7e-3, w_min=-5, w_max=500), 200, neuron=INTEGERS)
    rule = learned_rule(compilation)
    assert (rule.w_min, rule.w_max, rule.x1.amount) == (-5, 500, 5)
    assert [t.error for t in compilation.report.learning[0].terms] == [0, 0]
    assert [t.single for t in compilation.report.learning[0].terms] == [2, 3]


def forced(rule, spikes, weight_q, w_width=16):
    """Integer weights after spikes, shape (steps, 5), of 3 inputs and, a step later, of 2 targets."""
    net = Network(DT, [Population("p", 2, IntegerLIF(1 << 20, keep_v_q=0))],
                  [Input("in", 3), Input("force", 2)],
                  [Projection("in", "p", AllToAll(), weight_q=weight_q, learning=rule),
                   Projection("force", "p", OneToOne(), weight_q=100, exponent=15)])
    machine = ReferenceSimulator(compile(net, Formats(weight_width=w_width)).image)
    machine.run(SpikeRaster.from_dense(spikes))
    return machine.read_weights()[0].reshape(3, 2)


def pairs_of(spikes):
    """``(step, pre, post)``: all spikes of sources, and of targets in the steps in which they fire."""
    post = np.concatenate([np.zeros((1, 2), bool), spikes[:-1, 3:]])
    return zip(range(len(spikes)), spikes[:, :3], post, strict=True)


def random_spikes(seed, steps=200):
    return np.random.default_rng(seed).random((steps, 5)) < 0.15


def test_the_rule_of_neurocorex_is_exact_in_integers():
    spikes = random_spikes(1)
    w, pre_seen, post_seen = np.full((3, 2), 50), np.full(3, -99), np.full(2, -99)
    for t, pre, post in pairs_of(spikes):
        w = w + np.outer(t - pre_seen <= 4, post) * 7 - np.outer(pre, t - post_seen <= 3) * 5
        w = np.clip(w, 0, 100)
        pre_seen, post_seen = np.where(pre, t, pre_seen), np.where(post, t, post_seen)
    rule = RectangularSTDP(7, 5, 4 * DT, 3 * DT, w_min=0, w_max=100)
    assert np.array_equal(forced(rule, spikes, 50, w_width=8), w)
    longer = RectangularSTDP(7, 5, 5 * DT, 3 * DT, w_min=0, w_max=100)
    assert not np.array_equal(forced(longer, spikes, 50), w)


def test_the_taps_of_superneuromat_are_exact_in_integers():
    spikes, plus, minus = random_spikes(2), [9, 5, 2], [2, 1, 0]
    w, history = np.full((3, 2), 900), [np.zeros(3, bool)] * 3
    for _, pre, post in pairs_of(spikes):
        for lag in range(3):
            both = np.outer(history[lag], post)
            w = w + both * plus[lag] - (1 - both) * minus[lag]
        history = [pre, *history[:2]]
    assert np.array_equal(forced(WindowSTDP(plus, minus, w_min=-5000, w_max=5000), spikes, 900), w)
    assert not np.array_equal(forced(WindowSTDP(plus, [2, 1, 1], w_min=-5000, w_max=5000), spikes, 900), w)


def test_learning_at_arrival_is_learning_of_delayed_sources():
    spikes = random_spikes(3, 100)
    late = np.concatenate([np.zeros((2, 3), bool), spikes[:-2, :3]])
    weights = []
    both = np.concatenate([late, spikes[:, 3:]], axis=1)
    for arrival, delay, seen in ((True, 2, spikes), (False, 1, both)):
        rule = STDP(40, 30, 10e-3, 10e-3, w_min=0, w_max=999, arrival=arrival)
        net = Network(DT, [Population("p", 2, IntegerLIF(1 << 20, keep_v_q=0))],
                      [Input("in", 3), Input("force", 2)],
                      [Projection("in", "p", AllToAll(), weight_q=500, delay_steps=delay, learning=rule),
                       Projection("force", "p", OneToOne(), weight_q=100, exponent=15)])
        machine = ReferenceSimulator(compile(net).image)
        machine.run(SpikeRaster.from_dense(seen))
        weights.append(machine.read_weights()[0])
    assert np.array_equal(*weights) and np.ptp(weights[0]) > 0


def test_the_report_shows_what_is_learned():
    text = str(onto(stdp()).report)
    assert "learning" in text and "@post w += 0.01 * x1" in text and "Exponential" in text


REFUSED = [
    (lambda: onto(program("@post w += 9 * x1", **X)),
     "projection 'in->p': @post w [+]= 9 [*] x1 needs a coefficient of 36, where half of a range is 1, and"),
    (lambda: onto(stdp(), 1.5), "a weight of 1.5 is outside the bounds of its learning rule, 0 .. 1; chan"),
    (lambda: onto(stdp(w_max=3), 4, neuron=INTEGERS), "a weight of 4 is outside the bounds of its learnin"),
    (lambda: onto(stdp(w_max=1 << 15), 0, neuron=INTEGERS), "bound.* must be between -32768 and 32767, "),
    (lambda: onto(stdp(), neuron=LIF(20e-3, 1.0, tau_syn=1e-3, r=[1.0, 2.0])), "a weight must do the same,"),
    (lambda: onto(stdp(), neuron=LIF(20e-3, 1.0, tau_syn=1e-3, r=0.0)), "a weight must do the same, more th"),
    (lambda: onto(program("@post w += x1", x1=Countdown(100.0))), "x1: duration of 100000 units must be b"),
    (lambda: onto(program("w += " + " + ".join(f"x1**{k} / 9e9" for k in range(1, 10)), **X)),
     "a rule has at most 8 terms, not 9"),
    (lambda: onto(program("w += x1**3 * y1**2 / 9e9", **XY)), "term 1 has 5 factors, at most 4 are possible"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
