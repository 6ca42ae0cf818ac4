"""SuperNeuroMAT with numba, run as `peer` says: integrators without leak, and delays of one step.

It has no constant current: a neuron more, which fires in every step, has a synapse to each. Without a
refractory time, for what arrives in it acts there.
"""

import sys
import time
from importlib.metadata import version

import numpy as np
from superneuromat import SNN

from benchmarks.peer import load, serve, timed


def build(net):
    """The `SNN`, ready to run; all of it without what is done for learning."""
    if not (np.isinf(net["tau_mem"]) and net["tau_syn"] == net["t_ref"] == 0):
        raise ValueError("only integrators without leak, synaptic current and refractory time")
    snn, steps = SNN(), round(net["seconds"] / net["dt"])
    for v in net["v_init"]:
        snn.create_neuron(threshold=net["v_threshold"], leak=0.0, reset_state=net["v_reset"],
                          initial_state=float(v))
    pacemaker = snn.create_neuron(threshold=-1.0, leak=0.0)
    for n, drive in enumerate(np.broadcast_to(net["current"], net["n"]) * net["dt"]):
        snn.create_synapse(pacemaker, n, weight=float(drive))
    for k in range(net["projections"]):
        weights = np.broadcast_to(net[f"weight{k}"], net[f"pre{k}"].shape)
        for pre, post, weight in zip(net[f"pre{k}"].tolist(), net[f"post{k}"].tolist(), weights.tolist(),
                                     strict=True):
            snn.create_synapse(pre, post, weight=weight)
    snn.stdp, snn.manual_setup = False, True
    return snn, steps


def run(snn, steps):
    """From the beginning: states of the description, and no spikes so far."""
    snn.clear_spike_train()
    snn.setup(sparse=False)
    snn.setup_input_spikes(steps)
    with timed() as seconds:
        snn.simulate(steps, use="jit")
    return {**seconds, "spikes": int(np.sum(snn.ispikes[:, :-1]))}


def main(path, threads):
    begin = time.perf_counter()
    snn, steps = build(load(path))
    run(snn, 1)  # compiles
    about = {"version": version("superneuromat"), "build": time.perf_counter() - begin}
    serve(about, lambda file: run(snn, steps))


if __name__ == "__main__":
    main(*sys.argv[1:])
