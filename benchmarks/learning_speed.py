"""Speed of the simulator while it learns, on one thread, against Brian2 and NEST with the same rule.

    python -m benchmarks.peers             # once: installs the others into an environment of their own
    python -m benchmarks.learning_speed

A balanced network of 10,000 neurons with 1,000 synapses each for one second in steps of 0.1 ms. All synapses
between excitatory neurons, 6.4 million, learn by pair STDP: all pairs of spikes count, with exponential
windows of 20 ms; changes are added, weights bounded. Runs take turns, and medians are printed, of the time of
the processor, which other work on the machine disturbs less, and of the clock; building and compiling is
apart. The others compute in floating point, so rates of firing must agree, not spikes.

Brian2 runs as a compiled program, with the traces in the synapses, as its documentation writes STDP, and with
the traces in the neurons, which is faster there.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.simulator_speed import processor
from snnsim.contract import Formats
from snnsim.contract.terms import ONE, Condition, Factor, Target
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.plasticity import Plasticity, ProjectionLearning, Rule, Term, Trace
from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator

REPEATS = 5
#: In units of the threshold, of steps and of ms. After Brunel (2000), with a constant current outside.
DT, TAU, DELAY, REFRACTORY, MU = 0.1, 20.0, 1.5, 2.0, 2.1
WEIGHT, INHIBITION = 0.005, 5.0
W_MAX = 2 * WEIGHT
PLUS, MINUS = 0.002 * W_MAX, 1.05 * 0.002 * W_MAX
#: Integers: the threshold, and what a spike adds to a trace, which may pile up to 8 of them.
THRESHOLD = 1 << 21
FORMATS = Formats(weight_width=16, drive_width=32)
SPIKE = ONE // 4
#: Rates of others may differ by so much from ours.
TOLERANCE = 0.1

HERE = Path(__file__).resolve().parent
#: name -> (module, script and its arguments)
PEERS = {
    "Brian2": ("brian2", ("peer_brian2.py", "synapses")),
    "Brian2, traces of neurons": ("brian2", ("peer_brian2.py", "neurons")),
    "NEST": ("nest", ("peer_nest.py",)),
}


def network(n=10_000):
    """The `Image` of ``n`` neurons, four of five excitatory, each with a tenth of all others as sources."""
    rng, excitatory = np.random.default_rng(0), n * 4 // 5
    keep = round(np.exp(-DT / TAU) * 65536)
    values = {name: np.zeros(n, np.int64) for name in Parameters.names()}
    bias = round(MU * THRESHOLD * (1 - np.exp(-DT / TAU)))
    for name, value in {"keep_v": keep, "bias": bias, "v_threshold": THRESHOLD, "v_reset": THRESHOLD // 2,
                        "refractory": round(REFRACTORY / DT), "hold": 1, "v_min": FORMATS.state.lo}.items():
        values[name][:] = value
    trace, w = Trace(keep=keep, amount=SPIKE), round(WEIGHT * THRESHOLD)
    rule = Rule((_term(Condition.PRE, -MINUS, Factor.Y1), _term(Condition.POST, PLUS, Factor.X1)),
                trace, Trace(), 0, 2 * w)
    projections = (
        _synapses(rng, "learn", (0, excitatory), (0, excitatory), w, ProjectionLearning(rule)),
        _synapses(rng, "excite", (0, excitatory), (excitatory, n - excitatory), w),
        _synapses(rng, "inhibit", (excitatory, n - excitatory), (0, n), -round(INHIBITION * w / 2),
                  exponent=1))
    state = State(rng.integers(0, THRESHOLD, n), np.zeros(n, np.int64), np.zeros(n, np.int64))
    return Image(FORMATS, (Part("neurons", 0, n),), (), Parameters(**values), state,
                 projections, Plasticity.plain(n, 0, y1=trace))


def _term(condition, change, factor):
    """What changes a weight by ``change`` (in units of the threshold) for each spike in a trace."""
    shift = 6
    coefficient = round(change * THRESHOLD * ONE / SPIKE * 2**shift)
    return Term(Target.WEIGHT, condition, coefficient, shift, (factor,))


def _synapses(rng, name, sources, targets, weight, learning=None, exponent=0):
    """A tenth of the sources for each target; ``(first, size)`` of both."""
    (first, n_sources), (first_target, n_targets) = sources, targets
    source = np.concatenate([rng.permutation(n_sources)[:n_sources // 10] for _ in range(n_targets)])
    target = np.repeat(np.arange(n_targets), n_sources // 10)
    order = np.lexsort((target, source))
    indptr = np.concatenate(([0], np.cumsum(np.bincount(source, minlength=n_sources))))
    return ImageProjection(name, first, n_sources, first_target, n_targets, exponent, indptr, target[order],
                           np.full(source.size, weight), np.array([round(DELAY / DT)]), learning)


def describe(image, steps):
    """What the others need to know of the network, as arrays; weights in units of the threshold."""
    numbers = {"dt_ms": DT, "tau_ms": TAU, "delay_ms": DELAY, "refractory_ms": REFRACTORY, "mu": MU,
               "w_max": W_MAX, "plus": PLUS, "minus": MINUS, "duration_ms": steps * DT,
               "v": image.initial.v / THRESHOLD}
    for k, p in enumerate(image.projections):
        numbers |= {f"source{k}": p.sources(), f"target{k}": p.first_target + p.target,
                    f"weight{k}": p.weight[0] * 2**p.exponent / THRESHOLD}
    return numbers


class Ours:
    """The simulator."""

    def __init__(self, image, steps, replay=True):
        begin = time.perf_counter()
        self.simulator, self.steps = Simulator(image, replay), steps
        self.simulator.run(SpikeRaster.empty(steps=1, neurons=0))  # compiles, if it is the first
        self.about = {"build": time.perf_counter() - begin}

    def run(self):
        """Run from the beginning; seconds and spikes."""
        self.simulator.clear()
        self.simulator.write_weights([p.weight for p in self.simulator.image.projections])
        begin, cpu = time.perf_counter(), time.process_time()
        result = self.simulator.run(SpikeRaster.empty(steps=self.steps, neurons=0))
        measured = {"wall": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
        assert result.learning_saturations == 0, "a trace was saturated: the rule is not that of the others"
        return {**measured, "spikes": len(result.raster)}

    def end(self):
        pass


class Peer:
    """Another simulator in a process of its own, which runs once for each line that it is sent."""

    def __init__(self, script, *arguments):
        self.script, pipe = script, subprocess.PIPE
        self.process = subprocess.Popen([peers.PYTHON, HERE / script, *arguments], text=True,
                                        stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.about = self._answer()

    def run(self):
        """Run from the beginning; seconds and spikes."""
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self._answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):  # what else a simulator has to say is no answer
                return json.loads(line)
        raise SystemExit(f"{self.script} ended without an answer")


def start_peers(image, steps, folder):
    """Those that are installed, by name; says which are not."""
    path = Path(folder) / "network.npz"
    np.savez(path, **describe(image, steps))
    started = {}
    for name, (module, (script, *arguments)) in PEERS.items():
        if peers.has(module):
            started[name] = Peer(script, path, *arguments)
        else:
            print(f"{name}: not installed (python -m benchmarks.peers)")
    return started


def measure(machines, repeats):
    """The runs of each machine, which take turns."""
    runs = {name: [] for name in machines}
    for _ in range(repeats):
        for name, machine in machines.items():
            runs[name].append(machine.run())
    return runs


def check_rates(runs, seconds, n):
    """Hertz of each machine; raises SystemExit if any differs from ours."""
    rates = {name: statistics.median(r["spikes"] for r in own) / seconds / n for name, own in runs.items()}
    for name, rate in rates.items():
        if abs(rate / rates["snnsim"] - 1) > TOLERANCE:
            raise SystemExit(f"{name} fires at {rate:.1f} Hz, not at the {rates['snnsim']:.1f} of snnsim")
    return rates


def report(machines, runs, rates):
    """A line for each machine; ratios are medians of those of runs that followed one another."""
    print(f"{'':32}{'CPU s':>7}{'clock s':>9}{'Hz':>6}{'ratio of CPU':>14}{'of clock':>10}{'built in s':>12}")
    for (name, own), rate in zip(runs.items(), rates.values(), strict=True):
        columns = [statistics.median(r[key] for r in own) for key in ("cpu", "wall")]
        ratios = [statistics.median(r[key] / ours[key] for r, ours in zip(own, runs["snnsim"], strict=True))
                  for key in ("cpu", "wall")]
        about = machines[name].about
        build = about.get("build") or statistics.median(r["build"] for r in own)
        name = f"{name} {about.get('version', '')}"
        print(f"{name:32}{columns[0]:7.2f}{columns[1]:9.2f}{rate:6.1f}"
              f"{ratios[0]:14.2f}{ratios[1]:10.2f}{build:12.1f}", flush=True)


def main(repeats=REPEATS, steps=10_000):
    print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python "
          f"{platform.python_version()}; one thread, medians of {repeats} runs that take turns")
    image = network()
    with tempfile.TemporaryDirectory() as folder:
        machines = {"snnsim": Ours(image, steps), **start_peers(image, steps, folder)}
        runs = measure(machines, repeats)
        report(machines, runs, check_rates(runs, steps * DT / 1000, image.n_neurons))
        for machine in machines.values():
            machine.end()


if __name__ == "__main__":
    sys.exit(main())
