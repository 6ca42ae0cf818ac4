"""What rounding did to learning rules."""

from dataclasses import dataclass, replace

from snnsim.contract.terms import ONE
from snnsim.learning import Product

from .tables import percent, table

#: Factors of neurons and of the network reach about 1; conditions and signs are 1.
USUAL, LARGEST = 1.0, 2.0


@dataclass(frozen=True)
class TermReport:
    """A product of a rule: its coefficient as it should be and as it is, both relative to half the range.

    ``single``: by how much one event changes the target, in units of the target; ``most``: at most.
    """

    product: Product
    wanted: float
    actual: float
    single: float = 0.0
    most: float = 0.0

    @property
    def error(self):
        """The relative error of the amplitude."""
        return abs(self.actual / self.wanted - 1) if self.wanted else 0.0

    def sized(self, traces, reach, formats):
        """With ``single`` and ``most``. ``traces``: ``(Trace, TraceReport)`` by name; ``reach``: of the
        weights."""
        target = 2.0 ** (formats.weight_width - 2) if self.product.target == "w" else ONE
        single = most = abs(self.actual) * target
        for name in self.product.factors:
            if name in traces:
                single, most = single * traces[name][1].amount, most * LARGEST
            elif name in ("w", "up", "down"):
                share = reach / 2.0 ** (formats.weight_width - 2)
                single, most = single * share, most * share
            elif name not in ("pre", "post", "sign"):
                single, most = single * USUAL, most * LARGEST
        return replace(self, single=single, most=most)


@dataclass(frozen=True)
class LearningReport:
    """A learning rule in integers.

    ``unit``: what 1 of an integer weight is, in the unit of the description. ``w_min``, ``w_max``: integers.
    ``traces``: a `TraceReport` for each of its traces. ``tau_e_error``: relative.
    """

    name: str
    unit: float
    w_min: int
    w_max: int
    rounding: str
    terms: tuple
    traces: tuple
    tau_e_error: float = 0.0

    @property
    def single(self):
        """The largest change of a weight by a single event, in units of a weight."""
        return max((t.single for t in self.terms if t.product.target == "w"), default=0.0)

    @property
    def most(self):
        """What one step can change a weight by at most, in units of a weight."""
        return sum(t.most for t in self.terms if t.product.target == "w")

    def notes(self):
        for term in self.terms:
            if term.wanted and not term.actual:
                yield f"{self.name}: {term.product} is so small that it became 0"
        if self.rounding == "toward_zero" and self.single < 1:
            lost = "nothing would ever be learned" if self.most < 1 else "single events would change nothing"
            yield (f"{self.name}: an event changes a weight by at most {self.single:.2g} of its units, and "
                   f"rounded toward zero {lost}; use rounding='stochastic', or weights of more bits")
        for trace in self.traces:
            yield from trace.notes()


HEAD = ("learning", "units", "error", "unit of w", "w from", "to", "rounding")
TRACE_HEAD = ("trace", "kind", "up to", "spike", "error", "tau error")


def rows(report):
    """The lines of the table: one for each term."""
    for k, term in enumerate(report.terms):
        shared = (f"{report.unit:.3g}", f"{report.w_min * report.unit:.3g}",
                  f"{report.w_max * report.unit:.3g}", report.rounding) if k == 0 else ("",) * 4
        yield (f"{report.name}: {term.product}", f"{term.single:.3g}", percent(term.error), *shared)


def trace_rows(report):
    for t in report.traces:
        yield (t.name, t.kind, f"{t.highest:.3g}", f"{round(t.amount * ONE)}", percent(abs(t.amount_error)),
               percent(abs(t.tau_error)))


def tables(reports):
    """The tables of all `LearningReport`\\ s."""
    return (table(HEAD, [row for r in reports for row in rows(r)]),
            table(TRACE_HEAD, [row for r in reports for row in trace_rows(r)]))
