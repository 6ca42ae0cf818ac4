"""Simulators of layers on the samples of `batches`, one thread, run by the Python of `peers`.

    python -m benchmarks.peer_batches SAMPLES.npz THREADS NAME

Says what it is and how large its batches are, of some sizes the fastest; then runs all samples for each line
that it reads, and answers with ``wall``, ``cpu`` and how often each neuron of the last layer spiked in each
sample.
"""

import math
import sys
from functools import partial
from importlib.metadata import version

import numpy as np
import torch

from benchmarks.peer import serve, timed

BATCHES = (64, 256, 1024)


def spikingjelly(keep, threshold):
    from spikingjelly.activation_based import neuron

    node = neuron.LIFNode(tau=1 / (1 - keep), decay_input=False, v_threshold=threshold, v_reset=0.0,
                          step_mode="m").eval()

    def layer(arrivals):
        node.reset()
        return node(arrivals)
    return layer


def sinabs(keep, threshold):
    from sinabs.activation import MembraneReset, SingleSpike
    from sinabs.layers import LIF

    lif = LIF(tau_mem=-1 / math.log(keep), spike_threshold=torch.tensor(threshold), spike_fn=SingleSpike,
              reset_fn=MembraneReset(), norm_input=False)

    def layer(arrivals):
        lif.reset_states()
        return lif(arrivals.transpose(0, 1)).transpose(0, 1)
    return layer


def snntorch(keep, threshold):
    from snntorch import Leaky

    leaky = Leaky(beta=keep, threshold=threshold, reset_mechanism="zero", reset_delay=False)

    def layer(arrivals):
        mem, spikes = leaky.init_leaky(), []
        for step in arrivals:
            spike, mem = leaky(step, mem)
            spikes.append(spike)
        return torch.stack(spikes)
    return layer


def norse(keep, threshold):
    from norse.torch import LIFBoxCell
    from norse.torch.functional.lif_box import LIFBoxParameters

    # its membrane takes (1 - keep) of what arrives
    cell = LIFBoxCell(p=LIFBoxParameters(tau_mem_inv=torch.tensor((1 - keep) / 1e-3),
                                         v_th=torch.tensor(threshold * (1 - keep))), dt=1e-3)

    def layer(arrivals):
        state, spikes = None, []
        for step in arrivals:
            spike, state = cell(step, state)
            spikes.append(spike)
        return torch.stack(spikes)
    return layer


PEERS = {"spikingjelly": spikingjelly, "sinabs": sinabs, "snntorch": snntorch, "norse": norse}


def run(weights, layers, inputs, batch):
    """Spikes of the last layer, shape (samples, neurons), of inputs of shape (steps, samples, inputs)."""
    counts = []
    for spikes in inputs.split(batch, dim=1):
        for weight, layer in zip(weights, layers, strict=True):
            spikes = layer(spikes @ weight)
        counts.append(spikes.sum(0))
    return torch.cat(counts)


def answer(go, batch, file=""):
    with timed() as seconds:
        counts = go(batch)
    return {**seconds, "counts": counts.int().tolist() if file else []}


def main(path, threads, name):
    torch.set_num_threads(int(threads))
    with np.load(path) as net, torch.inference_mode():
        layers = [PEERS[name](float(net["keep"]), float(net["threshold"])) for _ in range(net["layers"])]
        weights = [torch.from_numpy(net[f"weight{k}"]).float() for k in range(net["layers"])]
        inputs = torch.from_numpy(net["inputs"]).float().transpose(0, 1).contiguous()
        go = partial(run, weights, layers, inputs)
        speeds = {batch: (answer(go, batch), answer(go, batch)["cpu"])[1] for batch in BATCHES}
        batch = min(speeds, key=speeds.get)
        serve({"version": version(name), "batch": batch}, partial(answer, go, batch))


if __name__ == "__main__":
    main(*sys.argv[1:])
