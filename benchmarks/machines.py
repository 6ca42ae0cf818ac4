"""Those who run a network in a benchmark: this simulator, and others in processes of their own."""

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.told import told
from snnsim import Simulator, SpikeRaster, compile

ROOT = Path(__file__).resolve().parents[1]
OURS = "snnsim"
NOT_INSTALLED = "not installed (python -m benchmarks.peers)"
NOT_ON_INDEX = "not installed, nor on the package index (docs/benchmarks.md)"


@dataclass(frozen=True)
class Contender:
    """Another simulator: the ``module`` that must be there, the ``script`` that runs it, its ``words``;
    whether `peers` can install it."""

    module: str
    script: str
    words: tuple = ()
    on_index: bool = True


CONTENDERS = {
    "Brian2": Contender("brian2", "peer_brian2"),
    "Brian2, 32 bits": Contender("brian2", "peer_brian2", ("float32",)),
    "Brian2, traces of neurons": Contender("brian2", "peer_brian2", ("neurons",)),
    "NEST": Contender("nest", "peer_nest"),
    "SuperNeuroMAT": Contender("superneuromat", "peer_superneuromat"),
    "PyGeNN": Contender("pygenn", "peer_genn", on_index=False),
}


class PeerError(Exception):
    """A peer that ended without an answer."""


class Ours:
    """This simulator, as a user would: describe, compile, run."""

    def __init__(self, network, seconds, threads=1):
        self.steps = round(seconds / network.dt)
        begin = time.perf_counter()
        self.image = compile(network).image
        self.simulator = Simulator(self.image, threads=threads)
        self.about = {"version": version("snnsim"), "build": time.perf_counter() - begin}
        self.weights = [w.copy() for w in self.simulator.read_weights()] if network.learns else None
        self.simulator.run(SpikeRaster.empty(steps=1, neurons=0))  # loads the kernel, or compiles it

    def run(self):
        """Run from the beginning; ``wall``, ``cpu``, ``spikes``. Raises `ValueError` if states saturate."""
        self.simulator.clear()
        if self.weights:
            self.simulator.write_weights(self.weights)
        begin, cpu = time.perf_counter(), time.process_time()
        result = self.simulator.run(SpikeRaster.empty(steps=self.steps, neurons=0))
        seconds = {"wall": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
        saturated = result.v_saturations + result.i_saturations + result.learning_saturations
        if saturated:
            raise ValueError(f"{saturated} states saturated: these are not the equations of the others")
        return {**seconds, "spikes": len(result.raster)}

    def end(self):
        pass


class Peer:
    """Another simulator in a process of its own, which runs once for each line that it is sent."""

    def __init__(self, contender, path, threads=1):
        self.contender, self.errors = contender, tempfile.TemporaryFile("w+")
        command = [peers.PYTHON, "-m", f"benchmarks.{contender.script}", path, str(threads), *contender.words]
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **limits}, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.about = self._answer()

    def run(self, file=""):
        """Run from the beginning; ``wall``, ``cpu`` and ``spikes``. Times of spikes go to ``file``."""
        try:
            self.process.stdin.write(f"{file}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, and said why
        return self._answer()

    def end(self):
        self.process.communicate()
        self.errors.close()

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):  # what else a simulator has to say is no answer
                return json.loads(line)
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()
        self.end()
        raise PeerError(f"ended without an answer: {said[-1] if said else 'nothing was said'}")


def start_peers(names, network, seconds, threads, folder, say):
    """Those of ``names`` that are installed and start; ``say(name, why)`` of each of the others."""
    path = Path(folder) / "network.npz"
    started = {}
    for name in names:
        contender = CONTENDERS[name]
        if not peers.has(contender.module):
            say(name, NOT_INSTALLED if contender.on_index else NOT_ON_INDEX)
            continue
        if not path.exists():
            np.savez(path, **told(network, seconds))
        try:
            started[name] = Peer(contender, path, threads)
        except PeerError as error:
            say(name, str(error))
    return started
