"""How long a large network takes to become an image and a simulator, and in how much memory.

    python -m benchmarks.scale          # up to 10^7 synapses
    python -m benchmarks.scale --full   # 10^8, too

Neurons are excitatory and inhibitory, four to one, joined by a rule in four projections, which is all that
the description says; these have one weight and one delay each, or with "weights" one weight for each synapse;
with "learning" all synapses learn by pair STDP.
Each network is built in a process of its own. Peaks of memory are those of all that it did, less what it took
before; an image and a simulator are told in bytes for each synapse, those of neurons included.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Neurons and synapses of each.
SIZES = ((10_000, 100), (100_000, 100), (100_000, 1000))
RULES = ("in-degree", "probability", "weights", "learning")
HEAD = (f"{'rule':12} {'neurons':>8} {'synapses':>12} {'image in':>9} {'peak':>9} {'bytes':>6} "
        f"{'simulator in':>12} {'peak':>9} {'bytes':>6}")


def network(rule, n, fan_in):
    from snnsim import LIF, STDP, FixedInDegree, FixedProbability, Network, Normal, Population, Projection

    sizes = {"e": 4 * n // 5, "i": n // 5}
    cells = LIF(tau_mem=20e-3, v_threshold=15e-3, t_ref=2e-3)

    def projection(pre, post, seed):
        k, mean = fan_in * sizes[pre] // n, 0.1e-3 if pre == "e" else -0.5e-3
        connect = FixedProbability(k / sizes[pre], seed) if rule == "probability" else FixedInDegree(k, seed)
        weight = Normal(mean, 0.02e-3, seed) if rule == "weights" else mean
        bounds = sorted((0, 2 * mean))
        learning = STDP(1e-6, 1e-6, 20e-3, 20e-3, w_min=bounds[0], w_max=bounds[1])
        return Projection(pre, post, connect, weight, delay=1.5e-3,
                          learning=learning if rule == "learning" else None)

    return Network(dt=0.1e-3, populations=[Population(name, size, cells) for name, size in sizes.items()],
                   projections=[projection(pre, post, seed) for seed, (pre, post) in
                                enumerate((a, b) for a in sizes for b in sizes)])


def peak():
    """Bytes that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def build(rule, n, fan_in):
    """Build one network and print a line about it."""
    from snnsim import Simulator, compile

    described, before, begin = network(rule, n, fan_in), peak(), time.process_time()
    image = compile(described).image
    compiled, at_compiled = time.process_time(), peak()
    simulator = Simulator(image)
    packed, synapses = time.process_time(), image.n_synapses
    print(f"{rule:12} {n:8,} {synapses:12,} {compiled - begin:7.1f} s {(at_compiled - before) / 1e6:6,.0f} MB"
          f" {image.nbytes / synapses:6.2f} {packed - compiled:10.1f} s {(peak() - before) / 1e6:6,.0f} MB"
          f" {simulator.nbytes / synapses:6.2f}", flush=True)
    assert described.nbytes == 0


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="also 10^8 synapses, in some 3 GB")
    parser.add_argument("--build", nargs=3, metavar=("RULE", "NEURONS", "FAN_IN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        rule, n, fan_in = options.build
        build(rule, int(n), int(fan_in))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; time of the processor\n{HEAD}", flush=True)
    for n, fan_in in SIZES if options.full else SIZES[:-1]:
        for rule in RULES:
            subprocess.run([sys.executable, "-m", "benchmarks.scale", "--build", rule, str(n), str(fan_in)],
                           cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
