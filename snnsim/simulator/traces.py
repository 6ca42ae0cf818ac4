"""Traces, third factors, graded values and modulators: how they go on to the next step."""

import numpy as np

from snnsim.contract.neuron import bounded, decayed, product, saturates
from snnsim.contract.plasticity import (
    effective_threshold,
    grade_index,
    increment,
    modulator_sum,
    readout,
    trace_sum,
    traced,
)
from snnsim.contract.terms import FACTOR, TraceMode

from .cells import AT_V_FIRED, AT_V_THRESHOLD, AT_Z_FIRED, BLOCK
from .rule_tables import OF_GRADED, OF_POST, OF_Y1
from .rules import inner

ADD = int(TraceMode.ADD)
LOWEST, HIGHEST = FACTOR.lo, FACTOR.hi
LAST_ENTRY = 255


@inner(forceinline=True)
def next_trace(x, trace, event, graded, decay_bits):
    """The trace after a step, and whether it was saturated."""
    is_graded = trace.graded != 0
    amount = increment(trace.amount, is_graded, graded)
    x_decayed = decayed(product(x, trace.keep), decay_bits)
    total = trace_sum(x_decayed, event | is_graded, amount)
    saturated = (trace.mode == ADD) & saturates(total, LOWEST, HIGHEST)
    return traced(x, x_decayed, total, event | is_graded, amount, trace.mode), saturated


@inner(forceinline=True)
def read_trace(x, trace, tables):
    """The trace as a factor."""
    return readout(x, trace.mode, tables[trace.table, x & LAST_ENTRY])


@inner()
def decay_all(y, factor, fired, keep, amount, decay_bits):
    """The traces of some neurons after a step, of mode ADD and not graded; how many were saturated."""
    saturations = 0
    for n in range(y.size):
        x = np.int64(y[n])
        x_decayed = decayed(product(x, keep), decay_bits)
        total = trace_sum(x_decayed, fired[n] != 0, amount)
        saturations += saturates(total, LOWEST, HIGHEST)
        x = traced(x, x_decayed, total, fired[n] != 0, amount, ADD)
        y[n] = x
        factor[n] = x
    return saturations


@inner()
def trace_all(y, factor, fired, graded, trace, tables, decay_bits):
    """The traces of some neurons after a step, and these as factors; how many were saturated."""
    saturations = 0
    for n in range(y.size):
        x, saturated = next_trace(np.int64(y[n]), trace, fired[n] != 0, np.int64(graded[n]), decay_bits)
        saturations += saturated
        y[n] = x
        factor[n] = read_trace(x, trace, tables)
    return saturations


@inner()
def trace_neurons(factors, y, runs, program):
    """The post-synaptic traces after a step; how many were saturated."""
    saturations = 0
    for q in range(runs.size):
        first, last = runs[q].first, runs[q].last
        fired = factors[OF_POST, first:last]
        for which in range(2):
            trace = program.traces[which, program.classes[runs[q].post_class].traces]
            if not trace.used:
                continue
            these, read = y[which, first:last], factors[OF_Y1 + which, first:last]
            if trace.mode == ADD and not trace.graded:
                saturations += decay_all(these, read, fired, trace.keep, trace.amount, program.decay_bits)
            else:
                saturations += trace_all(these, read, fired, factors[OF_GRADED, first:last], trace,
                                         program.tables, program.decay_bits)
    return saturations


@inner()
def grade_neurons(graded, runs, program, cells):
    """The graded values of a step, from v and thresholds as they were when it was decided who fires."""
    for q in range(runs.size):
        post_class = program.classes[runs[q].post_class]
        if post_class.table < 0:
            continue
        for n in range(runs[q].first, runs[q].last):
            b, k = n // BLOCK, n % BLOCK
            threshold = effective_threshold(np.int64(cells[b, AT_V_THRESHOLD + k]),
                                            np.int64(cells[b, AT_Z_FIRED + k]))
            index = grade_index(np.int64(cells[b, AT_V_FIRED + k]), threshold, post_class.grade_shift)
            graded[n] = program.tables[post_class.table, index]


@inner()
def receive(m, runs, arrivals, touched, slot, program):
    """INTEGRATE of the third factors ``m``: they decay and take up what arrives; how many were saturated.

    ``arrivals``, shape (slots, neurons); ``touched``: for each slot whether there are any, and then whether
    any third factor is not 0.
    """
    if not (touched[-1] or touched[slot]):
        return 0
    saturations, remaining = 0, np.int64(0)
    for q in range(runs.size):
        keep_m = program.classes[runs[q].post_class].keep_m
        for n in range(runs[q].first, runs[q].last):
            m_sum = decayed(product(np.int64(m[n]), keep_m), program.decay_bits)
            if touched[slot]:
                m_sum += np.int64(arrivals[slot, n])
                arrivals[slot, n] = 0
            saturations += saturates(m_sum, LOWEST, HIGHEST)
            m[n] = bounded(m_sum, LOWEST, HIGHEST)
            remaining |= np.int64(m[n])
    touched[-1] = remaining != 0
    touched[slot] = 0
    return saturations


@inner()
def modulate(table, counts, sources, decay_bits):
    """The global modulators after a step in which ``sources`` spiked; how many were saturated."""
    saturations = 0
    for g in range(table.size):
        count = 0
        for k in range(sources.size):
            count += np.int64(counts[sources[k], g])
        kept = decayed(product(table[g].value, table[g].keep), decay_bits)
        m_sum = modulator_sum(kept, table[g].gain, count)
        saturations += saturates(m_sum, LOWEST, HIGHEST)
        table[g].value = bounded(m_sum, LOWEST, HIGHEST)
    return saturations


@inner(forceinline=True)
def mark(values, fired, value):
    """Set ``values`` of the neurons that ``fired``."""
    for k in range(fired.size):
        values[fired[k]] = value
