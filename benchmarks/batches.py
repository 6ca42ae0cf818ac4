"""Speed of batches of samples, on one thread, beside simulators of layers.

    python -m benchmarks.peers      # once: installs the others into an environment of their own
    python -m benchmarks.batches

Networks of 64-10 and 784-256-10 neurons that leak, weights of 8 bits, 32 steps; inputs spike at random. The
others compute in floating point with the same weights on the same inputs, and their last layer must spike as
often, within a few parts in a thousand of the spikes, before times are compared: ours round the leak. Runs
take turns; medians of CPU time, and of the ratios of runs that followed one another. Ours begins with bytes,
the others with floats that were made beforehand.
"""

import argparse
import importlib.util
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.__main__ import about_machine
from benchmarks.machines import NOT_INSTALLED, Contender, Peer
from snnsim import AllToAll, BatchSimulator, Input, IntegerLIF, Network, Population, Projection, compile

#: Weights are so many bits larger than 1: rounding the leak is little beside them.
EXPONENT = 6
PEERS = ("spikingjelly", "sinabs", "snntorch", "norse")
OURS = {"snnsim, numba": "numba", "snnsim, torch": "torch"}
STEPS = 32
KEEP_BITS = 16
#: The membrane keeps 15/16 in a step, a number that floats have as well.
KEEP = 15 / 16
REPEATS = 7
#: Counts of spikes of the last layer may differ by such a share of all of them.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Task:
    """Layers of ``sizes``, the inputs first; how many ``samples``; the share of inputs that spike in a step;
    the threshold, in units of the weights."""

    sizes: tuple
    samples: int
    rate: float
    threshold: int

    def __str__(self):
        return "-".join(map(str, self.sizes))


TASKS = (Task((64, 10), 16_384, 0.30, 400), Task((784, 256, 10), 1024, 0.35, 1500))


def weights_of(task):
    """A matrix of integers of 8 bits for each layer, somewhat more excitation than inhibition."""
    rng = np.random.default_rng(task.sizes)
    return [np.clip(np.rint(rng.normal(3, 40, shape)), -128, 127).astype(np.int8)
            for shape in zip(task.sizes[:-1], task.sizes[1:], strict=True)]


def image_of(task):
    neuron = IntegerLIF(v_threshold_q=task.threshold << EXPONENT, keep_v_q=round(KEEP * 2**KEEP_BITS))
    names = ["in", *(f"layer{k}" for k in range(1, len(task.sizes)))]
    network = Network(
        dt=1e-3, inputs=[Input("in", task.sizes[0])],
        populations=[Population(name, n, neuron) for name, n in zip(names[1:], task.sizes[1:], strict=True)],
        projections=[Projection(pre, post, AllToAll(), weight_q=weight, exponent=EXPONENT)
                     for pre, post, weight in zip(names[:-1], names[1:], weights_of(task), strict=True)])
    return compile(network).image


def inputs_of(task):
    """Bytes of shape (samples, steps, inputs). A layer later is a step later: the last steps are silent, so
    that all that others count arrives here, too."""
    rng = np.random.default_rng(1)
    inputs = rng.random((task.samples, STEPS, task.sizes[0])) < task.rate
    inputs[:, STEPS - len(task.sizes) + 1:] = False
    return inputs.view(np.uint8)


class Ours:
    """`BatchSimulator` with a backend."""

    def __init__(self, task, backend):
        self.machine, self.inputs, self.outputs = BatchSimulator(image_of(task), backend, threads=1), \
            inputs_of(task), task.sizes[-1]
        self.about = {}

    def run(self, file=""):
        begin, cpu = time.perf_counter(), time.process_time()
        result = self.machine.run(self.inputs)
        seconds = {"wall": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
        counts = result.spikes.counts()[:, -self.outputs:].tolist() if file else []
        return {**seconds, "counts": counts}

    def end(self):
        pass


def told(task):
    """What the others need to know of a task."""
    weights = {f"weight{k}": weight for k, weight in enumerate(weights_of(task))}
    return {**weights, "layers": len(weights), "keep": KEEP, "threshold": task.threshold,
            "inputs": inputs_of(task)}


def contenders(task, path):
    """Those who can run a task, by name; what is not installed is named."""
    found = {}
    for name, backend in OURS.items():
        if backend == "torch" and importlib.util.find_spec("torch") is None:
            print(f"{name}: not installed (pip install snnsim[torch])")
            continue
        found[name] = Ours(task, backend)
    for name in PEERS:
        if peers.has(name):
            found[name] = Peer(Contender(name, "peer_batches", (name,)), path)
        else:
            print(f"{name}: {NOT_INSTALLED}")
    return found


def difference(counts, expected):
    """The share of spikes in which two arrays of counts differ."""
    return np.abs(np.subtract(counts, expected)).sum() / np.sum(expected)


def measure(task, repeats):
    """Print how fast each is at a task."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.npz"
        np.savez(path, **told(task))
        machines = contenders(task, path)
        counts = {name: machine.run("counts")["counts"] for name, machine in machines.items()}
        runs = {name: [] for name in machines}
        for _ in range(repeats):
            for name, machine in machines.items():
                runs[name].append(machine.run()["cpu"])
        for machine in machines.values():
            machine.end()
    ours = runs["snnsim, numba"]
    expected = counts["snnsim, numba"]
    print(f"\n{task}, {STEPS} steps, {task.samples:,} samples, "
          f"{np.sum(expected) / task.samples:.1f} spikes of the last layer in each")
    for name, own in runs.items():
        wrong = difference(counts[name], expected)
        ratio = statistics.median(a / b for a, b in zip(own, ours, strict=True))
        said = f"{ratio:8.3g} times ours" if wrong <= TOLERANCE else "    other spikes: not compared"
        about = "".join(f", {what} {value}" for what, value in machines[name].about.items())
        print(f"  {name + about:<44} {task.samples / statistics.median(own):10,.0f} samples/s"
              f"{said}  ({100 * wrong:.2f} % of spikes differ)")


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"runs of each ({REPEATS})")
    options = parser.parse_args()
    print(about_machine(options.repeats, "one thread"))
    for task in TASKS:
        measure(task, options.repeats)


if __name__ == "__main__":
    main()
