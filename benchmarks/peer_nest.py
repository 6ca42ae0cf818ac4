"""NEST, run as `peer` says. In millivolts, milliseconds and, with a synaptic current, picoamperes.

It builds anew for each run. Synapses are of the models with common parameters and 32-bit targets, the fastest
that it has.
"""

import sys
import time

import nest
import numpy as np

from benchmarks.peer import load, serve, timed

PLASTIC, ONE_WEIGHT, WEIGHTS = "stdp_synapse_hom_hpc", "static_synapse_hom_w_hpc", "static_synapse_hpc"
MS = 1e3
#: Milliseconds, for a membrane that does not decay.
LONGEST_TAU = 1e9


def build(net, threads):
    """The network; its neurons and their recorder."""
    nest.ResetKernel()
    nest.resolution = MS * net["dt"]
    nest.local_num_threads = threads
    neurons = nest.Create("iaf_psc_exp" if net["tau_syn"] else "iaf_psc_delta", net["n"], params=neuron(net))
    neurons.V_m = MS * net["v_init"]
    neurons.I_e = net["current"] * (1 if np.isinf(net["tau_mem"]) else MS)
    for k in range(net["projections"]):
        connect(net, k, neurons[0].global_id)
    if net["background_rate"]:
        background = nest.Create("poisson_generator", params={"rate": net["background_rate"]})
        synapse = {"weight": MS * net["background_weight"], "delay": MS * net["dt"]}
        nest.Connect(background, neurons, "all_to_all", synapse)
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    return neurons, recorder


def neuron(net):
    """Parameters of all neurons. The capacity is such that a picoampere does what a millivolt of r i does,
    or, without decay, a volt a second."""
    tau = min(MS * net["tau_mem"], LONGEST_TAU)
    params = {"tau_m": tau, "C_m": 1.0 if np.isinf(net["tau_mem"]) else tau, "E_L": MS * net["v_leak"],
              "V_th": MS * net["v_threshold"], "V_reset": MS * net["v_reset"], "t_ref": MS * net["t_ref"]}
    if net["tau_syn"]:
        params |= {"tau_syn_ex": MS * net["tau_syn"], "tau_syn_in": MS * net["tau_syn"]}
    if net["plastic"] >= 0:
        params["tau_minus"] = MS * net["tau_minus"]
    return params


def connect(net, k, first):
    """The synapses of projection ``k``, one by one as they are."""
    weight, delay = MS * np.asarray(net[f"weight{k}"]), MS * np.asarray(net[f"delay{k}"])
    model, common = f"synapses{k}", {}
    if k == net["plastic"]:
        base, common = PLASTIC, stdp(net)
    elif weight.ndim:
        base = WEIGHTS
    else:
        base, common = ONE_WEIGHT, {"weight": float(weight)}
    nest.CopyModel(base, model, {"delay": float(np.min(delay)), **common})
    pre, post = net[f"pre{k}"].astype(np.int64) + first, net[f"post{k}"].astype(np.int64) + first
    each = {"synapse_model": model, "delay": np.broadcast_to(delay, pre.shape)}
    if base != ONE_WEIGHT:
        each["weight"] = np.broadcast_to(weight, pre.shape)
    nest.Connect(pre, post, "one_to_one", each)


def stdp(net):
    return {"Wmax": MS * net["w_max"], "tau_plus": MS * net["tau_plus"], "mu_plus": 0.0, "mu_minus": 0.0,
            "lambda": net["a_plus"] / net["w_max"], "alpha": net["a_minus"] / net["a_plus"]}


def run(net, threads, file):
    begin = time.perf_counter()
    neurons, recorder = build(net, threads)
    nest.Prepare()
    built = time.perf_counter() - begin
    with timed() as seconds:
        nest.Run(MS * net["seconds"])
    nest.Cleanup()
    if file:
        events = recorder.events
        np.savez(file, t=events["times"] / MS, neuron=events["senders"] - neurons[0].global_id)
    return {**seconds, "build": built, "spikes": int(recorder.n_events)}


def main(path, threads):
    net = load(path)
    nest.verbosity = nest.VerbosityLevel.ERROR
    serve({"version": nest.__version__}, lambda file: run(net, int(threads), file))


if __name__ == "__main__":
    main(*sys.argv[1:])
