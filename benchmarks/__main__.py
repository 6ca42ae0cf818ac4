"""How fast the simulator is, beside the others that are installed.

    python -m benchmarks.peers     # once: installs the others into an environment of their own
    python -m benchmarks           # all workloads; some 40 minutes

Each workload is described once; the others are told the same numbers, and must fire as often before times are
compared. Runs take turns; medians are of the time of the processor and of the clock, building apart. What was
measured goes to ``benchmarks/results``, as JSON, a table and a picture.
"""

import argparse
import datetime
import importlib.util
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from benchmarks import limits, tables
from benchmarks.machines import ROOT
from benchmarks.measure import run_workload
from benchmarks.plot import draw_cost
from benchmarks.workloads import BALANCED, LARGE_SIZES, SIZES, WORKLOADS

RESULTS = Path(__file__).resolve().parent / "results"
REPEATS = 5
QUICK_REPEATS, QUICK_SHARE = 1, 0.1
#: Columns of a table that goes into a file.
WIDTH = 120
#: What the names of files end with that have not all workloads in full length: the pages do not quote them.
PART = "-part"
BATCHES = "benchmarks.batches"
ALL = {w.name: w for w in (*WORKLOADS, *SIZES, *LARGE_SIZES)}


def arguments(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="WORKLOAD", choices=[*ALL, "batches"],
                        help=f"some of {', '.join(ALL)}, batches")
    parser.add_argument("--repeats", type=int, help=f"runs of each ({REPEATS})")
    parser.add_argument("--quick", action="store_true", help="one short run of each; says little")
    parser.add_argument("--full", action="store_true", help="also the largest networks, up to 10^8 synapses")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the files go")
    options = parser.parse_args(argv)
    part = PART if options.only or options.quick else ""
    options.base = options.results / f"{datetime.date.today()}{part}"
    options.repeats = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    return options


def chosen(options):
    """The workloads to run."""
    if options.only:
        workloads = [ALL[name] for name in options.only if name in ALL]
    else:
        workloads = [*WORKLOADS, *SIZES, *(LARGE_SIZES if options.full else ())]
    return [w.shortened(QUICK_SHARE) for w in workloads] if options.quick else workloads


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def about_machine(repeats, limits_text):
    return (f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
            f"Python {platform.python_version()}, {datetime.date.today()}; medians of {repeats} runs that "
            f"take turns; {limits_text}")


def measure(workloads, repeats, console):
    """Yields the results of those workloads that can be run."""
    for workload in workloads:
        try:
            result = run_workload(workload, repeats, lambda text: console.log(text, highlight=False))
        except ValueError as error:
            console.print(f"{workload.name} is left out: {error}")
            continue
        console.print(tables.terminal(result))
        yield result


def write(results, about, measured_limits, base):
    """The files of a run, ``base`` with their endings; the picture needs several sizes. Their paths."""
    base.parent.mkdir(parents=True, exist_ok=True)
    base.with_suffix(".json").write_text(json.dumps(tables.data(results, about, measured_limits), indent=1))
    base.with_suffix(".md").write_text(tables.markdown(results, about))
    written = [base.with_suffix(".json"), base.with_suffix(".md")]
    by_size = [r for r in results if r.name.startswith(tables.OF_SIZE) or r.name == BALANCED.name]
    if len(by_size) > 1:
        draw_cost(by_size, base.with_suffix(".png"))
        written.append(base.with_suffix(".png"))
    return written


def main(argv=None):
    """0; 1 where rates differ, so that times could not be compared."""
    options, console = arguments(argv), Console(width=None if sys.stdout.isatty() else WIDTH)
    measured_limits = limits.measure_limits()
    about = about_machine(options.repeats, limits.describe(measured_limits))
    console.print(about)
    results, written = [], ()
    for result in measure(chosen(options), options.repeats, console):
        results.append(result)
        written = write(results, about, measured_limits, options.base)  # an interrupt leaves what there is
    for note in tables.notes(results):
        console.print(f"left out: {note}")
    console.print("written:", *written or ["nothing"])
    if (not options.only or "batches" in options.only) and importlib.util.find_spec(BATCHES):
        command = [sys.executable, "-m", BATCHES, "--repeats", str(options.repeats)]
        subprocess.run(command, cwd=ROOT, check=True)
    return int(any(not r.agrees(name) for r in results for name in r.machines))


if __name__ == "__main__":
    sys.exit(main())
