"""Factors of neurons and of the network to integers: classes, modulators, third factors, adaptation."""

import numpy as np
import pytest

from snnsim import (
    LIF,
    AllToAll,
    Exponential,
    Graded,
    IntegerLIF,
    Modulator,
    Network,
    Population,
    Projection,
    ReferenceSimulator,
    SpikeRaster,
    Surrogate,
    ThirdFactor,
    UserError,
    compile,
)
from snnsim.contract.terms import ONE, Factor, TraceMode

from .learners import DT, INTEGERS, LIFS, X, network, onto, program, stdp


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


def too_fast(units, tau):
    """How much less, in whole per cents, a truncated decay keeps in all than an exact one."""
    keep, x, total = round(65536 * np.exp(-DT / tau)), units, 0
    while x:
        total, x = total + x, x * keep // 65536
    return f"{1 - total * (1 - np.exp(-DT / tau)) / units:.0%} too fast"


def test_what_modulators_and_third_factors_lose_is_noted():
    given = dict(modulators=[Modulator({"in": 1}, 0.1, 1e-5), Modulator({"in": 1}, 1.0, 0.01)],
                 third_factor=ThirdFactor(2.0))
    assert onto(program("w += M1 / 99"), **given).report.notes() == [
        "modulator M0: its gain of 1e-05 became 0; the least is 3.1e-05",
        f"modulator M1 decays {too_fast(164, 1.0)} from 164 units on",
        f"p: the third factor decays {too_fast(ONE, 2.0)} from {ONE} units on"]
    assert onto(program("w += M0 / 99"), modulators=[Modulator({"in": 1}, 0.02, 0.5)]).report.notes() == []
