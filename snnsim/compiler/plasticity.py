"""What learning needs beside the rules of projections: classes of neurons, modulators, tables."""

import numpy as np

from snnsim.contract.terms import FACTOR, GRADE_SHIFT, MODULATORS, ONE, TABLE_SIZE
from snnsim.plasticity import Adaptation, Modulator, Plasticity, PostClass, Trace
from snnsim.values import per_neuron

from .quantise import decay, quantise
from .traces import WORTH_A_NOTE, memory_error, table_of

ADAPTATION = {"keep_z": "keep_z", "jump": "jump", "initial": "initial_z"}


def adaptation(network, columns):
    """The `Adaptation` of all neurons, None if no threshold adapts."""
    if not any(p.n and p.neuron.adapts for p in network.populations):
        return None
    return Adaptation(**{name: columns[column] for name, column in ADAPTATION.items()})


def plasticity(network, first, scales, learner):
    """The `Plasticity` of ``network``, None if nothing learns and no third factors receive spikes.

    ``first``: the number of the first neuron of each part; ``scales``: units per volt of each population.
    """
    if not network.learns and not any(p.port == "m" for p in network.projections):
        return None
    classes = {}
    neuron_class, sign, initial_m = [], [], []
    for p in network.populations:
        made = _post_class(p, scales[p.name], network.dt, learner)
        neuron_class.append(np.full(p.n, classes.setdefault(made, len(classes))))
        sign.append(per_neuron(p.sign, p.n))
        initial = 0.0 if p.third_factor is None else p.third_factor.initial
        initial_m.append(_factors(per_neuron(initial, p.n), f"population {p.name!r}: third factor"))
    return Plasticity(
        classes=tuple(classes), neuron_class=_joined(neuron_class), sign=_joined(sign),
        initial_m=_joined(initial_m), counts=_counts(network, first),
        modulators=tuple(_modulator(k, network, learner.formats) for k in range(MODULATORS)),
        tables=learner.tables.array, seed=network.seed)


def factor_notes(network, formats):
    """What of modulators and third factors rounding lost, one line each."""
    for k, m in enumerate(network.modulators):
        gain = int(_factors([m.gain], "gain")[0])
        if m.gain and not gain:
            yield f"modulator M{k}: its gain of {m.gain:g} became 0; the least is {0.5 / ONE:.2g}"
        yield from _decay_notes(f"modulator M{k}", abs(gain), m.tau, network.dt, formats)
    for p in network.populations:
        if p.third_factor is not None:
            what = f"{p.name}: the third factor"
            yield from _decay_notes(what, ONE, p.third_factor.tau, network.dt, formats)


def _decay_notes(what, amount, tau, dt, formats):
    error = memory_error(amount, tau, dt, formats)
    if abs(error) > WORTH_A_NOTE:
        yield f"{what} decays {abs(error):.0%} too {'fast' if error < 0 else 'slowly'} from {amount} units on"


def _post_class(population, scale, dt, learner):
    traces = [learner.trace(population.name, trace, population.name)[0]
              for trace in learner.slots[population.name]]
    y1, y2 = (*traces, Trace(), Trace())[:2]
    keep_m = 0 if population.third_factor is None else _keep(population.third_factor.tau, dt, learner.formats)
    if population.surrogate is None:
        return PostClass(y1, y2, keep_m)
    entries, shift = surrogate_table(population.surrogate, scale)
    return PostClass(y1, y2, keep_m, learner.tables.add(entries), shift)


def surrogate_table(surrogate, scale):
    """``(entries, shift)``: the function in the middle of the distances that share an entry."""
    largest, shift = float(np.abs(surrogate.distance).max()) * scale, 0
    while shift < GRADE_SHIFT.hi and (TABLE_SIZE // 2 << shift) < largest:
        shift += 1
    below = np.arange(-TABLE_SIZE // 2, TABLE_SIZE // 2) * 2.0 ** shift
    return table_of(surrogate.at((below + (2 ** shift - 1) / 2) / scale), "surrogate"), shift


def _modulator(k, network, formats):
    if k >= len(network.modulators):
        return Modulator()
    m = network.modulators[k]
    initial, gain = _factors([m.initial, m.gain], f"modulator M{k}").tolist()
    return Modulator(initial, _keep(m.tau, network.dt, formats), gain)


def _counts(network, first):
    sources = sum(p.n for p in (*network.populations, *network.inputs))
    counts = np.zeros((sources, MODULATORS), np.int64)
    for k, modulator in enumerate(network.modulators):
        for part, count in modulator.counts.items():
            counts[first[part]:first[part] + network.size(part), k] = count
    return counts


def _keep(tau, dt, formats):
    return round(float(decay(tau, dt)) * formats.keep.hi)


def _factors(values, what):
    """Numbers of -2 .. 2 in the format of factors; 2 itself becomes the largest there is."""
    return quantise(np.minimum(np.asarray(values) * ONE, FACTOR.hi), FACTOR, what, "use smaller numbers")


def _joined(arrays):
    return np.concatenate(arrays).astype(np.int64)
