"""Learning in arrears: post-synaptic spikes are noted, and a row takes them up when it is next visited.

That gives the same weights, since between two visits of a row nothing can change its synapses but spikes of
their targets, whose effects depend on nothing but the row's traces, the weight itself and what is noted.
Spikes are noted for each neuron, so many steps long or so many of one neuron; then all rows are visited.
"""

from typing import NamedTuple

import numpy as np

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

from . import lanes, vectors
from .cells import CLIPPED
from .kernel import lowest_bit
from .learn_terms import CHUNK
from .notes import BEGIN, EPOCH, RECENT, TOTAL, first_noted, forget, most_without_more, noted_step
from .rule_tables import FACTOR_UP, FACTOR_W, FACTOR_X1, ON_POST, ROW_FACTORS
from .rules import inner
from .traces import next_trace, read_trace


class Ahead(NamedTuple):
    """Memory for one row at a time. For each of some steps: its two traces as factors, the row's product of
    each term, and the sum of these. ``change``: that in units of a weight, by the step plus 1, counted from
    where the notes begin; 0 for all other steps, and between two rows for all. Then, for each synapse of a
    chunk, the changes by the latest two spikes, and these steps as they are noted."""

    reads: np.ndarray
    products: np.ndarray
    total: np.ndarray
    change: np.ndarray
    changes: np.ndarray
    found: np.ndarray

    @classmethod
    def empty(cls, rules):
        terms = int((rules["last"] - rules["first"]).max(initial=0))
        return cls(np.zeros((2, EPOCH), np.int64), np.zeros((terms, EPOCH), np.int64),
                   np.zeros(EPOCH, np.int64), np.zeros(EPOCH + 1, np.int32), np.zeros((2, CHUNK), np.int32),
                   np.zeros(CHUNK + vectors.WIDTH, np.int32))


@inner()
def trace_ahead(x, trace, reads, which, gap, tables, decay_bits):
    """Take a trace through ``gap`` steps without an event; ``reads`` are its factors in these."""
    done = 0
    if trace.mode != COUNTDOWN and trace.mode != HISTORY:
        while done < gap and x > 0:
            kept = product(x, trace.keep)
            if kept < 0:  # never: so the compiler knows that it need not round up, and each step waits for
                break  # the one before it
            reads[which, done] = x
            x = decayed(kept, decay_bits)
            done += 1
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
    rest = read_trace(x, trace, tables)
    for lag in range(np.uint64(done), np.uint64(gap)):  # unsigned: not from the end
        reads[which, lag] = rest
    return x


@inner()
def multiply_ahead(products, k, term, reads, gap):
    """The row's product of term ``k`` of its rule in each of the steps ahead; the last one in which it is not
    0, plus 1."""
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


@inner(inline="always")
def look_ahead(row, gap, program, ahead):
    """What spikes of targets mean to a row in each of ``gap`` steps, after which its traces stand then.

    Returns the number of steps after which they mean nothing.
    """
    for which in range(2):
        row.x[which] = trace_ahead(row.x[which], program.traces[which, row.rule], ahead.reads, which, gap,
                                   program.tables, program.decay_bits)
    rule, horizon = program.rules[row.rule], 0
    for lag in range(gap):
        ahead.total[lag] = 0
    for t in range(rule.first, rule.last):
        term, k = program.terms[t], t - rule.first
        if term.condition == ON_POST:
            last = multiply_ahead(ahead.products, k, term, ahead.reads, gap)
            horizon = max(horizon, last)
            for lag in range(last):
                ahead.total[lag] += aligned(ahead.products[k, lag], term.shift)
    return horizon


@inner()
def find_changes(changes, found, target, recent, change):
    """The changes by the latest two spikes of each target, and what is ``found`` in `Notes.recent`."""
    for j in range(target.size):
        steps = recent[np.uint64(target[j])]
        found[j] = steps
        changes[0, j] = change[noted_step(steps, 0)]
        changes[1, j] = change[noted_step(steps, 1)]


@inner(forceinline=True)
def changed(w, change, rule):
    """A weight after a change, and whether it was clipped."""
    w_sum = learned(w, np.int64(change))
    return bounded(w_sum, rule.w_min, rule.w_max), saturates(w_sum, rule.w_min, rule.w_max)


@inner()
def apply_earlier_changes(weight, target, found, since, rule, notes, change):
    """Change the weights of targets that fired more than twice since step ``since`` by all spikes but the
    latest two; how many were clipped."""
    clips, most = 0, vectors.number(most_without_more(since))
    for start in range(0, weight.size, vectors.WIDTH):
        mask = lanes.where(vectors.load(found, start) > most, weight.size - start)
        while mask != 0:
            j = np.uint64(start) + lowest_bit(mask)
            mask &= mask - np.uint64(1)
            n, w = np.uint64(target[j]), np.int64(weight[j])
            before = np.int64(notes.count[n]) - RECENT
            for q in range(first_noted(notes.steps, n, before, since), before):
                w, clipped = changed(w, change[np.int64(notes.steps[n, q]) + 1], rule)
                clips += clipped
            weight[j] = w
    return clips


@inner()
def apply_changes(weight, changes, w_min, w_max):
    """Change each weight by its two changes, the earlier first; how many were clipped.

    No sum of a weight of 16 bits and a change, which has 25, leaves 32 bits, in which there are twice as many
    in a vector.
    """
    clips, lo, hi = np.int32(0), np.int32(w_min), np.int32(w_max)
    for j in range(weight.size):
        w_sum = np.int32(learned(np.int32(weight[j]), changes[1, j]))
        w_sum_2 = np.int32(learned(bounded(w_sum, lo, hi), changes[0, j]))
        clips = np.int32(clips + saturates(w_sum, lo, hi) + saturates(w_sum_2, lo, hi))
        weight[j] = bounded(w_sum_2, lo, hi)
    return np.int64(clips)


@inner(inline="always")
def replay_additive(weight, target, since, rule, notes, ahead):
    """Add what `Ahead.change` says for each noted spike; how many weights were clipped."""
    find_changes(ahead.changes, ahead.found, target, notes.recent, ahead.change)
    clips = apply_earlier_changes(weight, target, ahead.found, since, rule, notes, ahead.change)
    return clips + apply_changes(weight, ahead.changes, rule.w_min, rule.w_max)


@inner(inline="always")
def term_at(term, value, w, n, q, rule, noted, width):
    """The value of a term, of which the row's product is ``value``, for a weight ``w`` and the noted spike
    ``q`` of neuron ``n``, at which the factors of the neuron were ``noted``."""
    for k in range(term.n_row, term.n_factors):
        factor = term.factors[k]
        if factor < FACTOR_W:
            value = times(value, np.int64(noted[n, q, factor - ROW_FACTORS]))
        elif factor == FACTOR_W:
            value = times(value, widened(w, width))
        elif factor == FACTOR_UP:
            value = times(value, widened(rule.w_max - w, width))
        else:
            value = times(value, widened(w - rule.w_min, width))
    return aligned(value, term.shift)


@inner(inline="always")
def change_at(row, since, lag, w, n, q, rule, noted, program, products):
    """What spike ``q`` of neuron ``n``, ``lag`` steps after step ``since``, does to a weight ``w``."""
    total = np.int64(0)
    for t in range(rule.first, rule.last):
        if program.terms[t].condition == ON_POST and products[t - rule.first, lag] != 0:
            total += term_at(program.terms[t], products[t - rule.first, lag], w, n, q, rule, noted,
                             program.weight_width)
    if not rule.stochastic:
        return rounded(total, program.fraction)
    row_noise = noise.source_noise(noise.step_noise(program.seed, since + lag), np.int64(row.source))
    chance = noise.noise_bits(noise.synapse_noise(row_noise, n), program.fraction)
    return rounded_down_with(total, chance, program.fraction)


@inner(inline="always")
def replay_terms(row, weight, target, since, rule, notes, horizon, program, products):
    """Evaluate all terms for each noted spike from step ``since`` on; how many weights were clipped."""
    begin, clips = since - notes.counter[BEGIN], 0
    for j in range(target.size):
        n, w = np.int64(target[j]), np.int64(weight[j])
        noted = np.int64(notes.count[n])
        for q in range(first_noted(notes.steps, n, noted, begin), noted):
            lag = np.int64(notes.steps[n, q]) - begin
            if lag >= horizon:
                break
            w_sum = learned(w, change_at(row, since, lag, w, n, q, rule, notes.factors, program, products))
            clips += saturates(w_sum, rule.w_min, rule.w_max)
            w = bounded(w_sum, rule.w_min, rule.w_max)
        weight[j] = w
    return clips


@inner()
def set_changes(change, since, total, fraction):
    """Set the changes from a step on from their sums."""
    begin = np.uint64(since + 1)
    for lag in range(np.uint64(total.size)):  # unsigned: not from the end
        change[begin + lag] = rounded(total[lag], fraction)


@inner()
def replay_row(row, now, program, synapses, notes, ahead, counts):
    """Take a row to the beginning of LEARN in step ``now``; how much work that was."""
    gap = now - row.since
    if gap <= 0:
        return 0
    rule, horizon, since = program.rules[row.rule], look_ahead(row, gap, program, ahead), row.since
    row.since = now
    if horizon == 0 or notes.counter[TOTAL] == 0:
        return gap
    begin = since - notes.counter[BEGIN]
    if rule.additive:
        set_changes(ahead.change, begin, ahead.total[:horizon], program.fraction)
    for start in range(row.first, row.last, CHUNK):
        stop = min(start + CHUNK, row.last)
        weight, target = synapses.weight[start:stop], synapses.target[start:stop]
        if rule.additive:
            counts[CLIPPED] += replay_additive(weight, target, begin, rule, notes, ahead)
        else:
            counts[CLIPPED] += replay_terms(row, weight, target, since, rule, notes, horizon, program,
                                            ahead.products)
    if rule.additive:
        ahead.change[begin + 1:begin + horizon + 1] = 0
    return gap + row.last - row.first


@inner()
def replay_all(rows, now, program, synapses, notes, ahead, counts):
    """Take all rows that replay to the beginning of LEARN in step ``now``, and forget the spikes before."""
    for r in range(rows.size):
        if program.rules[rows[r].rule].replays:
            replay_row(rows[r], now, program, synapses, notes, ahead, counts)
    forget(notes, now)
