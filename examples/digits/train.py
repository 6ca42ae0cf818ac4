"""Train the 64-128-10 network of ``snnsim demo`` and write it as a description.

    pip install .[train]
    python examples/digits/train.py            # about two minutes; writes digits.npz
    python examples/digits/train.py --help

The hyperparameters below were chosen by the accuracy on a quarter of the training images, which the
script measures first; the shipped weights then come from all training images. The test images decide
nothing: the script measures them once, at the end. The same versions give the same weights.
"""

import argparse

import numpy as np
import snntorch
import torch
from sklearn.model_selection import train_test_split
from snntorch import surrogate

from snnsim import LIF, Input, Network, Population, Projection
from snnsim.connect import AllToAll
from snnsim.digits import (
    BRIGHTEST,
    CLASSES,
    PIXELS,
    SHOWN_STEPS,
    decision,
    float_output_counts,
    load_split,
    spikes_of,
)

DT = 1e-3
TAU_MEM = 10e-3
V_THRESHOLD = 1.0
#: Strong inhibition would otherwise drive v beyond the range of the core's integers.
V_MIN = -1.0
HIDDEN = 128
EPOCHS = 40
BATCH = 64
LEARNING_RATE = 5e-3
#: Spike counts are multiplied by this before the softmax.
SHARPNESS = 0.3
#: Standard deviation of the noise on the pixels, in pixel values; drawn anew in each epoch.
NOISE = 2.0
SEED = 0


class Layer(torch.nn.Module):
    """Weights and the neurons behind them: no current, a floor, reset to 0 in the step of the spike."""

    def __init__(self, n_pre, n_post):
        super().__init__()
        self.weights = torch.nn.Linear(n_pre, n_post, bias=False)
        self.neurons = snntorch.Leaky(beta=float(np.exp(-DT / TAU_MEM)), threshold=V_THRESHOLD,
                                      reset_mechanism="zero", reset_delay=False,
                                      spike_grad=surrogate.atan())

    def forward(self, spikes):
        """Output spikes (steps, samples, n_post) of input spikes (steps, samples, n_pre)."""
        v = self.neurons.init_leaky()
        output = []
        for arriving in self.weights(spikes):
            spike, v = self.neurons(arriving, v)
            v = v.clamp(min=V_MIN)
            output.append(spike)
        return torch.stack(output)


def trained_layers(images, labels):
    """Two layers trained on images of shape (n, 64) and their labels."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    layers = torch.nn.Sequential(Layer(PIXELS, HIDDEN), Layer(HIDDEN, CLASSES))
    optimizer = torch.optim.AdamW(layers.parameters(), lr=LEARNING_RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    labels = torch.as_tensor(labels)
    for epoch in range(EPOCHS):
        spikes = as_tensor(noisy(images, rng))
        for batch in torch.as_tensor(rng.permutation(len(labels))).split(BATCH):
            counts = layers(spikes[:, batch]).sum(0)
            loss = torch.nn.functional.cross_entropy(SHARPNESS * counts, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        print(f"\repoch {epoch + 1} of {EPOCHS}, loss {loss.item():.3f} ", end="", flush=True)
    print()
    return layers


def noisy(images, rng):
    return np.clip(np.rint(images + rng.normal(0, NOISE, images.shape)), 0, BRIGHTEST).astype(np.int64)


def as_tensor(images):
    """Input spikes (steps, images, 64)."""
    shown = spikes_of(images)[:, :SHOWN_STEPS]  # the network is quiet in the steps after them
    return torch.as_tensor(shown.swapaxes(0, 1).astype(np.float32))


def described(layers):
    """The `Network` of two trained layers."""
    hidden, output = (layer.weights.weight.detach().numpy().T.astype(np.float64) for layer in layers)
    neuron = LIF(tau_mem=TAU_MEM, v_threshold=V_THRESHOLD, v_min=V_MIN)
    return Network(
        dt=DT, name="digits", inputs=[Input("pixels", PIXELS)],
        populations=[Population("hidden", HIDDEN, neuron), Population("output", CLASSES, neuron)],
        projections=[Projection("pixels", "hidden", AllToAll(), weight=hidden),
                     Projection("hidden", "output", AllToAll(), weight=output)],
    )


def accuracy(network, images, labels):
    return np.mean(decision(float_output_counts(network, images)) == labels)


def main():
    parser = argparse.ArgumentParser(description="Train the network of `snnsim demo`.")
    parser.add_argument("-o", "--output", default="digits.npz", help="the description to write")
    output = parser.parse_args().output
    torch.set_num_threads(1)  # the number of threads would change the last bits of the weights
    split = load_split()
    images, held_out, labels, held_out_labels = train_test_split(
        split.train_images, split.train_labels, test_size=0.25, random_state=0)
    network = described(trained_layers(images, labels))
    print(f"accuracy on the held-out quarter: {accuracy(network, held_out, held_out_labels):.4f}")
    network = described(trained_layers(split.train_images, split.train_labels))
    network.save(output)
    print(f"accuracy on the test images: {accuracy(network, split.test_images, split.test_labels):.4f}")


if __name__ == "__main__":
    main()
