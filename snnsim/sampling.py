"""Random choices among many, drawn a slice at a time: they take the memory of what is chosen."""

import numpy as np

from .slices import LENGTH, slices

#: Numbers of neurons.
INDEX = np.int32


def chosen_with(rng, p, n):
    """Each of ``0 .. n - 1`` with probability ``p``, independently: slices of those chosen, in order.

    Found by drawing the gaps between them.
    """
    last = -1
    while p and last < n:
        expected = (n - last) * p
        size = min(LENGTH, int(expected + 4 * np.sqrt(expected)) + 16)
        # A gap beyond the end ends the search; limited so that sums of gaps cannot overflow.
        chosen = last + np.cumsum(np.minimum(rng.geometric(p, size), n + 1))
        last = chosen[-1]
        yield chosen[:np.searchsorted(chosen, n)]


def distinct(rng, choices, k, rows):
    """``rows`` sorted sets of ``k`` distinct integers below ``choices``, shape (rows, k)."""
    if not rows * k:
        return np.empty((rows, k), INDEX)
    if 2 * k > choices:
        return _complement(distinct(rng, choices, choices - k, rows), choices)
    sets = rng.integers(0, choices, (rows, k), dtype=INDEX)
    sets.sort(axis=1)
    again = np.arange(rows)
    while again.size:
        again = np.concatenate([_redrawn(rng, sets, again[here], choices) for here in slices(again.size, k)])
    return sets


def _redrawn(rng, sets, rows, choices):
    """Replace the repetitions in some rows; those of them that had any.

    By symmetry between the neurons this leaves all sets equally likely.
    """
    some = sets[rows]
    twice = some[:, 1:] == some[:, :-1]
    had = twice.any(axis=1)
    rows, some, twice = rows[had], some[had], twice[had]
    some[:, 1:][twice] = rng.integers(0, choices, int(twice.sum()), dtype=INDEX)
    some.sort(axis=1)
    sets[rows] = some
    return rows


def _complement(sets, choices):
    """The integers below ``choices`` that are missing from each row."""
    rows, k = sets.shape
    others = np.empty((rows, choices - k), INDEX)
    for here in slices(rows, choices):
        missing = np.ones((here.stop - here.start, choices), bool)
        missing[np.arange(len(missing))[:, None], sets[here]] = False
        others[here] = np.nonzero(missing)[1].reshape(len(missing), -1)
    return others


def unravelled(flat, n):
    """The pair of each number, which is ``first * n + second``: ``(first, second)``."""
    first = flat // max(n, 1)
    flat = flat - first * n
    return first.astype(INDEX), flat.astype(INDEX)


def all_unravelled(flat, n):
    """The same, a slice at a time."""
    first, second = (np.empty(flat.size, INDEX) for _ in range(2))  # the one may be kept without the other
    for here in slices(flat.size):
        first[here], second[here] = unravelled(flat[here], n)
    return first, second
