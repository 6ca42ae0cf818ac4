"""The description of a network: populations, inputs and projections, in SI units or in integers."""

from dataclasses import dataclass, replace

import numpy as np

from .background import Poisson
from .learning import Graded, Modulator, Surrogate, ThirdFactor
from .learning.program import MODULATORS
from .neurons import LIF, IntegerLIF, Neuron, PoissonSource
from .projection import Projection, Synapses
from .sizes import nbytes
from .values import Description, DescriptionError, about, integer, name, number, whole

__all__ = ["IntegerLIF", "Input", "LIF", "Network", "PoissonSource", "Population", "Projection",
           "Synapses"]
#: Neurons of a population: their numbers are 32-bit.
LARGEST_N = (1 << 31) - 1
LARGEST_SEED = (1 << 32) - 1


@dataclass(frozen=True, eq=False)
class Population(Description):
    """``n`` neurons of one model; ``n`` may be 0. ``background``: what they receive by chance.

    Factors of learning rules that belong to its neurons: ``third_factor`` says what ``m`` is, ``surrogate``
    what the graded value ``g`` is; ``sign``, 1 or -1, one for all or one for each, is the factor of that
    name.
    """

    name: str
    n: int
    neuron: Neuron
    third_factor: ThirdFactor = None
    surrogate: Surrogate = None
    sign: object = 1
    background: Poisson = None

    def __post_init__(self):
        self._normalise(name, "name")
        what = f"population {self.name!r}"
        object.__setattr__(self, "n", whole(self.n, f"{what}: n", hi=LARGEST_N))
        if not isinstance(self.neuron, Neuron):
            raise DescriptionError(f"{what}: neuron must be a LIF, an IntegerLIF or a PoissonSource, not "
                                   f"{self.neuron!r}")
        with about(what):
            self.neuron.check_size(self.n)
            self._check_factors()
            self._check_background()

    def _check_background(self):
        background = self.background
        if background is None:
            return
        if not isinstance(background, Poisson):
            raise DescriptionError(f"background must be a Poisson, not {background!r}")
        if isinstance(self.neuron, PoissonSource):
            raise DescriptionError("a PoissonSource receives nothing, so it can have no background")
        integers = isinstance(self.neuron, IntegerLIF)
        if integers != background.in_integers:
            model, wanted = ("an IntegerLIF", "weight_q") if integers else ("a LIF", "weight")
            raise DescriptionError(f"the background of {model} takes {wanted}")
        background.check_size(self.n)

    def _check_factors(self):
        for what, kind in (("third_factor", ThirdFactor), ("surrogate", Surrogate)):
            value = getattr(self, what)
            if value is not None and not isinstance(value, kind):
                raise DescriptionError(f"{what} must be a {kind.__name__}, not {value!r}")
        if self.surrogate is not None and np.any(np.isinf(getattr(self.neuron, "v_threshold", 0.0))):
            raise DescriptionError("a surrogate is a function of the distance to the threshold, which is "
                                   "inf; give one that is not reached")
        object.__setattr__(self, "sign", integer(self.sign, "sign", lo=-1, hi=1))
        if not np.all(self.sign):
            raise DescriptionError("sign must be 1 or -1")
        initial = self.third_factor and self.third_factor.initial
        for what, value in (("sign", self.sign), ("third_factor initial", initial)):
            if isinstance(value, np.ndarray) and value.shape != (self.n,):
                raise DescriptionError(f"{what} must have one value, or one for each of its {self.n} "
                                       f"neurons, not an array of shape {value.shape}")


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

    ``modulators``: up to 4, the factors M0 to M3 of learning rules. ``seed``: of noise and of stochastic
    rounding, 32 bits.

    Raises `DescriptionError` if a name occurs twice or does not exist, or the parts do not fit.
    """

    dt: float
    populations: tuple
    inputs: tuple = ()
    projections: tuple = ()
    name: str = "network"
    modulators: tuple = ()
    seed: int = 0

    def __post_init__(self):
        self._normalise(name, "name")
        self._normalise(number, "dt", lo=0)
        if self.dt == 0:
            raise DescriptionError("Network dt must be more than 0 seconds")
        for what, kind in (("populations", Population), ("inputs", Input), ("projections", Projection),
                           ("modulators", Modulator)):
            self._normalise(_parts, what, kind=kind)
        self._normalise(whole, "seed", hi=LARGEST_SEED)
        _refuse_repeated([p.name for p in (*self.populations, *self.inputs)], "population or input")
        object.__setattr__(self, "projections", _named(self.projections))
        self._check_modulators()
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

    @property
    def nbytes(self):
        """Bytes of all its arrays: rules and distributions have none, whatever they will draw."""
        return nbytes(self)

    def save(self, path):
        """Write one file (``.npz``, no pickle), whole or not at all."""
        from .network_file import save
        save(self, path)

    @classmethod
    def load(cls, path):
        """Read a file that `save` wrote, or a ``.toml`` file. Raises `UserError` for any other."""
        from .network_file import load
        return load(path)

    @property
    def learns(self):
        """Whether any of its projections does."""
        return any(p.learning is not None for p in self.projections)

    @property
    def draws(self):
        """Whether any of its neurons draws anything by chance."""
        return any(p.n and (p.background is not None or p.neuron.draws) for p in self.populations)

    def _check_modulators(self):
        if len(self.modulators) > len(MODULATORS):
            raise DescriptionError(f"there can be {len(MODULATORS)} modulators, not {len(self.modulators)}")
        for k, modulator in enumerate(self.modulators):
            for part in modulator.counts:
                if part not in self._sizes:
                    raise DescriptionError(f"modulator M{k} counts {part!r}, which does not exist; there are "
                                           f"{_list(self._sizes)}")

    def _check_learning(self, p, target):
        """Refuse what a rule needs and the network has not."""
        need = f"give population {target.name!r}"
        if p.port == "m" and target.third_factor is None:
            raise DescriptionError(f"{p.title}: port 'm' needs a third factor: {need} "
                                   "third_factor=ThirdFactor(...)")
        if p.learning is None:
            return
        rule = p.learning.sum_of_products()
        missing = [m for m in MODULATORS[len(self.modulators):] if rule.uses(m)]
        if missing:
            raise DescriptionError(f"{p.title}: its rule uses {missing[0]}, but the network has "
                                   f"{len(self.modulators)} modulators; add Modulator(...)")
        if rule.uses("m") and target.third_factor is None:
            raise DescriptionError(f"{p.title}: its rule uses m: {need} third_factor=ThirdFactor(...)")
        is_graded = rule.uses("g") or any(isinstance(trace, Graded) for trace in rule.traces.values())
        if is_graded and target.surrogate is None:
            raise DescriptionError(f"{p.title}: its rule uses graded values: {need} surrogate=Surrogate(...)")

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
        target = self.population(p.post)
        if isinstance(target.neuron, PoissonSource):
            raise DescriptionError(f"{p.title}: {p.post!r} is a PoissonSource, which receives nothing")
        integers = isinstance(target.neuron, IntegerLIF)
        if integers != p.in_integers:
            model, wanted, given = (("IntegerLIF", "weight_q", "weight") if integers
                                    else ("LIF", "weight", "weight_q"))
            raise DescriptionError(f"{p.title}: {p.post!r} has neurons of the model {model} and takes "
                                   f"{wanted}, not {given}")
        self._check_learning(p, target)
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
