"""Learning rules to integers: which terms, bounds and traces, with which losses, and what is refused."""

import numpy as np
import pytest

from snnsim import (
    LIF,
    STDP,
    AllToAll,
    CoreConfig,
    Countdown,
    Exponential,
    Formats,
    Graded,
    History,
    Input,
    IntegerLIF,
    IntegerTrace,
    Modulator,
    Network,
    OneToOne,
    Pairs,
    Population,
    Projection,
    RectangularSTDP,
    ReferenceSimulator,
    SpikeRaster,
    SumOfProducts,
    Surrogate,
    ThirdFactor,
    UserError,
    WindowSTDP,
    compile,
)
from snnsim.compiler.learning import scaled
from snnsim.contract.terms import ONE, Condition, Factor, Target, TraceMode
from snnsim.plasticity import Trace

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
    before, after = compilation.image.projections[0].weight[0], machine.read_weights()[0][0]
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


def trace(description, dt=DT):
    """The trace of a rule in integers, and its `TraceReport`."""
    compilation = onto(program("@post w += 0.001 * x1", x1=description), dt=dt)
    return learned_rule(compilation).x1, compilation.report.learning[0].traces[0], compilation


def test_an_exponential_trace_has_room_for_random_spikes_at_50_per_second():
    x, report, _ = trace(Exponential(20e-3))
    assert x.mode == TraceMode.ADD and x.keep == round(65536 * np.exp(-1 / 20))
    assert report.highest >= 1 + 1 + 5 * np.sqrt(0.5) > report.highest / 2
    assert x.amount * 2.0 ** report.log2 / ONE == pytest.approx(np.exp(-1 / 20), rel=2.0 ** -12)


def test_the_highest_value_of_a_trace_can_be_chosen():
    assert trace(Exponential(20e-3, highest=1.9))[1].log2 == 0
    assert trace(Exponential(20e-3, highest=2.1))[1].log2 == 1
    assert trace(Exponential(20e-3, mode="set"))[1].log2 == 0


def test_the_unit_of_a_trace_is_in_the_coefficient():
    for highest in (1.9, 7.0, 500.0):
        compilation = onto(program("@post w += 0.001 * x1", x1=Exponential(20e-3, highest=highest)))
        term, x = compilation.report.learning[0].terms[0], learned_rule(compilation).x1
        assert term.actual * x.amount / ONE == pytest.approx(
            0.001 * np.exp(-1 / 20) / (compilation.report.learning[0].unit * 2 ** 14), rel=0.02)


def test_a_long_trace_that_loses_units_too_fast_is_noted():
    _, report, compilation = trace(Exponential(5.0))
    assert report.tau_error < -0.5
    assert any(note.startswith("in->p: x1 decays ") and "lower highest" in note
               for note in compilation.report.notes())
    assert abs(trace(Exponential(0.2, highest=1.0))[1].tau_error) < 0.05


def test_times_of_windows_are_whole_steps():
    assert trace(Countdown(10e-3))[0] == Trace(TraceMode.COUNTDOWN, amount=10)
    assert trace(Countdown(steps=7))[0].amount == 7
    assert trace(Countdown(10.4e-3))[1].tau_error == pytest.approx(10 / 10.4 - 1)


def test_a_history_is_a_table_of_sums_of_taps():
    x, report, compilation = trace(History([4.0, -2.0, 1.0]))
    table = compilation.image.plasticity.tables[x.table] * 2.0 ** report.log2 / ONE
    assert table[:10].tolist() == [0, 4, -2, 2, 1, 5, -1, 3, 0, 4] and len(table) == 256


def test_equal_tables_are_held_once():
    rules = [program("w += (x1 + x2) / 99", x1=History([1, 2]), x2=History([1, 2])),
             program("w += x1 / 99", x1=History([2]))]
    net = network(*[Projection("in", "p", AllToAll(), 0.0, learning=rule) for rule in rules])
    assert len(compile(net).image.plasticity.tables) == 2


def test_integer_traces_are_taken_as_they_are():
    assert trace(IntegerTrace(60000, 1234, mode="set"))[0] == Trace(TraceMode.SET, 60000, 1234)


def two_rules(first, second):
    net = network(Projection("in", "p", AllToAll(), 0.1, learning=first, name="a"),
                  Projection("p", "p", AllToAll(), 0.1, learning=second, name="b"))
    return compile(net).image


def test_projections_onto_a_population_share_its_traces_whatever_they_call_them():
    slow, fast = Exponential(20e-3), Exponential(5e-3)
    image = two_rules(program("@pre w -= 0.1 * y1", y1=slow),
                      program("@pre w -= 0.1 * y1 + 0.2 * y2", y1=fast, y2=slow))
    (y,) = image.plasticity.classes
    assert (y.y1.keep, y.y2.keep) == tuple(round(65536 * np.exp(-DT / tau)) for tau in (20e-3, 5e-3))
    first, second = (p.learning.rule for p in image.projections)
    assert [t.factors for t in first.terms] == [(Factor.Y1,)]
    assert sorted(t.factors for t in second.terms) == [(Factor.Y1,), (Factor.Y2,)]
    slow_term = next(t for t in second.terms if t.factors == (Factor.Y1,))
    assert slow_term.coefficient * 2.0 ** -slow_term.shift == pytest.approx(
        2 * first.terms[0].coefficient * 2.0 ** -first.terms[0].shift, rel=1e-4)


def test_a_third_trace_is_refused_with_both_projections():
    first = program("@pre w -= 0.1 * y1 * y2", y1=Exponential(20e-3), y2=Exponential(1e-3))
    with pytest.raises(UserError, match="projection 'b' needs .*tau=0.005.* for its y1, but the neurons of "
                                        "'p' have two .* traces, which projection 'a' uses for others"):
        two_rules(first, program("@pre w -= 0.1 * y1", y1=Exponential(5e-3)))


def test_neurons_of_equal_populations_are_one_class():
    populations = [Population(name, 2, LIFS) for name in "abc"]
    net = Network(DT, populations, [], [Projection(x, "abc"[k - 1], AllToAll(), 0.1, learning=stdp())
                                        for k, x in enumerate("ab")])
    p = compile(net).image.plasticity
    assert len(p.classes) == 2 and p.neuron_class.tolist() == [0, 0, 1, 1, 0, 0]


def test_factors_of_neurons_are_those_of_their_population():
    p = onto(program("w += m * sign * x1 / 99", **X), third_factor=ThirdFactor(20e-3, [0.5, -2.0]),
             sign=[1, -1]).image.plasticity
    assert p.classes[0].keep_m == round(65536 * np.exp(-1 / 20))
    assert p.initial_m.tolist() == [ONE // 2, -2 * ONE] and p.sign.tolist() == [1, -1]


def test_modulators_count_the_parts_that_they_name():
    p = onto(program("w += M1 / 99"), modulators=[Modulator(), Modulator({"p": -1, "in": 1}, 0, 0.25, 2.0)],
             seed=5).image.plasticity
    assert p.counts.tolist() == [[0, -1, 0, 0]] * 2 + [[0, 1, 0, 0]] * 3 and p.seed == 5
    assert (p.modulators[1].keep, p.modulators[1].gain, p.modulators[1].initial) == (0, ONE // 4, 2 * ONE - 1)
    assert p.modulators[0].keep == 1 << 16


@pytest.mark.parametrize("width", [0.3, 1.0, 3.0])
def test_a_surrogate_is_sampled_in_the_middle_of_what_its_entries_stand_for(width):
    compilation = onto(program("w += g"), surrogate=Surrogate.triangle(width))
    p, part = compilation.image.plasticity, compilation.image.populations[0]
    step = 2.0 ** p.classes[0].grade_shift / part.scale
    assert 64 < width / step <= 128
    middle = (np.arange(256) - 127.5) * step
    entries = p.tables[p.classes[0].table] / ONE
    assert entries == pytest.approx(np.maximum(1 - np.abs(middle) / width, 0), abs=1e-4)


def test_a_surrogate_of_integers_is_exact_where_an_entry_is_one_unit():
    compilation = onto(program("w += g"), 0, neuron=INTEGERS, surrogate=Surrogate([-128, 127], [-1, 1]))
    p = compilation.image.plasticity
    assert p.classes[0].grade_shift == 0
    assert p.tables[0][[0, 255]].tolist() == [-ONE, ONE]


def test_a_graded_trace_has_room_for_the_largest_value_that_lasts():
    compilation = onto(program("w += y1 / 99", y1=Graded(20e-3)), surrogate=Surrogate.triangle(1.0, 0.5))
    y, report = compilation.image.plasticity.classes[0].y1, compilation.report.learning[0].traces[0]
    assert y.graded and y.mode == TraceMode.ADD
    highest = 0.5 / (1 - np.exp(-1 / 20))
    assert report.highest >= highest > report.highest / 2


def test_spikes_for_third_factors_have_weights_in_units_of_factors():
    net = network(Projection("in", "p", AllToAll(), [0.5, -0.25] * 3, port="m"), third_factor=ThirdFactor())
    p = compile(net).image.projections[0]
    assert p.to_m and (p.weight.astype(int) << p.exponent).tolist() == [ONE // 2, -ONE // 4] * 3
    integers = network(Projection("in", "p", AllToAll(), weight_q=3, exponent=4, port="m"), neuron=INTEGERS,
                       third_factor=ThirdFactor())
    assert compile(integers).image.projections[0].exponent == 4


def test_spikes_for_third_factors_leave_the_scale_of_the_population_alone():
    net = network(Projection("in", "p", AllToAll(), 100.0, port="m"), third_factor=ThirdFactor())
    report = compile(net).report
    assert report.populations[0].lowered == 0 and report.populations[0].drive_bound == 0


def test_a_threshold_adapts_by_volts():
    compilation = compile(network(neuron=LIF(20e-3, 1.0, adapt_jump=[0.25, 0.0], tau_adapt=0.1)))
    a, scale = compilation.image.adaptation, compilation.image.populations[0].scale
    assert a.jump.tolist() == [scale / 4, 0] and a.initial.tolist() == [0, 0]
    assert a.keep_z.tolist() == [round(65536 * np.exp(-0.01))] * 2
    assert compile(network()).image.adaptation is None


def test_a_threshold_adapts_by_integers():
    a = compile(network(neuron=IntegerLIF(1, keep_z_q=5, jump_q=6, z_init_q=[7, 8]))).image.adaptation
    assert (a.keep_z.tolist(), a.jump.tolist(), a.initial.tolist()) == ([5, 5], [6, 6], [7, 8])


def test_an_adaptive_neuron_fires_when_the_formula_says():
    neuron = LIF(tau_mem=10e-3, v_threshold=1.0, i_bias=3.0, adapt_jump=0.2, tau_adapt=50e-3)
    image = compile(network(neuron=neuron, n=1)).image
    found = ReferenceSimulator(image).run(SpikeRaster.empty(steps=400, neurons=3)).raster.step.tolist()
    v, z, exact = 0.0, 0.0, []
    for t in range(400):
        v, z = 3 + (v - 3) * np.exp(-0.1), z * np.exp(-1 / 50)
        if v > 1 + z:
            exact.append(t)
            v, z = 0.0, z + 0.2
    assert found == exact and np.diff(exact)[-1] > 1.5 * np.diff(exact)[0]


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
