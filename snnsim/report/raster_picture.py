"""Two rasters of the same neurons and steps in one figure, with every difference marked.

The two lie above each other on one step axis, so that equal events are in one column. Below them is a
strip with the differences alone. Events that only one of the two has are marked by colour and by
shape; the colours are apart for all common kinds of colour blindness.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from matplotlib.ticker import MaxNLocator

from ..errors import UserError
from ..storage import replacing

SPIKE = "#1f2328"
BAND = "#f1f3f5"
RULE = "#adb5bd"
ONLY_A, ONLY_B = "#d55e00", "#0072b2"
EQUAL, DIFFERENT = "#00704f", "#b34700"

WIDTH_INCHES = 9.0
LEFT, RIGHT = 1.15, 8.87
TOP, GAP, BOTTOM = 0.72, 0.33, 0.5
STRIP = 0.42
POINTS_PER_INCH = 72
#: Below this size in points a spike can no longer be seen; dense rasters overlap instead of vanishing.
SMALLEST_SPIKE = 0.7
LARGEST_SPIKE = 7.0


@dataclass(frozen=True)
class Section:
    """A named stretch of steps, such as one sample: ``start .. stop - 1``."""

    label: str
    start: int
    stop: int


def raster_picture(a, b, *, names=("a", "b"), populations=(), sections=()):
    """A matplotlib figure of the `SpikeRaster` ``a`` above ``b``.

    ``populations``: objects with ``name``, ``first`` and ``size`` (such as `Part`), the bands of
    neurons. ``sections``: `Section` in order, the stretches of steps. Raises `UserError` if the two
    rasters do not have the same neurons and steps.
    """
    if (a.steps, a.neurons) != (b.steps, b.neurons):
        raise UserError(f"rasters of {a.steps} steps, {a.neurons} neurons and of {b.steps} steps, "
                        f"{b.neurons} neurons do not fit into one picture; give two of one network and run")
    only_a, only_b = events_only_in(a, b), events_only_in(b, a)
    panel = _panel_inches(a.neurons)
    figure, (top, middle, strip) = _figure_with_panels((panel, panel, STRIP))
    for axes, raster, name in ((top, a, names[0]), (middle, b, names[1])):
        _draw_bands(axes, raster, populations)
        _draw_sections(axes, sections)
        _draw_spikes(axes, raster, panel)
        axes.set_title(f"{name}: {counted(len(raster), 'spike')}", loc="left", fontsize=10, pad=4)
        axes.tick_params(labelbottom=False)
    _mark(top, extra=only_a, missing=only_b, colours=(ONLY_A, ONLY_B))
    _mark(middle, extra=only_b, missing=only_a, colours=(ONLY_B, ONLY_A))
    _label_sections(top, sections)
    _draw_strip(strip, only_a, only_b, names)
    _write_verdict(figure, a, len(only_a) + len(only_b))
    return figure


def save_picture(figure, path):
    """Write a figure as ``.png`` or ``.svg``, whole or not at all. Raises `UserError` for another suffix."""
    format = picture_format(path)
    # Without a date and random names the same rasters give the same file.
    metadata = {"Date": None} if format == "svg" else {}
    with replacing(path) as file, rc_context({"svg.hashsalt": "snnsim"}):
        figure.savefig(file, format=format, dpi=144, metadata=metadata)


def picture_format(path):
    """``"png"`` or ``"svg"``, from the suffix. Raises `UserError` for any other."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".png", ".svg"):
        raise UserError(f"a picture is a .png or an .svg file, not {path}")
    return suffix[1:]


def events_only_in(a, b):
    """The events of ``a`` that ``b`` lacks: an array of shape (events, 2) of step and neuron, in order."""
    key_a, key_b = (r.step * max(r.neurons, 1) + r.neuron for r in (a, b))
    only = np.setdiff1d(key_a, key_b, assume_unique=True)
    return np.stack(np.divmod(only, max(a.neurons, 1)), axis=1)


def counted(count, noun):
    """``1 spike``, ``2,000 spikes``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _panel_inches(neurons):
    """One neuron needs little height, a thousand are no more readable than three hundred."""
    return float(np.clip(0.45 + neurons / 90, 0.6, 2.6))


def _figure_with_panels(heights):
    """A figure with axes of the given heights (inches) one above the other, on one step axis."""
    total = TOP + sum(heights) + GAP * (len(heights) - 1) + BOTTOM
    figure = Figure(figsize=(WIDTH_INCHES, total), facecolor="white")
    panels, upper = [], total - TOP
    for height in heights:
        box = (LEFT / WIDTH_INCHES, (upper - height) / total, (RIGHT - LEFT) / WIDTH_INCHES, height / total)
        panels.append(figure.add_axes(box, sharex=panels[0] if panels else None))
        upper -= height + GAP
    return figure, panels


def _draw_bands(axes, raster, populations):
    last = raster.neurons - 1
    axes.set_ylim(last + 0.5, -0.5)
    axes.set_xlim(-0.5, raster.steps - 0.5)
    axes.tick_params(labelsize=8, length=2, color=RULE)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    for spine in axes.spines.values():
        spine.set_color(RULE)
    for k, part in enumerate(populations):
        if part.first:
            axes.axhline(part.first - 0.5, color=RULE, linewidth=1, zorder=3)
        if k % 2:
            axes.axhspan(part.first - 0.5, part.first + part.size - 0.5, color=BAND, linewidth=0, zorder=0)
    labelled = [part for part in populations if part.size >= 0.06 * raster.neurons]
    if not labelled:
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
        axes.set_ylabel("neuron", fontsize=9)
        return
    axes.set_yticks([part.first + (part.size - 1) / 2 for part in labelled],
                    [f"{_shortened(part.name)}\n{part.first}–{part.first + part.size - 1}"
                     if part.size >= 0.2 * raster.neurons else _shortened(part.name) for part in labelled])


def _shortened(name):
    return name if len(name) <= 14 else name[:13] + "…"


def _draw_sections(axes, sections):
    for section in sections[1:]:
        axes.axvline(section.start - 0.5, color=RULE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)


def _label_sections(axes, sections):
    for section in sections:
        axes.annotate(section.label, ((section.start + section.stop - 1) / 2, 1), fontsize=8,
                      xycoords=("data", "axes fraction"), xytext=(0, 18), textcoords="offset points",
                      ha="center", va="bottom", color=SPIKE)


def _draw_spikes(axes, raster, height):
    """Each spike is a box as large as its cell of the raster, within limits that keep it visible."""
    cell_x = (RIGHT - LEFT) * POINTS_PER_INCH / max(raster.steps, 1)
    cell_y = height * POINTS_PER_INCH / max(raster.neurons, 1)
    x = np.clip(0.75 * cell_x, SMALLEST_SPIKE, 2.2)
    y = np.clip(0.8 * cell_y, SMALLEST_SPIKE, LARGEST_SPIKE)
    corners = np.array([(-x, -y), (x, -y), (x, y), (-x, y), (-x, -y)]) / 2
    axes.plot(raster.step, raster.neuron, linestyle="none", color=SPIKE, marker=Outline(corners),
              markersize=max(x, y), markeredgewidth=0, zorder=2, rasterized=len(raster) > 20_000)


def _mark(axes, *, extra, missing, colours):
    """Filled diamonds where this raster has an event too many, open ones where it lacks one."""
    for events, colour, fill in ((extra, colours[0], colours[0]), (missing, colours[1], "white")):
        if len(events):
            axes.plot(events[:, 0], events[:, 1], linestyle="none", marker="D", markersize=6.5, zorder=4,
                      markeredgecolor=colour, markerfacecolor=fill, markeredgewidth=1.4, clip_on=False)


def _draw_strip(axes, only_a, only_b, names):
    axes.set_ylim(-1.4, 1.4)
    axes.set_yticks((0.7, -0.7), (f"only {_shortened(names[0])}", f"only {_shortened(names[1])}"))
    axes.tick_params(labelsize=8, length=2, color=RULE)
    axes.set_xlabel("step", fontsize=9, labelpad=2)
    axes.axhline(0, color=RULE, linewidth=0.8)
    for spine in axes.spines.values():
        spine.set_color(RULE)
    for events, y, colour, marker in ((only_a, 0.7, ONLY_A, "^"), (only_b, -0.7, ONLY_B, "v")):
        steps = np.unique(events[:, 0]) if len(events) else []
        axes.plot(steps, np.full(len(steps), y), linestyle="none", marker=marker, color=colour,
                  markersize=7, markeredgewidth=0)
    if not len(only_a) and not len(only_b):
        axes.text(0.5, 0.5, "no differences", transform=axes.transAxes, ha="center", va="center",
                  fontsize=9, color=EQUAL, backgroundcolor="white")


def _write_verdict(figure, raster, differences):
    size = f"{counted(raster.neurons, 'neuron')} × {counted(raster.steps, 'step')}"
    if differences:
        text, colour = f"DIFFERENT: {counted(differences, 'difference')}, {size}", DIFFERENT
    else:
        text, colour = f"identical: 0 differences, {size}", EQUAL
    figure.text(RIGHT / WIDTH_INCHES, 1 - 0.1 / figure.get_figheight(), text, ha="right", va="top",
                fontsize=10, fontweight="bold", color=colour)
