"""Projections to compressed rows of integers."""

from dataclasses import dataclass

import numpy as np

from snnsim.contract import Format
from snnsim.image import ImageProjection
from snnsim.values import DescriptionError

from .parameters import check_format, steps
from .quantise import CompileError, Loss, quantise
from .scale import Limit, largest_log2

#: Delays are held in at most this many bits; far beyond the ring of any core.
DELAY = Format.of_width(16, signed=False)


@dataclass(frozen=True, eq=False)
class Rows:
    """A projection's synapses in the order of their sources, with ``value`` in volts or already in units.

    ``delay`` (steps) has one entry per synapse, or a single one for all.
    """

    projection: object
    indptr: np.ndarray
    target: np.ndarray
    value: np.ndarray
    delay: np.ndarray
    delay_loss: Loss

    @property
    def title(self):
        return self.projection.title


def expand(projection, n_pre, n_post, dt, gain, target_dtype):
    """The `Rows` of ``projection``; ``gain``, shape (n_post,), takes weights to volts (None: leave them)."""
    synapses = projection.synapses(n_pre, n_post)
    delay, delay_loss = _delays(projection, synapses.delay, dt)
    value = synapses.weight if gain is None else _in_volts(synapses, gain, projection.title)
    pre, columns = synapses.pre, [synapses.post.astype(target_dtype), value, delay]
    if np.any(pre[1:] < pre[:-1]):
        order = np.argsort(pre, kind="stable")
        columns = [c if c.size == 1 else c[order] for c in columns]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(pre, minlength=n_pre))])
    return Rows(projection, indptr, *columns, delay_loss)


def weight_limits(rows, n_post, formats):
    """What the weights onto a population demand of its scale: each alone, and all together."""
    w, largest = formats.weight, formats.exponent.hi
    total = np.zeros((2, n_post))
    for r in rows:
        for sign, hi in enumerate((w.hi, -w.lo)):
            part = np.maximum(r.value if sign == 0 else -r.value, 0)
            size = float(part.max(initial=0))
            yield Limit(size, hi << largest, f"a weight of {size:g} V in {r.title}")
            total[sign] += np.bincount(r.target, part, n_post)
    for sums, hi in zip(total, (formats.drive.hi, -formats.drive.lo), strict=True):
        size = float(sums.max(initial=0))
        where = sums.argmax() if n_post else 0
        yield Limit(size, hi, f"the arrivals of one step at neuron {where}, which can sum to {size:g} V")


def in_units(rows, scale, formats, place):
    """``(ImageProjection, Loss)`` of weights in volts: the smallest exponent under which the largest fits."""
    w = formats.weight
    fits = min(largest_log2(float(rows.value.max(initial=0)), w.hi),
               largest_log2(float(-rows.value.min(initial=0)), -w.lo))
    exponent = max(0, scale.log2 - fits)
    weight = quantise(np.ldexp(rows.value, scale.log2 - exponent), w, rows.title, "use smaller weights")
    loss = Loss.between(rows.value, np.ldexp(weight.astype(float), exponent - scale.log2))
    return _image_projection(rows, weight, exponent, formats, place), loss


def as_given(rows, formats, place):
    """``(ImageProjection, Loss)`` of weights that are integers already."""
    exponent = rows.projection.exponent
    for values, format, what in ((rows.value, formats.weight, "weight_q"),
                                 (np.array([exponent]), formats.exponent, "exponent")):
        check_format(values, format, f"{rows.title}: {what}")
    return _image_projection(rows, rows.value, exponent, formats, place), Loss()


@dataclass(frozen=True)
class Place:
    """Where a projection's sources and targets begin among those of the image, and how many there are."""

    first_source: int
    n_sources: int
    first_target: int
    n_targets: int


def _image_projection(rows, weight, exponent, formats, place):
    dtype = np.int8 if formats.weight_width <= 8 else np.int16
    return ImageProjection(
        name=rows.projection.name, **vars(place), exponent=exponent, indptr=rows.indptr, target=rows.target,
        weight=weight.astype(dtype), delay=rows.delay)


def _in_volts(synapses, gain, title):
    with np.errstate(over="ignore"):
        volts = synapses.weight * (gain[0] if np.ptp(gain) == 0 else gain[synapses.post]) if gain.size \
            else synapses.weight
    if not np.isfinite(volts).all():
        raise CompileError(f"{title}: a weight is too large for floats once it is in volts; use smaller "
                           "weights")
    return volts


def _delays(projection, delay, dt):
    if projection.delay_steps is not None:
        what, remedy = f"{projection.title}: delay_steps", "use shorter delays"
        whole, loss = quantise(delay, DELAY, what, remedy), Loss()
    else:
        what, remedy = f"{projection.title}: delay", "use shorter delays or a larger dt"
        whole, loss = steps(delay, dt, DELAY, what, remedy)
    if whole.size and whole.min() < 1:
        raise DescriptionError(f"{projection.title}: delay must be at least one dt, {dt:g} s, not "
                               f"{np.min(delay):g} s; use longer delays or a smaller dt")
    if whole.size == 0 or np.all(whole == whole[0]):
        whole = whole[:1] if whole.size else np.ones(1, int)
    return whole.astype(np.min_scalar_type(int(whole.max()))), loss
