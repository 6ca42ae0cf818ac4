"""NEST on the network of `learning_speed`, run by the Python of ``.peers``.

    python peer_nest.py NETWORK.npz

In millivolts, where the threshold is 20. Says that it is there; then builds and runs once for each line that
it reads.
"""

import json
import sys
import time

import nest
import numpy as np

THRESHOLD = 20.0
#: The variants with common parameters and 32-bit targets: the fastest that NEST has.
PLASTIC, FIXED = "stdp_synapse_hom_hpc", "static_synapse_hpc"


def build(net):
    """The network; its spike recorder."""
    nest.ResetKernel()
    nest.resolution = float(net["dt_ms"])
    nest.local_num_threads = 1
    tau = float(net["tau_ms"])
    neurons = nest.Create("iaf_psc_delta", net["v"].size, params={
        "tau_m": tau, "V_th": THRESHOLD, "V_reset": THRESHOLD / 2, "E_L": 0.0, "C_m": 1.0,
        "I_e": THRESHOLD * float(net["mu"]) / tau, "t_ref": float(net["refractory_ms"]), "tau_minus": tau})
    neurons.V_m = THRESHOLD * net["v"]
    nest.SetDefaults(PLASTIC, {
        "Wmax": THRESHOLD * float(net["w_max"]), "tau_plus": tau, "mu_plus": 0.0, "mu_minus": 0.0,
        "lambda": float(net["plus"] / net["w_max"]), "alpha": float(net["minus"] / net["plus"])})
    first = neurons[0].global_id
    for k, model in enumerate((PLASTIC, FIXED, FIXED)):
        source, target = net[f"source{k}"] + first, net[f"target{k}"] + first
        nest.Connect(source, target, "one_to_one", {
            "synapse_model": model, "weight": np.full(source.size, THRESHOLD * float(net[f"weight{k}"])),
            "delay": np.full(source.size, float(net["delay_ms"]))})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    return recorder


def run(net):
    begin = time.perf_counter()
    recorder = build(net)
    nest.Prepare()
    built, cpu = time.perf_counter(), time.process_time()
    nest.Run(float(net["duration_ms"]))
    ended = {"wall": time.perf_counter() - built, "cpu": time.process_time() - cpu, "build": built - begin}
    nest.Cleanup()
    return {**ended, "spikes": int(recorder.n_events)}


def main(path):
    net = dict(np.load(path))
    nest.verbosity = nest.VerbosityLevel.ERROR
    print(json.dumps({"version": nest.__version__}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(run(net)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
