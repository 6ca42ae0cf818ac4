"""What is usually asked of spikes: rates, irregularity, correlations; and how far distributions differ."""

import numpy as np

#: Fewer intervals say little about their variation.
FEWEST_INTERVALS = 10
#: Seconds of a bin, and neurons whose pairs are correlated.
BIN, CORRELATED = 10e-3, 200


def rates(t, neuron, n, seconds):
    """Spikes a second of each of ``n`` neurons."""
    return np.bincount(neuron, minlength=n) / seconds


def irregularities(t, neuron, n, seconds):
    """The coefficient of variation of the intervals of each neuron that has `FEWEST_INTERVALS`: 0 is a clock,
    1 is Poisson."""
    order = np.lexsort((t, neuron))
    t, neuron = t[order], neuron[order]
    same = neuron[1:] == neuron[:-1]
    interval, owner = np.diff(t)[same], neuron[1:][same]
    count = np.bincount(owner, minlength=n)
    enough = count >= FEWEST_INTERVALS
    mean = np.bincount(owner, interval, n)[enough] / count[enough]
    square = np.bincount(owner, interval ** 2, n)[enough] / count[enough]
    return np.sqrt(np.maximum(square - mean ** 2, 0)) / mean


def correlations(t, neuron, n, seconds):
    """Of the spike counts of all pairs of `CORRELATED` neurons, spread over all, in bins of `BIN`; those that
    are silent are left out."""
    chosen = np.linspace(0, n - 1, min(CORRELATED, n)).astype(int)
    row = np.full(n, -1)
    row[chosen] = np.arange(chosen.size)
    bins = round(seconds / BIN)
    here = row[neuron] >= 0
    at = row[neuron[here]] * bins + np.minimum((t[here] / BIN).astype(int), bins - 1)
    counts = np.bincount(at, minlength=chosen.size * bins).reshape(chosen.size, bins)
    counts = counts[np.ptp(counts, axis=1) > 0]
    return np.corrcoef(counts)[np.triu_indices(len(counts), 1)]


#: Each takes the times in seconds, the neuron of each spike, how many neurons there are, and for how long.
STATISTICS = {"rate in Hz": rates, "CV of intervals": irregularities, "correlation of counts": correlations}


def distance(a, b):
    """Of Kolmogorov and Smirnov: the largest difference between two cumulative distributions."""
    a, b = np.sort(a), np.sort(b)
    at = np.concatenate([a, b])
    return float(np.abs(np.searchsorted(a, at, "right") / a.size
                        - np.searchsorted(b, at, "right") / b.size).max())
