"""Programs of learning rules: what they mean, and where they are wrong."""

import random

import numpy as np
import pytest

from snnsim.errors import UserError
from snnsim.learning.program import FACTORS, MOST_PRODUCTS, parsed


def products(text, **parameters):
    """The products of a program: ``(target, condition, factors)`` to their coefficient."""
    return {(p.target, p.condition, p.factors): p.coefficient for p in parsed(text, parameters)}


@pytest.mark.parametrize(("text", "expected"), [
    ("w += 1", {("w", "step", ()): 1}),
    ("w -= 2.5e-1", {("w", "step", ()): -0.25}),
    ("w += 2**-4 * x1 * post - 2**-5 * y1 * pre",
     {("w", "post", ("x1",)): 1 / 16, ("w", "pre", ("y1",)): -1 / 32}),
    ("@post w += x1; @pre w -= y1", {("w", "post", ("x1",)): 1, ("w", "pre", ("y1",)): -1}),
    ("@command w += m * e\ne += x1", {("w", "command", ("e", "m")): 1, ("e", "step", ("x1",)): 1}),
    ("# only a remark\n\n  w += x1 # and another\n;;", {("w", "step", ("x1",)): 1}),
    ("w += (x1\n + x2)\n * y1", None),
    ("w += (x1 + x2) * y1", {("w", "step", ("x1", "y1")): 1, ("w", "step", ("x2", "y1")): 1}),
    ("w += -(x1 - 2 * (x2 - y1))",
     {("w", "step", ("x1",)): -1, ("w", "step", ("x2",)): 2, ("w", "step", ("y1",)): -2}),
    ("w += x1 * y1 / 4 / 2", {("w", "step", ("x1", "y1")): 1 / 8}),
    ("w += -2**2", {("w", "step", ()): -4}),
    ("w += y1**2 * w", {("w", "step", ("w", "y1", "y1")): 1}),
    ("w += (x1 - y1)**2", {("w", "step", ("x1", "x1")): 1, ("w", "step", ("x1", "y1")): -2,
                           ("w", "step", ("y1", "y1")): 1}),
    ("w += x1; w += x1 - y1", {("w", "step", ("x1",)): 2, ("w", "step", ("y1",)): -1}),
    ("w += 3 * x1 - 3 * x1 + y1", {("w", "step", ("y1",)): 1}),
    ("w += sign * M0 * M3 * g", {("w", "step", ("M0", "M3", "g", "sign")): 1}),
])
def test_a_program_is_the_sum_of_its_products(text, expected):
    if expected is None:
        with pytest.raises(UserError):  # a statement ends with its line, outside of brackets
            products(text)
    else:
        assert products(text) == expected


def test_lines_within_brackets_are_one_statement():
    assert products("w += (x1\n  + x2)") == products("w += x1 + x2")


def test_parameters_are_numbers():
    assert products("w += rate * x1 / n", rate=0.5, n=4) == {("w", "step", ("x1",)): 0.125}


@pytest.mark.parametrize(("text", "condition", "factors"), [
    ("w += pre * x1", "pre", ("x1",)), ("w += post * x1", "post", ("x1",)),
    ("@step w += post * x1", "post", ("x1",)), ("w += pre * post", "pre", ("post",)),
    ("@post w += pre", "post", ("pre",)), ("@pre w += pre * x1", "pre", ("x1",)),
    ("@command w += pre * x1", "command", ("pre", "x1")), ("w += post * post * x1", "post", ("x1",)),
])
def test_a_spike_as_a_factor_is_a_condition_where_that_is_the_same(text, condition, factors):
    assert products(text) == {("w", condition, factors): 1}


@pytest.mark.parametrize(("text", "expected"), [
    ("w += w_max - w", {("up",): 1}), ("w += 0.5 * x1 * (w_max - w)", {("up", "x1"): 0.5}),
    ("w += w - w_min", {("down",): 1}), ("w -= w - w_max", {("up",): 1}),
    ("w += (w_max - w) * (w - w_min)", {("down", "up"): 1}),
    ("w += up * down * x1", {("down", "up", "x1"): 1}),
    ("w += 2 * w_max - w", {("w_max",): 2, ("w",): -1}),
    ("w += w_max * x1", {("w_max", "x1"): 1}),
])
def test_the_distance_to_a_bound_is_a_factor_of_its_own(text, expected):
    assert {p.factors: p.coefficient for p in parsed(text, {})} == expected


WRONG = [
    ("w += 2**-4 * x3 * post", 14, "there is no 'x3', only pre, post, x1"),
    ("w = 3", 3, "what is '='?"),
    ("u += 3", 1, "expected what changes, one of w, e"),
    ("@late w += 1", 2, "expected a condition, one of pre, post, step, command"),
    ("w += (1", 8, "expected .* or [)]"),
    ("w += 1)", 7, "expected .* or the end of the statement"),
    ("w += 1 2", 8, "expected .* or the end of the statement"),
    ("w += ", 6, "expected a number, a factor or [(]"),
    ("w += x1 * * x2", 11, "expected a number, a factor or [(]"),
    ("w += 1 $ 2", 8, "what is '[$]'?"),
    ("w += x1 / x2", 11, "only numbers can be divided by"),
    ("w += x1 / (2 - 2)", 11, "cannot divide by 0"),
    ("w += x1**-2", 11, "a power of factors must be 1 to 16"),
    ("w += x1**0.5", 10, "an exponent must be a whole number"),
    ("w += 10**400", 10, "a number that is too large"),
    ("w += 1e999", 6, "a number that is too large"),
    ("w += 1e200 * 1e200", 14, "a number that is too large"),
    ("w += " + "(" * 30 + "1", 26, "more than 20 brackets in brackets"),
    ("w += x1**16 * x2", 15, "more than 16 factors"),
    ("w += (x1+x2+y1+y2+m+g+w+e)**3", 6, "more than 64 products"),
    ("w += __import__(1)", 6, "there is no '__import__'"),
    ("w += x1(1)", 8, "expected .* or the end of the statement"),
    ("w += x1.real", 8, r"what is '\.'\?"),
    ("w += lambda * 1", 6, "there is no 'lambda'"),
    ("w += x1[0]", 8, r"what is '\['\?"),
]


@pytest.mark.parametrize(("text", "at", "message"), WRONG)
def test_what_is_wrong_is_pointed_at(text, at, message):
    with pytest.raises(UserError, match=message) as caught:
        parsed(text, {})
    words = str(caught.value)
    assert "\n" not in words and f"line 1, character {at}: " in words
    assert repr(f"{text[:at - 1]}-->{text[at - 1:]}".strip()) in words


def test_the_line_of_several_is_named():
    with pytest.raises(UserError, match=r"line 3, character 11: '@pre w -= -->nothing'"):
        parsed("w += 1\n\n@pre w -= nothing\nw += 2", {})


@pytest.mark.parametrize("text", ["", " ; \n # nothing", "w += 0 * x1", "w += x1 - x1"])
def test_a_program_that_changes_nothing_is_refused(text):
    with pytest.raises(UserError, match="changes nothing"):
        parsed(text, {})


@pytest.mark.parametrize("text", [None, 7, "w += 1" + " " * 5000])
def test_what_is_no_text_or_too_long_is_refused_in_one_line(text):
    with pytest.raises(UserError, match="a program is a text of at most 4000 characters") as caught:
        parsed(text, {})
    assert "\n" not in str(caught.value)


def random_expression(rng, depth):
    """A random expression as text: of numbers, factors, sums, products, powers and brackets."""
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(["2", "0.5", "3e-1", "x1", "y1", "m", "w", "g"])
    a, b = (random_expression(rng, depth - 1) for _ in range(2))
    return rng.choice([f"({a} + {b})", f"({a} - {b})", f"{a} * {b}", f"-{a}", f"({a})**2", f"{a} / 4",
                       f"({a} + {b} * {a})"])


def evaluated(found, values):
    return sum(p.coefficient * np.prod([values[f] for f in p.factors]) for p in found)


def test_random_expressions_have_the_value_that_python_gives_them():
    rng, tried = random.Random(1), 0
    while tried < 200:
        text = random_expression(rng, 3)
        try:
            found = parsed(f"w += {text}", {})
        except UserError as error:
            assert "more than" in str(error) or "changes nothing" in str(error)
            continue
        values = {name: rng.uniform(-1, 1) for name in FACTORS}
        assert evaluated(found, values) == pytest.approx(eval(text, {}, values), abs=1e-9)
        tried += 1


def test_any_text_is_parsed_or_refused_in_one_line_in_no_time():
    rng = random.Random(2)
    pieces = ["w", "+=", "-=", "*", "**", "(", ")", "\n", ";", "@post", "1", "0.5", "x1", "e", "+", "-", "/",
              "?"]
    for _ in range(2000):
        text = " ".join(rng.choices(pieces, k=rng.randint(0, 12)))
        try:
            assert len(parsed(text, {})) <= MOST_PRODUCTS
        except UserError as error:
            assert "\n" not in str(error)


def test_a_product_reads_as_it_is_written():
    found = parsed("@post w -= 0.25 * x1 * m; e += y1", {})
    assert [str(p) for p in found] == ["@post w -= 0.25 * m * x1", "e += 1 * y1"]
    assert [parsed(str(p), {}) for p in found] == [(p,) for p in found]
