"""The description of a network: populations, inputs and projections, in SI units or in integers."""

from dataclasses import dataclass, replace

from .neurons import LIF, IntegerLIF, Neuron
from .projection import Projection, Synapses
from .values import Description, DescriptionError, about, name, number, whole

__all__ = ["IntegerLIF", "Input", "LIF", "Network", "Population", "Projection", "Synapses"]
#: Neurons of a population: their numbers are 32-bit.
LARGEST_N = (1 << 31) - 1


@dataclass(frozen=True, eq=False)
class Population(Description):
    """``n`` neurons of one model; ``n`` may be 0."""

    name: str
    n: int
    neuron: Neuron

    def __post_init__(self):
        self._normalise(name, "name")
        what = f"population {self.name!r}"
        object.__setattr__(self, "n", whole(self.n, f"{what}: n", hi=LARGEST_N))
        if not isinstance(self.neuron, Neuron):
            raise DescriptionError(f"{what}: neuron must be a LIF or an IntegerLIF, not {self.neuron!r}")
        with about(what):
            self.neuron.check_size(self.n)


@dataclass(frozen=True, eq=False)
class Input(Description):
    """``n`` sources of spikes that come from outside; ``n`` may be 0."""

    name: str
    n: int

    def __post_init__(self):
        self._normalise(name, "name")
        object.__setattr__(self, "n", whole(self.n, f"input {self.name!r}: n", hi=LARGEST_N))


@dataclass(frozen=True, eq=False)
class Network(Description):
    """Populations, inputs and the projections between them, with a time step of ``dt`` seconds.

    Raises `DescriptionError` if a name occurs twice or does not exist, or the parts do not fit.
    """

    dt: float
    populations: tuple
    inputs: tuple = ()
    projections: tuple = ()
    name: str = "network"

    def __post_init__(self):
        self._normalise(name, "name")
        self._normalise(number, "dt", lo=0)
        if self.dt == 0:
            raise DescriptionError("Network dt must be more than 0 seconds")
        for what, kind in (("populations", Population), ("inputs", Input), ("projections", Projection)):
            self._normalise(_parts, what, kind=kind)
        _refuse_repeated([p.name for p in (*self.populations, *self.inputs)], "population or input")
        object.__setattr__(self, "projections", _named(self.projections))
        for projection in self.projections:
            self._check_projection(projection)

    def size(self, part):
        """The number of neurons of the population or input with this name."""
        return self._sizes[part]

    @property
    def _sizes(self):
        return {p.name: p.n for p in (*self.populations, *self.inputs)}

    def population(self, name):
        """The `Population` with this name."""
        return next(p for p in self.populations if p.name == name)

    def save(self, path):
        """Write one file (``.npz``, no pickle), whole or not at all."""
        from .network_file import save
        save(self, path)

    @classmethod
    def load(cls, path):
        """Read a file that `save` wrote, or a ``.toml`` file. Raises `UserError` for any other."""
        from .network_file import load
        return load(path)

    def _check_projection(self, p):
        sizes, targets = self._sizes, [q.name for q in self.populations]
        if p.pre not in sizes:
            raise DescriptionError(f"{p.title}: pre {p.pre!r} does not exist; there are {_list(sizes)}")
        if p.post not in targets:
            problem = "is an input, which receives nothing" if p.post in sizes else "does not exist"
            raise DescriptionError(f"{p.title}: post {p.post!r} {problem}; the populations are "
                                   f"{_list(targets)}")
        if not p.connect.self_connections and p.pre != p.post:
            raise DescriptionError(f"{p.title}: self_connections=False is for a population projecting to "
                                   "itself; leave it out")
        integers = isinstance(self.population(p.post).neuron, IntegerLIF)
        if integers != p.in_integers:
            model, wanted, given = (("IntegerLIF", "weight_q", "weight") if integers
                                    else ("LIF", "weight", "weight_q"))
            raise DescriptionError(f"{p.title}: {p.post!r} has neurons of the model {model} and takes "
                                   f"{wanted}, not {given}")
        p.check(sizes[p.pre], sizes[p.post], self.dt)


def _parts(values, what, *, kind):
    values = tuple(values) if isinstance(values, list | tuple) else (values,)
    for value in values:
        if not isinstance(value, kind):
            raise DescriptionError(f"{what} must be a list of {kind.__name__}, not of {value!r}")
    return values


def _refuse_repeated(names, what):
    seen = set()
    for one in names:
        if one in seen:
            raise DescriptionError(f"{what} {one!r} occurs twice; give each a name of its own")
        seen.add(one)


def _named(projections):
    """The projections, those without a name named after what they join."""
    _refuse_repeated([p.name for p in projections if p.name is not None], "projection")
    taken = {p.name for p in projections}
    named = []
    for p in projections:
        if p.name is None:
            p = replace(p, name=_free(f"{p.pre}->{p.post}", taken))
            taken.add(p.name)
        named.append(p)
    return tuple(named)


def _free(name, taken):
    candidate, k = name, 2
    while candidate in taken:
        candidate, k = f"{name} ({k})", k + 1
    return candidate


def _list(names):
    return ", ".join(repr(name) for name in names) or "none"
