"""Ten neurons, one for each digit, learn on a machine what its images look like; then others read with that.

**Learning.** An image is shown for `STEPS` steps; a pixel of value v spikes in v of them. All the time the
teacher makes the neuron of the right digit fire. In each step in which a neuron fires, its synapses from
pixels that spiked in the step before grow, and all others shrink.

**Reading.** The weights that were learned are described and compiled as a network of their own, without
teacher and rule, so they cannot change. The answer is the neuron that fires most.
"""

import numpy as np

from snnsim import (
    LIF,
    AllToAll,
    CoreConfig,
    Countdown,
    Formats,
    Input,
    Network,
    OneToOne,
    Population,
    Projection,
    SpikeRaster,
    SumOfProducts,
    compile,
    with_weights,
)
from snnsim.digits import CLASSES, PIXELS, decision

DT = 1e-3
STEPS = 32
#: What a synapse gains if its pixel spiked in the step before the neuron, and loses if it did not: about
#: 0.002 and 0.0005, as powers of two, so that integers learn exactly what floats would.
GAIN, LOSS = 2.0 ** -9, 2.0 ** -11
#: Beyond what all images of one digit can teach.
W_MIN, W_MAX = -4.0, 4.0
#: A reading neuron fires when it has received so many times the largest weight.
WEIGHTS_TO_FIRE = 8
#: A core of the size of the task; small ones take less time to simulate.
CORE = CoreConfig(formats=Formats(weight_width=16), neurons=16, inputs=128, rows=256, synapse_words=1024,
                  plastic_rows=64)


def spikes_of(images):
    """Spikes of images of shape (n, 64), evenly spread: booleans of shape (n, STEPS, 64)."""
    pixel = np.asarray(images)[:, None, :]
    step = np.arange(STEPS)[None, :, None]
    return (step + 1) * pixel // STEPS > step * pixel // STEPS


def lesson(images, labels):
    """All images, one after the other, with their teacher: a `SpikeRaster` over pixels and teachers. The last
    spikes arrive in one step more."""
    shown = spikes_of(images).reshape(-1, PIXELS)
    told = np.repeat(np.eye(CLASSES, dtype=bool)[labels], STEPS, axis=0)
    dense = np.concatenate([shown, told], axis=1)
    return SpikeRaster.from_dense(np.pad(dense, ((0, 1), (0, 0))))


def learner():
    """The `Network` that learns.

    Its neurons forget in each step what arrived, and all pixels together cannot make one fire: only the
    teacher can, and no pixel can keep it from that.
    """
    threshold = PIXELS * W_MAX
    rule = SumOfProducts("@post w += gain * x1 - loss * (1 - x1)", x1=Countdown(steps=1), w_min=W_MIN,
                         w_max=W_MAX, parameters={"gain": GAIN, "loss": LOSS})
    return Network(
        dt=DT, name="learner", inputs=[Input("pixels", PIXELS), Input("teacher", CLASSES)],
        populations=[Population("digits", CLASSES, LIF(tau_mem=0, v_threshold=threshold))],
        projections=[Projection("pixels", "digits", AllToAll(), weight=0.0, learning=rule),
                     Projection("teacher", "digits", OneToOne(), weight=threshold + PIXELS * -W_MIN + 1)])


def learned(network, image, machine):
    """What ``machine`` learned: weights of shape (pixels, digits), in volts."""
    taught = with_weights(network, image, machine.read_weights())
    return np.reshape(taught.projections[0].weight, (PIXELS, CLASSES))


def per_image(weights, labels):
    """The weights of each digit divided by the number of its images: more images are no larger weights."""
    return weights / np.maximum(np.bincount(labels, minlength=CLASSES), 1)


def reader(weights):
    """The `Network` that reads with ``weights``; its neurons keep what arrived until they fire."""
    neuron = LIF(tau_mem=np.inf, v_threshold=WEIGHTS_TO_FIRE * np.abs(weights).max())
    return Network(
        dt=DT, name="reader", inputs=[Input("pixels", PIXELS)],
        populations=[Population("digits", CLASSES, neuron)],
        projections=[Projection("pixels", "digits", AllToAll(), weight=weights)])


def compiled(network, config=CORE):
    """The `Image` of a network for a core."""
    return compile(network, config).image


def read(machine, images, progress=lambda done: None):
    """A `RunResult` for each image, each from the cleared state."""
    results = []
    for k, shown in enumerate(spikes_of(images)):
        machine.clear()
        results.append(machine.run(SpikeRaster.from_dense(np.pad(shown, ((0, 1), (0, 0))))))
        progress(k + 1)
    return results


def answers(results):
    """The digits that were read."""
    return decision(np.array([result.raster.counts() for result in results]))
