"""Synapses as the kernel streams them: segments of one source, one delay and one exponent.

A segment whose targets are many enough of a range becomes a `DenseSegments` run: one weight for each
neuron of the range, added vector by vector. The others keep a target per weight in `SparseSegments`.
Either choice gives the same sums.
"""

from typing import NamedTuple

import numpy as np

#: A range is stored densely where at least one in so many of its neurons is a target ...
SPARSEST_DENSE = 4
#: ... and it is at least so long.
SHORTEST_DENSE = 8


class DenseSegments(NamedTuple):
    """Segment ``k`` of source ``s`` (``pointer[s] <= k < pointer[s + 1]``) adds
    ``weight[start[k]:stop[k]] * scale[k]`` to the neurons from ``target[k]`` on, after ``delay[k]``."""

    pointer: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    target: np.ndarray
    scale: np.ndarray
    delay: np.ndarray
    weight: np.ndarray


class SparseSegments(NamedTuple):
    """Segment ``k`` of source ``s`` (``pointer[s] <= k < pointer[s + 1]``) adds ``weight[j] * scale[k]`` to
    neuron ``target[j]`` for ``start[k] <= j < stop[k]``, after ``delay[k]``."""

    pointer: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    scale: np.ndarray
    delay: np.ndarray
    target: np.ndarray
    weight: np.ndarray


class _Segments(NamedTuple):
    """Segments of one projection: ``length`` synapses each, back to back in ``target``, ``weight``."""

    source: np.ndarray
    delay: np.ndarray
    scale: np.ndarray
    length: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def pack_rows(image):
    """``(DenseSegments, SparseSegments)`` of an image."""
    n_sources = image.n_neurons + image.n_inputs
    weight_dtype = np.int8 if image.formats.weight_width <= 8 else np.int16
    target_dtype = np.uint16 if image.n_neurons <= 1 << 16 else np.uint32
    dense, sparse = [], []
    for projection in image.projections:
        segments = _segments(projection)
        is_dense = _is_dense(segments)
        dense.append(_filled(_chosen(segments, is_dense)))
        sparse.append(_chosen(segments, ~is_dense))
    return (_dense_segments(dense, n_sources, weight_dtype),
            _sparse_segments(sparse, n_sources, weight_dtype, target_dtype))


def _segments(p):
    """The synapses of a projection, sorted by source, delay and target, cut into `_Segments`."""
    source, delay = p.sources().astype(np.int64), p.delays().astype(np.int64)
    key = (source * (delay.max(initial=0) + 1) + delay) * p.n_targets + p.target
    target, weight = p.target, p.weight
    if np.any(key[1:] < key[:-1]):
        order = np.argsort(key, kind="stable")
        source, delay, target, weight = source[order], delay[order], target[order], weight[order]
    changes = (source[1:] != source[:-1]) | (delay[1:] != delay[:-1])
    start = np.flatnonzero(np.concatenate(([target.size > 0], changes)))
    length = np.diff(start, append=target.size)
    return _Segments(source[start], delay[start], np.full(start.size, 1 << p.exponent), length,
                     target.astype(np.int64) + p.first_target, weight)


def _bounds(segments):
    """Where each segment starts and stops."""
    stop = np.cumsum(segments.length)
    return stop - segments.length, stop


def _is_dense(segments):
    """Whether each segment is dense enough, and has no target twice."""
    if segments.source.size == 0:
        return np.zeros(0, dtype=bool)
    start, stop = _bounds(segments)
    repeats = np.zeros(segments.target.size, dtype=np.int64)
    repeats[1:] = segments.target[1:] == segments.target[:-1]
    repeats[start] = 0
    span = segments.target[stop - 1] - segments.target[start] + 1
    return ((np.add.reduceat(repeats, start) == 0) & (span >= SHORTEST_DENSE)
            & (segments.length * SPARSEST_DENSE >= span))


def _chosen(segments, which):
    """The segments for which ``which`` holds."""
    synapses = np.repeat(which, segments.length)
    return _Segments(*(column[which] for column in segments[:4]),
                     segments.target[synapses], segments.weight[synapses])


def _filled(segments):
    """The segments with the gaps between their targets filled by weights of 0."""
    if segments.source.size == 0:
        return segments
    start, stop = _bounds(segments)
    first = segments.target[start]
    span = segments.target[stop - 1] - first + 1
    new_start = np.cumsum(span) - span
    position = segments.target + np.repeat(new_start - first, segments.length)
    weight = np.zeros(span.sum(), dtype=segments.weight.dtype)
    weight[position] = segments.weight
    target = np.arange(weight.size) - np.repeat(new_start - first, span)
    return segments._replace(length=span, target=target, weight=weight)


def _joined(parts, n_sources):
    """The segments of all projections, and the pointer, start, stop and order by source."""
    nothing = _Segments(*(np.zeros(0, np.int64) for _ in _Segments._fields))
    joined = _Segments(*(np.concatenate(columns) for columns in zip(nothing, *parts, strict=True)))
    start, stop = _bounds(joined)
    order = np.argsort(joined.source, kind="stable")
    pointer = np.searchsorted(joined.source[order], np.arange(n_sources + 1))
    return joined, pointer, start, stop, order


def _dense_segments(parts, n_sources, weight_dtype):
    joined, pointer, start, stop, order = _joined(parts, n_sources)
    target = joined.target[start] if start.size else start
    return DenseSegments(pointer, start[order], stop[order], target[order], joined.scale[order],
                         joined.delay[order], joined.weight.astype(weight_dtype))


def _sparse_segments(parts, n_sources, weight_dtype, target_dtype):
    joined, pointer, start, stop, order = _joined(parts, n_sources)
    return SparseSegments(pointer, start[order], stop[order], joined.scale[order], joined.delay[order],
                          joined.target.astype(target_dtype), joined.weight.astype(weight_dtype))
