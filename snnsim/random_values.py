"""Random integers, drawn to their extremes: what the random networks are made of."""

import numpy as np


def pick(rng, *values):
    return int(rng.choice(values))


def mixed(rng, n, format, usual, extremes, share):
    """``usual`` values, of which a ``share`` is replaced by ``extremes``; within ``format``."""
    values = np.broadcast_to(np.asarray(usual, dtype=np.float64), n).astype(np.int64)
    values = np.where(rng.random(n) < share, rng.choice(np.array(extremes, dtype=np.int64), n), values)
    return np.clip(values, format.lo, format.hi)


def random_keep(rng, n, keep, share):
    one = keep.hi
    usual = rng.choice([0, 1, one // 2, one - one // 8, one - one // 64, one - 1, one])
    if rng.random() < 0.3:
        usual = rng.integers(0, one + 1, n)
    return mixed(rng, n, keep, usual, [0, 1, one - 1, one], share)
