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
#: Synapses that are packed at a time, which bounds the memory that packing takes.
BATCH = 1 << 22


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
    """Segments of ``length`` synapses each, back to back in ``target`` and ``weight``."""

    source: np.ndarray
    delay: np.ndarray
    scale: np.ndarray
    length: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def pack_rows(image, projections=None, weight_dtype=None):
    """``(DenseSegments, SparseSegments)`` of ``projections``, which are all those of an image unless given;
    weights take as many bytes as they need unless said."""
    projections = image.projections if projections is None else projections
    weight_dtype = weight_dtype or (np.int8 if image.formats.weight_width <= 8 else np.int16)
    target_dtype = np.uint16 if image.n_neurons <= 1 << 16 else np.uint32
    dense = [_nothing(np.int64, weight_dtype)]
    sparse = [_nothing(target_dtype, weight_dtype)]
    for projection in projections:
        for rows in _batches(projection):
            segments = _segments(projection, rows, weight_dtype)
            is_dense = _is_dense(segments)
            dense.append(_filled(_chosen(segments, is_dense)))
            scattered = _chosen(segments, ~is_dense)
            sparse.append(scattered._replace(target=scattered.target.astype(target_dtype)))
    n_sources = image.n_neurons + image.n_inputs
    return _dense_segments(dense, n_sources), _sparse_segments(sparse, n_sources)


def _nothing(target_dtype, weight_dtype):
    return _Segments(*(np.zeros(0, np.int64) for _ in range(4)),
                     np.zeros(0, target_dtype), np.zeros(0, weight_dtype))


def _batches(p):
    """The rows of a projection in slices of about `BATCH` synapses."""
    edges = np.searchsorted(p.indptr, np.arange(BATCH, p.n_synapses, BATCH))
    edges = np.unique([0, *edges, p.n_sources])
    return (slice(first, last) for first, last in zip(edges[:-1], edges[1:], strict=True))


def _segments(p, rows, weight_dtype):
    """The synapses of some rows, sorted by source, delay and target, cut into `_Segments`."""
    here = slice(p.indptr[rows.start], p.indptr[rows.stop])
    source = np.repeat(np.arange(rows.start, rows.stop), np.diff(p.indptr[rows.start:rows.stop + 1]))
    delay, target = p.delays()[here].astype(np.int64), p.target[here].astype(np.int64)
    weight = p.weights()[here]
    key = (source * (delay.max(initial=0) + 1) + delay) * p.n_targets + target
    if np.any(key[1:] < key[:-1]):
        order = np.argsort(key, kind="stable")
        source, delay, target, weight = source[order], delay[order], target[order], weight[order]
    changes = (source[1:] != source[:-1]) | (delay[1:] != delay[:-1])
    start = np.flatnonzero(np.concatenate(([target.size > 0], changes)))
    return _Segments(source[start] + p.first_source, delay[start], np.full(start.size, 1 << p.exponent),
                     np.diff(start, append=target.size), target + p.first_target, weight.astype(weight_dtype))


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
    """The segments with the gaps between their targets filled by weights of 0, and their first targets."""
    start, stop = _bounds(segments)
    first = segments.target[start]
    span = segments.target[stop - 1] - first + 1
    new_start = np.cumsum(span) - span
    position = segments.target + np.repeat(new_start - first, segments.length)
    weight = np.zeros(span.sum(), dtype=segments.weight.dtype)
    weight[position] = segments.weight
    return segments._replace(length=span, target=first, weight=weight)


def _joined(parts, n_sources):
    """All segments, their order by source, and the fields that dense and sparse ones have in common."""
    joined = _Segments(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    start, stop = _bounds(joined)
    order = np.argsort(joined.source, kind="stable")
    pointer = np.searchsorted(joined.source[order], np.arange(n_sources + 1))
    columns = {"pointer": pointer, "start": start[order], "stop": stop[order], "scale": joined.scale[order],
               "delay": joined.delay[order], "weight": joined.weight}
    return joined, order, columns


def _dense_segments(parts, n_sources):
    joined, order, columns = _joined(parts, n_sources)
    return DenseSegments(target=joined.target[order], **columns)


def _sparse_segments(parts, n_sources):
    joined, _, columns = _joined(parts, n_sources)
    return SparseSegments(target=joined.target, **columns)
