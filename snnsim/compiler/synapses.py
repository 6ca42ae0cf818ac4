"""Projections to compressed rows of integers."""

from dataclasses import dataclass, replace

import numpy as np

from snnsim.contract import Format
from snnsim.image import ImageProjection
from snnsim.slices import counts, extreme_sums, first_outside
from snnsim.values import DescriptionError

from .learning import uses_distances
from .parameters import check_format, steps
from .quantise import CompileError, Loss, quantise
from .scale import Limit, largest_log2

#: Delays are held in at most this many bits; far beyond the ring of any core.
DELAY = Format.of_width(16, signed=False)
DELAY_DTYPE = np.uint16
#: What is still a float.
LARGEST = np.finfo(float).max


@dataclass(frozen=True, eq=False)
class Rows:
    """A projection's synapses in the order of their sources, with ``value`` in volts or already in units.

    ``value`` and ``delay`` (steps) have one entry per synapse, or a single one for all; so has ``enabled``,
    None where nothing learns. ``gain`` takes what the rule of a learning projection says in the unit of its
    weights to volts.
    """

    projection: object
    indptr: np.ndarray
    target: np.ndarray
    value: np.ndarray
    delay: np.ndarray
    enabled: np.ndarray
    delay_loss: Loss
    gain: float = 1.0

    @property
    def title(self):
        return self.projection.title

    @property
    def learns(self):
        return self.projection.learning is not None

    @property
    def bounds(self):
        """``(w_min, w_max)`` in volts or units."""
        rule = self.projection.learning
        return rule.w_min * self.gain, rule.w_max * self.gain

    def extremes(self):
        """The lowest and the highest that each value can become; a single entry where all can the same."""
        if not self.learns:
            return self.value, self.value
        return tuple(np.where(self.enabled, bound, self.value) for bound in self.bounds)

    def largest(self):
        """``(upward, downward)`` sizes that the weight format must hold."""
        lowest, highest = self.extremes()
        up, down = float(highest.max(initial=0)), float(-lowest.min(initial=0))
        if self.learns:
            up, down = max(up, self.bounds[1]), max(down, -self.bounds[0])
        if uses_distances(self.projection):
            up = max(up, self.bounds[1] - self.bounds[0])
        return up, down


def expand(projection, n_pre, n_post, dt, gain, target_dtype):
    """The `Rows` of ``projection``; ``gain``, shape (n_post,), takes weights to volts (None: leave them)."""
    synapses = projection.synapses(n_pre, n_post)
    delay, delay_loss = _delays(projection, synapses.delay, dt)
    value = synapses.weight if gain is None else _in_volts(synapses, gain, projection.title)
    pre, value = synapses.pre, value[:synapses.pre.size]
    columns = [synapses.post.astype(target_dtype, copy=False), value, delay, synapses.enabled]
    if np.any(pre[1:] < pre[:-1]):
        order = by_source(pre)
        columns = [c if c is None or c.size == 1 else c[order] for c in columns]
    indptr = np.concatenate([[0], np.cumsum(counts(pre, n_pre))])
    return Rows(projection, indptr, *columns, delay_loss, _one_gain(projection, gain))


def by_source(pre):
    """The order of an image's synapses: by source, and as described within each."""
    return np.argsort(pre, kind="stable")


def _one_gain(projection, gain):
    """The gain that all targets of a learning projection share."""
    if projection.learning is None or gain is None or not gain.size:
        return 1.0
    if np.ptp(gain) or not gain[0] > 0:
        raise CompileError(f"{projection.title} learns, so a weight must do the same, more than nothing, to "
                           "all its targets: give them the same r and tau_mem, r above 0, or split them up")
    return float(gain[0])


def weight_limits(rows, n_post, formats):
    """What the weights onto a population demand of its scale: each alone, and all together."""
    w, largest = formats.weight, formats.exponent.hi
    total = np.zeros((2, n_post))
    for r in rows:
        for hi, size in zip((w.hi, -w.lo), r.largest(), strict=True):
            yield Limit(size, hi << largest, f"a weight of {size:g} V in {r.title}")
        total += extreme_sums(r.target, *r.extremes(), n_post)
    for sums, hi in zip(np.abs(total), (formats.drive.hi, -formats.drive.lo), strict=True):
        size = float(sums.max(initial=0))
        where = sums.argmax() if n_post else 0
        yield Limit(size, hi, f"the arrivals of one step at neuron {where}, which can sum to {size:g} V")


def in_units(rows, scale, formats, place, learner):
    """The `Quantised` of weights in volts: the smallest exponent under which the largest fits.

    The largest that a weight can learn counts, not the largest that it is at first.
    """
    w = formats.weight
    up, down = rows.largest()
    exponent = max(0, scale.log2 - min(largest_log2(up, w.hi), largest_log2(down, -w.lo)))
    if uses_distances(rows.projection) and np.ptp(_bounds(rows, exponent - scale.log2)) > w.hi:
        exponent += 1  # both bounds were rounded outward
    log2 = exponent - scale.log2
    _check_bounds(rows, log2)
    weight = quantise(rows.value, w, rows.title, "use smaller weights", log2, _dtype(formats))
    loss = Loss.between(rows.value, weight, log2)
    if weight.size == 1:
        loss = replace(loss, zeroed=loss.zeroed * rows.target.size)
    return _quantised(rows, weight, exponent, log2, formats, place, learner, loss)


def as_given(rows, formats, place, learner):
    """The `Quantised` of weights that are integers already."""
    exponent = rows.projection.exponent
    _check_bounds(rows, 0)
    for values, format, what in ((rows.value, formats.weight, "weight_q"),
                                 (np.array([exponent]), formats.exponent, "exponent")):
        check_format(values, format, f"{rows.title}: {what}")
    return _quantised(rows, rows.value, exponent, 0, formats, place, learner, Loss())


@dataclass(frozen=True)
class Place:
    """Where a projection's sources and targets begin among those of the image, and how many there are."""

    first_source: int
    n_sources: int
    first_target: int
    n_targets: int


@dataclass(frozen=True, eq=False)
class Quantised:
    """An `ImageProjection`, what its weights lost, and the `LearningReport` of its rule, if it has one."""

    projection: ImageProjection
    loss: Loss
    learning: object = None


def _quantised(rows, weight, exponent, log2, formats, place, learner, loss):
    """``log2``: one unit of a weight is ``2**log2`` volts."""
    learning = report = None
    if rows.learns:
        w_min, w_max = (int(b) for b in _bounds(rows, log2))
        check_format(np.array([w_min, w_max]), formats.weight, f"{rows.title}: bound")
        unit = float(np.ldexp(1.0, log2)) / rows.gain
        learning, report = learner.learning(rows.projection, rows.enabled, unit, w_min, w_max)
    return Quantised(ImageProjection(
        name=rows.projection.name, **vars(place), exponent=exponent, indptr=rows.indptr, target=rows.target,
        weight=weight.astype(_dtype(formats), copy=False), delay=rows.delay, learning=learning,
        to_m=rows.projection.port == "m",
    ), loss, report)


def _dtype(formats):
    return np.int8 if formats.weight_width <= 8 else np.int16


def _bounds(rows, log2):
    """The bounds in units of a weight, rounded."""
    return np.rint(np.ldexp(np.array(rows.bounds), -log2))


def _check_bounds(rows, log2):
    """Refuse a weight that learns and, rounded, is outside its bounds."""
    if not rows.learns:
        return
    lowest, highest = _bounds(rows, log2)
    rounded = np.rint(np.ldexp(rows.value.astype(float), -log2))
    wrong = np.flatnonzero(rows.enabled & ((rounded < lowest) | (rounded > highest)))
    if wrong.size:
        rule, value = rows.projection.learning, rows.value[wrong[0] % rows.value.size] / rows.gain
        raise CompileError(f"{rows.title}: a weight of {value:g} is outside the bounds of its learning rule, "
                           f"{rule.w_min:g} .. {rule.w_max:g}; change either, or do not enable its synapse")


def _in_volts(synapses, gain, title):
    with np.errstate(over="ignore"):
        volts = synapses.weight * (gain[0] if np.ptp(gain) == 0 else gain[synapses.post]) if gain.size \
            else synapses.weight
    if first_outside(volts, -LARGEST, LARGEST) is not None:
        raise CompileError(f"{title}: a weight is too large for floats once it is in volts; use smaller "
                           "weights")
    return volts


def _delays(projection, delay, dt):
    if projection.delay_steps is not None:
        what, remedy = f"{projection.title}: delay_steps", "use shorter delays"
        whole, loss = quantise(delay, DELAY, what, remedy, dtype=DELAY_DTYPE), Loss()
    else:
        what, remedy = f"{projection.title}: delay", "use shorter delays or a larger dt"
        whole, loss = steps(delay, dt, DELAY, what, remedy, DELAY_DTYPE)
    if whole.size and whole.min() < 1:
        raise DescriptionError(f"{projection.title}: delay must be at least one dt, {dt:g} s, not "
                               f"{np.min(delay):g} s; use longer delays or a smaller dt")
    if whole.size == 0 or np.all(whole == whole[0]):
        whole = whole[:1] if whole.size else np.ones(1, DELAY_DTYPE)
    return whole.astype(np.min_scalar_type(int(whole.max())), copy=False), loss
