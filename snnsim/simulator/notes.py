"""Spikes of neurons that rows have yet to replay."""

from typing import NamedTuple

import numpy as np

from .rule_tables import NEURON_FACTORS
from .rules import inner

#: Steps for which spikes are noted, as many as `STEP_BITS` can tell apart, and spikes of a neuron.
EPOCH = 4095
NOTED = 32
#: How many spikes of a neuron `Notes.recent` has, and the bits of a step there.
RECENT, STEP_BITS = 2, 12
STEP_MASK = (1 << STEP_BITS) - 1
#: The lowest bits of the step of the spike before these, which are left out there.
COARSE = 5
#: Where `Notes.counter` has the step in which the notes begin, and how many spikes are noted.
BEGIN, TOTAL = range(2)


class Notes(NamedTuple):
    """Spikes that rows have yet to replay: for each neuron the ``steps`` of ``count``, counted from where the
    notes begin, and the ``factors`` that it had then, if any rule needs them. ``count`` is -1 for neurons
    whose spikes need not be noted. ``recent``, int32, as all rows look here: for each the latest two of
    these steps plus 1, the latest in the lowest bits, then the highest bits of the third; 0 where there is
    none. ``counter``: `BEGIN` and `TOTAL`.
    """

    count: np.ndarray
    steps: np.ndarray
    recent: np.ndarray
    factors: np.ndarray
    counter: np.ndarray

    @classmethod
    def empty(cls, wanted, with_factors):
        """None yet; ``wanted``: of which neurons."""
        n = wanted.size
        return cls(np.where(wanted, 0, -1).astype(np.int16), np.zeros((n, NOTED), np.uint16),
                   np.zeros(n, np.int32),
                   np.zeros((n if with_factors else 0, NOTED, NEURON_FACTORS), np.int16),
                   np.zeros(2, np.int64))


@inner(forceinline=True)
def first_noted(steps, n, count, since):
    """The first of the ``count`` ascending steps of neuron ``n`` that is not before ``since``."""
    q = count
    while q > 0 and np.int64(steps[n, q - 1]) >= since:
        q -= 1
    return q


@inner(forceinline=True)
def noted_step(recent, k):
    """The ``k``-th step of `Notes.recent` of a neuron, 0 or 1. Unsigned: as an index it then does not count
    from the end."""
    return (np.uint64(recent) >> np.uint64(k * STEP_BITS)) & np.uint64(STEP_MASK)


@inner(forceinline=True)
def most_without_more(since):
    """What `Notes.recent` is at most, unless a neuron may have fired a third time since a step."""
    return (since >> COARSE << (RECENT * STEP_BITS)) - 1


@inner(forceinline=True)
def with_step(recent, step):
    """`Notes.recent` of a neuron after another spike."""
    latest, before = recent & STEP_MASK, (recent >> STEP_BITS) & STEP_MASK
    return step | (latest << STEP_BITS) | (before >> COARSE << (RECENT * STEP_BITS))


@inner()
def is_full(fired, now, notes):
    """Whether there is no room for the spikes of the neurons that ``fired`` in step ``now``."""
    full = now - notes.counter[BEGIN] >= EPOCH - 1
    for q in range(fired.size):
        full |= notes.count[fired[q]] == NOTED
    return full


@inner()
def note_spikes(fired, now, of_neurons, notes):
    """Note the spikes of the neurons that ``fired`` in step ``now``."""
    for q in range(fired.size):
        n = fired[q]
        place = notes.count[n]
        if place < 0:
            continue
        notes.steps[n, place] = now - notes.counter[BEGIN]
        if notes.factors.shape[0]:
            for f in range(NEURON_FACTORS):
                notes.factors[n, place, f] = of_neurons[f, n]
        notes.count[n] = place + 1
        notes.recent[n] = with_step(np.int64(notes.recent[n]), now - notes.counter[BEGIN] + 1)
        notes.counter[TOTAL] += 1


@inner()
def forget(notes, now):
    """Begin anew with the spikes of step ``now``."""
    for n in range(notes.count.size):
        notes.count[n] = min(notes.count[n], 0)
        notes.recent[n] = 0
    notes.counter[BEGIN] = now
    notes.counter[TOTAL] = 0
