"""The page about boards says what is so: its table, its report and its formulas.

``python -m tests.test_docs_boards`` writes the table and the report anew, and the builds in the cache.
"""

import re
from pathlib import Path

import pytest

from firmware.platforms import BOARDS
from snnsim.cli.boards import speed_of
from snnsim.contract import CoreConfig
from snnsim.contract.layout import Memory, memories_of, memory_shape, row_layout
from tests.cli.commands import succeed
from tests.generator import random_config

PAGE = Path(__file__).resolve().parents[1] / "docs" / "boards.md"
REPORT = ("compile", "examples/balanced.toml", "--board", "icebreaker")


def block(name, text):
    """What stands between the marks of a generated block."""
    return re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)[1]


def board_table():
    rows = [("board", "FPGA", "neurons", "inputs", "synapses", "delays", "clock", "baud", "steps/s: core",
             "link"), ("---", "---", *["--:"] * 8)]
    for board in BOARDS.values():
        config, speed = board.config, speed_of(board)
        rows.append((f"`{board.name}`", board.device, f"{config.neurons:,}", f"{config.inputs:,}",
                     f"{config.synapse_words * config.lanes:,}", f"1-{config.delay_slots}",
                     f"{board.clock / 1e6:g} MHz", f"{board.baud:,}", f"{speed.core:,.0f}",
                     f"{speed.link:,.0f}"))
    return markdown(rows)


def report():
    output = succeed(REPORT[0], PAGE.parents[1] / REPORT[1], *REPORT[2:])
    return f"    snnsim {' '.join(REPORT)}\n\n" + "".join(
        f"    {line}".rstrip() + "\n" for line in output.splitlines())


def builds():
    """A table of the builds that are in the cache; needs the tools."""
    from firmware.build import find

    rows = [("board", "takes", "possible clock", "in use"), ("---", "---", "--:", "--:")]
    for board in BOARDS.values():
        if (found := find(board)) is not None and found.manifest["fmax"]:
            takes = ", ".join(f"{name} {count['used']:,} of {count['of']:,}"
                              for name, count in found.manifest["use"].items())
            rows.append((f"`{board.name}`", takes, f"{found.manifest['fmax'] / 1e6:.1f} MHz",
                         f"{board.clock / 1e6:g} MHz"))
    return markdown(rows)


def markdown(rows):
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


GENERATED = {"boards": board_table, "report": report}


@pytest.mark.parametrize("name", GENERATED)
def test_what_was_generated_is_what_would_be_generated_now(name):
    written = block(name, PAGE.read_text())
    assert written == GENERATED[name](), "python -m tests.test_docs_boards writes it anew"


def test_every_board_has_its_link():
    links = PAGE.read_text().split("## The serial link")[1]
    for board in BOARDS.values():
        assert re.sub(r"-35T| \(.*\)| \d+F|iCE40-|, learning", "", board.title) in links


def formulas():
    rows = re.findall(r"^\| `([A-Z]+)` \| `(.*?)` \| `(.*?)` \|$", PAGE.read_text(), re.MULTILINE)
    return {Memory[name]: (words, bits) for name, words, bits in rows}


def test_every_memory_has_its_formula():
    assert set(formulas()) == set(memories_of(CoreConfig()))


@pytest.mark.parametrize("config", [CoreConfig(), *(random_config(seed) for seed in range(10))], ids=repr)
def test_the_formulas_are_the_layouts_of_the_contract(config):
    names = {**vars(config), **vars(config.formats), "bits": lambda n: max(1, (n - 1).bit_length()),
             **{f.name: f.width for f in row_layout(config).fields}}
    for memory, (words, width) in formulas().items():
        assert (eval(words, names), eval(width, names)) == memory_shape(config, memory), memory


def main():
    text = PAGE.read_text()
    for name, make in {**GENERATED, "builds": builds}.items():
        mark = f"<!-- {name} -->\n"
        text = text.replace(mark + block(name, text), mark + make())
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
