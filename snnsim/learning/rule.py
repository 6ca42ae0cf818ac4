"""Learning rules of projections: bounds, rounding, and the program that is run."""

from dataclasses import dataclass, field, fields

import numpy as np

from ..values import Description, DescriptionError, about, array, number, read_only, word
from .program import BOUNDS, FACTORS, TRACES, Product, parsed
from .traces import Trace

ROUNDINGS = ("toward_zero", "stochastic")


@dataclass(frozen=True, eq=False, kw_only=True)
class LearningRule(Description):
    """Base of the learning rules.

    ``w_min``, ``w_max``
        Bounds of the weights, in their unit: volts or amperes as in `Projection`, integers for `IntegerLIF`.
    ``rounding``
        Of each change to whole units of a weight: ``'toward_zero'``, or ``'stochastic'``, right in the mean.
    ``arrival``
        False: the pre-synaptic event is the spike itself. True: its arrival, a delay later.
    ``enabled``
        Which synapses learn: True, or an array of booleans, one per synapse or of shape (n_pre, n_post).
    """

    w_min: float
    w_max: float
    rounding: str = "toward_zero"
    arrival: bool = False
    enabled: object = True

    def __post_init__(self):
        self._normalise(number, "w_min", "w_max")
        if self.w_min > self.w_max:
            raise DescriptionError(f"{self._kind} w_min must be at most w_max, not {self.w_min:g} and "
                                   f"{self.w_max:g}")
        self._normalise(word, "rounding", choices=ROUNDINGS)
        if not isinstance(self.rounding, str):
            raise DescriptionError(f"{self._kind} rounding must be one word")
        if not isinstance(self.arrival, bool | np.bool_):
            raise DescriptionError(f"{self._kind} arrival must be True or False, not {self.arrival!r}")
        object.__setattr__(self, "enabled", _mask(self.enabled, f"{self._kind} enabled"))
        self.sum_of_products()  # whatever is wrong with it is said here

    def sum_of_products(self):
        """The rule as a `SumOfProducts`, which is what it means."""
        raise NotImplementedError

    def _program(self, text, **others):
        """A `SumOfProducts` with the bounds and modes of this rule."""
        shared = {f.name: getattr(self, f.name) for f in fields(LearningRule)}
        return SumOfProducts(text, **shared, **others)

    @property
    def _kind(self):
        return type(self).__name__


@dataclass(frozen=True, eq=False)
class SumOfProducts(LearningRule):
    """A learning rule as a ``program``: see `snnsim.learning.program` and ``docs/learning.md``.

    ``x1``, ``x2`` are the pre-synaptic traces, ``y1``, ``y2`` the post-synaptic ones; ``tau_e`` is the time
    constant of the tags (seconds, may be inf; 0: they last for one step). ``parameters``: numbers by name.
    Traces, tags and other factors are plain numbers, so a coefficient has the unit of the weight, or none
    where ``w``, ``up`` or ``down`` is a factor.
    """

    program: str
    x1: Trace = None
    x2: Trace = None
    y1: Trace = None
    y2: Trace = None
    tau_e: float = None
    parameters: dict = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "parameters", _parameters(self.parameters))
        if self.tau_e is not None:
            self._normalise(number, "tau_e", lo=0, finite=False)
        super().__post_init__()

    def sum_of_products(self):
        with about(self._kind):
            self._check_traces(self.products)
        return self

    @property
    def products(self):
        """Its `Product`\\ s; ``w_min`` and ``w_max`` are numbers in their coefficients."""
        bounds = {name: getattr(self, name) for name in BOUNDS}
        sums = {}
        for p in parsed(self.program, self.parameters):
            numbers = [bounds[f] for f in p.factors if f in bounds]
            key = (p.target, p.condition, tuple(f for f in p.factors if f not in bounds))
            sums[key] = sums.get(key, 0.0) + p.coefficient * float(np.prod(numbers))
        return tuple(Product(target, condition, c, factors)
                     for (target, condition, factors), c in sums.items() if c)

    @property
    def traces(self):
        """The traces that there are, by name."""
        return {name: getattr(self, name) for name in TRACES if getattr(self, name) is not None}

    def uses(self, *factors):
        """Whether any of these is a factor."""
        return any(f in p.factors for f in factors for p in self.products)

    @property
    def has_tag(self):
        return self.uses("e") or any(p.target == "e" for p in self.products)

    def _check_traces(self, products):
        for name in TRACES:
            trace, used = getattr(self, name), any(name in p.factors for p in products)
            if trace is not None and not isinstance(trace, Trace):
                raise DescriptionError(f"{name} must be a trace, such as Exponential(20e-3), not {trace!r}")
            if used and trace is None:
                raise DescriptionError(f"the program uses {name}: say what it is, such as "
                                       f"{name}=Exponential(tau=20e-3)")
            if trace is not None and not used:
                raise DescriptionError(f"{name} is given, but the program does not use it")
            if trace is not None and name.startswith("x") and not trace.for_pre:
                raise DescriptionError(f"{name} cannot be {type(trace).__name__}; only y1 and y2 can")
        if self.has_tag and self.tau_e is None:
            raise DescriptionError("the program uses tags (e): give their time constant tau_e")
        if self.tau_e is not None and not self.has_tag:
            raise DescriptionError("tau_e is given, but the program does not use e")


def _mask(value, what):
    if isinstance(value, bool | np.bool_):
        return bool(value)
    values = array(value, what, "True, False or an array of these")
    if values.dtype != bool or values.ndim not in (1, 2):
        raise DescriptionError(f"{what} must be True, False or an array of these, one per synapse or of "
                               f"shape (n_pre, n_post), not {values.dtype} of shape {values.shape}")
    return read_only(values)


def _parameters(values):
    if not isinstance(values, dict):
        raise DescriptionError(f"SumOfProducts parameters must be numbers by name, not {values!r}")
    for name, value in values.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise DescriptionError(f"SumOfProducts parameters: {name!r} is no name")
        if name in FACTORS or name in BOUNDS:
            raise DescriptionError(f"SumOfProducts parameters: {name!r} is a factor; use another name")
        values = {**values, name: number(value, f"SumOfProducts parameters: {name}")}
    return values
