"""The front page keeps its promises."""

import re
from pathlib import Path

import pytest

import snnsim
from snnsim.cli import app
from snnsim.contract import CoreConfig

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_the_examples_run_find_no_difference_and_learn(capsys):
    names = {}
    for example in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(compile(example, "README.md", "exec"), names)
    again = snnsim.compile(names["learned"]).image.projections[0].weights()
    assert not (again == names["image"].projections[0].weights()).all()
    assert (again == names["machine"].read_weights()[0]).all()
    spikes = re.fullmatch(r"(\d+) spikes, first difference: None\n", capsys.readouterr().out)
    assert int(spikes[1]) > 100


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_path_of_the_map_exists():
    table = README.split("## Map")[1]
    first_column = " ".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
    paths = re.findall("`(.*?)`", first_column)
    assert len(paths) > 10
    missing = [path for path in paths
               if not any((ROOT / folder / path).exists() for folder in ("", "snnsim"))]
    assert missing == []


def test_every_command_is_in_the_table():
    commands = {command.callback.__name__ for command in app.registered_commands}
    assert commands == set(re.findall(r"^\| `snnsim (\w+)", README, re.MULTILINE))


def test_the_sizes_are_those_of_the_built_in_core():
    config = CoreConfig()
    assert f"| neurons, inputs | {config.neurons}, {config.inputs} |" in README
    assert f"| synapses | {config.synapse_words * config.lanes:,}: all of them to all |" in README
    assert f"| longest delay, in steps | {config.delay_slots} |" in README
    assert config.synapse_words * config.lanes == (config.neurons + config.inputs) * config.neurons
    formats = config.formats
    assert (formats.state_width, formats.weight_width, formats.decay_bits) == (24, 8, 16)
