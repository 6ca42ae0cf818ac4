"""What a machine is asked to run and returns, and where two of them differ first."""

from dataclasses import dataclass

import numpy as np

from .contract.terms import FACTOR, MODULATORS, ONE
from .errors import UserError
from .image import State
from .raster import SpikeRaster


class RunError(UserError):
    """A stimulus or a choice of recorded neurons that does not belong to the image."""


def check_run(image, stimulus, record=()):
    """Return ``record`` as an array of neuron numbers, or raise `RunError`.

    ``stimulus`` must be a `SpikeRaster` over the inputs of ``image``, ``record`` name neurons of it.
    """
    if stimulus.neurons != image.n_inputs:
        raise RunError(f"the stimulus has {stimulus.neurons} inputs, the network {image.n_inputs}; "
                       f"give a raster over exactly these")
    record = np.asarray(record)
    if record.ndim != 1 or (record.size and not np.issubdtype(record.dtype, np.integer)):
        raise RunError(f"record must be a list of neuron numbers, not {record.dtype} of shape {record.shape}")
    wrong = np.flatnonzero((record < 0) | (record >= image.n_neurons))
    if wrong.size:
        raise RunError(f"neuron {record[wrong[0]]} cannot be recorded: the network has {image.n_neurons} "
                       f"neurons, numbered from 0")
    return record.astype(np.int64)


def check_commands(stimulus, commands):
    """Return ``commands``, steps in which a command is given, as an ascending array, or raise `RunError`."""
    commands = np.unique(_integers(commands, "commands must be steps"))
    wrong = commands[(commands < 0) | (commands >= stimulus.steps)]
    if wrong.size:
        raise RunError(f"there is no step {wrong[0]} to command learning in: the run has {stimulus.steps}, "
                       f"numbered from 0")
    return commands


def check_weights(image, weights):
    """Return ``weights`` as an array of integers for each projection of ``image``, or raise `RunError`."""
    weights = tuple(_integers(w, "weights must be integers") for w in weights)
    sizes, wanted = [w.shape for w in weights], [(p.n_synapses,) for p in image.projections]
    if sizes != wanted:
        raise RunError(f"weights must have shapes {wanted}, one array for each projection, not {sizes}")
    for p, w in zip(image.projections, weights, strict=True):
        lowest, highest = p.weight_range()
        if p.learning is None and not np.array_equal(w, p.weights()):
            raise RunError(f"the weights of projection {p.name!r} are fixed: compile the network with others")
        wrong = np.flatnonzero((w < lowest) | (w > highest))
        if wrong.size:
            k = wrong[0]
            raise RunError(f"projection {p.name!r}: weight[{k}] must be between {lowest[k]} and "
                           f"{highest[k]}, not {w[k]}")
    return weights


def _integers(values, what):
    """``values`` as an array of integers, or a `RunError` that begins with ``what``."""
    values = np.asarray(values)
    if values.size and not np.issubdtype(values.dtype, np.integer):
        raise RunError(f"{what}, not {values.dtype}")
    return values.astype(np.int64)


def check_modulators(image, modulators):
    """Return ``modulators`` as an array of 4 integers, or raise `RunError`."""
    return _factors(image, modulators, (MODULATORS,), "modulators")


def check_third_factors(image, m):
    """Return ``m`` as an array of integers, one for each neuron of ``image``, or raise `RunError`."""
    return _factors(image, m, (image.n_neurons,), "third factors")


def _factors(image, values, shape, what):
    if image.plasticity is None:
        raise RunError(f"the network does not learn, and so has no {what}")
    values = np.asarray(values)
    if values.shape != shape or not np.issubdtype(values.dtype, np.integer):
        raise RunError(f"{what} must be integers of shape {shape}, not {values.dtype} of shape "
                       f"{values.shape}")
    if np.any((values < FACTOR.lo) | (values > FACTOR.hi)):
        raise RunError(f"{what} must be between {FACTOR.lo} and {FACTOR.hi} (1 is {ONE})")
    return values.astype(np.int64)


@dataclass(frozen=True, eq=False)
class RunResult:
    """A run of ``raster.steps`` steps.

    ``raster``: the spikes. ``state``: `State` after the last step. ``i_saturations`` and
    ``v_saturations``: how often, over neurons and steps, a state left its range and was saturated.
    ``recorded``: neurons whose states were recorded, with ``v`` and ``i`` of shape
    (steps, recorded). ``clocks``: clocks that a core worked, ``learn_clocks`` those of
    them in which it learned, None for a simulator. ``weight_clips``: how
    often, over synapses and steps, learning took a weight beyond its bounds, where it was clipped;
    ``learning_saturations``: how often a tag, trace, modulator, third factor or adaptation was saturated.
    """

    raster: SpikeRaster
    state: State
    i_saturations: int
    v_saturations: int
    recorded: np.ndarray = None
    v: np.ndarray = None
    i: np.ndarray = None
    clocks: int = None
    clocks_max: int = None
    weight_clips: int = 0
    learning_saturations: int = 0
    learn_clocks: int = None


class RunInterrupted(KeyboardInterrupt):
    """An interrupt from the keyboard ended a run early. ``result``: the `RunResult` of the steps done."""

    def __init__(self, result):
        super().__init__(f"after {result.raster.steps} steps")
        self.result = result


@dataclass(frozen=True)
class Difference:
    """The first place where two runs differ.

    ``step`` None means after the last step; ``neuron`` None means a sum over neurons.
    """

    quantity: str
    step: int
    neuron: int
    a: object
    b: object

    def __str__(self):
        where = "after the last step" if self.step is None else f"step {self.step}"
        who = "" if self.neuron is None else f", neuron {self.neuron}"
        return f"{where}{who}: {self.quantity} {self.a} against {self.b}"


def first_difference(a, b):
    """The first `Difference` between two `RunResult` or two `SpikeRaster`, or None.

    In order of time; within a step recorded states come before spikes, as in the contract.
    Raises ValueError if the two are not of the same shape.
    """
    if isinstance(a, SpikeRaster):
        return _first_spike(a, b)
    candidates = [_first_spike(a.raster, b.raster), *_first_recorded(a, b)]
    found = [d for d in candidates if d is not None]
    if found:
        return min(found, key=lambda d: (d.step, d.quantity == "spike", d.neuron))
    for name in a.state.names:
        found = _first_of_neurons(name, getattr(a.state, name), getattr(b.state, name))
        if found:
            return found
    for name in ("i_saturations", "v_saturations", "weight_clips", "learning_saturations"):
        if getattr(a, name) != getattr(b, name):
            return Difference(name, None, None, getattr(a, name), getattr(b, name))
    return None


def first_weight_difference(image, a, b):
    """The first `Difference` between weights of the synapses of ``image``, or None.

    ``a`` and ``b`` are what ``read_weights`` of two machines gave: an array for each projection. The
    `Difference` is that of the target neuron.
    """
    return _first_of_synapses(image, "weight", a, b)


def first_learning_difference(image, a, b):
    """The first `Difference` between two `LearningState` of ``image``, or None.

    In the order of weights, tags, traces of rows that learn, traces and third factors of neurons, modulators.
    """
    return (first_weight_difference(image, a.weights, b.weights)
            or _first_of_synapses(image, "tag", a.tags, b.tags)
            or _first_of_rows(image, "x1", a, b) or _first_of_rows(image, "x2", a, b)
            or _first_of_neurons("trace y1", a.y1, b.y1) or _first_of_neurons("trace y2", a.y2, b.y2)
            or _first_of_neurons("third factor", a.m, b.m) or _first_modulator(a.modulators, b.modulators))


def _first_unequal(a, b):
    """The index of the first entries that differ, None if there are none."""
    wrong = np.flatnonzero(a != b)
    return int(wrong[0]) if wrong.size else None


def _source(image, number):
    """A source by name."""
    return f"neuron {number}" if number < image.n_neurons else f"input {number - image.n_neurons}"


def _first_of_synapses(image, what, a, b):
    for projection, x, y in zip(image.projections, a, b, strict=True):
        k = _first_unequal(x, y)
        if k is not None:
            source, neuron = projection.sources()[k], projection.first_target + int(projection.target[k])
            quantity = f"{what} from {_source(image, source)} in {projection.name!r} (its synapse {k})"
            return Difference(quantity, None, neuron, int(x[k]), int(y[k]))
    return None


def _first_of_rows(image, name, a, b):
    x, y, rows = getattr(a, name), getattr(b, name), image.learning_rows
    k = _first_unequal(x, y)
    if k is None:
        return None
    projection = image.projections[rows.projection[k]].name
    lag = f", arrivals after {rows.lag[k]} steps" if rows.lag[k] else ""
    return Difference(f"trace {name} of {_source(image, rows.source[k])} in {projection!r}{lag}", None, None,
                      int(x[k]), int(y[k]))


def _first_of_neurons(what, a, b):
    n = _first_unequal(a, b)
    return None if n is None else Difference(what, None, n, int(a[n]), int(b[n]))


def _first_modulator(a, b):
    k = _first_unequal(a, b)
    return None if k is None else Difference(f"modulator M{k}", None, None, int(a[k]), int(b[k]))


def _first_spike(a, b):
    if (a.steps, a.neurons) != (b.steps, b.neurons):
        raise ValueError(f"rasters of {a.steps} steps, {a.neurons} neurons and of {b.steps} steps, "
                         f"{b.neurons} neurons cannot be compared")
    key_a, key_b = (r.step * r.neurons + r.neuron for r in (a, b))
    only = np.setxor1d(key_a, key_b, assume_unique=True)
    if not only.size:
        return None
    step, neuron = divmod(int(only[0]), a.neurons)
    return Difference("spike", step, neuron, int(only[0] in key_a), int(only[0] in key_b))


def _first_recorded(a, b):
    if a.recorded is None or b.recorded is None:
        return
    if not np.array_equal(a.recorded, b.recorded):
        raise ValueError("states of different neurons were recorded and cannot be compared")
    for name in ("v", "i"):
        x, y = getattr(a, name), getattr(b, name)
        wrong = np.argwhere(x != y)
        if wrong.size:
            step, k = wrong[0]
            yield Difference(name, int(step), int(a.recorded[k]), int(x[step, k]), int(y[step, k]))
