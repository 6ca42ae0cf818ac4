"""Puts the last run that is kept into the pages that quote it.

    python -m benchmarks.page

``docs/benchmarks.md`` has all its tables and its picture, ``README.md`` the first of them. What is between
two marks is replaced.
"""

import re

from benchmarks.__main__ import RESULTS
from benchmarks.machines import ROOT
from benchmarks.physics import TABLE

PAGES = (ROOT / "docs" / "benchmarks.md", ROOT / "README.md")


def last_run(folder=RESULTS):
    """The path of the tables of the last run that is kept."""
    return max(folder.glob("????-??-??.md"))


def quotes(folder=RESULTS):
    """The text that belongs between the marks of each name."""
    path = last_run(folder)
    text = path.read_text().strip()
    about, summary = text.split("\n\n")[:2]
    machine = re.match(r"(.*?), load .*?; (medians of \d+ runs)", about)
    picture = ("![Time of the processor for a synaptic event against the synapses of balanced networks]"
               f"(../benchmarks/results/{path.stem}.png)")
    return {"measured": f"{text}\n\n{picture}", "physics": (folder / TABLE).read_text().strip(),
            "summary": f"On one {machine[1]}, {machine[2]}:\n\n{summary}"}


def filled(page, texts):
    """``page`` with ``texts`` between their marks."""
    for name, text in texts.items():
        page = re.sub(rf"(<!-- {name} -->\n).*?(<!-- end -->)",
                      lambda marks, text=text: f"{marks[1]}\n{text}\n\n{marks[2]}", page, flags=re.DOTALL)
    return page


def main():
    for path in PAGES:
        path.write_text(filled(path.read_text(), quotes()))


if __name__ == "__main__":
    main()
