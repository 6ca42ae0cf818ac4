"""What a reader of the picture can rely on: every difference is marked, nothing else is."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from snnsim.errors import UserError
from snnsim.image import Part
from snnsim.raster import SpikeRaster
from snnsim.report import raster_picture, save_picture
from snnsim.report.raster_picture import ONLY_A, ONLY_B, SPIKE, Section, events_only_in


@pytest.fixture
def pair():
    """Two rasters that differ in step 5, neuron 2 (only the first has it) and step 9, neuron 0."""
    dense = np.random.default_rng(1).random((20, 6)) < 0.2
    a, b = dense.copy(), dense.copy()
    a[5, 2], b[5, 2] = True, False
    a[9, 0], b[9, 0] = False, True
    return SpikeRaster.from_dense(a), SpikeRaster.from_dense(b)


def points(axes, colour):
    """The points that are drawn on the axes in a colour, as a set of (x, y)."""
    return {point for line in axes.lines if to_hex(line.get_markeredgecolor()) == colour
            and line.get_linestyle() == "None" for point in zip(*line.get_data(), strict=True)}


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def test_every_spike_is_drawn_once_in_its_own_panel(pair):
    top, middle, _ = raster_picture(*pair).axes
    for axes, raster in zip((top, middle), pair, strict=True):
        assert points(axes, SPIKE) == set(zip(raster.step, raster.neuron, strict=True))


def test_a_difference_is_marked_in_both_panels_and_in_the_strip(pair):
    top, middle, strip = raster_picture(*pair).axes
    for axes in (top, middle):
        assert points(axes, ONLY_A) == {(5, 2)}
        assert points(axes, ONLY_B) == {(9, 0)}
    assert {x for x, _ in points(strip, ONLY_A)} == {5}
    assert {x for x, _ in points(strip, ONLY_B)} == {9}


def test_identical_rasters_have_no_marks_and_say_so(pair):
    figure = raster_picture(pair[0], pair[0])
    assert not any(points(axes, colour) for axes in figure.axes for colour in (ONLY_A, ONLY_B))
    assert "identical: 0 differences, 6 neurons × 20 steps" in texts(figure)


def test_different_rasters_are_not_called_identical(pair):
    text = texts(raster_picture(*pair))
    assert "DIFFERENT: 2 differences" in text
    assert "identical" not in text


def test_events_only_in_names_step_and_neuron(pair):
    assert events_only_in(*pair).tolist() == [[5, 2]]
    assert events_only_in(*reversed(pair)).tolist() == [[9, 0]]


def test_populations_and_sections_are_labelled(pair):
    parts = (Part("hidden", 0, 4), Part("output", 4, 2))
    sections = (Section("left", 0, 10), Section("right", 10, 20))
    top = raster_picture(*pair, populations=parts, sections=sections).axes[0]
    assert [label.get_text().split("\n")[0] for label in top.get_yticklabels()] == ["hidden", "output"]
    assert {text.get_text() for text in top.texts} == {"left", "right"}


@pytest.mark.parametrize(("steps", "neurons"), [(10, 1), (10_000, 1), (10, 1000), (2000, 1000), (1, 1)])
def test_extreme_shapes_can_be_drawn(tmp_path, steps, neurons):
    rng = np.random.default_rng(2)
    step, neuron = rng.integers(steps, size=50), rng.integers(neurons, size=50)
    events = np.unique(np.stack((step, neuron)), axis=1)
    raster = SpikeRaster.from_events(*events, steps=steps, neurons=neurons)
    save_picture(raster_picture(raster, SpikeRaster.empty(steps=steps, neurons=neurons)), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_rasters_give_the_same_svg(pair, tmp_path):
    for name in ("a.svg", "b.svg"):
        save_picture(raster_picture(*pair), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_rasters_of_other_shapes_are_refused(pair):
    with pytest.raises(UserError, match="20 steps, 6 neurons and of 3 steps, 2 neurons"):
        raster_picture(pair[0], SpikeRaster.empty(steps=3, neurons=2))


def test_another_suffix_is_refused_and_nothing_written(pair, tmp_path):
    with pytest.raises(UserError, match=r"a \.png or an \.svg file"):
        save_picture(raster_picture(*pair), tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())
