"""What `docs/contract.md` says of numbers and names is what the contract has."""

import re
from pathlib import Path

import pytest

from snnsim.contract import CONTRACT_VERSION, Formats
from snnsim.contract.noise import CENTRED_BITS, COLUMN_BITS, COLUMNS, CUT_BITS
from snnsim.contract.terms import (
    FACTOR_FRACTION,
    FACTOR_WIDTH,
    HISTORY_STEPS,
    LARGEST_RULE,
    LARGEST_TERM,
    MODULATORS,
    PRODUCT,
    PRODUCT_FRACTION,
    SHIFT,
    TOTAL,
    Condition,
    Factor,
    TraceMode,
    delta_fraction,
)
from snnsim.noise import LARGEST_SOURCES

PAGE = (Path(__file__).parents[2] / "docs" / "contract.md").read_text()


def rows_below(head):
    """The first cells of the table of which ``head`` is in the first line."""
    lines = PAGE[PAGE.index(head):].splitlines()
    cells = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    end = next(k for k, line in enumerate(lines) if not line.startswith("|"))
    return cells[2:end]


def names_in(cells):
    """The names in such cells, ``M0 .. M3`` spelt out."""
    text = " ".join(cells).replace("`M0` .. `M3`", "`M0` `M1` `M2` `M3`")
    return re.findall(r"\w+", text)


def test_the_page_is_of_this_version():
    assert PAGE.startswith(f"# The arithmetic contract, version {CONTRACT_VERSION}\n")
    assert f"`CONTRACT_VERSION` is {CONTRACT_VERSION}." in PAGE


def test_conditions_factors_and_modes_are_those_of_the_contract_in_their_order():
    assert names_in(rows_below("| condition |")) == [c.name for c in Condition]
    assert names_in(rows_below("| factors, in their order")) == [f.name for f in Factor]
    assert names_in(rows_below("| mode |")) == [m.name for m in TraceMode]


@pytest.mark.parametrize("said", [
    f"signed, {FACTOR_WIDTH} bits, {FACTOR_FRACTION} of them behind the point: -2 .. 2 |",
    f"| {SHIFT.lo} .. {SHIFT.hi} | bits |",
    f"signed, {PRODUCT.width} bits, {PRODUCT_FRACTION} of them behind the point |",
    f"| signed, {TOTAL.width} bits |", f"up to {LARGEST_RULE} terms", f"up to {LARGEST_TERM} factors",
    f"`M0` .. `M{MODULATORS - 1}`", f"the last {HISTORY_STEPS} steps", "`weight * 2^(16 - weight_width)`",
    f"p = c * 2^{PRODUCT_FRACTION - FACTOR_FRACTION};", f"p = trunc(p * factor / 2^{FACTOR_FRACTION})",
    f"sum of values for the weight / 2^({delta_fraction(0)} - weight_width)",
    f"sum of values for the tag / 2^{delta_fraction(FACTOR_WIDTH)}",
])
def test_numbers_of_learning_are_those_of_the_contract(said):
    assert said in PAGE


@pytest.mark.parametrize("said", [
    f"each of the {COLUMNS} columns", f"| `cut` | unsigned, {CUT_BITS} bits |", f"its 2^{CUT_BITS} lots",
    f"in units of 2^-{COLUMN_BITS + CUT_BITS}", f"| `source` | 0 .. {LARGEST_SOURCES} |",
    f"column = h >> {32 - COLUMN_BITS};   lot = (h >> {32 - COLUMN_BITS - CUT_BITS}) mod 2^{CUT_BITS}\n",
    f"floor(((mixed(h) >> {32 - CENTRED_BITS}) - 2^{CENTRED_BITS - 1}) * amplitude / 2^{CENTRED_BITS - 1})",
])
def test_numbers_of_noise_are_those_of_the_contract(said):
    assert said in PAGE


@pytest.mark.parametrize("name", ["state_width", "weight_width", "drive_width"])
def test_widths_are_the_usual_ones(name):
    row = next(line for line in PAGE.splitlines() if f"`{name}` " in line)
    assert f"| {getattr(Formats(), name)} bits |" in row
