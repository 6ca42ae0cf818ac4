"""PyGeNN 5 on its back end for one thread of a CPU, run as `peer` says. In volts and milliseconds.

PyGeNN is not on the package index: it runs where it has been built into the environment of `peers`. Indices
of targets are as narrow as they can be.
"""

import os
import sys
import tempfile
import time

import numpy as np
import pygenn

from benchmarks.peer import load, serve, timed

MS = 1e3
SIM_CODE = """
if (r > 0) { r--; v = v_reset; }
else { v = v * keep + drive + gain * Isyn; }
"""
THRESHOLD_CODE = "r == 0 && v > v_threshold"
RESET_CODE = "v = v_reset; r = refractory;"


def build(net):
    """The model, compiled; its neurons; the steps of a run."""
    if net["plastic"] >= 0:
        raise ValueError("no learning here")
    if net["background_rate"]:
        raise ValueError("no background here")
    model = pygenn.GeNNModel("float", "network", backend="single_threaded_cpu")
    model.dt = MS * net["dt"]
    model.default_narrow_sparse_ind_enabled = model.fuse_postsynaptic_models = True
    cells = neurons(net, model)
    for k in range(net["projections"]):
        connect(net, model, cells, k)
    os.environ["CXXFLAGS"] = "-O3 -march=native -ffast-math"
    model.build(tempfile.mkdtemp(prefix="genn_"))
    return model, cells, round(net["seconds"] / net["dt"])


def neurons(net, model):
    lif = pygenn.create_neuron_model(
        "lif", params=["keep", "gain", "v_reset", "v_threshold", "refractory"],
        vars=[("v", "scalar"), ("drive", "scalar"), ("r", "int")],
        sim_code=SIM_CODE, threshold_condition_code=THRESHOLD_CODE, reset_code=RESET_CODE)
    decays = np.isfinite(net["tau_mem"])
    keep = np.exp(-net["dt"] / net["tau_mem"])
    drive = (1 - keep) * (net["v_leak"] + net["current"]) if decays else net["dt"] * net["current"]
    cells = model.add_neuron_population(
        "cells", net["n"], lif,
        {"keep": keep, "gain": 1 - keep if net["tau_syn"] else 1.0, "v_reset": net["v_reset"],
         "v_threshold": net["v_threshold"], "refractory": round(net["t_ref"] / net["dt"])},
        {"v": net["v_init"], "drive": np.broadcast_to(drive, net["n"]), "r": 0})
    cells.spike_recording_enabled = True
    return cells


def connect(net, model, cells, k):
    """The synapses of projection ``k``, one by one as they are. An arrival without delay is one of the next
    step."""
    weight = net[f"weight{k}"]
    if np.ndim(weight):
        update = pygenn.init_weight_update("StaticPulse", {}, {"g": weight})
    else:
        update = pygenn.init_weight_update("StaticPulseConstantWeight", {"g": weight})
    arrival = pygenn.init_postsynaptic("ExpCurr", {"tau": MS * net["tau_syn"]}) if net["tau_syn"] \
        else pygenn.init_postsynaptic("DeltaCurr")
    synapses = model.add_synapse_population(f"synapses{k}", "SPARSE", cells, cells, update, arrival)
    synapses.set_sparse_connections(net[f"pre{k}"], net[f"post{k}"])
    synapses.axonal_delay_steps = round(net[f"delay{k}"] / net["dt"]) - 1


def run(model, cells, steps):
    """From the beginning: memory is set up anew."""
    model.load(num_recording_timesteps=steps)
    with timed() as seconds:
        while model.timestep < steps:
            model.step_time()
    model.pull_recording_buffers_from_device()
    spikes = len(cells.spike_recording_data[0][0])
    model.unload()
    return {**seconds, "spikes": spikes}


def main(path, threads):
    begin = time.perf_counter()
    machine = build(load(path))
    about = {"version": pygenn.__version__, "build": time.perf_counter() - begin}
    serve(about, lambda file: run(*machine))


if __name__ == "__main__":
    main(*sys.argv[1:])
