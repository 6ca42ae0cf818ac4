"""Learning rules to the terms of the contract."""

import math
from dataclasses import dataclass

import numpy as np

from snnsim.contract import Formats
from snnsim.contract.terms import FACTOR, FACTOR_FRACTION, ONE, SHIFT, Condition, Factor, Target
from snnsim.plasticity import ProjectionLearning, Rule, Term, Trace

from .learning_report import LearningReport, TermReport
from .quantise import CompileError, decay
from .traces import Tables, memory_error, quantised_trace

TARGETS = {"w": Target.WEIGHT, "e": Target.TAG}
CONDITIONS = {"pre": Condition.PRE, "post": Condition.POST, "step": Condition.STEP,
              "command": Condition.COMMAND}
FACTORS = {"pre": Factor.PRE, "post": Factor.POST, "x1": Factor.X1, "x2": Factor.X2, "m": Factor.M,
           "M0": Factor.M0, "M1": Factor.M1, "M2": Factor.M2, "M3": Factor.M3, "g": Factor.GRADED,
           "sign": Factor.SIGN, "w": Factor.W, "e": Factor.E, "up": Factor.UP, "down": Factor.DOWN}
SLOTS = (Factor.Y1, Factor.Y2)
WEIGHTS = ("w", "up", "down")
DISTANCES = ("up", "down")
#: Of factors in the range -2 .. 2.
LARGEST = -FACTOR.lo / ONE


def uses_distances(projection):
    return projection.learning is not None and projection.learning.sum_of_products().uses(*DISTANCES)


def post_slots(network):
    """The post-synaptic traces of each population, at most two: name to a list of traces.

    Raises `CompileError` naming the projections if those onto one population need more.
    """
    slots, owners = {p.name: [] for p in network.populations}, {}
    for p in network.projections:
        if p.learning is None:
            continue
        traces = p.learning.sum_of_products().traces
        for name in ("y1", "y2"):
            trace, held = traces.get(name), slots[p.post]
            if trace is None or trace in held:
                continue
            if len(held) == len(SLOTS):
                others = sorted({owners[p.post, k] for k in range(len(SLOTS))})
                raise CompileError(
                    f"{p.title} needs {trace} for its {name}, but the neurons of {p.post!r} have two "
                    f"post-synaptic traces, which {' and '.join(others)} {'use' if others[1:] else 'uses'} "
                    "for others; give them equal traces")
            owners[p.post, len(held)] = p.title
            held.append(trace)
    return slots


@dataclass(frozen=True)
class Learner:
    """Makes integers of the rules of a network. ``slots``: those of `post_slots`; ``surrogates``: the largest
    graded value by population."""

    dt: float
    formats: Formats
    slots: dict
    surrogates: dict
    tables: Tables

    def learning(self, projection, enabled, unit, w_min, w_max):
        """``(ProjectionLearning, LearningReport)``.

        ``unit``: what 1 of an integer weight is in the unit of the description; ``w_min``, ``w_max``:
        integers.
        """
        rule = projection.learning.sum_of_products()
        traces = {name: self.trace(f"{projection.name}: {name}", trace, projection.post)
                  for name, trace in rule.traces.items()}
        full_scale = unit * 2.0 ** (self.formats.weight_width - 2)
        made = [self._term(p, traces, full_scale, projection) for p in rule.products]
        made = sorted(made, key=lambda pair: (pair[0].target, pair[0].condition))
        keep_e = 0 if rule.tau_e is None else round(float(decay(rule.tau_e, self.dt)) * self.formats.keep.hi)
        image_rule = Rule(
            tuple(term for term, _ in made if term.coefficient),
            *(traces[name][0] if name in traces else Trace() for name in ("x1", "x2")),
            w_min, w_max, keep_e, stochastic=rule.rounding == "stochastic")
        reach = max(abs(w_min), abs(w_max), w_max - w_min if uses_distances(projection) else 0)
        report = LearningReport(
            projection.name, unit, w_min, w_max, rule.rounding,
            tuple(report.sized(traces, reach, self.formats) for _, report in made),
            tuple(r for _, r in traces.values()),
            0.0 if rule.tau_e is None else memory_error(ONE, rule.tau_e, self.dt, self.formats))
        return ProjectionLearning(image_rule, bool(rule.arrival), np.array(enabled, bool)), report

    def trace(self, name, trace, population):
        """``(plasticity.Trace, TraceReport)``."""
        return quantised_trace(name, trace, self.dt, self.formats, self.tables,
                               self.surrogates.get(population, 0.0))

    def _term(self, product, traces, full_scale, projection):
        """``(Term, TermReport)``; a weight counts as a share of its full scale."""
        wanted = product.coefficient / (full_scale if product.target == "w" else 1.0)
        for name in product.factors:
            if name in traces:
                wanted = math.ldexp(wanted, traces[name][1].log2)
            elif name in WEIGHTS:
                wanted *= full_scale
        coefficient, shift = scaled(wanted, f"{projection.title}: {product}")
        factors = tuple(sorted(self._factor(name, projection) for name in product.factors))
        term = Term(TARGETS[product.target], CONDITIONS[product.condition], coefficient, shift, factors)
        return term, TermReport(product, wanted, math.ldexp(coefficient, -FACTOR_FRACTION - shift))

    def _factor(self, name, projection):
        if name in FACTORS:
            return FACTORS[name]
        if name in ("y1", "y2"):
            trace = projection.learning.sum_of_products().traces[name]
            return SLOTS[self.slots[projection.post].index(trace)]
        raise KeyError(name)


def scaled(wanted, what):
    """``(coefficient, shift)`` nearest to ``wanted``, the coefficient having all its bits where that is
    possible.

    Raises `CompileError` if it is too large.
    """
    if not wanted:
        return 0, 0
    shift = min(1 - math.frexp(wanted)[1], SHIFT.hi)
    coefficient = round(math.ldexp(wanted, FACTOR_FRACTION + shift))
    if abs(coefficient) > FACTOR.hi:  # rounded up
        coefficient, shift = coefficient // 2, shift - 1
    if shift < 0:
        raise CompileError(f"{what} needs a coefficient of {abs(wanted):.3g}, where half of a range is 1, "
                           "and less than 2 are possible; use a smaller amplitude, wider bounds, or traces "
                           "with a lower highest")
    return coefficient, shift
