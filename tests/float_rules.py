"""Learning rules written down in floats, with what rounding may do to the integers, and networks to try them
in.

Random spike trains drive the sources and, through strong synapses of their own, the targets. The floats carry
along how far rounding may have taken the integers: half a unit for what is rounded to the nearest, a unit for
what is truncated, per number and step. Nothing in these bounds is fitted.
"""

from dataclasses import dataclass, field

import numpy as np

from snnsim import (
    LIF,
    AllToAll,
    Countdown,
    Graded,
    History,
    Input,
    Network,
    OneToOne,
    Population,
    Projection,
    ReferenceSimulator,
    SpikeRaster,
    Uniform,
    compile,
)
from snnsim.contract.terms import FACTOR_FRACTION, ONE
from tests.approximate import Approximate, exact

DT, STEPS, N_PRE, N_POST = 1e-3, 400, 6, 4
#: What is left of a factor's precision: a coefficient has 14 bits behind the point of its mantissa, and a
#: decay factor 16 bits.
COEFFICIENT, KEEP = 2.0 ** -15, 2.0 ** -17
UNIT = 1 / ONE


@dataclass(frozen=True)
class Case:
    """A rule, what it needs of the network, and ``changes(s)``: ``(dw, de)`` of a step in floats, made of
    the factors in the `Step` ``s``. ``terms``: products that can be added up in one step."""

    rule: object
    changes: object
    terms: int
    modulators: tuple = ()
    population: dict = field(default_factory=dict)
    tau_m: float = None
    written: dict = field(default_factory=dict)  # step -> modulators that the host writes before it
    #: The share of w that a step takes away: apart from ``changes``, as it takes of the error of w too.
    forgets: object = None


@dataclass
class Step:
    """The factors of one step: 0 or 1 for spikes, else `Approximate`; sources are rows, targets columns."""

    pre: np.ndarray
    post: np.ndarray
    w: Approximate
    e: Approximate
    traces: dict = field(default_factory=dict)
    m: Approximate = None
    modulators: list = None
    g: Approximate = None

    def __getattr__(self, name):
        if name in ("x1", "x2", "y1", "y2"):
            return self.traces[name]
        raise AttributeError(name)


def c(value):
    """A coefficient."""
    return Approximate(value, abs(value) * COEFFICIENT)


class FloatTrace:
    """An exponential trace in floats: the sum over past spikes of ``exp(-t / tau)``; or a window; or taps."""

    def __init__(self, trace, log2, shape):
        self.trace, self.unit = trace, UNIT * 2.0 ** log2
        self.spikes = []
        self.x = exact(np.zeros(shape))

    def read(self):
        match self.trace:
            case Countdown():
                steps = round(self.trace.duration / DT)
                recent = self.spikes[max(0, len(self.spikes) - steps):]
                return exact(np.any(recent, axis=0) * 1.0 if recent else self.x.value)
            case History():
                recent = self.spikes[::-1][:len(self.trace.taps)]
                value = sum((tap * s for tap, s in zip(self.trace.taps, recent, strict=False)), self.x.value)
                return Approximate(value, self.unit / 2)
        return self.x

    def step(self, spikes, g):
        """Take up the spikes of a step, or graded values; then decay until the next one."""
        self.spikes.append(spikes * 1.0)
        if isinstance(self.trace, Countdown | History):
            return
        kept = np.exp(-DT / self.trace.tau)
        if isinstance(self.trace, Graded):
            amount = Approximate(kept * self.trace.amount, self.unit / 2)
            added = (amount * g).off_by(self.unit)
        else:
            added = Approximate(kept * self.trace.amount * spikes, self.unit / 2 * spikes)
        self.x = self.x * Approximate(kept, KEEP)
        self.x = self.x.off_by(self.unit * (self.x.value != 0)) + added


def spike_trains(seed):
    """Spikes of the sources, of the targets and of the teachers, each of shape (STEPS, n)."""
    rng = np.random.default_rng(seed)
    return tuple(rng.random((STEPS, n)) < rate
                 for n, rate in ((N_PRE, 0.05), (N_POST, 0.06), (N_POST, 0.1)))


W_MIN, W_MAX = -0.02, 0.14
#: What a spike of each teacher adds to the third factor of its target.
TEACHING = [0.25, -0.25, 0.125, -0.125]


def network(case, rule):
    """Sources onto targets that learn; "force" makes targets fire a step later, "teacher" feeds their
    ``m``."""
    projections = [Projection("in", "out", AllToAll(), Uniform(0.02, 0.1, seed=3), learning=rule),
                   Projection("force", "out", OneToOne(), 2.0)]
    if case.tau_m is not None:
        projections.append(Projection("teacher", "out", OneToOne(), TEACHING, port="m"))
    return Network(
        DT, [Population("out", N_POST, LIF(tau_mem=0, v_threshold=1.0), **case.population)],
        [Input("in", N_PRE), Input("force", N_POST), Input("teacher", N_POST)], projections,
        modulators=case.modulators)


def integer_run(case, rule, seed):
    """``(compilation, result, weights, tags)`` after all steps, as floats of shape (N_PRE, N_POST)."""
    compilation = compile(network(case, rule))
    machine = ReferenceSimulator(compilation.image)
    stimulus = np.concatenate(spike_trains(seed), axis=1)
    begins = [0, *sorted(case.written), STEPS]
    results = []
    for begin, end in zip(begins, begins[1:], strict=False):
        if begin in case.written:
            machine.write_modulators([round(m * ONE) for m in case.written[begin]])
        results.append(machine.run(SpikeRaster.from_dense(stimulus[begin:end])))
    learned = machine.read_learning()
    unit = compilation.report.learning[0].unit
    return (compilation, results, learned.weights[0].reshape(N_PRE, N_POST) * unit,
            learned.tags[0].reshape(N_PRE, N_POST) * UNIT)


class FloatRun:
    """A rule in floats, step by step, with what rounding may do."""

    def __init__(self, case, rule, compilation):
        self.case, self.products = case, rule.sum_of_products()
        report = compilation.report.learning[0]
        self.unit = report.unit
        image = compilation.image
        self.grade = 2.0 ** image.plasticity.classes[0].grade_shift / image.populations[0].scale
        logs = {t.name.rpartition(" ")[2]: t.log2 for t in report.traces}
        shapes = {"x": (N_PRE, 1), "y": (1, N_POST)}
        self.traces = {name: FloatTrace(trace, logs[name], shapes[name[0]])
                       for name, trace in self.products.traces.items()}
        begin = Uniform(0.02, 0.1, seed=3).draw(N_PRE * N_POST).reshape(N_PRE, N_POST)
        self.w = Approximate(begin, self.unit / 2)
        self.e, self.largest_e = exact(np.zeros((N_PRE, N_POST))), 0.0
        self.m = exact(np.zeros((1, N_POST)))
        self.modulators = [Approximate(m.initial, UNIT / 2) for m in case.modulators]
        #: A product loses a bit of its 24 per factor (at most 4, of up to 2 each) and one when it is aligned.
        self.term = (1 + 4 * 2 ** 4) * 2.0 ** -(24 - FACTOR_FRACTION)

    def run(self, seed):
        """``(w, e)`` after all steps."""
        pre, forced, teacher = (trains[:, None, :] * 1.0 for trains in spike_trains(seed))
        pre = pre.transpose(0, 2, 1)
        nothing_pre, nothing_post = np.zeros_like(pre[0]), np.zeros_like(forced[0])
        for t in range(STEPS):
            before = (pre[t - 1], forced[t - 1], teacher[t - 1]) if t else (
                nothing_pre, nothing_post, nothing_post)
            self.step(t, pre[t], *before)
        return self.w, self.e

    def step(self, t, pre, pre_before, post, teacher):
        """One step: arrivals of the step before, then learning, then traces."""
        if t in self.case.written:
            self.modulators = [Approximate(m, UNIT / 2) for m in self.case.written[t]]
        self.receive(teacher)
        g = self.graded(pre_before, post) if "surrogate" in self.case.population else None
        traces = {name: trace.read() for name, trace in self.traces.items()}
        s = Step(pre, post, self.w, self.e, traces, self.m, self.modulators, g)
        dw, de = self.case.changes(s)
        self.learn(dw, de, exact(0.0) if self.case.forgets is None else self.case.forgets(s))
        for name, trace in self.traces.items():
            trace.step(pre if name[0] == "x" else post, g)
        self.modulate(pre, post)
        # The weights that the spikes of this step carry were those before learning.
        self.sent = s.w

    def receive(self, teacher):
        if self.case.tau_m is not None:
            self.m = self.m * Approximate(np.exp(-DT / self.case.tau_m), KEEP)
            self.m = self.m.off_by(UNIT * (self.m.value != 0)) + teacher * np.array([TEACHING])

    def graded(self, pre_before, post):
        """What the table says of v: each of its entries stands for the middle of a range of v."""
        surrogate = self.case.population["surrogate"]
        arrived = exact(0.0) if not hasattr(self, "sent") else self.sent * pre_before
        v = np.sum(arrived.value, axis=0, keepdims=True) + 2.0 * post - 1.0
        v_error = np.sum(arrived.error, axis=0, keepdims=True)
        value = np.interp(v, surrogate.distance, surrogate.value)
        slope = np.abs(np.diff(surrogate.value) / np.diff(surrogate.distance)).max()
        return Approximate(value, slope * (self.grade / 2 + v_error) + UNIT)

    def learn(self, dw, de, forgotten):
        active = np.broadcast_to((dw.error != 0) | (forgotten.error != 0), self.w.value.shape)
        rounding = self.unit * (1 + self.case.terms * self.term)
        w = self.w * (1.0 - forgotten) + dw.off_by(rounding * active)
        self.w = w.clipped(W_MIN, W_MAX, self.unit / 2)
        if self.products.has_tag:
            kept = np.exp(-DT / self.products.tau_e)
            self.e = self.e * Approximate(kept, KEEP)
            active = np.broadcast_to(de.error != 0, self.e.value.shape)
            self.e = (self.e.off_by(UNIT * (self.e.value != 0))
                      + de.off_by(UNIT * (1 + self.case.terms * self.term) * active))
            self.largest_e = max(self.largest_e, np.abs(self.e.value).max())

    def modulate(self, pre, post):
        counted = {"in": pre.sum(), "out": post.sum()}
        for k, modulator in enumerate(self.case.modulators):
            count = sum(sign * counted[part] for part, sign in modulator.counts.items())
            kept = self.modulators[k] * Approximate(np.exp(-DT / np.float64(modulator.tau)), KEEP)
            self.modulators[k] = kept.off_by(UNIT) + count * Approximate(modulator.gain, UNIT / 2)
