"""Runs in turns, and what is made of them: medians, rates, ratios."""

import statistics
import tempfile
from dataclasses import dataclass, field

from benchmarks.machines import OURS, Ours, PeerError, start_peers

#: Rates of others may differ by so much from ours; where they do more, times are not compared.
TOLERANCE = 0.05


@dataclass(frozen=True)
class Measured:
    """A machine's runs of a workload: dicts with ``wall`` and ``cpu`` (s) and ``spikes``; ``build`` in s."""

    version: str
    build: float
    runs: list

    def median(self, what):
        return statistics.median(run[what] for run in self.runs)


@dataclass(frozen=True)
class Result:
    """What came of a workload: ``machines``, a `Measured` by name, ours first; ``left_out``, reasons by name.
    """

    name: str
    title: str
    seconds: float
    threads: int
    neurons: int
    synapses: int
    machines: dict
    left_out: dict = field(default_factory=dict)

    @property
    def ours(self):
        return self.machines[OURS]

    def rate(self, name):
        """Spikes of a neuron a second."""
        return self.machines[name].median("spikes") / self.seconds / self.neurons

    def events(self, name):
        """Synaptic events of a run: spikes times the synapses of a neuron."""
        return self.machines[name].median("spikes") * self.synapses / self.neurons

    def agrees(self, name):
        """Whether a machine fires as often as ours does, within `TOLERANCE`."""
        return abs(self.rate(name) / self.rate(OURS) - 1) <= TOLERANCE

    def ratio(self, name, what):
        """How many times our ``wall`` or ``cpu`` it takes: the median over runs that followed one another.
        None where rates differ."""
        if not self.agrees(name):
            return None
        pairs = zip(self.machines[name].runs, self.ours.runs, strict=True)
        return statistics.median(run[what] / ours[what] for run, ours in pairs)


def run_workload(workload, repeats, say):
    """The `Result` of a `Workload`; ``say(text)`` is told what happens. Raises `ValueError` where we cannot
    run it."""
    network, left_out = workload.make(), {}
    ours = Ours(network, workload.seconds, workload.threads)
    image = ours.image

    def leave_out(name, why):
        left_out[name] = why
        say(f"{name}: {why}")

    with tempfile.TemporaryDirectory() as folder:
        machines = {OURS: ours, **start_peers(workload.peers, network, workload.seconds, workload.threads,
                                              folder, leave_out)}
        try:
            runs = in_turns(machines, repeats, leave_out, say)
        finally:
            for machine in machines.values():
                machine.end()
    measured = {name: _measured(machines[name].about, own) for name, own in runs.items()}
    return Result(workload.name, workload.title, workload.seconds, workload.threads, image.n_neurons,
                  image.n_synapses, measured, left_out)


def in_turns(machines, repeats, leave_out, say):
    """The runs of each machine, which take turns. One that fails is left out from then on."""
    runs = {name: [] for name in machines}
    for turn in range(repeats):
        for name in list(runs):
            try:
                runs[name].append(machines[name].run())
            except PeerError as error:
                del runs[name]
                leave_out(name, str(error))
            else:
                say(f"{name}, run {turn + 1} of {repeats}: {runs[name][-1]['cpu']:.3f} s")
    return runs


def _measured(about, runs):
    build = about["build"] if "build" in about else statistics.median(run["build"] for run in runs)
    return Measured(about["version"], build, runs)
