"""The loop over steps of networks that learn or adapt; the neurons and the sending are those of `kernel`."""

import itertools
from typing import NamedTuple

import numpy as np

from snnsim.contract.schedule import arrival_step, ring_slot
from snnsim.contract.terms import ONE

from .alike import Alike
from .cells import NOISY_STEPPERS, SATURATED, STEPPERS
from .delivery import deliver, deliver_all, fetch_rows, first_at_least, send_rows
from .kernel import add_inputs, by_kind, lowest_bit, of_one_kind, record_states, stepping
from .learn import learn_row, trace_row
from .learn_terms import Workspace
from .memory import borrowed, prefetch
from .noise import draw, draw_nothing
from .notes import Notes, is_full, note_spikes
from .plastic_rows import PENDING, Rows, Synapses
from .replay import Ahead, replay_all, replay_row
from .rule_tables import OF_GRADED, OF_M, OF_POST, Modulators, Program, record
from .rules import inner, variant_of
from .traces import grade_neurons, mark, modulate, receive, trace_neurons

#: Neurons ``first <= n < last`` of one class.
RUN = record("first", "last", "post_class")


class Post(NamedTuple):
    """What belongs to the post-synaptic neurons.

    ``factors``, shape (6, neurons): those from `Factor.POST` to `Factor.SIGN`. ``y``, shape (2, neurons): the
    traces, of which two of the factors are what is read. ``runs``: their classes. ``m_arrivals`` and
    ``m_touched``: see `receive`.
    """

    factors: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    m_arrivals: np.ndarray
    m_touched: np.ndarray


class Learning(NamedTuple):
    """All that phase LEARN needs. ``is_on``: whether there is anything in it; else only thresholds adapt."""

    is_on: bool
    has_grades: bool
    program: Program
    rows: Rows
    synapses: Synapses
    post: Post
    modulators: Modulators
    notes: Notes
    workspace: Workspace
    alike: Alike
    ahead: Ahead


@inner()
def send_to_m(source, step, arrivals, touched, rows):
    """Add a spike's arrivals to what third factors will take up; their number."""
    work = 0
    for k in range(rows.pointer[source], rows.pointer[source + 1]):
        segment = rows.segments[k]
        slot = ring_slot(arrival_step(step, segment.delay), arrivals.shape[0])
        for j in range(segment.start, segment.stop):
            arrivals[slot, rows.target[j]] += rows.weight[j] * segment.scale
        touched[slot] = 1
        work += segment.stop - segment.start
    return work


@inner(inline="always")
def catch_up(source, now, learning, counts):
    """Before a spike is sent, let the rows of its source replay; how much work that was."""
    rows, program, work = learning.rows, learning.program, 0
    for q in range(rows.pointer[source], rows.pointer[source + 1]):
        row = rows.table[rows.of_source[q]]
        if program.rules[row.rule].replays:
            work += replay_row(row, now, program, learning.synapses, learning.notes, learning.ahead, counts)
    return work


@inner()
def find_pending(now, pending, due):
    """List the rows whose event, of a spike of an earlier step, falls into this step; how many there are."""
    if pending.shape[0] == 0:
        return 0
    found, slot = 0, ring_slot(now, pending.shape[0])
    for word in range(pending.shape[1]):
        mask = pending[slot, word]
        while mask != 0:
            due[found] = word * PENDING + np.int64(lowest_bit(mask))
            found += 1
            mask &= mask - np.uint64(1)
        pending[slot, word] = 0
    return found


@inner(inline="always")
def find_events(sources, now, rows, rules):
    """Mark the rows whose event falls into this step and list them; how many there are.

    Those that have been visited when their source's spike was sent are left out.
    """
    found = find_pending(now, rows.pending, rows.due)
    for k in range(sources.size):
        for q in range(rows.pointer[sources[k]], rows.pointer[sources[k] + 1]):
            r = rows.of_source[q]
            row = rows.table[r]
            if row.lag:
                slot = ring_slot(arrival_step(now, row.lag), rows.pending.shape[0])
                rows.pending[slot, r // PENDING] |= np.uint64(1) << np.uint64(r % PENDING)
            elif not rules[row.rule].replays:
                rows.due[found] = r
                found += 1
    for q in range(found):
        rows.table[rows.due[q]].event = 1
    return found


@inner()
def list_visits(found, now, is_commanded, rows, rules):
    """Add to the ``found`` rows with an event those that must be visited, too; how many there are in all."""
    n = found
    for q in range(rows.plain.size):
        if not rows.table[rows.plain[q]].event:
            rows.due[n] = rows.plain[q]
            n += 1
    if is_commanded:
        for r in range(rows.table.size):
            row = rows.table[r]
            rule = rules[row.rule]
            if rule.replays and rule.has_command and not row.event and row.since <= now:
                rows.due[n] = r
                n += 1
    return n


@inner()
def find_fired(fired, targets):
    """Say for each projection that learns whether any of its targets fired."""
    for p in range(targets.size):
        targets[p].fired = 0
        for q in range(fired.size):
            if targets[p].first <= fired[q] and fired[q] < targets[p].end:
                targets[p].fired = 1
                break


@inner()
def visit(row, now, crowd, is_commanded, learning, counts):
    """LEARN of a row, and its traces; how much work that was. ``crowd``: see `learn_row`."""
    work = learn_row(row, now, learning.rows.targets[row.projection], crowd, is_commanded, learning.program,
                     learning.modulators.table, learning.synapses, learning.post.factors, learning.workspace,
                     learning.alike, counts)
    trace_row(row, learning.program, counts)
    row.since = now + 1
    return work + 1


@inner(inline="always")
def visit_rows_of(source, now, crowd, is_commanded, learning, counts):
    """LEARN of the rows of a source that spikes, while they are at hand; how much work that was.

    Those that learn from arrivals or do not replay come later.
    """
    rows, work = learning.rows, 0
    for q in range(rows.pointer[source], rows.pointer[source + 1]):
        row = rows.table[rows.of_source[q]]
        if row.lag == 0 and learning.program.rules[row.rule].replays:
            row.event = 1
            work += visit(row, now, crowd, is_commanded, learning, counts)
            row.event = 0
    return work


@inner(inline="always")
def visit_rows(sources, now, is_commanded, learning, counts):
    """LEARN of all other rows in which anything can happen; how much work that was."""
    rows, rules, work = learning.rows, learning.program.rules, 0
    found = find_events(sources, now, rows, rules)
    for q in range(list_visits(found, now, is_commanded, rows, rules)):
        row = rows.table[rows.due[q]]
        if rules[row.rule].replays:
            work += replay_row(row, now, learning.program, learning.synapses, learning.notes, learning.ahead,
                               counts)
        work += visit(row, now, found, is_commanded, learning, counts)
    for q in range(found):
        rows.table[rows.due[q]].event = 0
    return work


@inner()
def fetch_sources(sources, sent, rows):
    """Fetch what will be looked up for each of the ``sources``: where its synapses are, and its rows."""
    for k in range(sources.size):
        prefetch(sent.pointer, sources[k])
        prefetch(rows.pointer, sources[k])
    for k in range(sources.size):
        prefetch(sent.segments, sent.pointer[sources[k]])
        prefetch(rows.of_source, rows.pointer[sources[k]])
    for k in range(sources.size):
        if rows.pointer[sources[k]] < rows.pointer[sources[k] + 1]:
            prefetch(rows.table, rows.of_source[rows.pointer[sources[k]]])


@inner(inline="always")
def begin_learning(fired, cells, learning):
    """What must be known of the neurons before LEARN."""
    post = learning.post
    mark(post.factors[OF_POST], fired, ONE)
    find_fired(fired, learning.rows.targets)
    if learning.has_grades:
        grade_neurons(post.factors[OF_GRADED], post.runs, learning.program, cells)


@inner(inline="always")
def end_learning(fired, sources, now, learning, counts):
    """After LEARN: spikes are noted, and traces go on."""
    program, post, notes = learning.program, learning.post, learning.notes
    if is_full(fired, now, notes):
        replay_all(learning.rows.table, now, program, learning.synapses, notes, learning.ahead, counts)
    note_spikes(fired, now, post.factors, notes)
    counts[SATURATED] += trace_neurons(post.factors, post.y, post.runs, program)
    counts[SATURATED] += modulate(learning.modulators.table, learning.modulators.counts, sources,
                                  program.decay_bits)
    mark(post.factors[OF_POST], fired, 0)


step_neurons = stepping(by_kind(*STEPPERS["wide"][:3]))


def _run(neurons, ring, delivery, plastic, to_m, learning, events, commands, output, sources, first, last,
        origin, work):
    """`kernel` with learning. ``commands``: whether there is one in each step of the run.
    ``sources``: room for the spikes of one step.

    Where there are no steps, all rows replay what they have yet to.
    """
    neurons, ring, learning, output = borrowed((neurons, ring, learning, output))
    delivery, plastic, to_m = borrowed((delivery, plastic, to_m))
    if first == last:
        replay_all(learning.rows.table, origin, learning.program, learning.synapses, learning.notes,
                   learning.ahead, output.saturations)
        return last, 0
    spikes = np.int64(0)  # 0 itself would be one more type to compile for
    event = first_at_least(events.step, first)
    room = output.step.size - output.margin
    counts, post = output.saturations, learning.post
    for step in range(first, last):
        now = origin + step
        sent = spikes
        slot = ring_slot(now, ring.drive.shape[0])
        draw(neurons, ring, slot, now)
        spikes, evaluated = step_neurons(neurons, ring, slot, output, step, spikes)
        fired = output.neuron[sent:spikes]
        for k in range(fired.size):  # numba takes seconds to compile a copy of slices, most for its errors
            sources[k] = fired[k]
        event, n = add_inputs(events, event, step, sources, fired.size)
        spiked = sources[:n]
        counts[SATURATED] += receive(post.factors[OF_M], post.runs, post.m_arrivals, post.m_touched,
                                     slot, learning.program)
        is_commanded = commands[step] != 0
        if learning.is_on:
            begin_learning(fired, neurons.cells, learning)
        if n > 0:
            work -= deliver(spiked, now, ring, delivery)
        fetch_sources(spiked, plastic, learning.rows)
        for k in range(n):
            source = spiked[k]
            fetch_rows(spiked, k + 1, plastic)
            work -= catch_up(source, now, learning, counts)
            work -= send_rows(source, now, ring, plastic, n)
            work -= send_to_m(source, now, post.m_arrivals, post.m_touched, to_m)
            work -= visit_rows_of(source, now, n, is_commanded, learning, counts)
        if learning.is_on:
            work -= visit_rows(spiked, now, is_commanded, learning, counts)
            end_learning(fired, spiked, now, learning, counts)
        record_states(neurons, output, step)
        work -= evaluated + output.record.size + 1
        if work <= 0 or spikes > room:
            return step + 1, spikes
    return last, spikes


def _compiled(numbers, is_adaptive, has_bitmaps, draws):
    own, alike, alike_without_i, adaptive = (NOISY_STEPPERS if draws else STEPPERS)[numbers]
    step_block = of_one_kind(adaptive) if is_adaptive else by_kind(own, alike, alike_without_i)
    return variant_of(_run, f"{numbers}{is_adaptive:d}{has_bitmaps:d}{draws:d}",
                      step_neurons=stepping(step_block), deliver=deliver_all if has_bitmaps else deliver,
                      draw=draw if draws else draw_nothing)


#: By what is computed with, whether thresholds adapt or values are graded, whether there are bitmaps, and
#: whether any neuron draws.
RUNS = {which: _compiled(*which) for which in itertools.product(STEPPERS, *[(True, False)] * 3)}
