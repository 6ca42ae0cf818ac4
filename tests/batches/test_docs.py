"""The page about batches says what is so."""

import re
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "batches.md").read_text()


def test_the_example_reads_digits_and_finds_what_the_simulator_does(capsys):
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(example, {})
    accuracy, same = capsys.readouterr().out.splitlines()
    assert float(accuracy.split()[1]) > 0.97
    assert same == "True True"
