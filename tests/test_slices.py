"""What is computed a slice at a time is what is computed at once."""

import numpy as np
import pytest

from snnsim import slices


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(slices, "LENGTH", 7)


@pytest.mark.parametrize(("n", "width", "starts"), [(0, 1, []), (7, 1, [0]), (15, 1, [0, 7, 14]),
                                                    (5, 3, [0, 2, 4]), (2, 50, [0, 1])])
def test_slices_cover_everything_once_in_order(n, width, starts):
    covered = list(slices.slices(n, width))
    assert [here.start for here in covered] == starts
    assert [k for here in covered for k in range(here.start, here.stop)] == list(range(n))


@pytest.mark.parametrize(("k", "value"), [(0, -3), (6, 3), (7, 3), (19, -2.5), (13, np.nan)])
def test_the_first_value_outside_is_found_in_every_slice(k, value):
    values = np.zeros(20)
    values[k:] = value
    assert slices.first_outside(values, -2, 2) == k
    assert slices.first_outside(values[:k], -2, 2) is None


def test_counts_are_those_of_all_entries():
    index = np.random.default_rng(0).integers(0, 5, 40).astype(np.uint16)
    assert slices.counts(index, 6).tolist() == [int((index == k).sum()) for k in range(6)]


@pytest.mark.parametrize("size", [1, 40])
def test_extreme_sums_are_of_what_is_above_and_of_what_is_below_0(size):
    rng = np.random.default_rng(1)
    index, high = rng.integers(0, 5, 40), rng.integers(-9, 10, size).astype(np.int8)
    low = np.minimum(high, rng.integers(-9, 10, size)).astype(np.int8)
    most, least = slices.extreme_sums(index, low, high, 6)
    highs, lows = (np.broadcast_to(values, 40).astype(int) for values in (high, low))
    assert most.tolist() == [sum(max(v, 0) for v in highs[index == k]) for k in range(6)]
    assert least.tolist() == [sum(min(v, 0) for v in lows[index == k]) for k in range(6)]
