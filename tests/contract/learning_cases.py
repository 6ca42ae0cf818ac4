"""The hand-worked cases of learning, ``vectors/learn_*.toml``, and of noise as images, stimuli and states."""

import tomllib
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from snnsim.contract.noise import COLUMNS
from snnsim.contract.terms import MODULATORS, TABLE_SIZE, Condition, Factor, Target, TraceMode
from snnsim.image import Image, ImageProjection
from snnsim.noise import Noise
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
from snnsim.raster import SpikeRaster
from tests.contract.cases import FORMATS, VECTORS, make_image

FILES = tuple(sorted(path.stem for path in VECTORS.glob("learn_*.toml")))
#: What a case may say of every step, and how it is read from a `LearningState`.
QUANTITIES = {
    "w": lambda state: np.concatenate([[], *state.weights]),
    "e": lambda state: np.concatenate([[], *state.tags]),
    **{name: attrgetter(name) for name in ("x1", "x2", "y1", "y2", "m", "modulators")},
}


@dataclass(frozen=True)
class LearningCase:
    """``expected``: of each quantity, its values after each step. ``before``: what the host does, by step."""

    name: str
    image: Image
    stimulus: SpikeRaster
    commands: tuple
    before: dict
    expected: dict
    spikes: list
    counts: dict


def load_learning_cases(files=FILES):
    """All cases of these files."""
    return [_case(record) for file in files
            for record in tomllib.loads((VECTORS / f"{file}.toml").read_text())["case"]]


def _case(record):
    record = dict(record)
    known = (*QUANTITIES, "v", "i", "z")
    expected = {name: np.array(record.pop(name)) for name in known if name in record}
    steps = {len(values) for values in expected.values()}
    assert len(steps) == 1, f"{record['name']}: {expected}"
    events = np.array(record.pop("events", []), dtype=int).reshape(-1, 2)
    case = LearningCase(
        name=record.pop("name"), expected=expected, commands=tuple(record.pop("commands", ())),
        stimulus=SpikeRaster.from_events(events[:, 0], events[:, 1], steps=steps.pop(),
                                         neurons=record.get("inputs", 0)),
        before={what.pop("step"): what for what in record.pop("before", [])},
        spikes=[tuple(spike) for spike in record.pop("spikes", [])],
        counts={name: record.pop(name, 0) for name in ("weight_clips", "learning_saturations")},
        image=learning_image(**{name: record.pop(name) for name in list(record) if name in PARTS}))
    assert not record, f"{case.name}: {sorted(record)} is not known"
    return case


PARTS = ("neurons", "inputs", "synapses", "rules", "classes", "tables", "modulators_of", "counts", "seed",
         "sources")


def learning_image(neurons, inputs=0, synapses=(), rules=(), classes=({},), tables=(), modulators_of=(),
                   counts=None, seed=0, sources=()):
    """An image from the records of a case; each synapse record is a projection from one source."""
    n = len(neurons)
    image = make_image(neurons, inputs, [])
    rules = [_rule(rule) for rule in rules]
    projections = tuple(_projection(s, n, rules) for s in synapses)
    plasticity = Plasticity(
        classes=tuple(_post_class(c) for c in classes), neuron_class=_column(neurons, "class", 0),
        sign=_column(neurons, "sign", 1), initial_m=_column(neurons, "m", 0),
        counts=_counts(counts or {}, n, inputs), seed=seed,
        modulators=tuple(Modulator(**m) for m in (*modulators_of, *[{}] * (MODULATORS - len(modulators_of)))),
        tables=np.array([_table(t) for t in tables], np.int64).reshape(-1, TABLE_SIZE))
    adaptation = None
    if any({"z", "keep_z", "jump"} & set(neuron) for neuron in neurons):
        adaptation = Adaptation(*(_column(neurons, name, 0) for name in ("keep_z", "jump", "z")))
    learns = any(p.learning is not None or p.to_m for p in projections)
    noise = None
    if any({"source", "amplitude"} & set(neuron) for neuron in neurons):
        amplitude, source = (_column(neurons, name, 0) for name in ("amplitude", "source"))
        noise = Noise(amplitude, source, *_columns(sources), seed)
    return replace(image, projections=projections, plasticity=plasticity if learns else None,
                   adaptation=adaptation, noise=noise)


def _column(neurons, name, default):
    return np.array([neuron.get(name, default) for neuron in neurons])


def _columns(sources):
    """Cuts, values and others of noise sources, each of shape (n_sources, 64): 0 where nothing is said."""
    columns = np.zeros((3, len(sources), COLUMNS), np.int64)
    for number, source in enumerate(sources):
        for k, column in source.items():
            columns[:, number, int(k)] = column
    return columns


def _source(name, n_neurons):
    return n_neurons + int(name.removeprefix("k")) if isinstance(name, str) else name


def _projection(s, n_neurons, rules):
    """One source, one or several synapses; ``rule`` is the number of that by which they learn."""
    target, weight = np.atleast_1d(s["to"]), np.atleast_1d(s["weight"])
    learning = None
    if "rule" in s:
        enabled = np.atleast_1d(s.get("enabled", True))
        learning = ProjectionLearning(rules[s["rule"]], s.get("arrival", False), enabled)
    return ImageProjection(
        "synapse", _source(s["from"], n_neurons), 1, 0, n_neurons, s.get("exponent", 0),
        np.array([0, target.size]), target, weight, np.atleast_1d(s.get("delay", 1)), learning,
        to_m=s.get("to_m", False))


def _rule(record):
    known = {"terms", "x1", "x2", "w_min", "w_max", "keep_e", "stochastic"}
    assert set(record) <= known, record
    weight = FORMATS.weight
    return Rule(
        tuple(_term(t) for t in record["terms"]), _trace(record.get("x1", {})), _trace(record.get("x2", {})),
        record.get("w_min", weight.lo), record.get("w_max", weight.hi), record.get("keep_e", 0),
        record.get("stochastic", False))


def _term(record):
    assert set(record) <= {"on", "to", "add", "shift", "times"}, record
    return Term(Target[record.get("to", "WEIGHT")], Condition[record["on"]], record["add"],
                record.get("shift", 0), tuple(Factor[name] for name in record.get("times", ())))


def _trace(record):
    return Trace(**record | {"mode": TraceMode[record.get("mode", "ADD")]})


def _post_class(record):
    return PostClass(**record | {name: _trace(record.get(name, {})) for name in ("y1", "y2")})


def _table(entries):
    """A table that is 0 where nothing is said."""
    table = np.zeros(TABLE_SIZE, np.int64)
    for index, entry in entries.items():
        table[int(index)] = entry
    return table


def _counts(records, n_neurons, n_inputs):
    counts = np.zeros((n_neurons + n_inputs, MODULATORS), np.int64)
    for who, row in records.items():
        counts[n_neurons + int(who[1:]) if who.startswith("k") else int(who)] = row
    return counts


def prepare(machine, what):
    """What the host does between two steps."""
    if what.get("clear"):
        machine.clear()
    if "modulators" in what:
        machine.write_modulators(np.array(what["modulators"]))
    if "m" in what:
        machine.write_third_factors(np.array(what["m"]))
    if "w" in what:
        sizes = [weights.size for weights in machine.read_weights()]
        machine.write_weights(np.split(np.array(what["w"]), np.cumsum(sizes)[:-1]))
