"""The integers that every machine runs: parameters, synapses, initial state."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property

import numpy as np

from .contract import CONTRACT_VERSION, ConfigError, Formats
from .drive import prove_drive
from .errors import UserError
from .image_checks import ImageError, check_image
from .learning_record import image_learning, learning_record, projection_learning
from .noise import Noise, NoiseError
from .plasticity import Adaptation, LearningRows, Plasticity, PlasticityError, ProjectionLearning
from .sizes import nbytes
from .slices import counts, extreme_sums, slices
from .storage import load_arrays, save_arrays

FORMAT = "snnsim image"
FORMAT_VERSION = 2


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
    noise: Noise = None            # where a neuron draws something

    def __post_init__(self):
        check_image(self)
        prove_drive(self)

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
        if self.plasticity or self.adaptation or self.noise or any(p.to_m for p in self.projections):
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
        except (ImageError, NoiseError, PlasticityError) as error:
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
