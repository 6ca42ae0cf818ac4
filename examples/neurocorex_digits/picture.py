"""What was learned and what was read, in one figure."""

import numpy as np
from matplotlib.figure import Figure

from snnsim.cli.demo import in_a_row
from snnsim.digits import CLASSES
from snnsim.report.raster_picture import (
    DIFFERENT,
    EQUAL,
    ONLY_A,
    ONLY_B,
    RULE,
    SPIKE,
    counted,
    events_only_in,
)

from .experiment import STEPS, answers

#: Test images side by side.
PICTURED = 10
WIDTH, HEIGHT = 9.0, 4.4
SIDE = 8
LEFT, RIGHT = 0.055, 0.985


def picture_of(weights, pairs, names):
    """A matplotlib figure: above, the weights of each digit as an image; below, what the neurons of the two
    machines in ``names`` did at the first test images.

    ``pairs``: ``(label, RunResult, RunResult)`` for each test image.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
    _draw_weights(figure, weights)
    pairs = pairs[:PICTURED]
    rasters = [in_a_row([pair[k].raster for pair in pairs]) for k in (1, 2)]
    panels = [figure.add_axes((LEFT, bottom, RIGHT - LEFT, 0.225)) for bottom in (0.395, 0.085)]
    only = [events_only_in(*rasters), events_only_in(*reversed(rasters))]
    for axes, raster, name in zip(panels, rasters, names, strict=True):
        _draw_raster(axes, raster, len(pairs))
        axes.set_title(f"{name}: {counted(len(raster), 'spike')}", loc="left", fontsize=9, pad=3)
    for axes, extra, colour in zip(panels, only, (ONLY_A, ONLY_B), strict=True):
        axes.plot(extra[:, 0], extra[:, 1], linestyle="none", marker="D", markersize=5, color=colour)
    _label_images(panels[0], pairs)
    _write_verdict(figure, len(only[0]) + len(only[1]))
    panels[-1].set_xlabel("step", fontsize=8, labelpad=1)
    return figure


def _draw_weights(figure, weights):
    """Ten maps on one scale: red where a pixel speaks for the digit, blue where against it."""
    largest = np.abs(weights).max() or 1.0
    room = (RIGHT - LEFT) / CLASSES
    for digit in range(CLASSES):
        size = 0.88 * room
        axes = figure.add_axes((LEFT + digit * room, 0.705, size, size * WIDTH / HEIGHT))
        axes.imshow(weights[:, digit].reshape(SIDE, SIDE), cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set_title(str(digit), fontsize=9, pad=3)
        axes.set_xticks([])
        axes.set_yticks([])
        _thin(axes)
    figure.text(LEFT, 0.965, f"weights learned, red +{largest:.2f} to blue -{largest:.2f}", fontsize=9,
                va="top")


def _draw_raster(axes, raster, images):
    axes.set_xlim(-0.5, raster.steps - 0.5)
    axes.set_ylim(CLASSES - 0.5, -0.5)
    axes.plot(raster.step, raster.neuron, linestyle="none", marker="|", markersize=6, markeredgewidth=1.1,
              color=SPIKE)
    for k in range(1, images):
        axes.axvline(k * (STEPS + 1) - 0.5, color=RULE, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_yticks(range(CLASSES))
    axes.tick_params(labelsize=6.5, length=2, color=RULE)
    axes.set_ylabel("digit", fontsize=8)
    _thin(axes)


def _label_images(axes, pairs):
    read = answers([simulated for _, simulated, _ in pairs])
    for k, ((label, *_), answer) in enumerate(zip(pairs, read, strict=True)):
        axes.annotate(f"{label} read as {answer}", ((k + 0.5) * (STEPS + 1) - 0.5, 1), fontsize=7.5,
                      xycoords=("data", "axes fraction"), xytext=(0, 15), textcoords="offset points",
                      ha="center", color=SPIKE if label == answer else DIFFERENT)


def _write_verdict(figure, differences):
    text, colour = ("identical spikes: 0 differences", EQUAL) if not differences else (
        f"DIFFERENT: {counted(differences, 'difference')}", DIFFERENT)
    figure.text(RIGHT, 0.965, text, ha="right", va="top", fontsize=10, fontweight="bold", color=colour)


def _thin(axes):
    for spine in axes.spines.values():
        spine.set_color(RULE)
