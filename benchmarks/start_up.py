"""How long a process takes to its first spikes: the imports, a first run, and one whose code is compiled.

    python -m benchmarks.start_up

Each is a process of its own, and runs a network of 60 neurons for 100 steps. Cold: the compiled code goes
into an empty folder. What numba alone takes for a function of one line is the least that there can be. Times
are of the processor, that of the interpreter included, and of the clock.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

REPEATS = 5
ROOT = Path(__file__).resolve().parents[1]
SNNSIM = Path(sys.executable).parent / "snnsim"
LEAST = """
from numba import njit

@njit(cache=True)
def one_more(n):
    return n + 1

one_more(1)
"""
RUN = """
import numpy as np
from snnsim import LIF, STDP, AllToAll, FixedProbability, Input, Network, Population, Projection
from snnsim import Simulator, SpikeRaster, Uniform, compile
learning = STDP(a_plus=50e-6, a_minus=55e-6, tau_plus=20e-3, tau_minus=20e-3, w_min=0, w_max=8e-3)
network = Network(
    dt=1e-3, inputs=[Input("in", 16)],
    populations=[Population("p", 60, LIF(tau_mem=20e-3, v_threshold=15e-3))],
    projections=[Projection("in", "p", AllToAll(), Uniform(0, 5e-3, seed=1), learning={learning}),
                 Projection("p", "p", FixedProbability(0.2, seed=2), -2e-3, delay=5e-3)])
stimulus = SpikeRaster.from_dense(np.random.default_rng(0).random((100, 16)) < 0.3)
assert len(Simulator(compile(network).image).run(stimulus).raster)
"""


def seconds(command, cache):
    """``(time of the processor, of the clock)`` of a process that keeps compiled code in a folder."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - begin)


def medians(command, cache):
    return tuple(map(median, zip(*(seconds(command, cache) for _ in range(REPEATS)), strict=True)))


def say(what, times):
    print(f"  {what:42} {times[0]:6.2f} s  {times[1]:6.2f} s", flush=True)


def first_and_next(name, command):
    """Print how long it takes cold, once, and warm."""
    with tempfile.TemporaryDirectory() as cache:
        say(f"{name}, cold", seconds(command, cache))
        say(f"{name}, warm", medians(command, cache))


def main():
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}; "
          f"processor and clock, medians of {REPEATS}; cold: once")
    for program in ("pass", "import numpy", "import numba", "import snnsim"):
        say(f"python -c '{program}'", medians([sys.executable, "-c", program], ROOT))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "least.py"
        path.write_text(LEAST)
        first_and_next("numba, a function of one line", [sys.executable, path])
    first_and_next("a network", [sys.executable, "-c", RUN.format(learning=None)])
    first_and_next("a network that learns", [sys.executable, "-c", RUN.format(learning="learning")])
    with tempfile.TemporaryDirectory() as folder:
        run = [SNNSIM, "run", "examples/ring.toml", "--on", "simulator", "-o", Path(folder) / "raster.npz"]
        first_and_next("snnsim run examples/ring.toml", run)


if __name__ == "__main__":
    main()
