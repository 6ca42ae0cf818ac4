"""Learning in arrears: post-synaptic spikes are noted, and a row takes them up when it is next visited.

That gives the same weights, since between two visits of a row nothing can change its synapses but spikes of
their targets, whose effects depend on nothing but the row's traces, the weight itself and what is noted.
Spikes are noted for each neuron, so many steps long or so many of one neuron; then all rows are visited.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from snnsim.contract import noise
from snnsim.contract.neuron import bounded, decayed, product, saturates
from snnsim.contract.plasticity import (
    COUNTDOWN,
    HISTORY,
    aligned,
    coefficient_product,
    learned,
    rounded,
    rounded_down_with,
    times,
    widened,
)
from snnsim.contract.terms import LARGEST_RULE

from .learn import CHUNK
from .rule_tables import FACTOR_PRE, FACTOR_UP, FACTOR_W, FACTOR_X1, NEURON_FACTORS, ON_POST, ROW_FACTORS
from .traces import next_trace, read_trace

#: Steps for which spikes are noted, and spikes of a neuron.
EPOCH = 4096
NOTED = 32
#: Where `Notes.counter` has the step in which the notes begin, and how many spikes are noted.
BEGIN, TOTAL = range(2)


class Notes(NamedTuple):
    """Spikes that rows have yet to replay: for each neuron the ``steps`` of ``count``, counted from where the
    notes begin, and the ``factors`` that it had then, if any rule needs them. ``count`` is -1 for neurons
    whose spikes need not be noted. ``latest``, shape (3, neurons): the latest step plus 1, the one before it and
    the one before that, 0 if there is none.
    """

    count: np.ndarray
    steps: np.ndarray
    latest: np.ndarray
    factors: np.ndarray
    counter: np.ndarray

    @classmethod
    def empty(cls, wanted, with_factors):
        """None yet; ``wanted``: of which neurons."""
        n = wanted.size
        return cls(np.where(wanted, 0, -1).astype(np.int16), np.zeros((n, NOTED), np.uint16),
                   np.zeros((3, n), np.uint16), np.zeros((max(2, n) if with_factors else 1, NOTED, NEURON_FACTORS), np.int16),
                   np.zeros(2, np.int64))


class Ahead(NamedTuple):
    """Memory for one row at a time, for each of some steps: its two traces as factors, the change of a weight
    if that is the same for all its synapses, and the row's product of each term."""

    reads: np.ndarray
    total: np.ndarray
    change: np.ndarray
    products: np.ndarray
    changes: np.ndarray
    many: np.ndarray

    @classmethod
    def empty(cls):
        return cls(np.zeros((2, EPOCH), np.int64), np.zeros(EPOCH, np.int64), np.zeros(EPOCH + 1, np.int32),
                   np.zeros((LARGEST_RULE, EPOCH), np.int64), np.zeros((2, CHUNK), np.int32), np.zeros(CHUNK, np.int32))


@njit(inline="always")
def trace_ahead(x, trace, reads, which, gap, tables, decay_bits):
    """Take a trace through ``gap`` steps without an event; ``reads`` are its factors in these."""
    done = 0
    if trace.mode != COUNTDOWN and trace.mode != HISTORY:
        while done < gap and x != 0:
            reads[which, done] = x
            x = decayed(product(x, trace.keep), decay_bits)
            done += 1
    while done < gap:
        reads[which, done] = read_trace(x, trace, tables)
        done += 1
        after, _ = next_trace(x, trace, False, 0, decay_bits)
        if after == x:
            break
        x = after
    for rest in range(done, gap):
        reads[which, rest] = read_trace(x, trace, tables)
    return x


@njit(inline="always")
def multiply_ahead(products, k, term, reads, gap):
    """The row's product of a term, its rule's number ``k``, in each of the steps ahead; the last step in which it
    is not 0, plus 1."""
    for lag in range(gap):
        products[k, lag] = coefficient_product(term.coefficient)
    last = gap
    for q in range(term.n_row):
        which = term.factors[q] - FACTOR_X1
        if which < 0:
            last = 0  # PRE: there is no event ahead
        for lag in range(last):
            products[k, lag] = times(products[k, lag], reads[which, lag])
    while last > 0 and products[k, last - 1] == 0:
        last -= 1
    for lag in range(last, gap):
        products[k, lag] = 0
    return last


@njit(inline="always")
def look_ahead(row, gap, program, ahead):
    """What spikes of targets mean to a row in each of ``gap`` steps, after which its traces stand then.

    Returns the number of steps after which they mean nothing.
    """
    for which in range(2):
        row.x[which] = trace_ahead(row.x[which], program.traces[which, row.rule], ahead.reads, which, gap,
                                   program.tables, program.decay_bits)
    rule, horizon, change = program.rules[row.rule], 0, ahead.change
    for lag in range(gap):
        ahead.total[lag] = 0
        change[lag + 1] = 0
    for t in range(rule.first, rule.last):
        term, k = program.terms[t], t - rule.first
        if term.condition == ON_POST:
            last = multiply_ahead(ahead.products, k, term, ahead.reads, gap)
            horizon = max(horizon, last)
            for lag in range(last):
                ahead.total[lag] += aligned(ahead.products[k, lag], term.shift)
    if rule.additive:
        for lag in range(horizon):
            change[lag + 1] = rounded(ahead.total[lag], program.fraction)
        while horizon > 0 and change[horizon] == 0:
            horizon -= 1
    return horizon


@njit(inline="always")
def first_noted(steps, n, count, since):
    """The first of the ``count`` ascending steps of neuron ``n`` that is not before ``since``."""
    q = count
    while q > 0 and np.int64(steps[n, q - 1]) >= since:
        q -= 1
    return q


@njit(inline="always")
def find_changes(changes, target, latest, since, change, many):
    k = 0
    for j in range(target.size):
        n = target[j]
        changes[0, j] = change[max(np.int64(latest[0, n]) - since, 0)]
        changes[1, j] = change[max(np.int64(latest[1, n]) - since, 0)]
        many[k] = j
        k += np.int64(latest[2, n]) > since
    return k


@njit(inline="always")
def apply_changes(weight, changes, w_min, w_max):
    clips = 0
    for j in range(weight.size):
        w_sum = learned(np.int64(weight[j]), np.int64(changes[1, j]))
        clips += saturates(w_sum, w_min, w_max)
        w_sum_2 = learned(bounded(w_sum, w_min, w_max), np.int64(changes[0, j]))
        clips += saturates(w_sum_2, w_min, w_max)
        weight[j] = bounded(w_sum_2, w_min, w_max)
    return clips


@njit(inline="always")
def replay_additive(weight, target, count, steps, latest, since, change, w_min, w_max, changes, many):
    """Add ``change[lag + 1]`` for each noted spike ``lag`` steps after ``since``; how many were clipped."""
    k = find_changes(changes, target, latest, since, change, many)
    for q in range(k):
        changes[0, many[q]] = 0
        changes[1, many[q]] = 0
    clips = apply_changes(weight, changes, w_min, w_max)
    for i in range(k):
        j = many[i]
        n, w = target[j], np.int64(weight[j])
        noted = np.int64(count[n])
        for q in range(first_noted(steps, n, noted, since), noted):
            w_sum = learned(w, np.int64(change[np.int64(steps[n, q]) - since + 1]))
            clips += saturates(w_sum, w_min, w_max)
            w = bounded(w_sum, w_min, w_max)
        weight[j] = w
    return clips


@njit(inline="always")
def term_at(term, value, w, rule, factors, width):
    """The value of a term for a weight ``w``, of which the row's product is ``value``."""
    for q in range(term.n_row, term.n_factors):
        factor = term.factors[q]
        if factor < FACTOR_W:
            value = times(value, np.int64(factors[factor - ROW_FACTORS]))
        elif factor == FACTOR_W:
            value = times(value, widened(w, width))
        elif factor == FACTOR_UP:
            value = times(value, widened(rule.w_max - w, width))
        else:
            value = times(value, widened(w - rule.w_min, width))
    return aligned(value, term.shift)


@njit(inline="always")
def change_at(row, lag, w, n, rule, factors, program, products):
    """What a spike of neuron ``n``, ``lag`` steps after the last visit, does to a weight ``w``."""
    total = np.int64(0)
    for t in range(rule.first, rule.last):
        if program.terms[t].condition == ON_POST and products[t - rule.first, lag] != 0:
            total += term_at(program.terms[t], products[t - rule.first, lag], w, rule, factors,
                             program.weight_width)
    if not rule.stochastic:
        return rounded(total, program.fraction)
    row_noise = noise.source_noise(noise.step_noise(program.seed, row.since + lag), row.source)
    chance = noise.noise_bits(noise.synapse_noise(row_noise, n), program.fraction)
    return rounded_down_with(total, chance, program.fraction)


@njit(inline="always")
def replay_terms(row, weight, target, notes, horizon, program, products):
    """Evaluate all terms for each noted spike since the last visit; how many weights were clipped."""
    rule, since, clips = program.rules[row.rule], row.since - notes.counter[BEGIN], 0
    for j in range(target.size):
        n, w = np.int64(target[j]), np.int64(weight[j])
        noted = np.int64(notes.count[n])
        for q in range(first_noted(notes.steps, n, noted, since), noted):
            lag = np.int64(notes.steps[n, q]) - since
            if lag >= horizon:
                break
            factors = notes.factors[n if rule.notes else 0, q]
            w_sum = learned(w, change_at(row, lag, w, n, rule, factors, program, products))
            clips += saturates(w_sum, rule.w_min, rule.w_max)
            w = bounded(w_sum, rule.w_min, rule.w_max)
        weight[j] = w
    return clips


@njit
def replay_row(row, now, program, synapses, notes, ahead, counts):
    """Take a row to the beginning of LEARN in step ``now``; how many synapses were looked at."""
    gap = now - row.since
    if gap <= 0:
        return 0
    rule, horizon = program.rules[row.rule], look_ahead(row, gap, program, ahead)
    if horizon == 0 or notes.counter[TOTAL] == 0:
        row.since = now
        return gap
    if rule.additive:
        for start in range(row.first, row.last, CHUNK):
            stop = min(start + CHUNK, row.last)
            counts[3] += replay_additive(
                synapses.weight[start:stop], synapses.target[start:stop], notes.count, notes.steps, notes.latest,
                row.since - notes.counter[BEGIN], ahead.change, rule.w_min, rule.w_max,
                ahead.changes, ahead.many)
    else:
        counts[3] += replay_terms(row, synapses.weight[row.first:row.last], synapses.target[row.first:row.last],
                                  notes, horizon, program, ahead.products)
    row.since = now
    return gap + row.last - row.first


@njit
def replay_all(rows, now, program, synapses, notes, ahead, counts):
    """Take all rows that replay to the beginning of LEARN in step ``now``, and forget the spikes before."""
    for r in range(rows.size):
        if program.rules[rows[r].rule].replays:
            replay_row(rows[r], now, program, synapses, notes, ahead, counts)
    for n in range(notes.count.size):
        notes.count[n] = min(notes.count[n], 0)
        notes.latest[0, n] = notes.latest[1, n] = notes.latest[2, n] = 0
    notes.counter[BEGIN] = now
    notes.counter[TOTAL] = 0


@njit(inline="always")
def is_full(fired, now, notes):
    """Whether there is no room for the spikes of the neurons that ``fired`` in step ``now``."""
    full = now - notes.counter[BEGIN] >= EPOCH - 1
    for q in range(fired.size):
        full |= notes.count[fired[q]] == NOTED
    return full


@njit(inline="always")
def note_spikes(fired, now, of_neurons, notes):
    """Note the spikes of the neurons that ``fired`` in step ``now``."""
    for q in range(fired.size):
        n = fired[q]
        place = notes.count[n]
        if place < 0:
            continue
        notes.steps[n, place] = now - notes.counter[BEGIN]
        if notes.factors.shape[0] > 1:
            for f in range(NEURON_FACTORS):
                notes.factors[n, place, f] = of_neurons[f, n]
        notes.count[n] = place + 1
        notes.latest[2, n] = notes.latest[1, n]
        notes.latest[1, n] = notes.latest[0, n]
        notes.latest[0, n] = now - notes.counter[BEGIN] + 1
        notes.counter[TOTAL] += 1
