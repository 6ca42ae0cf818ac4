"""Traces and tables to the integers of the contract."""

import math
from dataclasses import dataclass

import numpy as np

from snnsim.contract import Format
from snnsim.contract.terms import FACTOR, FACTOR_FRACTION, HISTORY_STEPS, ONE, TABLE_SIZE, TraceMode
from snnsim.learning import Countdown, Exponential, Graded, History
from snnsim.plasticity import Trace

from .quantise import decay, one_minus_decay, quantise
from .scale import largest_log2

COUNTDOWN = Format(0, FACTOR.hi)
#: A trace that decays so much faster or slower than it should is worth a note.
WORTH_A_NOTE = 0.05


class Tables:
    """The tables of an image, equal ones once."""

    def __init__(self):
        self._rows = []

    def add(self, entries):
        """The number of the table with these integers, shape (256,)."""
        row = tuple(int(entry) for entry in entries)
        if row not in self._rows:
            self._rows.append(row)
        return self._rows.index(row)

    @property
    def array(self):
        return np.array(self._rows, np.int64).reshape(-1, TABLE_SIZE)


@dataclass(frozen=True)
class TraceReport:
    """A trace in integers: one unit of its factor stands for ``2**log2``.

    ``name`` as in the rule. ``tau_error``: of the time that a spike is remembered, counted as the integers
    decay; ``amount_error``: of what a spike adds, or of the largest entry of a table; both relative.
    ``amount``: what one spike makes the factor at most, 1 being 2**14. ``highest``: the most that fits.
    """

    name: str
    kind: str
    log2: int
    amount: float
    amount_error: float = 0.0
    tau_error: float = 0.0

    @property
    def highest(self):
        return FACTOR.hi / ONE * 2.0 ** self.log2

    def notes(self):
        if abs(self.tau_error) > WORTH_A_NOTE:
            how = "fast" if self.tau_error < 0 else "slowly"
            yield (f"{self.name} decays {abs(self.tau_error):.0%} too {how}: a spike adds only "
                   f"{round(self.amount * ONE)} units; give the trace a lower highest, or use a larger dt")


def quantised_trace(name, trace, dt, formats, tables, largest_graded=0.0):
    """``(plasticity.Trace, TraceReport)`` of a trace of `snnsim.learning`.

    ``tables``: `Tables`, to which that of a `History` is added; ``largest_graded``: of what a `Graded` trace
    adds.
    """
    kind = type(trace).__name__
    match trace:
        case Countdown():
            steps = [trace.duration / dt] if trace.steps is None else [trace.steps]
            amount = int(quantise(steps, COUNTDOWN, f"{name}: duration", "use a shorter one")[0])
            error = amount / steps[0] - 1 if steps[0] else 0.0
            return Trace(TraceMode.COUNTDOWN, amount=amount), TraceReport(name, kind, 0, 1.0, tau_error=error)
        case History():
            return _history(name, trace, tables)
        case Exponential() | Graded():
            return _decaying(name, trace, dt, formats, largest_graded)
    mode = TraceMode.ADD if trace.mode == "add" else TraceMode.SET
    return (Trace(mode, trace.keep_q, trace.amount_q),
            TraceReport(name, kind, 0, abs(trace.amount_q) / ONE))


def table_of(values, what):
    """``values``, shape (256,), in the format of factors; those of 2 become the largest there is."""
    return quantise(np.minimum(np.asarray(values) * ONE, FACTOR.hi), FACTOR, what, "use smaller values")


def remembered(amount, keep, decay_bits):
    """The sum of what is left of ``amount`` in all steps, the first one included; inf if it never ends."""
    total, x = 0, amount
    while x:
        total += x
        kept = x * keep >> decay_bits
        if kept == x:
            return math.inf
        x = kept
    return total


def memory_error(amount, tau, dt, formats):
    """How much longer or shorter, relative, ``amount`` units are remembered than with an exact decay."""
    if not amount or not np.isfinite(tau):
        return 0.0
    keep = round(float(decay(tau, dt)) * formats.keep.hi)
    return remembered(amount, keep, formats.decay_bits) * float(one_minus_decay(tau, dt)) / amount - 1


def _decaying(name, trace, dt, formats, largest_graded):
    """An exponential trace has its full amount one step after a spike: what decays until then is in the
    amount."""
    graded = isinstance(trace, Graded)
    kept = float(decay(trace.tau, dt))
    exact = trace.amount * kept
    highest = _longest_sum(trace, dt, largest_graded) if graded else trace.assumed_highest
    s = min(largest_log2(highest, FACTOR.hi), largest_log2(abs(exact), FACTOR.hi))
    amount = int(quantise([math.ldexp(exact, s)], FACTOR, f"{name}: amount", "use a smaller one")[0])
    keep = int(quantise([kept * formats.keep.hi], formats.keep, name, "")[0])
    mode = TraceMode.SET if not graded and trace.mode == "set" else TraceMode.ADD
    error = math.ldexp(amount, -s) / exact - 1 if exact else 0.0
    report = TraceReport(name, type(trace).__name__, FACTOR_FRACTION - s, abs(amount) / ONE, error,
                         memory_error(abs(amount), trace.tau, dt, formats))
    return Trace(mode, keep, amount, graded=graded), report


def _longest_sum(trace, dt, largest_graded):
    """The highest value of a `Graded` trace."""
    if trace.highest is not None:
        return trace.highest
    size = abs(trace.amount) * largest_graded
    return max(size / float(one_minus_decay(trace.tau, dt)), np.finfo(float).tiny)


def _history(name, trace, tables):
    if trace.table is None:
        bits = np.arange(TABLE_SIZE)[:, None] >> np.arange(HISTORY_STEPS) & 1
        values = bits[:, :trace.taps.size] @ trace.taps
    else:
        values = trace.table
    largest = float(np.abs(values).max())
    s = largest_log2(largest, FACTOR.hi) if largest else FACTOR_FRACTION
    entries = quantise(np.ldexp(values, s), FACTOR, f"{name}: table", "use smaller values")
    error = np.abs(np.ldexp(entries.astype(float), -s) - values).max() / largest if largest else 0.0
    report = TraceReport(name, "History", FACTOR_FRACTION - s, int(np.abs(entries).max()) / ONE, float(error))
    return Trace(TraceMode.HISTORY, table=tables.add(entries)), report
