"""Speed of the simulator on one thread, against a plain NumPy stepper of the same rule.

    python -m benchmarks.simulator_speed

All-to-all networks of 100 and 256 neurons with about 2 % of them firing in each step, and a balanced
network of 10,000 neurons with 1,000 synapses each. Both sides must give the same spikes before they are
timed; their runs take turns, and medians are printed. The clock is that of the process (CPU time), so that
other work on the machine disturbs less. Brian2 runs the balanced network in floating point, if installed.
"""

import importlib.util
import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np

from snnsim.contract import Formats
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator

REPEATS = 7
THRESHOLD = 1 << 20
DELAY = 15


def image_of(n, projections, *, v, **parameters):
    """An image of one population; parameters are scalars or arrays, 0 if left out."""
    values = {name: np.broadcast_to(np.int64(parameters.get(name, 0)), n).copy()
              for name in Parameters.names()}
    values["v_min"][:] = Formats().state.lo
    return Image(Formats(), (Part("neurons", 0, n),), (), Parameters(**values),
                 State(v, np.zeros(n, np.int64), np.zeros(n, np.int64)), projections)


def all_to_all(n):
    """Signed random weights; a bias makes each neuron fire about every 50 steps."""
    rng = np.random.default_rng(n)
    numbers = np.arange(n)
    synapses = ImageProjection("all", 0, n, 0, n, 6, n * np.arange(n + 1), np.tile(numbers, n),
                               rng.integers(-128, 128, n * n).astype(np.int8), np.array([1]))
    return image_of(n, (synapses,), v=rng.integers(0, THRESHOLD, n), keep_v=65000, refractory=2,
                    v_threshold=THRESHOLD, bias=rng.integers(21_000, 31_000, n))


def balanced(n_excitatory=8000, n_inhibitory=2000):
    """A balanced network after Brunel (2000): tau 20 ms, threshold 20 mV, reset 10 mV, refractory time 2 ms,
    J 0.1 mV, g 5, fan-in 800 + 200, delay 1.5 ms, in steps of 0.1 ms. A constant current is its outside."""
    rng = np.random.default_rng(0)
    n = n_excitatory + n_inhibitory
    projections = (_random_synapses(rng, "excitatory", 0, n_excitatory, n, 41, 7),
                   _random_synapses(rng, "inhibitory", n_excitatory, n_inhibitory, n, -103, 8))
    keep = round(np.exp(-0.1 / 20) * 65536)
    bias = round(2 * THRESHOLD * (1 - np.exp(-0.1 / 20)))
    return image_of(n, projections, v=rng.integers(0, THRESHOLD, n), keep_v=keep, bias=bias, hold=1,
                    v_threshold=THRESHOLD, v_reset=THRESHOLD // 2, refractory=20)


def _random_synapses(rng, name, first, n_sources, n_targets, weight, exponent):
    """A tenth of the sources for each target."""
    fan_in = n_sources // 10
    source = np.concatenate([rng.choice(n_sources, fan_in, replace=False) for _ in range(n_targets)])
    target = np.repeat(np.arange(n_targets), fan_in)
    order = np.argsort(source, kind="stable")
    indptr = np.concatenate(([0], np.cumsum(np.bincount(source, minlength=n_sources))))
    return ImageProjection(name, first, n_sources, 0, n_targets, exponent, indptr, target[order],
                           np.full(source.size, weight, np.int8), np.array([DELAY]))


class NumpyStepper:
    """The contract written with NumPy over all neurons, as one would at a desk. No inputs, one delay."""

    def __init__(self, image):
        self.p, self.formats, self.n = image.parameters, image.formats, image.n_neurons
        self.initial, self.projections = image.initial, image.projections
        self.delay = image.delay_max

    def run(self, steps):
        """The events of a run from the initial state, ``(step, neuron)``."""
        p, lo, hi, d = self.p, self.formats.state.lo, self.formats.state.hi, self.formats.decay_bits
        v, i, r = (x.copy() for x in (self.initial.v, self.initial.i, self.initial.r))
        ring = np.zeros((self.delay, self.n), np.int64)
        events = []
        for step in range(steps):
            drive = ring[step % self.delay]
            i = np.clip(_shifted(i * p.keep_i, d) + drive, lo, hi)
            v = _shifted(v * p.keep_v, d)
            v = np.sign(v) * np.maximum(np.abs(v) - p.leak, 0)
            v = np.maximum(np.clip(v + i + p.bias, lo, hi), p.v_min)
            spike = (r == 0) & (v > p.v_threshold)
            after = np.where(p.subtract == 1, v - p.v_threshold, p.v_reset)
            v = np.where(spike, after, np.where((r > 0) & (p.hold == 1), p.v_reset, v))
            r = np.where(spike, p.refractory, np.maximum(r - 1, 0))
            drive[:] = 0
            neurons = np.flatnonzero(spike)
            self._send(neurons, drive)  # the slot of this step is that of the step `delay` later
            events.append((np.full(neurons.size, step), neurons))
        return tuple(np.concatenate(column) for column in zip(*events, strict=True))

    def _send(self, neurons, drive):
        for q in self.projections:
            for n in neurons[(neurons >= q.first_source) & (neurons < q.first_source + q.n_sources)]:
                row = slice(*q.indptr[n - q.first_source:n - q.first_source + 2])
                drive[q.target[row]] += q.weights()[row].astype(np.int64) << q.exponent


def _shifted(x, bits):
    return (x + np.where(x < 0, (1 << bits) - 1, 0)) >> bits


def brian2_run(image, steps):
    """A function that runs the same balanced network in Brian2, in units of a step; or None."""
    if importlib.util.find_spec("brian2") is None:
        return None
    import brian2
    n, p = image.n_neurons, image.parameters
    brian2.defaultclock.dt = 0.1 * brian2.ms
    group = brian2.NeuronGroup(n, "dv/dt = (mu - v) / tau : 1 (unless refractory)", method="exact",
                               threshold="v > 1", reset="v = 0.5", refractory=2 * brian2.ms,
                               namespace={"mu": 2.0, "tau": 20 * brian2.ms})
    group.v = image.initial.v / p.v_threshold
    parts = [group]
    for k, q in enumerate(image.projections):
        weight = float(q.weight[0]) * 2**q.exponent / THRESHOLD
        synapses = brian2.Synapses(group, group, on_pre=f"v += {weight}", delay=1.5 * brian2.ms,
                                   name=f"synapses{k}")
        synapses.connect(i=q.sources(), j=q.target)
        parts.append(synapses)
    network = brian2.Network(parts)
    network.run(10 * brian2.defaultclock.dt)  # compiles
    return lambda: network.run(steps * brian2.defaultclock.dt)


def medians(*actions):
    """CPU seconds that each action takes, median of several runs, the actions taking turns."""
    times = [[] for _ in actions]
    for _ in range(REPEATS):
        for action, measured in zip(actions, times, strict=True):
            start = time.process_time()
            action()
            measured.append(time.process_time() - start)
    return [statistics.median(measured) for measured in times]


def measure(name, image, steps, numpy_steps, peers=()):
    simulator, numpy = Simulator(image), NumpyStepper(image)

    def ours():
        simulator.clear()
        return simulator.run(SpikeRaster.empty(steps=steps, neurons=0))

    raster = ours().raster
    same = raster.window(0, numpy_steps)
    assert all(map(np.array_equal, numpy.run(numpy_steps), (same.step, same.neuron))), "spikes differ"
    rate = len(raster) / steps / image.n_neurons
    seconds, numpy_seconds, *others = medians(ours, lambda: numpy.run(numpy_steps),
                                              *(run for _, _, run in peers))
    arrivals = len(raster) * image.n_synapses / image.n_neurons / seconds
    print(f"{name}: {100 * rate:.2f} % fire in a step, {len(raster)} spikes in {steps} steps")
    print(f"  snnsim  {steps / seconds:12,.0f} steps/s  {arrivals / 1e6:10,.0f} M arrivals/s")
    print(f"  NumPy   {numpy_steps / numpy_seconds:12,.0f} steps/s")
    for (peer, peer_steps, _), taken in zip(peers, others, strict=True):
        print(f"  {peer}  {peer_steps / taken:12,.0f} steps/s (floating point)")


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main():
    print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"Python {platform.python_version()}; medians of {REPEATS} runs, one thread, CPU time")
    for n in (100, 256):
        measure(f"{n} neurons, all to all", all_to_all(n), 200_000, 2000)
    image = balanced()
    run = brian2_run(image, 500)
    if run is None:
        print("Brian2 is not installed: no peer for the balanced network")
    measure("10,000 neurons, balanced, fan-in 1,000", image, 2000, 500, [("Brian2", 500, run)] if run else [])


if __name__ == "__main__":
    main()
