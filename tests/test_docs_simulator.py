"""The page about the simulator says what is so."""

import re
from pathlib import Path

from snnsim.simulator.choice import ACTIVITY, MOST_BYTES, Method
from snnsim.simulator.kernel import MANY
from snnsim.simulator.plain_machine import WINDOW

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "simulator.md").read_text()


def test_the_example_runs_and_shows_each_choice(capsys):
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(example, {})
    shown = capsys.readouterr().out
    assert all(f"cells->cells: {method.value}," in shown for method in (Method.ROWS, Method.DENSE))


def test_the_figures_are_those_of_the_code():
    assert all(f"| `{method.value}` |" in PAGE for method in Method)
    assert f"with one spike of {round(1 / ACTIVITY)} sources in a step" in PAGE
    assert f"more than {MOST_BYTES} bytes a synapse and more than a megabyte" in PAGE.replace("\n", " ")
    assert f"fewer than {MANY:,} neurons" in PAGE
    assert f"(at most {WINDOW} steps)" in PAGE
