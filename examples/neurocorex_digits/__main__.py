"""The command: learns and reads on the simulator and on another machine, compares all, prints accuracies."""

import argparse
import sys
import time

import numpy as np

from snnsim import UserError, digits, first_difference
from snnsim.cli.machines import opened
from snnsim.cli.outputs import check_picture
from snnsim.cli.progress import progress
from snnsim.cli.texts import place_of
from snnsim.digits import Split
from snnsim.report import save_picture
from snnsim.result import first_weight_difference

from ..machines import loaded, title
from .experiment import CORE, answers, compiled, learned, learner, lesson, per_image, read, reader
from .picture import picture_of

#: What the authors print for their board: right answers, and test images.
THEIRS = 392, 594
FEWEST = 20


def main(arguments=None):
    """Run the experiment; 0 if both machines are equal, 1 if not, 2 after a mistake."""
    options = parsed(arguments)
    try:
        return experiment(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="python -m examples.neurocorex_digits", description=__doc__)
    parser.add_argument("--on", default="virtual", metavar="MACHINE",
                        help="what to compare with the simulator: virtual (default), gateware, a serial port")
    parser.add_argument("--train", type=enough, metavar="N", help="learn from the first N images only")
    parser.add_argument("--test", type=enough, metavar="N", help="read the first N test images only")
    parser.add_argument("--picture", metavar="FILE", help="draw weights and rasters (.png or .svg)")
    return parser.parse_args(arguments)


def enough(text):
    """A number of images, of which some differ in their digit."""
    number = int(text)
    if number < FEWEST:
        raise argparse.ArgumentTypeError(f"needs at least {FEWEST} images, not {number}")
    return number


def experiment(options):
    if options.on == "simulator":
        raise UserError("compare the simulator with another machine: --on virtual, gateware or a serial port")
    if options.picture:
        check_picture(options.picture)
    split = digits.load_split()
    split = Split(split.train_images[:options.train], split.train_labels[:options.train],
                  split.test_images[:options.test], split.test_labels[:options.test])
    print(f"{len(split.train_labels):,} images to learn from, {len(split.test_labels)} to read; "
          "64 pixels onto 10 neurons\n")

    network = learner()
    image = compiled(network)
    with opened("simulator", image, CORE) as simulator, opened(options.on, image, CORE) as other:
        machines = {"simulator": simulator, title(options.on): other}
        difference = learn_on_both(machines, image, lesson(split.train_images, split.train_labels))
        weights = learned(network, image, other)
        readers = {"as learned": reader(weights),
                   "divided by images per digit": reader(per_image(weights, split.train_labels))}
        results = {name: read_on_both(machines, name, compiled(described), split.test_images)
                   for name, described in readers.items()}
    differences = [difference, *(differing(pair, name) for name, pair in results.items())]
    difference = next(filter(None, differences), None)
    say_accuracies(list(machines), results, split)
    if options.picture:
        pairs = list(zip(split.test_labels, *results["as learned"], strict=True))
        save_picture(picture_of(weights, pairs, list(machines)), options.picture)
        print(f"picture: {options.picture}")
    print(f"different: {difference}" if difference else verdict(weights, results))
    return 1 if difference else 0


def verdict(weights, results):
    """The last line where all is equal."""
    simulated = [result for pair in results.values() for result in pair[0]]
    spikes = sum(len(result.raster) for result in simulated)
    return (f"identical: {weights.size} weights, {len(simulated):,} images read, {spikes:,} spikes, "
            "0 differences")


def learn_on_both(machines, image, stimulus):
    """Teach both machines; the first difference in words, or None."""
    print(f"learning, {stimulus.steps:,} steps")
    runs = []
    for name, machine in machines.items():
        begin = time.perf_counter()
        with progress(f"learning on the {name}", stimulus.steps) as advance:
            runs.append(machine.run(stimulus, progress=advance))
        seconds, clocks = time.perf_counter() - begin, runs[-1].clocks
        print(f"  {name:<13} {seconds:7.1f} s, {len(runs[-1].raster):,} spikes, "
              f"{runs[-1].weight_clips} weights clipped"
              + (f", {clocks / stimulus.steps:,.0f} clocks a step" if clocks else ""))
    print()
    weights = [machine.read_weights() for machine in machines.values()]
    difference = first_difference(*runs) or first_weight_difference(image, *weights)
    return f"learning, {place_of(difference, image.populations)}" if difference else None


def read_on_both(machines, name, image, images):
    """Two lists of a `RunResult` for each image, one of each machine."""
    results = []
    for machine_name, machine in machines.items():
        with progress(f"reading on the {machine_name}, weights {name}", len(images)) as advance:
            results.append(read(loaded(machine, image), images, advance))
    return results


def differing(results, name):
    """The first difference between two lists of results in words, or None."""
    for k, pair in enumerate(zip(*results, strict=True)):
        found = first_difference(*pair)
        if found:
            return f"reading with weights {name}, image {k}, {found}"
    return None


def say_accuracies(machines, results, split):
    labels = split.test_labels
    print(f"accuracy on {len(labels)} test images")
    print(f"  {'theirs: NeuroCoreX, as its authors print it':<56} {THEIRS[0] / THEIRS[1]:.3f}   "
          f"({THEIRS[0]} of {THEIRS[1]})")
    for name, pair in results.items():
        for machine, result in zip(machines, pair, strict=True):
            right = int(np.sum(answers(result) == labels))
            print(f"  {f'ours: weights {name}, {machine}':<56} {right / len(labels):.3f}   "
                  f"({right} of {len(labels)})")
    baseline = digits.logistic_regression_accuracy(split)
    print(f"  {'baseline: logistic regression on the pixels':<56} {baseline:.3f}\n")


if __name__ == "__main__":
    sys.exit(main())
