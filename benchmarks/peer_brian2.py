"""Brian2 in C++ standalone mode on the network of `learning_speed`, run by the Python of ``.peers``.

    python peer_brian2.py NETWORK.npz synapses|neurons

Traces are those of the synapses, as the documentation of Brian2 writes pair STDP, or of the neurons, which
takes less memory and is the same rule. Says when it is built; then runs once for each line that it reads.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import brian2
import numpy as np
from brian2 import Network, NeuronGroup, SpikeMonitor, Synapses, defaultclock, device, ms, prefs, set_device

NEURON = "dv/dt = (mu - v) / tau : 1 (unless refractory)"
STDP = {
    "synapses": {
        "model": """w : 1
                    dx/dt = -x / tau : 1 (event-driven)
                    dy/dt = -y / tau : 1 (event-driven)""",
        "on_pre": "v_post += w; x += 1; w = clip(w - minus * y, 0, w_max)",
        "on_post": "y += 1; w = clip(w + plus * x, 0, w_max)"},
    "neurons": {
        "model": "w : 1",
        "on_pre": "v_post += w; w = clip(w - minus * y_post, 0, w_max)",
        "on_post": "w = clip(w + plus * x_pre, 0, w_max)"},
}
#: Written by the compiled program: when its loop over steps begins and ends.
CLOCK = "{{ timespec t; clock_gettime(CLOCK_MONOTONIC, &t); wall {}= t.tv_sec + 1e-9 * t.tv_nsec; }}"


def build(net, traces):
    """The `Network` and its monitor."""
    namespace = {"mu": float(net["mu"]), "tau": float(net["tau_ms"]) * ms, "w_max": float(net["w_max"]),
                 "plus": float(net["plus"]), "minus": float(net["minus"])}
    equations, reset = NEURON, "v = 0.5"
    if traces == "neurons":
        equations += "\ndx/dt = -x / tau : 1\ndy/dt = -y / tau : 1"
        reset += "; x += 1; y += 1"
    group = NeuronGroup(net["v"].size, equations, method="exact", threshold="v > 1", reset=reset,
                        refractory=float(net["refractory_ms"]) * ms, namespace=namespace)
    group.v = net["v"]
    delay = float(net["delay_ms"]) * ms
    plastic = Synapses(group, group, **STDP[traces], namespace=namespace, name="plastic")
    plastic.connect(i=net["source0"], j=net["target0"])
    plastic.w = float(net["weight0"])
    plastic.pre.delay = delay
    fixed = []
    for k in (1, 2):
        synapses = Synapses(group, group, on_pre=f"v_post += {float(net[f'weight{k}'])}", delay=delay,
                            name=f"fixed{k}")
        synapses.connect(i=net[f"source{k}"], j=net[f"target{k}"])
        fixed.append(synapses)
    spikes = SpikeMonitor(group, record=False)
    return Network(group, plastic, *fixed, spikes), spikes


def main(path, traces):
    net = np.load(path)
    begin = time.perf_counter()
    folder = tempfile.mkdtemp(prefix="brian2_")
    set_device("cpp_standalone", build_on_run=False)
    prefs.codegen.cpp.extra_compile_args_gcc = ["-O3", "-march=native", "-ffast-math"]
    defaultclock.dt = float(net["dt_ms"]) * ms
    network, spikes = build(net, traces)
    device.insert_code("before_network_run", "double wall = 0; " + CLOCK.format("-"))
    device.insert_code("after_network_run", CLOCK.format("+") + ' std::ofstream("results/wall.txt") << wall;')
    network.run(float(net["duration_ms"]) * ms)
    device.build(folder, run=False)
    print(json.dumps({"version": brian2.__version__, "build": time.perf_counter() - begin}), flush=True)
    for _ in sys.stdin:
        device.run()
        print(json.dumps({"wall": float((Path(device.results_dir) / "wall.txt").read_text()),
                          "cpu": device._last_run_time, "spikes": int(spikes.num_spikes)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
