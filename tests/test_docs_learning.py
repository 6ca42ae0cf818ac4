"""The page about learning says what is so: its Python runs, its tables are the rules that there are."""

import re
from pathlib import Path

import numpy as np
import pytest

import snnsim
from snnsim import learning
from snnsim.learning.program import FACTORS, parsed
from tests.test_published_rules import CASES

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "learning.md").read_text()
PARAMETERS = dict(zip("abcdnr", np.arange(1, 7) / 8, strict=True))


def section(title):
    return re.search(rf"## {title}\n(.*?)(\n## |\Z)", PAGE, re.DOTALL)[1]


def rows(title, column):
    """The code in a column of the tables of a section, the heads left out: its first pieces."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ") and "`" in line]
    return [re.findall(r"`(.*?)`", line.split("|")[column]) for line in lines]


def test_its_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], network)
    assert snnsim.Network.load("learned.npz") == network["learned"]
    exec("from snnsim import *\n" + re.search(r"```python\n(SumOf.*?)```", PAGE, re.DOTALL)[1], {})
    indented = re.search(r"\n\n((?:    .*\n)+)\n- \*\*Third", PAGE)[1]
    given = {"neuron": snnsim.LIF(20e-3, 1.0)}
    for line in indented.splitlines():
        if not line.strip().startswith("Network(...,"):
            exec(f"from snnsim import *\n{line.strip()}", given)


@pytest.mark.parametrize(("written", "program"), [
    (name[0], program[0])
    for name, program in zip(rows("Rules by name", 1), rows("Rules by name", 2), strict=True)])
def test_a_rule_by_name_is_the_program_that_the_table_says(written, program):
    name, arguments = re.match(r"(\w+)\((.*)\)", written).groups()
    names = [a.strip() for a in arguments.replace("tau_...", "tau_plus, tau_minus, tau_y, tau_x").split(",")]
    values = {n: (k + 1) / 16 for k, n in enumerate(names)}
    if name == "WindowSTDP":
        values = {"a_plus": [0.5, 0.25], "a_minus": [0.125, 0.125]}
        program = program.replace("sum(a_minus)", "0.25")
    rule = getattr(snnsim, name)(**values, w_min=0, w_max=1)
    assert set(rule.sum_of_products().products) == set(parsed(program, values))


def test_every_rule_by_name_is_in_the_table():
    named = {name for name in learning.__all__ if issubclass(getattr(learning, name), learning.LearningRule)}
    written = {row[0].split("(")[0] for row in rows("Rules by name", 1)}
    assert named - {"LearningRule", "SumOfProducts"} == written


def test_every_factor_and_trace_is_in_a_table():
    written = {name for row in rows("Programs", 1) for entry in row for name in re.findall(r"\w+", entry)}
    assert {f for f in FACTORS if not f.startswith("M")} <= written
    assert {"Exponential", "Countdown", "History", "Graded", "IntegerTrace"} <= written


@pytest.mark.parametrize("program", [row[0] for row in rows("Published rules", 2)])
def test_a_published_rule_is_a_program(program):
    assert parsed(program, PARAMETERS)


def test_every_published_rule_is_one_that_is_tried():
    names = re.findall(r"^\| ([^|]*?) \| `", section("Published rules"), re.MULTILINE)
    assert len(names) > 10 and set(names) <= set(CASES)
