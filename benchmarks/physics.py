"""Whether a balanced network behaves as it does in NEST: rates, irregularity, correlations, over several
seeds.

    python -m benchmarks.peers      # once: installs NEST into an environment of its own
    python -m benchmarks.physics    # some minutes; -o PICTURE

The network is chaotic: spikes of two machines that compute in different numbers part after some milliseconds,
but their statistics must not. For each seed both run the same network. The distance between two distributions
is that of Kolmogorov and Smirnov. The criterion, for each statistic: the mean distance between this simulator
and NEST on the same network is not larger than that between NEST's own runs of two seeds, and two standard
errors of that. That it can fail is shown with a planted fault: inhibition that is `FAULT` stronger here.

Weights have 16 bits here. With 8, the default without learning, each is rounded by up to 0.8 %, which this
network notices: what that changes is shown, too. The table goes to ``benchmarks/results``.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks import peers, tables
from benchmarks.machines import CONTENDERS, OURS, ROOT, Peer
from benchmarks.spike_statistics import STATISTICS, distance
from benchmarks.told import told
from snnsim import (
    LIF,
    FixedInDegree,
    Formats,
    Network,
    Population,
    Projection,
    Simulator,
    SpikeRaster,
    Uniform,
    compile,
)

SEEDS = 8
#: Seconds, of which the first are not counted.
SECONDS, BEFORE = 5.5, 0.5
N, FAN_IN = 5000, {"excitatory": 200, "inhibitory": 50}
#: Volts; inhibition is so much stronger than excitation. Asynchronous and irregular by delays that differ.
WEIGHT, INHIBITION, DRIVE = 0.4e-3, 5.0, 40e-3
DELAYS = (0.2e-3, 2.8e-3)
FAULT = 0.01
EIGHT_BITS, FAULTY = "weights of 8 bits", f"inhibition {100 * FAULT:g} % stronger"
PICTURE, RESULTS, TABLE = ROOT / "docs" / "physics.png", ROOT / "benchmarks" / "results", "physics.md"


def network(seed, n=N, inhibition=INHIBITION):
    rng = np.random.default_rng(seed)
    populations = [
        Population(name, size, LIF(
            tau_mem=20e-3, v_threshold=20e-3, v_reset=10e-3, v_min=-0.5, t_ref=2e-3, i_bias=DRIVE,
            v_init=rng.uniform(0, 20e-3, size)))
        for name, size in (("excitatory", n * 4 // 5), ("inhibitory", n // 5))]
    weights = {"excitatory": WEIGHT, "inhibitory": -inhibition * WEIGHT}
    projections = [
        Projection(pre, post, FixedInDegree(FAN_IN[pre], seed=4 * seed + k), weight=weights[pre],
                   delay=Uniform(*DELAYS, seed=4 * seed + k))
        for k, (pre, post) in enumerate(product(FAN_IN, repeat=2))]
    return Network(dt=1e-4, populations=populations, projections=projections)


def ours(network, seconds, weight_width=16):
    """``(t, neuron)`` of all spikes; times in seconds."""
    steps, image = round(seconds / network.dt), compile(network, Formats(weight_width=weight_width)).image
    raster = Simulator(image).run(SpikeRaster.empty(steps=steps, neurons=0)).raster
    return (raster.step + 1) * network.dt, raster.neuron


def nest(network, seconds):
    """The same of NEST."""
    with tempfile.TemporaryDirectory() as folder:
        path, spikes = Path(folder) / "network.npz", Path(folder) / "spikes.npz"
        np.savez(path, **told(network, seconds))
        peer = Peer(CONTENDERS["NEST"], path)
        peer.run(spikes)
        peer.end()
        with np.load(spikes) as arrays:
            return arrays["t"], arrays["neuron"]


def statistics(t, neuron, n=N, seconds=SECONDS, before=BEFORE):
    """The distribution of each of `STATISTICS`."""
    counted = t > before
    return {name: function(t[counted] - before, neuron[counted], n, seconds - before)
            for name, function in STATISTICS.items()}


@dataclass(frozen=True)
class Comparison:
    """Distances of one statistic: between two machines, ``across``, one for each seed, and ``within`` one of
    them, one for each pair of seeds."""

    across: np.ndarray
    within: np.ndarray

    @classmethod
    def of(cls, a, b):
        """``a``, ``b``: the distributions of two machines, seed after seed; ``within`` is of ``b``."""
        return cls(np.array([distance(x, y) for x, y in zip(a, b, strict=True)]),
                   np.array([distance(x, y) for x, y in combinations(b, 2)]))

    @property
    def bound(self):
        """What ``across`` may be in the mean: the mean of ``within``, and two standard errors of as many."""
        return self.within.mean() + 2 * self.within.std(ddof=1) / np.sqrt(self.across.size)

    @property
    def alike(self):
        return bool(self.across.mean() <= self.bound)


def compare(a, b):
    """A `Comparison` for each statistic of the runs of two machines."""
    return {name: Comparison.of([run[name] for run in a], [run[name] for run in b]) for name in STATISTICS}


COLUMNS = ("", "", "mean ± spread over seeds", "that of NEST", "distance", "at most", "")


def rows(runs, comparisons):
    """``COLUMNS`` of each machine other than NEST and each statistic, as text."""
    for machine, comparison in comparisons.items():
        for name, one in comparison.items():
            yield (machine, name, _spread(runs[machine], name), _spread(runs["NEST"], name),
                   f"{one.across.mean():.4f}", f"{one.bound:.4f}", "alike" if one.alike else "different")


def _spread(own, name):
    means = np.array([run[name].mean() for run in own])
    return f"{means.mean():.4g} ± {means.std(ddof=1):.2g}"


def terminal(runs, comparisons):
    """A table of rich."""
    made = Table(*COLUMNS)
    for row in rows(runs, comparisons):
        made.add_row(*row)
    return made


def markdown(runs, comparisons, verdict):
    return "\n".join([tables.line(COLUMNS), tables.line(["---"] * len(COLUMNS)),
                      *map(tables.line, rows(runs, comparisons)), "", verdict]) + "\n"


def edges(values, bins=40):
    """Of about so many bins, each of which holds as many of the values that there can be: rates are those of
    whole numbers of spikes."""
    lowest, highest = np.percentile(values, (0.1, 99.9))
    grid = np.diff(np.unique(values)).min()
    width = grid * np.ceil((highest - lowest) / bins / grid)
    return np.arange(lowest - grid / 2, highest + width, width)


def draw(runs, path):
    """The distributions of all seeds, one line each, and the spread of their means, into ``path``."""
    figure = Figure(figsize=(10, 5.5), layout="constrained")
    axes = figure.subplots(2, len(STATISTICS), height_ratios=(3, 1))
    for name, (above, below) in zip(STATISTICS, axes.T, strict=True):
        bins = edges(np.concatenate([run[name] for own in runs.values() for run in own]))
        for k, (machine, own) in enumerate(runs.items()):
            for seed, run in enumerate(own):
                above.stairs(np.histogram(run[name], bins, density=True)[0], bins, color=f"C{k}", alpha=0.5,
                             linewidth=1, label=machine if seed == 0 else None)
            means = [run[name].mean() for run in own]
            below.plot(means, np.full(len(own), -k), "o", color=f"C{k}", alpha=0.6)
        above.set(ylabel="density", yticks=[])
        below.set(xlabel="mean of each seed", yticks=(0, -1), yticklabels=list(runs), ylim=(-1.6, 0.6))
        above.set_xlabel(name)
    axes[0, 0].legend(frameon=False)
    for one in axes.flat:
        one.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def run_all(seeds, console):
    """The statistics of all runs, by machine; the last two are ours with fewer bits, and with the fault."""
    runs = {OURS: [], "NEST": [], EIGHT_BITS: [], FAULTY: []}
    for seed in range(seeds):
        one, faulty = network(seed), network(seed, inhibition=(1 + FAULT) * INHIBITION)
        runs[OURS].append(statistics(*ours(one, SECONDS)))
        runs["NEST"].append(statistics(*nest(one, SECONDS)))
        runs[EIGHT_BITS].append(statistics(*ours(one, SECONDS, weight_width=8)))
        runs[FAULTY].append(statistics(*ours(faulty, SECONDS)))
        console.log(f"seed {seed + 1} of {seeds}")
    return runs


def main(argv=None):
    """0 where all are alike and the fault is found, else 1; 2 without NEST."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.physics", description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("-o", "--picture", type=Path, default=PICTURE)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the table goes")
    options, console = parser.parse_args(argv), Console(width=None if sys.stdout.isatty() else 120)
    if not peers.has(CONTENDERS["NEST"].module):
        console.print("NEST is not installed: python -m benchmarks.peers")
        return 2
    runs = run_all(options.seeds, console)
    comparisons = {name: compare(runs[name], runs["NEST"]) for name in runs if name != "NEST"}
    alike = {name: all(c.alike for c in comparison.values()) for name, comparison in comparisons.items()}
    verdict = (f"{options.seeds} seeds: {OURS} and NEST are {'alike' if alike[OURS] else 'different'}; the "
               f"planted fault is {'not found' if alike[FAULTY] else 'found'}")
    console.print(terminal(runs, comparisons))
    console.print(verdict)
    draw({name: runs[name] for name in (OURS, "NEST")}, options.picture)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / TABLE).write_text(markdown(runs, comparisons, verdict))
    return int(not alike[OURS] or alike[FAULTY])


if __name__ == "__main__":
    sys.exit(main())
