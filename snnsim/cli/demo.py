"""`snnsim demo`: a trained network reads digits on two machines, spike for spike the same."""

import time
from dataclasses import dataclass

import numpy as np
import typer

from .. import digits
from ..compiler import compile
from ..contract import CoreConfig
from ..image import Image
from ..raster import SpikeRaster
from ..report import Section, raster_picture, save_picture
from ..result import RunResult, first_difference
from ..simulator import Simulator
from .exits import DIFFERENT, IDENTICAL
from .machines import opened
from .outputs import check_picture
from .progress import progress
from .texts import place_of

#: Samples side by side in the picture.
PICTURED = 10


@dataclass(frozen=True, eq=False)
class Sample:
    """One image run on both machines."""

    label: int
    simulated: RunResult
    on_board: RunResult


def demo(samples, picture):
    """Run the demo with this many images on the virtual board; the exit code."""
    check_picture(picture)
    split, network, config = digits.load_split(), digits.load_network(), CoreConfig()
    typer.echo(f"digits: {len(split.train_labels):,} training and {len(split.test_labels)} test images, "
               f"a network of 64-128-10 neurons, {digits.STEPS} steps for each image\n")
    image, report = _compiled(network, config)
    typer.echo(f"{report}\n")
    simulated = run_all(Simulator(image), split.test_images, "simulator")
    _say_accuracies(split, network, image, simulated)
    on_board = _run_on_board(image, split.test_images[:samples], config)
    pairs = [Sample(*three) for three in zip(split.test_labels, simulated, on_board, strict=False)]
    wrong = next((k for k, pair in enumerate(pairs) if first_difference(pair.simulated, pair.on_board)), None)
    first = 0 if wrong is None else wrong
    save_picture(picture_of(pairs[first:first + PICTURED], image), picture)
    typer.echo(f"picture: {picture}\n")
    return _verdict(pairs, wrong, image)


def _compiled(network, config):
    compilation = compile(network, config)
    return compilation.image, compilation.report


def run_all(machine, images, name):
    """A `RunResult` for each image of shape (n, 64), each from the cleared state."""
    results = []
    with progress(f"{len(images)} images on the {name}", len(images)) as advance:
        for k, pixels in enumerate(images):
            machine.clear()
            results.append(machine.run(digits.stimulus_of(pixels)))
            advance(k + 1)
    return results


def _say_accuracies(split, network, image, simulated):
    answers = [answer(image, result) for result in simulated]
    in_floats = digits.decision(digits.float_output_counts(network, split.test_images))
    rows = {
        "logistic regression on the pixels": digits.logistic_regression_accuracy(split),
        "this network in floating point": np.mean(in_floats == split.test_labels),
        "this network in integers, simulator": np.mean(answers == split.test_labels),
    }
    typer.echo(f"accuracy on the {len(split.test_labels)} test images")
    for name, accuracy in rows.items():
        typer.echo(f"  {name:<37} {accuracy:.3f}")
    typer.echo(f"  saturated: i {sum(r.i_saturations for r in simulated)} times, "
               f"v {sum(r.v_saturations for r in simulated)} times\n")


def _run_on_board(image, images, config):
    with opened("virtual", image, config) as board:
        begin = time.perf_counter()
        results = run_all(board, images, "virtual board")
        seconds = time.perf_counter() - begin
    steps = sum(r.raster.steps for r in results)
    typer.echo(f"{len(images)} images on the virtual board: {steps:,} steps in {seconds:.1f} s, "
               f"{sum(r.clocks for r in results) / steps:,.0f} clocks a step "
               f"(at most {max(r.clocks_max for r in results):,})")
    return results


def answer(image: Image, result):
    """What the output neurons of one run say."""
    output = image.populations[-1]
    return digits.decision(result.raster.counts()[output.first:output.first + output.size])


def picture_of(pairs, image):
    """Both machines' rasters of some samples in a row."""
    labels = [f"{pair.label} read as {answer(image, pair.simulated)}" for pair in pairs]
    sections = [Section(label, k * digits.STEPS, (k + 1) * digits.STEPS) for k, label in enumerate(labels)]
    simulated = in_a_row([pair.simulated.raster for pair in pairs])
    on_board = in_a_row([pair.on_board.raster for pair in pairs])
    return raster_picture(simulated, on_board, names=("simulator", "virtual board"),
                          populations=image.populations, sections=sections)


def in_a_row(rasters):
    """One `SpikeRaster` of several of the same neurons, one after the other."""
    starts = np.cumsum([0, *(r.steps for r in rasters)])
    step = np.concatenate([r.step + start for r, start in zip(rasters, starts, strict=False)])
    neuron = np.concatenate([r.neuron for r in rasters])
    return SpikeRaster.from_events(step, neuron, steps=int(starts[-1]), neurons=rasters[0].neurons)


def _verdict(pairs, wrong, image):
    """The last line, and the exit code."""
    if wrong is not None:
        difference = first_difference(pairs[wrong].simulated, pairs[wrong].on_board)
        typer.echo(f"different: sample {wrong}, {place_of(difference, image.populations)}")
        return DIFFERENT
    steps = sum(pair.simulated.raster.steps for pair in pairs)
    spikes = sum(len(pair.simulated.raster) for pair in pairs)
    typer.echo(f"identical: {len(pairs)} samples, {steps} steps, {spikes} spikes, 0 differences")
    return IDENTICAL
