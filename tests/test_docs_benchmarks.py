"""The page about speed quotes a run that is kept, and what it quotes follows from what was measured."""

import json
import re
import statistics
from pathlib import Path

import pytest

from benchmarks import page, tables
from benchmarks.__main__ import ALL
from benchmarks.machines import CONTENDERS, OURS

ROOT = Path(__file__).resolve().parents[1]
PAGE, README = (ROOT / "docs" / "benchmarks.md").read_text(), (ROOT / "README.md").read_text()
TABLES = page.last_run().read_text()
DATA = json.loads(page.last_run().with_suffix(".json").read_text())


@pytest.mark.parametrize("path", page.PAGES, ids=lambda path: path.name)
def test_a_page_quotes_the_last_run_that_is_kept(path):
    assert page.filled(path.read_text(), page.quotes()) == path.read_text()
    assert any(text in path.read_text() for text in page.quotes().values())


def test_a_figure_changed_by_hand_is_seen():
    changed = README.replace(" × |", "0 × |", 1)
    assert changed != README and page.filled(changed, page.quotes()) == README


@pytest.mark.parametrize("workload", DATA["workloads"], ids=lambda workload: workload["name"])
def test_its_ratios_follow_from_the_times_of_all_runs(workload):
    ours = workload["machines"][OURS]["runs"]
    for name, machine in workload["machines"].items():
        for what in ("cpu", "wall"):
            ratio = statistics.median(a[what] / b[what] for a, b in zip(machine["runs"], ours, strict=True))
            assert machine[f"{what}_ratio"] == pytest.approx(ratio)
            printed = "1" if name == OURS else f"{ratio:.3g}"
            row = re.search(rf"^\*\*{re.escape(workload['title'])};(?:.*\n)+?\| {re.escape(name)} [\d.].*$",
                            TABLES, re.MULTILINE)[0].splitlines()[-1]
            assert row.split(" | ")[-2 if what == "cpu" else -1].strip(" |") == printed


def test_all_workloads_were_measured_beside_all_that_could_be_installed():
    assert {w["name"] for w in DATA["workloads"]} == set(ALL)
    measured = {name for w in DATA["workloads"] for name in w["machines"]}
    assert measured == {OURS, *(name for name, c in CONTENDERS.items() if c.on_index)}
    assert all(len(m["runs"]) >= 3 for w in DATA["workloads"] for m in w["machines"].values())


def test_every_workload_is_explained():
    table = " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))
    named = set(re.findall("`(.*?)`", table))
    assert named == {re.sub(r"size-\d+", "size-N", name) for name in ALL}


def test_every_peer_is_mentioned():
    assert all(tables._family(name) in PAGE for name in CONTENDERS)


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(links) >= 4 and [link for link in links if not (ROOT / "docs" / link).exists()] == []
