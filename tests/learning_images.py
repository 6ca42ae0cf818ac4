"""A small image that learns, of which single numbers can be changed."""

from dataclasses import replace

import numpy as np

from snnsim.contract import Formats
from snnsim.contract.terms import ONE, Condition, Factor, Target, TraceMode
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.plasticity import (
    Adaptation,
    Modulator,
    Plasticity,
    PostClass,
    ProjectionLearning,
    Rule,
    Term,
    Trace,
)

N_NEURONS, N_INPUTS = 3, 2
FORMATS = Formats(decay_bits=12, weight_width=8)
RULE = Rule(
    terms=(Term(Target.WEIGHT, Condition.PRE, -100, 2, (Factor.X2, Factor.Y1)),
           Term(Target.TAG, Condition.POST, ONE, 0, (Factor.X1, Factor.M0, Factor.E))),
    x1=Trace(TraceMode.ADD, 4000, 1000), x2=Trace(TraceMode.HISTORY, table=1),
    w_min=-20, w_max=50, keep_e=4096, stochastic=True)
OTHER_RULE = replace(RULE, stochastic=False, terms=(Term(Target.WEIGHT, Condition.STEP, 5, 0, (Factor.UP,)),))


def plasticity(**changes):
    """Two classes, two tables; ``changes`` by field."""
    fields = {
        "classes": (PostClass(Trace(amount=7, keep=5), Trace(TraceMode.COUNTDOWN, amount=3), 9, 0, 4),
                    PostClass(Trace(amount=6, graded=True))),
        "neuron_class": np.array([0, 1, 0]), "sign": np.array([1, -1, 1]), "initial_m": np.array([0, 5, -6]),
        "counts": np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, -1, 0, 1], [0, 0, 0, 0]]),
        "modulators": (Modulator(1, 2, 3), Modulator(), Modulator(gain=-4), Modulator(keep=4096)),
        "tables": np.arange(512).reshape(2, 256), "seed": 17}
    return Plasticity(**fields | changes)


def adaptation(**changes):
    """Of the three neurons; ``changes`` by field."""
    fields = {"keep_z": np.array([0, 4096, 7]), "jump": np.array([3, 0, 1]), "initial": np.array([0, 2, 0])}
    return Adaptation(**fields | changes)


def image(**changes):
    """Two projections that learn, one that is fixed, one to third factors.

    ``changes`` of a field of the image, of the rule of the first projection with ``rule``, ``learning``,
    ``plasticity`` and ``adaptation`` as a dict of fields, or of the first projection with a leading ``q_``.
    """
    zeros = np.zeros(N_NEURONS, np.int64)
    parameters = Parameters(**dict.fromkeys(Parameters.names(), zeros))
    rule = replace(RULE, **changes.get("rule", {}))
    learning = {"rule": rule, "arrival": True, "enabled": np.array([True, False, True])}
    learning = ProjectionLearning(**learning | changes.get("learning", {}))
    first = ImageProjection("first", 3, 2, 0, 3, 2, np.array([0, 2, 3]), np.array([0, 2, 1]),
                            np.array([5, -60, 7]), np.array([2, 1, 2]), learning)
    second = replace(first, name="second", first_source=0, n_sources=3, indptr=np.array([0, 0, 1, 3]),
                     weight=np.array([5, -6, 7]), learning=ProjectionLearning(OTHER_RULE))
    fixed = replace(second, name="fixed", learning=None)
    third = replace(fixed, name="third", to_m=True, delay=np.array([3]))
    first = replace(first, **{name[2:]: value for name, value in changes.items() if name.startswith("q_")})
    fields = {
        "formats": FORMATS, "populations": (Part("a", 0, 3),), "inputs": (Part("in", 0, 2),),
        "parameters": parameters, "initial": State(zeros, zeros, zeros),
        "projections": (first, second, fixed, third),
        "plasticity": plasticity(**changes.get("plasticity", {})),
        "adaptation": adaptation(**changes.get("adaptation", {}))}
    return Image(**fields | changes.get("fields", {}))
