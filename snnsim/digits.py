"""The handwritten digits of scikit-learn as a task for a spiking network: images, coding, decision.

An image has 8 by 8 pixels of 0 .. 16. A pixel of value p spikes in p of every 16 steps, evenly spread
and without randomness; an image is shown for `SHOWN_STEPS` steps. A spike takes one step to the hidden
and one more to the output population, so a sample lasts `STEPS` steps. The answer is the output neuron
with the most spikes, the lowest-numbered one where several have as many.
"""

from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np

from .network import Network
from .raster import SpikeRaster

PIXELS = 64
BRIGHTEST = 16
CLASSES = 10
SHOWN_STEPS = 32
STEPS = SHOWN_STEPS + 2


@dataclass(frozen=True, eq=False)
class Split:
    """Images of shape (n, 64), integers 0 .. 16, and their labels 0 .. 9, to train on and to test on."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_split():
    """The 1,203 training and 594 test images."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    train_images, test_images, train_labels, test_labels = train_test_split(
        images.astype(np.int64), labels, test_size=0.33, random_state=42)
    return Split(train_images, train_labels, test_images, test_labels)


def load_network():
    """The trained 64-128-10 `Network` that comes with the package (see ``examples/digits``)."""
    with as_file(files("snnsim") / "data" / "digits.npz") as path:
        return Network.load(path)


def spikes_of(images):
    """The input spikes of images of shape (n, 64): booleans of shape (n, STEPS, 64)."""
    pixel = np.asarray(images)[:, None, :]
    step = np.arange(STEPS)[None, :, None]
    spikes = (step + 1) * pixel // BRIGHTEST > step * pixel // BRIGHTEST
    return spikes & (step < SHOWN_STEPS)


def stimulus_of(image):
    """The `SpikeRaster` of one image of shape (64,)."""
    return SpikeRaster.from_dense(spikes_of(image[None])[0])


def decision(output_counts):
    """The answer to spike counts of shape (..., 10)."""
    return np.argmax(output_counts, axis=-1)


def float_output_counts(network, images):
    """Spike counts, shape (n, 10), of the two layers of ``network`` in floating point.

    A second, plain reading of the description, without integers: for measuring what they cost.
    """
    layers = [(_weights(network, p), network.population(p.post).neuron) for p in network.projections]
    spikes = spikes_of(images).astype(float)
    for weights, neuron in layers:
        spikes = _float_lif(spikes @ weights, neuron, keep=np.exp(-network.dt / neuron.tau_mem))
    return spikes.sum(axis=1)


def _float_lif(arriving, neuron, keep):
    """Spikes, shape (n, steps, neurons), of neurons that rest at 0 V; arrivals come one step later."""
    spikes, v = np.zeros_like(arriving), np.zeros_like(arriving[:, 0])
    for step in range(1, arriving.shape[1]):
        v = np.maximum(keep * v + arriving[:, step - 1], neuron.v_min)
        spikes[:, step] = v > neuron.v_threshold
        v = np.where(spikes[:, step], neuron.v_reset, v)
    return spikes


def _weights(network, projection):
    """The weights of a projection as a matrix of shape (n_pre, n_post)."""
    shape = network.size(projection.pre), network.size(projection.post)
    synapses = projection.synapses(*shape)
    matrix = np.zeros(shape)
    np.add.at(matrix, (synapses.pre, synapses.post), synapses.weight)
    return matrix


def logistic_regression_accuracy(split):
    """Test accuracy of logistic regression on the pixels: what the task takes without spikes."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=10_000).fit(split.train_images, split.train_labels)
    return model.score(split.test_images, split.test_labels)
