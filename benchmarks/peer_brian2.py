"""Brian2 in C++ standalone mode, run as `peer` says; compiled once. Numbers are in volts and seconds.

Words: ``float32`` computes in 32 bits. ``neurons`` keeps the traces of pair STDP in the neurons, which takes
less memory and is the same rule; otherwise they are those of the synapses, as its documentation writes it.
"""

import sys
import tempfile
import time
from pathlib import Path

import brian2
import numpy as np
from brian2 import (
    Network,
    NeuronGroup,
    PoissonInput,
    SpikeMonitor,
    Synapses,
    defaultclock,
    device,
    hertz,
    prefs,
    second,
)

from benchmarks.peer import load, serve

DECAYING = "dv/dt = (v_leak - v + current{isyn}) / tau_mem : 1{hold}"
INTEGRATING = "dv/dt = current / second : 1{hold}"
STDP = {
    "synapses": {
        "model": """w : 1
                    dx/dt = -x / tau_plus : 1 (event-driven)
                    dy/dt = -y / tau_minus : 1 (event-driven)""",
        "on_pre": "v_post += w; x += 1; w = clip(w - a_minus * y, 0, w_max)",
        "on_post": "y += 1; w = clip(w + a_plus * x, 0, w_max)"},
    "neurons": {
        "model": "w : 1",
        "on_pre": "v_post += w; w = clip(w - a_minus * y_post, 0, w_max)",
        "on_post": "w = clip(w + a_plus * x_pre, 0, w_max)"},
}
#: Sources that make up the background of a neuron.
SOURCES = 1000
TIMES = ("tau_mem", "tau_syn", "tau_plus", "tau_minus")
#: Written by the compiled program: seconds and processor time of its loop over steps.
CLOCKS = {"wall": "CLOCK_MONOTONIC", "cpu": "CLOCK_PROCESS_CPUTIME_ID"}
READ = "{{ timespec t; clock_gettime({clock}, &t); {name} {sign}= t.tv_sec + 1e-9 * t.tv_nsec; }}"
WRITE = ' std::ofstream("results/seconds.txt") << wall << " " << cpu;'


def build(net, traces):
    """The `Network` and its monitor."""
    namespace = {name: net[name] * (second if name in TIMES else 1) for name in net
                 if np.ndim(net[name]) == 0 and net[name] != np.inf}
    group = neurons(net, traces, namespace)
    synapses = [connected(net, k, group, traces, namespace) for k in range(net["projections"])]
    spikes = SpikeMonitor(group, record=False)
    return Network(group, *synapses, *background(net, group), spikes), spikes


def neurons(net, traces, namespace):
    decays, reset = np.isfinite(net["tau_mem"]), "v = v_reset"
    equations = (DECAYING if decays else INTEGRATING).format(
        isyn=" + isyn" if net["tau_syn"] else "", hold=" (unless refractory)" if net["t_ref"] else "")
    if net["tau_syn"]:
        equations += "\ndisyn/dt = -isyn / tau_syn : 1"
    if np.ndim(net["current"]):
        equations += "\ncurrent : 1"
    if net["plastic"] >= 0 and traces == "neurons":
        equations += "\ndx/dt = -x / tau_plus : 1\ndy/dt = -y / tau_minus : 1"
        reset += "; x += 1; y += 1"
    refractory = {"refractory": net["t_ref"] * second} if net["t_ref"] else {}
    group = NeuronGroup(net["n"], equations, method="exact" if decays else "euler",
                        threshold="v > v_threshold", reset=reset, namespace=namespace, **refractory)
    group.v = net["v_init"]
    if np.ndim(net["current"]):
        group.current = net["current"]
    return group


def background(net, group):
    """What arrives by chance: of many sources, as its documentation says, in one number a neuron and step."""
    if net["background_rate"]:
        rate, weight = net["background_rate"] / SOURCES * hertz, net["background_weight"]
        yield PoissonInput(group, "isyn" if net["tau_syn"] else "v", SOURCES, rate, weight)


def connected(net, k, group, traces, namespace):
    """The synapses of projection ``k``, one by one as they are. An arrival acts after the threshold of its
    step has been looked at, so it is told to come a step earlier."""
    weight, to = net[f"weight{k}"], "isyn_post" if net["tau_syn"] else "v_post"
    if k == net["plastic"]:
        code = STDP[traces]
    elif np.ndim(weight):
        code = {"model": "w : 1", "on_pre": f"{to} += w"}
    else:
        code = {"on_pre": f"{to} += {weight}"}
    synapses = Synapses(group, group, **code, namespace=namespace, name=f"synapses{k}")
    synapses.connect(i=net[f"pre{k}"], j=net[f"post{k}"])
    if "model" in code:
        synapses.w = weight
    delay = net[f"delay{k}"] - net["dt"]
    if np.max(delay) > net["dt"] / 2:
        synapses.pre.delay = delay * second
    return synapses


def compiled(net, threads, words):
    """Build and compile; a function that runs it."""
    brian2.set_device("cpp_standalone", build_on_run=False)
    prefs.codegen.cpp.extra_compile_args_gcc = ["-O3", "-march=native", "-ffast-math"]
    if threads > 1:
        prefs.devices.cpp_standalone.openmp_threads = threads
    if "float32" in words:
        prefs.core.default_float_dtype = np.float32
    defaultclock.dt = net["dt"] * second
    network, spikes = build(net, "neurons" if "neurons" in words else "synapses")
    device.insert_code("before_network_run", "double wall = 0, cpu = 0; " + read_clocks("-"))
    device.insert_code("after_network_run", read_clocks("+") + WRITE)
    network.run(net["seconds"] * second)
    device.build(tempfile.mkdtemp(prefix="brian2_"), run=False)
    return lambda: run(spikes)


def read_clocks(sign):
    return " ".join(READ.format(clock=clock, name=name, sign=sign) for name, clock in CLOCKS.items())


def run(spikes):
    device.run()
    wall, cpu = map(float, (Path(device.results_dir) / "seconds.txt").read_text().split())
    return {"wall": wall, "cpu": cpu, "spikes": int(spikes.num_spikes)}


def main(path, threads, *words):
    begin = time.perf_counter()
    again = compiled(load(path), int(threads), words)
    serve({"version": brian2.__version__, "build": time.perf_counter() - begin}, lambda file: again())


if __name__ == "__main__":
    main(*sys.argv[1:])
