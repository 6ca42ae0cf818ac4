"""Results as a table, for the terminal and as markdown, and as data."""

from dataclasses import asdict

from rich.table import Table

from benchmarks.machines import OURS

COLUMNS = ("", "build s", "CPU s", "clock s", "Hz", "M events/CPU s", "CPU, times ours", "clock, times ours")
RULES = ("---", *["---:"] * (len(COLUMNS) - 1))
#: How names of workloads begin that are another of the same kind.
OF_SIZE = "size-"
DIFFERS = "rate differs"


def rows_of(result):
    """``COLUMNS`` of each machine, as text."""
    return [_row(result, name) for name in result.machines]


def _row(result, name):
    machine = result.machines[name]
    cpu, wall = machine.median("cpu"), machine.median("wall")
    return (f"{name} {machine.version}", f"{machine.build:.1f}", seconds(cpu), seconds(wall),
            f"{result.rate(name):.1f}", f"{result.events(name) / cpu / 1e6:,.0f}",
            *(_ratio(result, name, what) for what in ("cpu", "wall")))


def seconds(value):
    """Three significant digits, as such a time deserves."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _ratio(result, name, what):
    if name == OURS:
        return "1"
    ratio = result.ratio(name, what)
    return DIFFERS if ratio is None else f"{ratio:.3g}"


def summary(results):
    """In markdown, a line for each workload: our time, and how many times as long others take. Of the
    variants of one simulator the fastest counts."""
    others = list(dict.fromkeys(_family(name) for r in results for name in r.machines if name != OURS))
    lines = [line(["", OURS, *others]), line(["---", *["---:"] * (len(others) + 1)])]
    for result in results:
        what = "cpu" if result.threads == 1 else "wall"
        lines.append(line([result.title, f"{seconds(result.ours.median(what))} s",
                            *(_best(result, family, what) for family in others)]))
    return "\n".join(lines) + "\n"


def _family(name):
    return name.split(",")[0]


def _best(result, family, what):
    ratios = [result.ratio(name, what) for name in result.machines if _family(name) == family]
    ratios = [ratio for ratio in ratios if ratio is not None]
    return f"{min(ratios):.3g} ×" if ratios else ""


def caption(result):
    return f"{result.title}; {result.synapses:,} synapses, {result.seconds:g} s of the network"


def line(cells):
    """A line of a table in markdown."""
    return f"| {' | '.join(cells)} |"


def notes(results):
    """Who was left out, and why: a line each, each said once."""
    said = {}
    for result in results:
        for name, why in result.left_out.items():
            said.setdefault(f"{name}: {why}", []).append(result.name)
    return [f"{text} ({', '.join(names)})" for text, names in said.items()]


def terminal(result):
    """A table of rich."""
    table = Table(title=caption(result), title_justify="left")
    for k, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if k else "left", no_wrap=not k)
    for row in rows_of(result):
        table.add_row(*row)
    return table


def markdown(results, about):
    """One text: the machine, what it comes to, a table for each workload, who was left out."""
    lines = [f"{about}.", "", summary([r for r in results if not r.name.startswith(OF_SIZE)])]
    for result in results:
        lines += [f"**{caption(result)}**", "", line(COLUMNS), line(RULES)]
        lines += [line(row) for row in rows_of(result)] + [""]
    return "\n".join(lines + [f"Left out: {note}." for note in notes(results)]).rstrip() + "\n"


def data(results, about, limits):
    """For a JSON file: everything that was measured, and what follows from it."""
    return {"about": about, "limits": limits, "workloads": [_data(result) for result in results]}


def _data(result):
    record = asdict(result)
    for name, machine in record["machines"].items():
        machine |= {"rate": result.rate(name), "cpu": result.machines[name].median("cpu"),
                    "wall": result.machines[name].median("wall"),
                    "cpu_ratio": result.ratio(name, "cpu"), "wall_ratio": result.ratio(name, "wall")}
    return record
