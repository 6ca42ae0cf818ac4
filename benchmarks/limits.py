"""What the machine itself can do, on one thread: the yardstick for the simulator.

    python -m benchmarks.limits

Plain loops over memory that is larger than the caches: reading it; adding weights of 8 bits to the neurons
that targets of 16 bits name, row after row, as a spike over sparse synapses does; adding rows of weights of
8 bits to all neurons, as over dense ones.
"""

import statistics
import time

import numpy as np
from numba import njit

NEURONS, FAN_OUT, ROWS = 10_000, 1000, 40_000
#: Bytes that are read: more than any cache.
SIZE = 1 << 29
REPEATS = 5


@njit
def read(words):
    total = np.uint64(0)
    for word in words:
        total += word
    return total


@njit
def scatter(rows, target, weight, sums):
    for row in rows:
        for k in range(np.uint64(row * FAN_OUT), np.uint64((row + 1) * FAN_OUT)):
            sums[target[k]] += weight[k]


@njit
def add_dense(rows, weight, sums):
    for row in rows:
        for k in range(NEURONS):
            sums[k] += weight[row, k]


def measure_limits(rows=ROWS, size=SIZE, repeats=REPEATS):
    """``read``: GB/s; ``scatter`` and ``dense``: 10^9 additions a second. Medians."""
    rng = np.random.default_rng(0)
    order, dense_order = rng.integers(0, NEURONS, rows), rng.integers(0, NEURONS, rows // 10)
    target = np.sort(rng.integers(0, NEURONS, (NEURONS, FAN_OUT)), axis=1).astype(np.uint16).ravel()
    weight = rng.integers(-128, 128, NEURONS * FAN_OUT).astype(np.int8)
    dense = rng.integers(-128, 128, (NEURONS, NEURONS), dtype=np.int8)
    words = np.ones(size // 8, np.uint64)
    return {
        "read": words.nbytes / _seconds(repeats, read, words) / 1e9,
        "scatter": rows * FAN_OUT / _seconds(repeats, scatter, order, target, weight,
                                             np.zeros(NEURONS, np.int32)) / 1e9,
        "dense": dense_order.size * NEURONS / _seconds(repeats, add_dense, dense_order, dense,
                                                       np.zeros(NEURONS, np.int16)) / 1e9}


def _seconds(repeats, function, *arguments):
    """Seconds of the processor, the median after a first call that compiles."""
    function(*arguments)
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        function(*arguments)
        times.append(time.process_time() - begin)
    return statistics.median(times)


def describe(limits):
    return (f"this machine, one thread: reads {limits['read']:.1f} GB/s, adds {limits['scatter']:.2f} G/s "
            f"(16-bit targets, 8-bit weights) and {limits['dense']:.1f} G/s (dense rows of 8 bits)")


if __name__ == "__main__":
    print(describe(measure_limits()))
