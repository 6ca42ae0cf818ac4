"""What is said about networks, runs and differences."""

import math


def summary(name, result, seconds):
    """One line about a run: steps, spikes, saturations, and the clocks of a core."""
    steps = result.raster.steps
    line = f"{name}: {steps:,} steps in {seconds:.2f} s, {len(result.raster):,} spikes, {saturations(result)}"
    if result.clocks is not None and steps:
        line += f", {result.clocks / steps:,.0f} clocks a step (at most {result.clocks_max:,})"
    return line


def saturations(result):
    line = f"saturated: i {result.i_saturations:,} times, v {result.v_saturations:,} times"
    if result.learning_saturations:
        line += f", factors of learning {result.learning_saturations:,} times"
    if result.weight_clips:
        line += f"; weights clipped at their bounds: {result.weight_clips:,} times"
    return line


def learning_synapses(image):
    """How many of its synapses learn."""
    return sum(int(p.learning.mask(p.n_synapses).sum()) for p in image.projections if p.learning is not None)


def place_of(difference, populations=()):
    """``step 5, output[3] (neuron 131): v 12 against 14``."""
    where = "after the last step" if difference.step is None else f"step {difference.step}"
    if difference.neuron is not None:
        where += f", {neuron_name(difference.neuron, populations)}"
    return f"{where}: {difference.quantity} {difference.a} against {difference.b}"


def neuron_name(neuron, populations):
    """``output[3] (neuron 131)``, or ``neuron 131`` where no population is known."""
    for part in populations:
        if part.first <= neuron < part.first + part.size:
            return f"{part.name}[{neuron - part.first}] (neuron {neuron})"
    return f"neuron {neuron}"


def reach_lines(reaches):
    """What of v and i can saturate, even if every source spikes in every step: a line for each population."""
    yield "reach of i and v if everything fires in every step, in shares of their range:"
    for reach in reaches:
        may = " and ".join(reach.may_saturate)
        verdict = f"{may} may saturate" if may else "cannot saturate"
        yield f"  {reach.name}: i {_share(reach.i)}, v {_share(reach.v)}: {verdict}"


def _share(share):
    return "without bound" if math.isinf(share) else f"{share:.2g}"
