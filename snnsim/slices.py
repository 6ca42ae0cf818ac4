"""Long arrays a slice at a time: what is computed on the way takes no memory to speak of."""

import numpy as np

#: Entries of a slice.
LENGTH = 1 << 20


def slices(n, width=1):
    """Slices that cover ``0 .. n - 1`` in order, shorter where each is a row of ``width`` entries."""
    length = max(1, LENGTH // max(1, width))
    return (slice(first, min(first + length, n)) for first in range(0, n, length))


def first_outside(values, lo, hi):
    """The index of the first of ``values``, shape (n,), outside ``lo .. hi``; None if there is none."""
    for here in slices(values.size):
        part = values[here]
        if not (part.min() >= lo and part.max() <= hi):  # also where it is not a number
            return here.start + int(np.flatnonzero(~((part >= lo) & (part <= hi)))[0])
    return None


def counts(index, n):
    """How often each of ``0 .. n - 1`` occurs in ``index``, shape (n,)."""
    total = np.zeros(n, np.int64)
    for here in slices(index.size):
        total += np.bincount(index[here], minlength=n)
    return total


def extreme_sums(index, lowest, highest, n):
    """``(most, least)``: for each of ``0 .. n - 1``, over its entries in ``index``, the sum of ``highest``
    above 0 and that of ``lowest`` below 0, both of shape (n,). One value for each entry, or one for all."""
    if highest.size == 1:
        times = counts(index, n)
        return times * max(highest[0], 0), times * min(lowest[0], 0)
    most, least = np.zeros((2, n))
    for here in slices(index.size):
        most += np.bincount(index[here], np.maximum(highest[here], 0), n)
        least += np.bincount(index[here], np.minimum(lowest[here], 0), n)
    return most, least
