"""What neurons draw by chance, to the columns of noise sources."""

import math
from dataclasses import dataclass

import numpy as np

from snnsim.contract.noise import CENTRED_BITS, COLUMNS, CUT_BITS
from snnsim.network import IntegerLIF
from snnsim.noise import LARGEST_SOURCES, Noise
from snnsim.values import per_neuron

from .quantise import CompileError, Loss, quantise
from .scale import Limit

#: Probabilities are multiples of one in this many.
LOTS = COLUMNS << CUT_BITS
#: A distribution of which the columns would leave out more than this is refused.
LARGEST_TAIL = 1e-6
#: Relative errors of a mean below this are not worth a note.
WORTH_A_NOTE = 0.01


@dataclass(frozen=True, eq=False)
class Arrivals:
    """How many arrivals the neurons of a population draw in a step, ``what`` in messages.

    ``kinds``: pairs ``(counts, lots)`` as `poisson_lots` gives them, which are to have the means ``mean``;
    ``kind``: which of them is each neuron's, shape (n,).
    """

    what: str
    mean: np.ndarray
    kind: np.ndarray
    kinds: tuple = ()

    @classmethod
    def of(cls, population, dt):
        """Those of ``population``. Raises `CompileError` if so many in a step have no place in 64 columns."""
        what = f"population {population.name!r}: background"
        rate = 0.0 if population.background is None else population.background.rate
        means = per_neuron(rate, population.n) * dt
        mean, kind = np.unique(means, return_inverse=True)
        _check_kinds(len(mean), what)
        return cls(what, mean, kind.reshape(-1), tuple(poisson_lots(m, what) for m in mean.tolist()))

    @property
    def most(self):
        """How many can arrive at each neuron, shape (n,)."""
        return np.array([counts.max() for counts, _ in self.kinds], np.int64)[self.kind]

    def limits(self, volts, formats):
        """What arrivals of ``volts``, shape (n,), demand of the scale."""
        most = self.most
        if most.any():
            with np.errstate(over="ignore"):
                sizes = most * np.abs(volts)
            k = int(sizes.argmax())
            what = f"the background of neuron {k}, {most[k]} arrivals of {volts[k]:g} V in a step"
            yield Limit(float(sizes[k]), formats.drive.hi, what)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a population draws: the number of each neuron's noise source from 1, 0 for none, shape (n,); the
    sources, ``(cut, value, other)``, tuples of 64 integers each; the `Loss` of the mean number of arrivals,
    that of their weight, in volts (none of integers)."""

    source: np.ndarray
    sources: tuple = ()
    rate: Loss = Loss()
    weight: Loss = Loss()

    @property
    def bounds(self):
        """The highest and the lowest that each neuron can draw, each of shape (n,)."""
        return _noise(np.zeros_like(self.source), self.source, self.sources, 0).bounds


def draw(arrivals, units, loss, formats):
    """What is `Drawn` by ``arrivals`` of ``units``, shape (n,), with the `Loss` of these.

    Raises `CompileError` if they have no room in the drive, or are of too many kinds.
    """
    pairs, which = np.unique(np.column_stack([arrivals.kind, units]), axis=0, return_inverse=True)
    _check_kinds(len(pairs), arrivals.what)
    numbers, sources = [], []
    for kind, unit in pairs.tolist():
        counts, lots = arrivals.kinds[kind]
        values = quantise(counts * float(unit), formats.drive, f"{arrivals.what}: a step's arrivals",
                          "use a smaller weight or rate, or a wider drive")
        if values.any():
            sources.append(columns_of(lots, values))
        numbers.append(len(sources) if values.any() else 0)
    exact = np.array([float(lots @ counts) / LOTS for counts, lots in arrivals.kinds])
    rate = Loss.between(arrivals.mean, exact)
    return Drawn(np.array(numbers, np.int64)[which.reshape(-1)], tuple(sources), rate, loss)


def _check_kinds(n, what):
    if n > LARGEST_SOURCES:
        raise CompileError(f"{what} of {n} kinds are too many, {LARGEST_SOURCES} are possible; let neurons "
                           "share rate and weight")


def poisson_lots(mean, what="background"):
    """``(counts, lots)``: the 64 numbers of arrivals around ``mean`` that are the most likely, and how many
    of `LOTS` lots each has, shape (64,). Numbers that have none are 0.

    Raises `CompileError` if others are not negligible.
    """
    first = max(0, math.ceil(min(mean, COLUMNS)) - COLUMNS // 2)  # far beyond, none of them is likely
    counts = np.arange(first, first + COLUMNS)
    probability = np.array([_poisson(k, mean) for k in counts.tolist()])
    if 1 - probability.sum() > LARGEST_TAIL:
        raise CompileError(f"{what}: {mean:g} arrivals a step are too many, their number varies by more than "
                           f"the {COLUMNS} columns of a noise source; use a shorter dt, or fewer arrivals of "
                           "a larger weight")
    lots = _rounded_to(LOTS, probability / probability.sum())
    return np.where(lots > 0, counts, 0), lots


def _poisson(k, mean):
    if mean == 0:
        return float(k == 0)
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))


def _rounded_to(total, shares):
    """Integers that sum to ``total``, next to ``shares`` of it: the largest remainders are rounded up."""
    exact = shares * total
    whole = np.floor(exact).astype(np.int64)
    missing = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole


def columns_of(lots, values):
    """``(cut, value, other)``: the columns of a source that draws ``values[k]`` in ``lots[k]`` of `LOTS`.

    The alias method, in integers: a column whose value has too few lots is filled up by one that has more.
    """
    size = 1 << CUT_BITS
    left = lots.tolist()
    cut, other = [0] * COLUMNS, list(range(COLUMNS))
    poor = [k for k in range(COLUMNS) if left[k] < size]
    rich = [k for k in range(COLUMNS) if left[k] > size]
    while poor:
        k, giver = poor.pop(), rich[-1]
        cut[k], other[k] = left[k], giver
        left[giver] -= size - left[k]
        if left[giver] <= size:
            rich.pop()
        if left[giver] < size:
            poor.append(giver)
    values = values.tolist()
    return tuple(cut), tuple(values), tuple(values[k] for k in other)


def as_thresholds(population, dt, formats):
    """``(IntegerLIF, probabilities)``: the neurons that spike as a `PoissonSource` is to, and with which
    probability they do, shape (n,): their v is always 0, and their thresholds are below it as often as that.

    Raises `CompileError` for a probability of more than 1.
    """
    wanted = per_neuron(population.neuron.rate, population.n) * dt
    if np.any(wanted > 1):
        raise CompileError(f"population {population.name!r}: a rate of {wanted.max() / dt:g} Hz is more than "
                           f"one spike in a step of {dt:g} s; use a lower one, or a smaller dt")
    amplitude, half = formats.state.hi, 1 << (CENTRED_BITS - 1)
    threshold = np.rint(amplitude * (1 - 2 * wanted)).astype(np.int64)
    below = [-(t * half // amplitude) for t in threshold.tolist()]  # centred hashes that are less
    neuron = IntegerLIF(v_threshold_q=threshold, keep_v_q=0, threshold_noise_q=amplitude)
    return neuron, (np.array(below, float) + half) / (2 * half)


def noise(network, amplitudes, drawn):
    """The `Noise` of ``network``, None if it draws nothing; of the ``amplitudes`` of all neurons, and of what
    each population has `Drawn`."""
    if not network.draws:
        return None
    numbers, source = {}, []
    for d in drawn:
        own = [numbers.setdefault(s, len(numbers) + 1) for s in d.sources]
        source.append(np.array([0, *own], np.int64)[d.source])
    _check_kinds(len(numbers), f"network {network.name!r}: backgrounds")
    return _noise(amplitudes, np.concatenate(source), tuple(numbers), network.seed)


def _noise(amplitude, source, sources, seed):
    cut, value, other = np.array(sources, np.int64).reshape(-1, 3, COLUMNS).transpose(1, 0, 2)
    return Noise(amplitude, source, cut.copy(), value.copy(), other.copy(), seed)
