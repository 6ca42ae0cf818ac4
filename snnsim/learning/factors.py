"""Factors of learning rules that belong to neurons or to the whole network instead of to a synapse."""

from dataclasses import dataclass, field

import numpy as np

from ..values import Description, DescriptionError, name, number, real

#: Modulators, third factors, tags and graded values are numbers of -2 to just below 2.
LARGEST_FACTOR = 2.0


@dataclass(frozen=True, eq=False)
class Modulator(Description):
    """A global factor, M0 to M3 by its place in the list of the network.

    After each step it decays with ``tau`` (seconds; inf: not at all, 0: to nothing), and each spike of the
    parts named in ``counts``, where 1 adds and -1 takes away, changes it by ``gain``: seen by learning from
    the next step on. It begins at ``initial``, and the host can write it at any time. It saturates at -2 and
    just below 2.
    """

    counts: dict = field(default_factory=dict)
    tau: float = np.inf
    gain: float = 0.0
    initial: float = 0.0

    def __post_init__(self):
        if not isinstance(self.counts, dict):
            raise DescriptionError("Modulator counts must be 1 or -1 by the name of a part, not "
                                   f"{self.counts!r}")
        for part, count in self.counts.items():
            name(part, "Modulator counts: name")
            if isinstance(count, bool) or count not in (1, -1):
                raise DescriptionError(f"Modulator counts of {part!r} must be 1 or -1, not {count!r}")
        object.__setattr__(self, "counts", {part: int(count) for part, count in self.counts.items()})
        self._normalise(number, "tau", lo=0, finite=False)
        self._normalise(number, "gain", "initial", lo=-LARGEST_FACTOR, hi=LARGEST_FACTOR)
        if self.counts and not self.gain:
            raise DescriptionError("Modulator counts spikes, but its gain is 0; give the gain")


@dataclass(frozen=True, eq=False)
class ThirdFactor(Description):
    """The factor ``m`` that each neuron of a population has of its own.

    In each step it decays with ``tau`` (seconds; inf: not at all, 0: to nothing) and takes up what arrives
    over projections with ``port="m"``, whose weights are plain numbers. It begins at ``initial``, one number
    or one for each neuron; the host can write it at any time. It saturates at -2 and just below 2.
    """

    tau: float = np.inf
    initial: object = 0.0

    def __post_init__(self):
        self._normalise(number, "tau", lo=0, finite=False)
        self._normalise(real, "initial", lo=-LARGEST_FACTOR, hi=LARGEST_FACTOR)


@dataclass(frozen=True, eq=False)
class Surrogate(Description):
    """The graded value ``g`` of a neuron: a function of how far v lies above its threshold, when it is
    decided who fires; such as the surrogate derivative of its spike.

    ``distance``: points in volts (integers for `IntegerLIF`), ascending; ``value``: the function there, -2 to
    2; lines between, constant beyond. It is taken from a table of 256 entries that spans the points.
    """

    distance: object
    value: object

    def __post_init__(self):
        self._normalise(real, "distance")
        self._normalise(real, "value", lo=-LARGEST_FACTOR, hi=LARGEST_FACTOR)
        shapes = np.shape(self.distance), np.shape(self.value)
        if len(shapes[0]) != 1 or shapes[0] != shapes[1] or not self.distance.size:
            raise DescriptionError("Surrogate distance and value must be two lists of one length, not of "
                                   f"shapes {shapes[0]} and {shapes[1]}")
        if np.any(np.diff(self.distance) <= 0):
            raise DescriptionError("Surrogate distance must be ascending")
        if not np.any(self.distance):
            raise DescriptionError("Surrogate distance needs a point that is not 0")

    @classmethod
    def triangle(cls, width, height=1.0):
        """``height`` at the threshold, 0 from ``width`` away on."""
        return cls([-width, 0, width], [0, height, 0])

    @classmethod
    def of(cls, function, lowest, highest, points=257):
        """``function`` of arrays, sampled from ``lowest`` to ``highest``."""
        distance = np.linspace(lowest, highest, points)
        return cls(distance, function(distance))

    def at(self, distance):
        """Its value at an array of distances."""
        return np.interp(distance, self.distance, self.value)
