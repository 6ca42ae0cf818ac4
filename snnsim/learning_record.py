"""What the file of an `Image` holds of learning and noise: a header of plain values, and arrays."""

from dataclasses import asdict

from .contract.terms import TraceMode
from .noise import Noise
from .plasticity import Adaptation, Modulator, Plasticity, PostClass, ProjectionLearning, Rule, Term, Trace

_PLASTICITY_ARRAYS = ("neuron_class", "sign", "initial_m", "counts", "tables")
_ADAPTATION_ARRAYS = ("keep_z", "jump", "initial")
_NOISE_ARRAYS = ("amplitude", "source", "cut", "value", "other")


def learning_record(image):
    """``(header, arrays)``: all that an image says of learning, adaptation and noise."""
    header = {"to_m": [p.to_m for p in image.projections], "projections": [], "plasticity": None,
              "adapts": image.adaptation is not None, "noise": None}
    arrays = {}
    for k, p in enumerate(image.projections):
        record = None
        if p.learning is not None:
            record = {"rule": image.rules.index(p.learning.rule), "arrival": p.learning.arrival}
            arrays[f"projection{k}_enabled"] = p.learning.enabled
        header["projections"].append(record)
    header["rules"] = [asdict(rule) for rule in image.rules]
    if image.plasticity is not None:
        p = image.plasticity
        header["plasticity"] = {"classes": [asdict(c) for c in p.classes], "seed": p.seed,
                                "modulators": [asdict(m) for m in p.modulators]}
        arrays |= {f"plasticity_{name}": getattr(p, name) for name in _PLASTICITY_ARRAYS}
    if image.adaptation is not None:
        arrays |= {f"adaptation_{name}": getattr(image.adaptation, name) for name in _ADAPTATION_ARRAYS}
    if image.noise is not None:
        header["noise"] = {"seed": image.noise.seed}
        arrays |= {f"noise_{name}": getattr(image.noise, name) for name in _NOISE_ARRAYS}
    return header, arrays


def projection_learning(header, arrays, k):
    """What `learning_record` wrote of projection ``k``, as fields of `ImageProjection`."""
    record, learning = header["projections"][k], None
    if record is not None:
        rule = header["rules"][record["rule"]]
        rule = Rule(**rule | {"terms": tuple(Term(**term) for term in rule["terms"]),
                              "x1": _trace(rule["x1"]), "x2": _trace(rule["x2"])})
        learning = ProjectionLearning(rule, record["arrival"], arrays[f"projection{k}_enabled"])
    return {"learning": learning, "to_m": header["to_m"][k]}


def image_learning(header, arrays):
    """What `learning_record` wrote of the whole, as fields of `Image`."""
    fields = {}
    if header["plasticity"] is not None:
        p = header["plasticity"]
        fields["plasticity"] = Plasticity(
            classes=tuple(PostClass(**c | {"y1": _trace(c["y1"]), "y2": _trace(c["y2"])})
                          for c in p["classes"]),
            modulators=tuple(Modulator(**m) for m in p["modulators"]), seed=p["seed"],
            **{name: arrays[f"plasticity_{name}"] for name in _PLASTICITY_ARRAYS})
    if header["adapts"]:
        fields["adaptation"] = Adaptation(**{n: arrays[f"adaptation_{n}"] for n in _ADAPTATION_ARRAYS})
    if header["noise"] is not None:
        fields["noise"] = Noise(**{n: arrays[f"noise_{n}"] for n in _NOISE_ARRAYS}, **header["noise"])
    return fields


def _trace(record):
    return Trace(**record | {"mode": TraceMode(record["mode"])})
