"""Synapses as compressed rows: segments of one source, one delay and one scale."""

from dataclasses import dataclass

import numpy as np

from .cells import BLOCK, blocks_of
from .delivery import SEGMENT, Rows

#: Synapses that are packed at a time, which bounds the memory that packing takes.
BATCH = 1 << 22
#: Targets of a segment differ by less than this.
REACH = 1 << 16


@dataclass(frozen=True)
class Share:
    """The neurons ``first <= n < last`` of an image; ``first`` begins a block."""

    first: int
    last: int

    @property
    def size(self):
        return self.last - self.first

    def covers(self, p):
        """Whether all targets of a projection are in the share."""
        return self.first <= p.first_target and p.first_target + p.n_targets <= self.last


@dataclass(frozen=True)
class Synapses:
    """Some synapses of a projection, sorted by source, delay and target, which counts from the share."""

    source: np.ndarray
    delay: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def shares_of(n_neurons, parts):
    """``parts`` shares of all neurons, or fewer, of whole blocks and about one size."""
    edges = np.unique(np.linspace(0, blocks_of(n_neurons), parts + 1).astype(np.int64)) * BLOCK
    return [Share(int(first), int(min(last, n_neurons)))
            for first, last in zip(edges[:-1], edges[1:], strict=True)]


def batches(p, share):
    """The `Synapses` of a projection onto a share, about `BATCH` at a time."""
    edges = np.searchsorted(p.indptr, np.arange(BATCH, p.n_synapses, BATCH))
    edges = np.unique([0, *edges, p.n_sources])
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        yield _sorted(_chosen(p, first, last, share))


def pack_rows(projections, share, n_sources, weight_dtype):
    """The `Rows` of some projections onto a share. Weights take ``weight_dtype``."""
    n = sum(_synapses_in(p, share) for p in projections)
    target, weight = np.empty(n, np.uint16), np.empty(n, weight_dtype)
    return _filled_rows(projections, share, n_sources, target, weight)


def pack_constant_rows(projections, share, n_sources, weight_dtype):
    """The same of projections each of which has one weight only; it is in the scale of their segments."""
    target = np.empty(sum(_synapses_in(p, share) for p in projections), np.uint16)
    return _filled_rows(projections, share, n_sources, target, np.empty(0, weight_dtype))


def _filled_rows(projections, share, n_sources, target, weight):
    sources, segments, begin = [np.zeros(0, np.int64)], [np.zeros(0, SEGMENT)], 0
    for p in projections:
        for synapses in batches(p, share):
            source, here = _segments(synapses, begin)
            end = begin + synapses.target.size
            target[begin:end] = synapses.target % REACH
            if weight.size:
                weight[begin:end] = synapses.weight
                here["scale"] = 1 << p.exponent
            else:
                here["scale"] = int(p.weight.flat[0]) << p.exponent
            sources.append(source)
            segments.append(here)
            begin = end
    source = np.concatenate(sources)
    order = np.argsort(source, kind="stable")
    pointer = np.searchsorted(source[order], np.arange(n_sources + 1))
    return Rows(pointer, np.concatenate(segments)[order].view(np.recarray), target, weight)


def _synapses_in(p, share):
    if share.covers(p):
        return p.n_synapses
    return int(np.count_nonzero((p.target >= share.first - p.first_target)
                                & (p.target < share.last - p.first_target)))


def _chosen(p, first, last, share):
    """The synapses of some rows of a projection onto a share."""
    here = slice(p.indptr[first], p.indptr[last])
    source = np.repeat(np.arange(first, last), np.diff(p.indptr[first:last + 1])) + p.first_source
    target = p.target[here].astype(np.int64) + (p.first_target - share.first)
    synapses = Synapses(source, p.delays()[here], target, p.weights()[here])
    if share.covers(p):
        return synapses
    return _picked(synapses, (target >= 0) & (target < share.size))


def _picked(synapses, which):
    return Synapses(synapses.source[which], synapses.delay[which], synapses.target[which],
                    synapses.weight[which])


def _sorted(synapses):
    span = synapses.target.max(initial=0) + 1
    key = synapses.source * (int(synapses.delay.max(initial=0)) + 1) + synapses.delay
    key = key * span + synapses.target
    if np.any(key[1:] < key[:-1]):
        return _picked(synapses, np.argsort(key, kind="stable"))
    return synapses


def _segments(s, begin):
    """The source of each segment, and the segments without their scale; the first synapse is ``begin``."""
    far = s.target // REACH
    changes = (s.source[1:] != s.source[:-1]) | (s.delay[1:] != s.delay[:-1]) | (far[1:] != far[:-1])
    start = np.flatnonzero(np.concatenate(([s.target.size > 0], changes)))
    segments = np.zeros(start.size, SEGMENT)
    segments["start"] = start + begin
    segments["stop"] = np.append(start[1:], s.target.size)[:start.size] + begin
    segments["origin"], segments["delay"] = far[start] * REACH, s.delay[start]
    return s.source[start], segments
