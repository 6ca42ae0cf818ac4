"""The integers that every machine runs: parameters, synapses, initial state."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property

import numpy as np

from .contract import CONTRACT_VERSION, ConfigError, Format, Formats
from .errors import UserError
from .learning_record import image_learning, learning_record, projection_learning
from .plasticity import Adaptation, LearningRows, Plasticity, PlasticityError, ProjectionLearning
from .plasticity_checks import check_plasticity, check_rule
from .sizes import nbytes
from .slices import counts, extreme_sums, first_outside, slices
from .storage import load_arrays, save_arrays

FORMAT = "snnsim image"
FORMAT_VERSION = 2


class ImageError(UserError):
    """Numbers that are not an image: out of format, of unequal length, or with sums that overflow."""


@dataclass(frozen=True, eq=False)
class Parameters:
    """Parameters of ``n`` neurons: integer arrays of shape (n,), in the formats of the contract."""

    keep_i: np.ndarray
    keep_v: np.ndarray
    leak: np.ndarray
    bias: np.ndarray
    v_threshold: np.ndarray
    v_reset: np.ndarray
    v_min: np.ndarray
    refractory: np.ndarray
    subtract: np.ndarray  # 1: reset by subtraction, 0: to v_reset
    hold: np.ndarray      # 1: v stays at v_reset while refractory, 0: only mute

    @classmethod
    def names(cls):
        return tuple(f.name for f in fields(cls))


@dataclass(frozen=True, eq=False)
class State:
    """``v``, ``i`` and the refractory countdown ``r`` of ``n`` neurons: integer arrays of shape (n,).

    ``z``, of the same shape, is the adaptation of their thresholds, None where none adapts.
    """

    v: np.ndarray
    i: np.ndarray
    r: np.ndarray
    z: np.ndarray = None

    @property
    def names(self):
        """The names of the states that there are."""
        return ("v", "i", "r") if self.z is None else ("v", "i", "r", "z")


@dataclass(frozen=True)
class Part:
    """A named run of neurons or inputs of an image.

    ``scale`` and ``v_rest``, one for all or a tuple of one per neuron, give physical units back.
    """

    name: str
    first: int
    size: int
    scale: float = 1.0
    v_rest: object = 0.0

    def __post_init__(self):
        if isinstance(self.v_rest, list):
            object.__setattr__(self, "v_rest", tuple(self.v_rest))

    def volts(self, v):
        """The integers ``v`` of this part, shape (..., size), in volts."""
        return np.asarray(v) / self.scale + np.asarray(self.v_rest)


@dataclass(frozen=True, eq=False)
class ImageProjection:
    """Synapses that share an exponent, as compressed rows.

    Row ``k`` belongs to source ``first_source + k``: sources ``0 .. n_neurons - 1`` are the neurons,
    the inputs follow. Its synapses are ``indptr[k] .. indptr[k + 1] - 1``; ``target`` counts from
    ``first_target``; an arrival contributes ``weight << exponent``. ``weight`` and ``delay`` (steps) have
    one entry per synapse, or a single one for all. ``learning``: None if the weights are fixed. ``to_m``:
    arrivals add to the third factor of the targets instead of their drive.
    """

    name: str
    first_source: int
    n_sources: int
    first_target: int
    n_targets: int
    exponent: int
    indptr: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    learning: ProjectionLearning = None
    to_m: bool = False

    @property
    def n_synapses(self):
        return self.target.size

    def sources(self):
        """The source of each synapse, shape (n_synapses,)."""
        rows = np.arange(self.first_source, self.first_source + self.n_sources)
        return np.repeat(rows, np.diff(self.indptr))

    def weights(self):
        """The weight of each synapse, shape (n_synapses,); read only where one stands for all."""
        return _for_each(self.weight, self.target)

    def delays(self):
        """The delay of each synapse, shape (n_synapses,); read only where one stands for all."""
        return _for_each(self.delay, self.target)

    def weight_range(self):
        """``(lowest, highest)`` that each weight can become, each of shape (n_synapses,)."""
        return tuple(_for_each(end, self.target) for end in self._extremes())

    @cached_property
    def fan_in(self):
        """The number of synapses onto each target, shape (n_targets,)."""
        return counts(self.target, self.n_targets)

    @cached_property
    def drive_bounds(self):
        """The highest and the lowest sum of a step's arrivals at each target, each of shape (n_targets,)."""
        bounds = extreme_sums(self.target, *self._extremes(), self.n_targets)
        return tuple(bound.astype(np.int64) << self.exponent for bound in bounds)

    def _extremes(self):
        """`weight_range`, with a single entry where it is the same for all."""
        if self.learning is None:
            return self.weight, self.weight
        enabled, rule = self.learning.enabled, self.learning.rule
        return np.where(enabled, rule.w_min, self.weight), np.where(enabled, rule.w_max, self.weight)


@dataclass(frozen=True, eq=False)
class Image:
    """A network in integers, for any machine with the same `Formats`.

    Construction checks every number against its format and proves that no sum of arrivals can leave
    the drive format; it raises `ImageError` otherwise, so no machine has to check again.
    """

    formats: Formats
    populations: tuple  # of Part: the neurons, without gaps
    inputs: tuple       # of Part: the inputs, without gaps
    parameters: Parameters
    initial: State
    projections: tuple  # of ImageProjection
    plasticity: Plasticity = None  # where a projection learns
    adaptation: Adaptation = None  # where a threshold adapts

    def __post_init__(self):
        _check_parts(self.populations, "population")
        _check_parts(self.inputs, "input")
        if self.n_neurons == 0:
            raise ImageError("the network has no neurons; give it a population with at least one")
        _check_neurons(self)
        for projection in self.projections:
            _check_projection(self, projection)
        _check_learning(self)
        _prove_drive(self)

    @property
    def n_neurons(self):
        return sum(part.size for part in self.populations)

    @property
    def n_inputs(self):
        return sum(part.size for part in self.inputs)

    @property
    def n_synapses(self):
        return sum(projection.n_synapses for projection in self.projections)

    @property
    def nbytes(self):
        """Bytes of all its arrays."""
        return nbytes(self)

    @property
    def learns(self):
        """Whether any projection does."""
        return any(p.learning is not None for p in self.projections)

    @property
    def rules(self):
        """The different `Rule` of the projections, in the order of their first use."""
        return tuple(dict.fromkeys(p.learning.rule for p in self.projections if p.learning is not None))

    @cached_property
    def learning_rows(self):
        """The `LearningRows` of all projections that learn."""
        return LearningRows.of(self.projections)

    @property
    def delay_max(self):
        """The longest delay in steps; 1 without synapses."""
        return max((int(p.delay.max()) for p in self.projections if p.n_synapses), default=1)

    @property
    def digest(self):
        """SHA-256 (hex) of all numbers that a machine sees."""
        h = hashlib.sha256(json.dumps([CONTRACT_VERSION, asdict(self.formats)]).encode())
        for array in (*_values(self.parameters), *(getattr(self.initial, n) for n in "vir")):
            _hash(h, array)
        for p in self.projections:
            h.update(f"{p.first_source} {p.n_sources} {p.first_target} {p.n_targets} "
                     f"{p.exponent} {p.n_synapses}".encode())
            for array in (p.indptr, p.target, p.weights(), p.delays()):
                _hash(h, array)
        if self.plasticity or self.adaptation or any(p.to_m for p in self.projections):
            header, arrays = learning_record(self)
            arrays |= {f"projection{k}_enabled": p.learning.mask(p.n_synapses)
                       for k, p in enumerate(self.projections) if p.learning is not None}
            h.update(json.dumps(header, sort_keys=True).encode())
            for name in sorted(arrays):
                _hash(h, arrays[name])
        return h.hexdigest()

    def save(self, path):
        """Write one file (``.npz``, no pickle), whole or not at all."""
        header = {
            "contract": CONTRACT_VERSION,
            "formats": asdict(self.formats),
            "populations": [asdict(part) for part in self.populations],
            "inputs": [asdict(part) for part in self.inputs],
            "projections": [{name: getattr(p, name) for name in _PROJECTION_HEADER}
                            for p in self.projections],
        }
        arrays = {f"parameter_{name}": getattr(self.parameters, name) for name in Parameters.names()}
        arrays |= {f"initial_{name}": getattr(self.initial, name) for name in "vir"}
        for k, p in enumerate(self.projections):
            arrays |= {f"projection{k}_{name}": getattr(p, name) for name in _PROJECTION_ARRAYS}
        header["learning"], more = learning_record(self)
        arrays |= more
        save_arrays(path, FORMAT, FORMAT_VERSION, header, arrays)

    @classmethod
    def load(cls, path):
        """Read a file that `save` wrote. Raises `UserError` for any other."""
        header, arrays = load_arrays(path, FORMAT, FORMAT_VERSION, ())
        if header.get("contract") != CONTRACT_VERSION:
            raise UserError(f"{path} was compiled for contract version {header.get('contract')}, this "
                            f"snnsim has {CONTRACT_VERSION}: compile the network again")
        try:
            return cls(
                formats=Formats(**header["formats"]),
                populations=tuple(Part(**part) for part in header["populations"]),
                inputs=tuple(Part(**part) for part in header["inputs"]),
                parameters=Parameters(**{n: arrays[f"parameter_{n}"] for n in Parameters.names()}),
                initial=State(**{name: arrays[f"initial_{name}"] for name in "vir"}),
                projections=tuple(
                    ImageProjection(**p, **{n: arrays[f"projection{k}_{n}"] for n in _PROJECTION_ARRAYS},
                                    **projection_learning(header["learning"], arrays, k))
                    for k, p in enumerate(header["projections"])),
                **image_learning(header["learning"], arrays),
            )
        except (LookupError, TypeError, AttributeError, ValueError, ConfigError) as error:
            raise UserError(f"{path} is not a whole {FORMAT} file: {error}") from None
        except (ImageError, PlasticityError) as error:
            raise UserError(f"{path}: {error}") from None


_PROJECTION_ARRAYS = ("indptr", "target", "weight", "delay")
_PROJECTION_HEADER = ("name", "first_source", "n_sources", "first_target", "n_targets", "exponent")


def _values(record):
    return tuple(getattr(record, f.name) for f in fields(record))


def _for_each(values, target):
    """``values``, or where there is a single one, as many of it as there are targets."""
    return values if values.shape == target.shape else np.broadcast_to(values, target.shape)


def _hash(h, array):
    """Add the integers of ``array`` to the hash ``h``, whatever their type."""
    array = array.reshape(-1)
    for here in slices(array.size):
        h.update(np.ascontiguousarray(array[here], dtype="<i8").data)


def _check_parts(parts, kind):
    first = 0
    for part in parts:
        if part.first != first or part.size < 0:
            raise ImageError(f"{kind} {part.name!r} must begin at {first}, not {part.first}")
        first += part.size


def _check_array(values, shape, format, what):
    if not isinstance(values, np.ndarray) or not np.issubdtype(values.dtype, np.integer):
        raise ImageError(f"{what} must be an array of integers")
    if values.shape != shape:
        raise ImageError(f"{what} must have shape {shape}, not {values.shape}")
    k = first_outside(values, format.lo, format.hi)
    if k is not None:
        raise ImageError(f"{what}[{k}] must be between {format.lo} and {format.hi}, not {values[k]}")


def _check_neurons(image):
    f, shape = image.formats, (image.n_neurons,)
    formats = {"keep_i": f.keep, "keep_v": f.keep, "leak": f.leak, "refractory": f.refractory}
    for name in Parameters.names():
        if name in ("subtract", "hold"):
            continue
        _check_array(getattr(image.parameters, name), shape, formats.get(name, f.state), name)
    p = image.parameters
    for name in ("subtract", "hold"):
        flags = getattr(p, name)
        if flags.shape != shape or not np.isin(flags, (0, 1)).all():
            raise ImageError(f"{name} must be 0 or 1 for each of the {shape[0]} neurons")
    wrong = np.flatnonzero((p.subtract == 1) & (p.v_threshold < 0))
    if wrong.size:
        raise ImageError(f"neuron {wrong[0]} resets by subtraction and so needs a v_threshold of at least "
                         f"0, not {p.v_threshold[wrong[0]]}; let it reset to v_reset instead")
    _check_array(image.initial.v, shape, f.state, "initial v")
    _check_array(image.initial.i, shape, f.state, "initial i")
    _check_array(image.initial.r, shape, f.refractory, "initial r")


def _check_projection(image, p):
    what = f"projection {p.name!r}"
    sources = image.n_neurons + image.n_inputs
    if not (0 <= p.first_source and p.n_sources >= 0 and p.first_source + p.n_sources <= sources):
        raise ImageError(f"{what}: sources {p.first_source} .. {p.first_source + p.n_sources - 1} do not "
                         f"all exist; there are {sources}")
    if not (0 <= p.first_target and p.n_targets >= 0
            and p.first_target + p.n_targets <= image.n_neurons):
        raise ImageError(f"{what}: neurons {p.first_target} .. {p.first_target + p.n_targets - 1} do not "
                         f"all exist; there are {image.n_neurons}")
    if (p.indptr.shape != (p.n_sources + 1,) or p.indptr[0] != 0 or np.any(np.diff(p.indptr) < 0)
            or p.indptr[-1] != p.target.size):
        raise ImageError(f"{what}: indptr must rise from 0 to {p.target.size} in {p.n_sources + 1} entries")
    exponent = image.formats.exponent
    if not exponent.lo <= p.exponent <= exponent.hi:
        raise ImageError(f"{what}: exponent must be between {exponent.lo} and {exponent.hi}, "
                         f"not {p.exponent}")
    shape = p.target.shape
    if p.n_synapses and not (0 <= p.target.min() and p.target.max() < p.n_targets):
        raise ImageError(f"{what}: target {p.target.max()} does not exist; there are {p.n_targets}")
    one_or_each = shape if p.weight.shape != (1,) else (1,)
    _check_array(p.weight, one_or_each, image.formats.weight, f"{what}: weight")
    if p.delay.shape not in (shape, (1,)):
        raise ImageError(f"{what}: delay must have one entry per synapse or one for all")
    if p.delay.size and p.delay.min() < 1:
        raise ImageError(f"{what}: a delay is at least 1 step, not {p.delay.min()}")


def _check_learning(image):
    if image.learns and image.plasticity is None:
        raise ImageError("projections learn, so the image needs a Plasticity")
    if image.plasticity is not None:
        check_plasticity(image.plasticity, image.formats, image.n_neurons, image.n_inputs)
    elif any(p.to_m for p in image.projections):
        raise ImageError("a projection adds to third factors, so the image needs a Plasticity")
    tables = len(image.plasticity.tables) if image.plasticity else 0
    for p in image.projections:
        if p.learning is not None:
            _check_projection_learning(p, image.formats, tables)
    if image.adaptation is not None:
        a, shape, f = image.adaptation, (image.n_neurons,), image.formats
        _check_array(a.keep_z, shape, f.keep, "keep_z")
        _check_array(a.jump, shape, Format(0, f.state.hi), "jump")
        _check_array(a.initial, shape, Format(0, f.state.hi), "initial z")


def _check_projection_learning(p, formats, n_tables):
    what, rule = f"projection {p.name!r}", p.learning.rule
    check_rule(rule, formats, n_tables, what)
    enabled = p.learning.enabled
    if enabled.dtype != bool or enabled.shape not in ((p.n_synapses,), (1,)):
        raise ImageError(f"{what}: enabled must be True or False, one for each synapse or one for all")
    outside = p.learning.mask(p.n_synapses) & ((p.weight < rule.w_min) | (p.weight > rule.w_max))
    if outside.any():
        k = int(np.flatnonzero(outside)[0])
        raise ImageError(f"{what}: weight[{k}] is {p.weights()[k]}, outside the bounds of its learning rule, "
                         f"{rule.w_min} .. {rule.w_max}")


def _prove_drive(image):
    for to_m, what in ((False, "arrivals of one step"), (True, "third factors that arrive in one step")):
        projections = [p for p in image.projections if p.to_m == to_m]
        highest, lowest = drive_bounds(image.n_neurons, projections)
        drive = image.formats.drive
        for bound, limit, wrong in ((highest, drive.hi, highest > drive.hi),
                                    (lowest, drive.lo, lowest < drive.lo)):
            if wrong.any():
                n = int(np.flatnonzero(wrong)[0])
                raise ImageError(
                    f"the {what} at neuron {n} could sum to {bound[n]}, beyond the drive format's "
                    f"{limit}; use smaller weights or exponents, a smaller fan-in, or a drive wider than "
                    f"{image.formats.drive_width} bits")


def drive_bounds(n_neurons, projections):
    """The highest and the lowest sum of one step's arrivals at each neuron, each of shape (n_neurons,).

    A source spikes at most once a step, so a synapse contributes at most once to a sum of arrivals:
    the positive and the negative contributions, summed separately, bound it and all its partial sums.
    A weight that learns counts with its bounds.
    """
    total = np.zeros((2, n_neurons), np.int64)
    for p in projections:
        total[:, p.first_target:p.first_target + p.n_targets] += p.drive_bounds
    return tuple(total)
