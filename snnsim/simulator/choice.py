"""How the spikes of each projection are delivered: the cheapest way, by a model of what each costs.

The figures are picoseconds, measured on one core of a server of 2023 (AMD Zen 4); what counts is how they
compare, and on other machines they all move together. All ways give the same sums, so a wrong figure costs
time and nothing else.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from snnsim.errors import UserError

from .blocks import delays_of, weights_of, words_of
from .delivery import PACKED_ROW
from .expand import is_fast

#: The share of its sources that spikes in a step, where nothing else is known: 40 Hz in steps of 0.1 ms.
ACTIVITY = 1 / 256
#: An arrival over a compressed row; with a weight of its own.
ARRIVAL, WEIGHTED_ARRIVAL = 600, 750
#: A segment; a dense row or a bitmap; a block in which there is any.
SEGMENT, ROW, BLOCK = 6_000, 10_000, 40_000
#: A byte of a dense row; a word of a bitmap; a neuron whose count is added.
DENSE_BYTE, WORD, COUNT = 65, 480, 250
#: 32 neurons of a packed row, where the processor has an instruction for it, and elsewhere; a neuron whose
#: sum is added.
PACKED_WORD, SLOW_PACKED_WORD, SUM = 1_500, 20_000, 130
#: Bytes that a synapse may take where a projection takes more than `SMALL` in all.
MOST_BYTES, SMALL = 4, 1 << 20


class Method(Enum):
    """How spikes are delivered."""

    ROWS = "rows"
    DENSE = "dense"
    BITMAPS = "bitmaps"
    PACKED = "packed"


@dataclass(frozen=True)
class Choice:
    """How the spikes of a projection are delivered.

    ``cost``: predicted nanoseconds for a spike of one of its sources, where `ACTIVITY` of them spike in a
    step. ``bytes``: memory of its synapses. ``constant``: whether all weights are one.
    """

    projection: str
    method: Method
    cost: float
    bytes: int
    synapses: int
    constant: bool

    def __str__(self):
        each = f"{self.bytes / self.synapses:.2f} bytes each" if self.synapses else "none"
        return (f"{self.projection}: {self.method.value}, {self.synapses:,} synapses ({each}), "
                f"{self.cost:,.0f} ns a spike predicted")


def choose(projections, weight_bytes, wanted=None):
    """A `Choice` for each projection.

    ``wanted``: a method, or ``{name of a projection: method}``, as `Method` or its value; the others are
    chosen. Raises `UserError` if a method does not exist or cannot hold a projection.
    """
    by_name = wanted if isinstance(wanted, dict) else dict.fromkeys((p.name for p in projections), wanted)
    unknown = set(by_name) - {p.name for p in projections}
    if unknown:
        raise UserError(f"delivery names {min(unknown)!r}, which is no projection of this network")
    return [_choice(p, weight_bytes, _method(by_name.get(p.name))) for p in projections]


def _method(wanted):
    try:
        return wanted if wanted is None else Method(wanted)
    except ValueError:
        names = ", ".join(m.value for m in Method)
        raise UserError(f"there is no delivery {wanted!r}; there are {names}") from None


def _choice(p, weight_bytes, wanted):
    weights, delays = weights_of(p), delays_of(p)
    options = [_rows(p, weights, delays, weight_bytes)]
    if p.n_synapses:
        options += [_dense(p, weights, delays, weight_bytes), _bitmaps(p, weights, delays)]
    if p.n_synapses and weight_bytes == 1:
        options.append(_packed(p, weights, delays))
    if wanted is Method.PACKED and weight_bytes > 1:
        raise UserError(f"delivery 'packed' is for weights of 8 bits, and projection {p.name!r} has "
                        "wider ones; choose 'rows'")
    if wanted is not None:
        options = [option for option in options if option.method is wanted]
    else:
        options = [o for o in options if _is_reasonable(o)]
    for option in sorted(options, key=lambda o: o.cost):
        if option.method is Method.ROWS or not _has_repeats(p):
            return option
    if p.n_synapses == 0:
        return _rows(p, weights, delays, weight_bytes)
    raise UserError(f"projection {p.name!r} has several synapses of one delay between the same two "
                    f"neurons, so its delivery cannot be {wanted.value!r}; choose 'rows'")


def _is_reasonable(option):
    if option.method is Method.ROWS:
        return True
    return option.bytes <= max(SMALL, MOST_BYTES * option.synapses)


def _option(p, method, picoseconds, n_bytes, weights):
    return Choice(p.name, method, picoseconds / 1000, int(n_bytes), p.n_synapses, len(weights) == 1)


def _rows(p, weights, delays, weight_bytes):
    arrivals, constant = _fan_out(p), len(weights) == 1
    segments = min(arrivals, len(delays) * -(-p.n_targets >> 16))
    cost = segments * SEGMENT + arrivals * (ARRIVAL if constant else WEIGHTED_ARRIVAL)
    n_bytes = p.n_synapses * (2 + (0 if constant else weight_bytes)) + segments * p.n_sources * 40
    return _option(p, Method.ROWS, cost, n_bytes, weights)


def _dense(p, weights, delays, weight_bytes):
    first, last = _ends(p)
    length = float(np.mean(last - first + 1)) * len(delays) * weight_bytes
    cost = len(delays) * (ROW + BLOCK / _at_once(p)) + length * DENSE_BYTE
    return _option(p, Method.DENSE, cost, length * p.n_sources + 24 * len(delays) * p.n_sources, weights)


def _bitmaps(p, weights, delays):
    n = len(weights) * len(delays)
    words = words_of(p.n_targets)
    cost = n * (ROW + words * WORD + (BLOCK + p.n_targets * COUNT) / _at_once(p))
    return _option(p, Method.BITMAPS, cost, n * 8 * words * p.n_sources, weights)


def _packed(p, weights, delays):
    words, word = 2 * words_of(p.n_targets), PACKED_WORD if is_fast() else SLOW_PACKED_WORD
    cost = len(delays) * (ROW + words * word + (BLOCK + p.n_targets * SUM) / _at_once(p))
    n_bytes = p.n_synapses + len(delays) * p.n_sources * (4 * words + PACKED_ROW.itemsize)
    return _option(p, Method.PACKED, cost, n_bytes, weights)


def _fan_out(p):
    return p.n_synapses / max(p.n_sources, 1)


def _at_once(p):
    """Sources that are delivered in a step in which any is."""
    return max(1.0, p.n_sources * ACTIVITY)


def _ends(p):
    """The lowest and the highest target of each source that has any."""
    rows = np.flatnonzero(np.diff(p.indptr))
    starts = p.indptr[rows]
    return np.minimum.reduceat(p.target, starts), np.maximum.reduceat(p.target, starts)


def _has_repeats(p):
    """Whether any two synapses have source, target and delay in common."""
    source = np.repeat(np.arange(p.n_sources), np.diff(p.indptr))
    key = source * (int(p.delay.max()) + 1) + p.delays()
    key = key * p.n_targets + p.target
    if np.all(key[1:] > key[:-1]):
        return False
    return np.unique(key).size < key.size
