"""What `snnsim compile` reports, for programs: JSON."""

import json
import math
from dataclasses import asdict

from ..storage import replacing


def record_of(compilation, reach, fit, board):
    """A dict of plain values. Numbers without bound are None; ``core`` is None if compiled for a CPU."""
    image, report, placement = compilation.image, compilation.report, compilation.placement
    return _plain({
        "network": report.network, "dt": report.dt, "digest": image.digest, "formats": asdict(report.formats),
        "neurons": image.n_neurons, "inputs": image.n_inputs, "synapses": image.n_synapses,
        "bytes": image.nbytes,
        "populations": [asdict(p) for p in report.populations],
        "projections": [asdict(p) for p in report.projections],
        "learning": [asdict(r) for r in report.learning],
        "saturation": [asdict(r) | {"may_saturate": r.may_saturate} for r in reach],
        "notes": report.notes(),
        "board": board, "core": placement and asdict(placement.config), "fit": fit and _fit_record(fit),
    })


def save_record(path, record):
    """Write ``record`` to ``path`` as JSON, whole or not at all."""
    with replacing(path, "w") as file:
        json.dump(record, file, indent=2, allow_nan=False)
        file.write("\n")


def _fit_record(fit):
    usage = {name: {"used": used, "available": available} for name, (used, available) in fit.usage.items()}
    cases = [{"name": case.name, **asdict(case.load),
              **({"core_steps_per_second": case.speed.core, "link_steps_per_second": case.speed.link,
                  "steps_per_second": case.speed.steps_per_second, "limit": case.speed.limit,
                  "real_time": case.real_time} if case.speed else {})} for case in fit.cases]
    return {"usage": usage, "fan_in": asdict(fit.fan_in), "cases": cases}


def _plain(value):
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            return None
    return value
