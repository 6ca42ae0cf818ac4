"""What the compiler chose and what rounding lost, for people and for programs."""

import math
from dataclasses import dataclass

import numpy as np

from snnsim.contract import Formats

from .background import WORTH_A_NOTE
from .learning_report import tables as learning_tables
from .quantise import Loss
from .tables import percent, table


@dataclass(frozen=True)
class PopulationReport:
    """A population in integers.

    ``log2_scale``: units per volt, as a power of two (None: described in integers), ``lowered`` bits less
    than the threshold alone allows because of ``lowered_because``. ``v_lowest``, ``v_highest``: the
    volts that v can reach before it saturates, for all its neurons. ``losses``: a `Loss` by parameter,
    in volts (``leak`` in volts per step, ``refractory`` in seconds); those of ``keep_v`` and ``keep_i``
    are relative errors of tau_mem and tau_syn. ``drive_bound``: the largest sum of one step's arrivals
    that can occur, of the ``drive_limit`` that is possible. ``background``: the `Loss` of the mean number
    of arrivals or spikes by chance in a step; that of their weight, in volts, is among the losses.
    """

    name: str
    n: int
    losses: dict
    drive_bound: int
    drive_limit: int
    log2_scale: int = None
    lowered: int = 0
    lowered_because: str = ""
    v_lowest: float = None
    v_highest: float = None
    background: Loss = Loss()

    @classmethod
    def of_lif(cls, population, scale, formats, losses, bound, drawn):
        losses = losses | ({"background": drawn.weight} if drawn.sources else {})
        rest = np.atleast_1d(population.neuron.v_leak)
        return cls(population.name, population.n, losses, bound.largest, formats.drive.hi, scale.log2,
                   scale.lowered, scale.why, float(scale.volts(formats.state.lo) + rest.max(initial=0)),
                   float(scale.volts(formats.state.hi) + rest.min(initial=0)), drawn.rate)

    @classmethod
    def of_integers(cls, population, formats, bound, drawn):
        return cls(population.name, population.n, {}, bound.largest, formats.drive.hi, background=drawn.rate)

    def error(self, parameter):
        """The relative error of a parameter."""
        return self.losses.get(parameter, Loss()).relative

    def notes(self):
        if self.lowered:
            yield f"{self.name}: scale lowered by {self.lowered} bits because of {self.lowered_because}"
        for parameter, loss in self.losses.items():
            if loss.zeroed:
                yield f"{self.name}: {parameter} of {loss.zeroed} neurons became 0"
            if math.isinf(loss.relative):
                tau = {"keep_v": "tau_mem", "keep_i": "tau_syn", "keep_z": "tau_adapt"}[parameter]
                yield f"{self.name}: {tau} is so long that nothing decays"
        refractory = self.losses.get("refractory", Loss())
        if refractory.largest:
            yield f"{self.name}: t_ref rounded to whole steps, by at most {refractory.largest:.3g} s"
        if self.background.relative > WORTH_A_NOTE:
            yield f"{self.name}: rates by chance are up to {self.background.relative:.1%} off"


@dataclass(frozen=True)
class ProjectionReport:
    """A projection in integers.

    ``weight``: the `Loss` of the weights, in volts. ``delay``: that of the delays, in seconds.
    ``delay_min``, ``delay_max`` in steps. ``fan_in``: synapses onto the neuron that has most.
    ``drive_bound``: the largest sum that its arrivals of one step can reach.
    """

    name: str
    n_synapses: int
    exponent: int
    weight: Loss
    delay: Loss
    delay_min: int
    delay_max: int
    fan_in: int
    drive_bound: int

    @classmethod
    def of(cls, rows, projection, loss, bound):
        fan_in = int(projection.fan_in.max(initial=0))
        return cls(projection.name, projection.n_synapses, projection.exponent, loss, rows.delay_loss,
                   int(projection.delay.min()), int(projection.delay.max()), fan_in, bound.largest)

    def notes(self):
        if self.weight.zeroed:
            yield f"{self.name}: {self.weight.zeroed} of {self.n_synapses} weights became 0"
        if self.delay.largest:
            yield f"{self.name}: delays rounded to whole steps, by at most {self.delay.largest:.3g} s"


@dataclass(frozen=True)
class Report:
    """The reports of all populations and projections of a network, and of all learning rules; ``factors``:
    notes on modulators and third factors. ``str()`` makes a table of it."""

    network: str
    dt: float
    formats: Formats
    populations: tuple
    projections: tuple
    learning: tuple = ()
    factors: tuple = ()

    def notes(self):
        """What deserves attention, one line each."""
        parts = (*self.populations, *self.projections, *self.learning)
        return [*(note for part in parts for note in part.notes()), *self.factors]

    def __str__(self):
        f = self.formats
        head = (f"network {self.network}: dt {self.dt:g} s; state {f.state_width} bits, weights "
                f"{f.weight_width}, decay {f.decay_bits}, drive {f.drive_width}")
        tables = [table(_POPULATION_HEAD, [_population_row(p) for p in self.populations]),
                  table(_PROJECTION_HEAD, [_projection_row(p) for p in self.projections]),
                  *learning_tables(self.learning)]
        notes = "\n".join(f"note: {note}" for note in self.notes())
        return "\n\n".join(part for part in (head, *tables, notes) if part)


_POPULATION_HEAD = ("population", "neurons", "units/V", "v from", "to", "threshold", "reset", "bias", "leak",
                    "tau_mem", "tau_syn", "drive used")
_PROJECTION_HEAD = ("projection", "synapses", "exponent", "weight error", "rms", "zeroed", "delay", "fan-in",
                    "drive")


def _population_row(p):
    if p.log2_scale is None:
        physical = ("integers", *["-"] * 8)
    else:
        errors = [percent(p.error(name))
                  for name in ("v_threshold", "v_reset", "bias", "leak", "keep_v", "keep_i")]
        physical = (f"2^{p.log2_scale}", f"{p.v_lowest:.3g} V", f"{p.v_highest:.3g} V", *errors)
    return (p.name, str(p.n), *physical, percent(p.drive_bound / p.drive_limit))


def _projection_row(p):
    delay = str(p.delay_min) if p.delay_min == p.delay_max else f"{p.delay_min}..{p.delay_max}"
    return (p.name, str(p.n_synapses), str(p.exponent), percent(p.weight.relative), percent(p.weight.rms),
            str(p.weight.zeroed), delay, str(p.fan_in), str(p.drive_bound))
