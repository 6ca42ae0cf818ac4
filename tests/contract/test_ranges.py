"""No intermediate result of a rule reaches 63 bits; products and sums of learning stay in their formats."""

import inspect
import itertools

import pytest

from snnsim.contract import Formats, neuron, noise, plasticity
from snnsim.contract.config import LARGEST_INTERMEDIATE
from snnsim.contract.plasticity import coefficient_product, rounded, rounded_down_with, times
from snnsim.contract.terms import (
    FACTOR,
    FACTOR_FRACTION,
    FACTOR_WIDTH,
    GRADE_SHIFT,
    LARGEST_RULE,
    LARGEST_TERM,
    ONE,
    PRODUCT,
    PRODUCT_FRACTION,
    SHIFT,
    TABLE_SIZE,
    TOTAL,
    TraceMode,
    delta_fraction,
)
from tests.contract.test_rules import RULES

WIDEST = Formats(state_width=32, decay_bits=16, weight_width=16, drive_width=32, refractory_width=16)
LARGEST_SOURCES = 1 << 17


class Measured(int):
    """An integer that remembers the widest result of any operation."""

    widest = 0

    def _of(self, value):
        Measured.widest = max(Measured.widest, value.bit_length() + 1)
        return Measured(value)


def _measured(name):
    plain = getattr(int, name)

    def operation(self, *other):
        return self._of(plain(self, *other))
    return operation


for _name in ("add", "sub", "mul", "lshift", "rshift", "and", "or", "xor"):
    for _side in ("", "r"):
        setattr(Measured, f"__{_side}{_name}__", _measured(f"__{_side}{_name}__"))
Measured.__neg__ = _measured("__neg__")


def ends(format):
    return format.lo, format.hi


STATE, FACTOR_ENDS, FLAG = ends(WIDEST.state), ends(FACTOR), (0, 1)
KEEP, WORD = ends(WIDEST.keep), (0, noise.MASK)
DELTA = tuple(end >> delta_fraction(FACTOR_WIDTH) for end in ends(TOTAL))
#: The ends of the range of each argument in the widest formats, by its name.
ENDS = {
    neuron: {
        **dict.fromkeys(("x", "v", "i", "i_decayed", "v_decayed", "v_leaked", "v_threshold"), STATE),
        "v_reset": STATE, "bias": STATE, "v_min": STATE,
        "drive": ends(WIDEST.drive), "leak": ends(WIDEST.leak), "keep": KEEP,
        "product": tuple(x * keep for x in STATE for keep in KEEP), "decay_bits": (WIDEST.decay_bits,),
        "lo": STATE[:1], "hi": STATE[1:], "r": ends(WIDEST.refractory), "refractory": ends(WIDEST.refractory),
        **dict.fromkeys(("spike", "subtract", "hold", "tonic"), FLAG)},
    plasticity: {
        "v": STATE, "v_threshold": STATE, "z": (0, STATE[1]), "jump": (0, STATE[1]),
        "threshold": (STATE[0], 2 * STATE[1]), "shift": sorted({*ends(SHIFT), *ends(GRADE_SHIFT)}),
        "width": (4, 16), "x": (*FACTOR_ENDS, TABLE_SIZE - 1), "mode": tuple(TraceMode), "entry": FACTOR_ENDS,
        "coefficient": FACTOR_ENDS, "factor": FACTOR_ENDS, "product": ends(PRODUCT),
        "exact": tuple(p * f for p in ends(PRODUCT) for f in FACTOR_ENDS), "total": ends(TOTAL),
        "noise": (0, (1 << delta_fraction(4)) - 1), "fraction": (delta_fraction(4), delta_fraction(16)),
        "delta": DELTA, "amount": FACTOR_ENDS, "graded": FACTOR_ENDS, "x_decayed": FACTOR_ENDS,
        "m_decayed": FACTOR_ENDS, "gain": FACTOR_ENDS, "count": (-LARGEST_SOURCES, LARGEST_SOURCES),
        **dict.fromkeys(("condition", "spike", "event", "is_graded"), FLAG)},
    noise: {
        **dict.fromkeys(("h", "g", "number", "seed", "step", "step_noise", "source", "source_noise"), WORD),
        "target": WORD, "neuron": WORD, "bits": (delta_fraction(4), delta_fraction(16)),
        "lot": (0, 65535), "cut": (0, 65535), "value": ends(WIDEST.drive), "other": ends(WIDEST.drive),
        "amplitude": (0, STATE[1]), "product": tuple(h * STATE[1] for h in (-1 << 23, (1 << 23) - 1)),
        "v_threshold": STATE, "threshold": (STATE[0], 2 * STATE[1]), "noise": (-STATE[1], STATE[1] - 1)},
}


def widest_intermediate(rule, values):
    """Bits of the widest result of any operation in ``rule``, over all combinations of arguments."""
    Measured.widest = 0
    for row in itertools.product(*values):
        rule(*map(Measured, row))
    return Measured.widest


@pytest.mark.parametrize(("module", "name"), [
    (module, name) for module in ENDS for name, rule in RULES.items() if rule.__module__ == module.__name__])
def test_no_intermediate_reaches_63_bits(module, name):
    values = [ENDS[module][argument] for argument in inspect.signature(RULES[name]).parameters]
    assert widest_intermediate(RULES[name], values) < LARGEST_INTERMEDIATE


def test_an_intermediate_that_is_too_wide_is_seen():
    assert widest_intermediate(lambda x: (x << 60) >> 60, [(7,)]) == 64
    assert widest_intermediate(lambda x: 1 - -x * x, [(1 << 40,)]) == 82


def extreme_products():
    """Of a coefficient and four factors at their ends, after each factor."""
    for coefficient, *factors in itertools.product(FACTOR_ENDS, repeat=1 + LARGEST_TERM):
        product = coefficient_product(coefficient)
        yield product
        for factor in factors:
            product = times(product, factor)
            yield product


def test_the_largest_product_fits_its_format():
    products = set(extreme_products())
    assert (min(products), max(products)) == (-32 << PRODUCT_FRACTION, 32767 * 16 << 10)
    assert PRODUCT.lo <= min(products) and max(products) <= PRODUCT.hi


@pytest.mark.parametrize("width", range(4, 17))
def test_the_largest_sum_with_the_largest_noise_fits_its_format(width):
    fraction = delta_fraction(width)
    products = set(extreme_products())
    largest_noise = (1 << fraction) - 1
    sums = LARGEST_RULE * min(products), LARGEST_RULE * max(products) + largest_noise
    assert TOTAL.lo <= sums[0] and sums[1] <= TOTAL.hi
    assert sums[0] == -1 << 32  # which 32 bits would take for 0


@pytest.mark.parametrize("width", range(4, 17))
def test_a_factor_of_1_is_a_quarter_of_the_range_of_a_weight(width):
    """``ONE`` with the coefficient 1 changes a weight by ``2**(width - 2)``, its range being -2 .. 2."""
    total, fraction = times(coefficient_product(ONE), ONE), delta_fraction(width)
    assert rounded(total, fraction) == 1 << (width - 2)
    assert rounded_down_with(total, (1 << fraction) - 1, fraction) == 1 << (width - 2)
    weight = Formats(weight_width=width).weight
    assert plasticity.widened(weight.lo, width) == FACTOR.lo
    assert plasticity.widened(weight.hi, width) <= FACTOR.hi


def test_factors_and_products_have_the_bits_that_the_page_says():
    assert (FACTOR.width, FACTOR_FRACTION, FACTOR.fraction) == (16, 14, 14)
    assert (PRODUCT.width, TOTAL.width, SHIFT.hi) == (31, 34, 31)
    assert (delta_fraction(8), delta_fraction(16)) == (18, 10)
