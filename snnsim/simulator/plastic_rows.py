"""Synapses that learn, and those that lead to third factors, as the kernel keeps them.

They lie row by row, within a row by delay and target, each with a target and a weight. Segments, of one
source, one delay and one exponent, say how they are sent; rows, how they learn. A synapse that is not enabled
belongs to no row, and so do the fixed ones of a projection to third factors.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from snnsim.plasticity import LearningRows

from .delivery import SEGMENT
from .delivery import Rows as SentRows
from .rule_tables import record


class Synapses(NamedTuple):
    """``target``: neurons, uint16, or uint32 where there are more. ``weight``, and ``tag`` (empty if no rule
    has tags), int16."""

    target: np.ndarray
    weight: np.ndarray
    tag: np.ndarray


#: A learning row has the synapses ``first <= j < last``. ``x`` are its traces; where rows replay, as they
#: stand before step ``since``. ``tagged``: whether any tag is not 0; ``event``: whether its event falls into
#: this step. As narrow as may be, so that it fits into a line of memory.
ROW = np.dtype([("first", np.int64), ("last", np.int64), ("since", np.int64), ("source", np.int32),
                ("rule", np.int32), ("projection", np.int32), ("lag", np.int32), ("x", np.int32, (2,)),
                ("tagged", np.int8), ("event", np.int8)], align=True)
#: The neurons that a projection leads to, whether any of them fired in this step, and where `Alike` has them.
TARGETS = record("first", "end", "fired", "at")


class Rows(NamedTuple):
    """The learning rows, numbered as those of the image, in ``table``.

    ``pending``, shape (slots, words): a bit for each whose event falls into a step to come. Source ``s`` has
    the rows ``of_source[pointer[s]:pointer[s + 1]]``. ``plain``: those that do not replay. ``targets``: of
    each projection that learns. ``due``: room for a list of rows.
    """

    table: np.ndarray
    pending: np.ndarray
    pointer: np.ndarray
    of_source: np.ndarray
    plain: np.ndarray
    targets: np.ndarray
    due: np.ndarray


class Packed(NamedTuple):
    """What is kept of an image: `Synapses`, the segments that add to drives and to third factors, both with
    the targets and weights of these, and for each projection the slice of its synapses in these, and their
    order: the place of each among those of its source, None where it is the image's own."""

    synapses: Synapses
    to_drive: SentRows
    to_m: SentRows
    slices: tuple
    order: tuple


#: `SEGMENT` in less memory. Up to 2^31 synapses, 8 GB of them, learn on a machine.
SENT = np.dtype([(name, np.int32) for name in SEGMENT.names], align=True)
#: Rows in a word of `Rows.pending`.
PENDING = 64


def fixed_projections(image):
    """The projections with only those synapses that have no place in `Synapses`."""
    return [_subset(p, ~_kept(p)) for p in image.projections]


def pack_plastic(image, rules, slots):
    """The `Packed` synapses of an image, and its `Rows`, at rest.

    ``rules``: the table of rules; ``slots``: those of the image's ring.
    """
    target_dtype = np.uint16 if image.n_neurons <= 1 << 16 else np.uint32
    numbered = LearningRows.of(image.projections)
    first, last = (np.zeros(numbered.size, np.int64) for _ in range(2))
    slices, orders, segments, targets, weights, begin = [], [], [], [], [], 0
    for k, p in enumerate(image.projections):
        chosen, row, order = _ordered(p, numbered.row[k])
        slices.append(slice(begin, begin + chosen.size))
        orders.append(order)
        targets.append((p.target[chosen] + p.first_target).astype(target_dtype))
        weights.append(p.weights()[chosen].astype(np.int16))
        segments.append(_segments(p, chosen, row, begin))
        _set_bounds(first, last, row, begin)
        begin += chosen.size
    target = np.concatenate([np.zeros(0, target_dtype), *targets])
    weight = np.concatenate([np.zeros(0, np.int16), *weights])
    has_tags = any(rule.has_tag for rule in image.rules)
    synapses = Synapses(target, weight, np.zeros(weight.size if has_tags else 0, np.int16))
    to_drive, to_m = (
        _joined([s for s, p in zip(segments, image.projections, strict=True) if p.to_m == to_m],
                image.n_neurons + image.n_inputs, synapses) for to_m in (False, True))
    packed = Packed(synapses, to_drive, to_m, tuple(slices), tuple(orders))
    return packed, _rows(image, numbered, first, last, rules, slots)


def _rows(image, numbered, first, last, rules, slots):
    learning = [p for p in image.projections if p.learning is not None]
    table = np.zeros(numbered.size, ROW).view(np.recarray)
    number = np.cumsum([p.learning is not None for p in image.projections], dtype=np.int64) - 1
    projection = number[numbered.projection]
    rule_of = np.array([image.rules.index(p.learning.rule) for p in learning], dtype=np.int64)
    for name, column in (("rule", rule_of[projection]), ("projection", projection),
                         ("source", numbered.source), ("lag", numbered.lag), ("first", first),
                         ("last", last)):
        table[name] = column
    targets = np.zeros(len(learning), TARGETS).view(np.recarray)
    targets["first"] = [p.first_target for p in learning]
    targets["end"] = [p.first_target + p.n_targets for p in learning]
    targets["at"] = np.cumsum([0, *(p.n_targets for p in learning)])[:-1]
    order = np.argsort(numbered.source, kind="stable").astype(np.int32)
    pointer = np.searchsorted(numbered.source[order], np.arange(image.n_neurons + image.n_inputs + 1))
    return Rows(
        table, np.zeros((slots if numbered.lag.any() else 0, -(-numbered.size // PENDING)), np.uint64),
        pointer.astype(np.int32), order,
        np.flatnonzero(rules["replays"][table["rule"]] == 0).astype(np.int32), targets,
        np.zeros(numbered.size, np.int32))


def rest(rows):
    """Let rows be as they begin."""
    rows.pending[:] = 0
    for name in ("since", "x", "tagged", "event"):
        rows.table[name] = 0


def gather(image, packed, values, otherwise):
    """``values`` of `Synapses` as an int64 array for each projection; ``otherwise`` those of the others."""
    gathered = []
    for p, here, order, others in zip(image.projections, packed.slices, packed.order, otherwise, strict=True):
        whole = np.array(others, dtype=np.int64)
        whole[_places(p, order)] = values[here]
        gathered.append(whole)
    return tuple(gathered)


def scatter(image, packed, values, into):
    """Write ``values``, an array for each projection, into an array of `Synapses`."""
    for p, here, order, whole in zip(image.projections, packed.slices, packed.order, values, strict=True):
        into[here] = whole[_places(p, order)]


def _places(p, order):
    """Where the kept synapses of a projection are among all, in order."""
    kept = _kept(p)
    if order is None:
        return slice(None) if kept.all() else kept
    begins, counts = _of_sources(p.sources()[kept])
    return np.flatnonzero(kept)[np.repeat(begins, counts) + order]


def _of_sources(source):
    """Where the synapses of each source begin, and how many it has; ``source`` is sorted."""
    begins = np.flatnonzero(np.concatenate(([source.size > 0], source[1:] != source[:-1])))
    return begins, np.diff(np.append(begins, source.size))


def _kept(p):
    """Which synapses of a projection have a place in `Synapses`."""
    if p.to_m:
        return np.ones(p.n_synapses, bool)
    return p.learning.mask(p.n_synapses) if p.learning else np.zeros(p.n_synapses, bool)


def _subset(p, which):
    """A projection without learning that has only some of the synapses."""
    if which.all():
        return replace(p, learning=None)
    kept = np.concatenate(([0], np.cumsum(which)))
    return replace(p, indptr=kept[p.indptr], target=p.target[which], weight=p.weights()[which],
                   delay=p.delay if p.delay.size == 1 else p.delay[which], learning=None)


def _ordered(p, row):
    """The kept synapses of a projection, by source, row, delay and target; the learning row of each, -1 for
    those in none; and `Packed.order`."""
    if row is None or not p.learning.mask(p.n_synapses).all():
        row = np.where(p.learning.mask(p.n_synapses), row, -1) if p.learning else np.full(p.n_synapses, -1)
    kept = np.flatnonzero(_kept(p))
    source, longest = p.sources()[kept].astype(np.int64), int(p.delay.max(initial=0)) + 1
    key = (((source * 2 + (row[kept] >= 0)) * longest + p.delays()[kept]) * p.n_targets + p.target[kept])
    if not np.any(key[1:] < key[:-1]):
        return kept, row[kept], None
    order = np.argsort(key, kind="stable")
    begins, counts = _of_sources(source)
    chosen, place = kept[order], order - np.repeat(begins, counts)
    return chosen, row[chosen], place.astype(np.min_scalar_type(place.max()))


def _segments(p, chosen, row, begin):
    """``(source, segment)`` of the segments of a projection."""
    source, delay = p.sources()[chosen], p.delays()[chosen]
    changes = (source[1:] != source[:-1]) | (delay[1:] != delay[:-1]) | (row[1:] != row[:-1])
    start = np.flatnonzero(np.concatenate(([chosen.size > 0], changes)))
    segments = np.zeros(start.size, SENT)
    segments["start"] = start + begin
    segments["stop"] = np.append(start[1:], chosen.size)[:start.size] + begin
    segments["delay"], segments["scale"] = delay[start], 1 << p.exponent
    return source[start], segments


def _joined(parts, n_sources, synapses):
    source = np.concatenate([np.zeros(0, np.int64), *(source for source, _ in parts)])
    segments = np.concatenate([np.zeros(0, SENT), *(segments for _, segments in parts)])
    order = np.argsort(source, kind="stable")
    pointer = np.searchsorted(source[order], np.arange(n_sources + 1)).astype(np.int32)
    return SentRows(pointer, segments[order].view(np.recarray), synapses.target, synapses.weight)


def _set_bounds(first, last, row, begin):
    """Where the rows of some synapses begin and end; ``begin``: where these synapses do."""
    changes = np.flatnonzero(np.concatenate(([row.size > 0], row[1:] != row[:-1])))
    ends = np.append(changes[1:], row.size)[:changes.size]
    learn = row[changes] >= 0
    first[row[changes][learn]] = changes[learn] + begin
    last[row[changes][learn]] = ends[learn] + begin
