"""What the scripts that run another simulator have in common; they run in the environment of `peers`.

    python -m benchmarks.peer_NAME NETWORK.npz THREADS [WORD ...]

Such a script says in a line what it is, then runs once, from the beginning, for each line that it reads, and
answers with ``wall`` and ``cpu`` (seconds of the run alone), ``spikes``, and ``build`` (seconds) where
it builds anew for each run. A line may name a file, for the times of the spikes.
"""

import json
import sys
import time
from contextlib import contextmanager

import numpy as np


def load(path):
    """What `told` says, with numbers as numbers."""
    with np.load(path) as arrays:
        return {name: arrays[name] if arrays[name].ndim else arrays[name].item() for name in arrays.files}


@contextmanager
def timed():
    """A dict that has ``wall`` and ``cpu``, seconds of this process, after the block."""
    seconds = {}
    begin, cpu = time.perf_counter(), time.process_time()
    yield seconds
    seconds |= {"wall": time.perf_counter() - begin, "cpu": time.process_time() - cpu}


def serve(about, run):
    """Say ``about``, then answer each line of the input with what ``run(file)`` returns."""
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(line.strip())), flush=True)
