"""The drive proof: how far the arrivals of one step can sum up to, and that they have room."""

import numpy as np

from .image_checks import ImageError


def drive_bounds(n_neurons, projections, noise=None):
    """The highest and the lowest sum of one step's arrivals at each neuron, each of shape (n_neurons,).

    A source spikes at most once a step, so a synapse contributes at most once to a sum of arrivals:
    the positive and the negative contributions, summed separately, bound it and all its partial sums.
    A weight that learns counts with its bounds. What is drawn from noise sources is added where ``noise``, a
    `Noise`, is given.
    """
    total = np.zeros((2, n_neurons), np.int64)
    if noise is not None:
        total += noise.bounds
    for p in projections:
        total[:, p.first_target:p.first_target + p.n_targets] += p.drive_bounds
    return tuple(total)


def prove_drive(image):
    """Raise `ImageError` for the first neuron whose arrivals of one step could leave the drive format."""
    for to_m, what in ((False, "arrivals of one step"), (True, "third factors that arrive in one step")):
        projections = [p for p in image.projections if p.to_m == to_m]
        highest, lowest = drive_bounds(image.n_neurons, projections, None if to_m else image.noise)
        drive = image.formats.drive
        for bound, limit, wrong in ((highest, drive.hi, highest > drive.hi),
                                    (lowest, drive.lo, lowest < drive.lo)):
            if wrong.any():
                n = int(np.flatnonzero(wrong)[0])
                raise ImageError(
                    f"the {what} at neuron {n} could sum to {bound[n]}, beyond the drive format's "
                    f"{limit}; use smaller weights or exponents, a smaller fan-in, or a drive wider than "
                    f"{image.formats.drive_width} bits")
