"""Traces of learning rules to integers: amounts, decays, tables, and what they lose."""

import numpy as np
import pytest

from snnsim import AllToAll, Countdown, Exponential, History, IntegerTrace, Projection, compile
from snnsim.contract.terms import ONE, TraceMode
from snnsim.plasticity import Trace

from .learners import DT, learned_rule, network, onto, program


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
