"""The one way from floats to integers."""

import numpy as np
import pytest

from snnsim.compiler.quantise import CompileError, Loss, decay, one_minus_decay, quantise, tau_error
from snnsim.contract import Format

BYTE = Format.of_width(8, signed=True)


def test_values_are_rounded_to_the_nearest_integer_and_ties_to_even():
    assert quantise([0.5, 1.5, 2.5, -0.5, -1.5, 1.49], BYTE, "x", "y").tolist() == [0, 2, 2, 0, -2, 1]


@pytest.mark.parametrize("value", [127.51, 128, -128.6, 1e300, np.nan, np.inf, -np.inf])
def test_a_value_without_an_integer_is_refused_with_the_number_the_limit_and_the_remedy(value):
    with pytest.raises(CompileError, match=f"weight of {value:g} units must".replace("+", "[+]")) as caught:
        quantise([0, value], BYTE, "weight", "shrink it")
    assert str(caught.value).endswith("must be between -128 and 127: shrink it")


def test_values_at_the_ends_of_a_format_are_kept():
    assert quantise([127.4, -128.5], BYTE, "x", "y").tolist() == [127, -128]


def test_loss_counts_the_error_of_what_was_rounded():
    assert Loss.between([4.0, 0.25, -2.0, 0.0], [4.0, 0.0, -1.0, 0.0]) == Loss(
        largest=1.0, relative=0.25, rms=pytest.approx(np.sqrt((1 + 0.0625) / 4) / 4), zeroed=1)


def test_nothing_lost_is_zero():
    assert Loss.between([], []) == Loss.between([0.0], [0.0]) == Loss.between([3.0], [3.0]) == Loss()


def test_decay_of_the_extremes_is_exact():
    tau = np.array([0.0, np.inf, 1e-320, 1e-3])
    assert decay(tau, 1e-3).tolist() == [0, 1, 0, np.exp(-1)]
    assert one_minus_decay(tau, 1e-3)[:2].tolist() == [1, 0]
    assert one_minus_decay(np.array([1e12]), 1e-3) == pytest.approx(1e-15, rel=1e-12)


def test_the_error_of_a_time_constant_is_that_of_the_decay_it_gets():
    tau, dt = np.array([20e-3]), 0.1e-3
    keep = np.rint(decay(tau, dt) * 4096) / 4096  # 4076 / 4096, which decays with 20.43 ms
    assert tau_error(tau, dt, keep) == pytest.approx(0.0215, abs=1e-4)


def test_a_time_constant_that_is_lost_has_an_error_of_one_or_infinity():
    assert tau_error(np.array([1e-9]), 1e-3, np.array([0.0])) == 1
    assert tau_error(np.array([1e9]), 1e-3, np.array([1.0])) == np.inf
    assert tau_error(np.array([0.0, np.inf]), 1e-3, np.array([0.0, 1.0])) == 0
