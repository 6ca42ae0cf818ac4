"""Description to image, population by population."""

from dataclasses import dataclass

import numpy as np

from snnsim.contract import CoreConfig, Formats
from snnsim.contract.terms import FACTOR_FRACTION
from snnsim.drive import drive_bounds
from snnsim.image import Image, Parameters, Part, State
from snnsim.network import LIF, PoissonSource
from snnsim.placement import Placement, place
from snnsim.values import per_neuron

from .background import Arrivals, Drawn, as_thresholds, draw, noise
from .learning import Learner, post_slots
from .parameters import Physical, quantise_integer, quantise_lif, weight_gain
from .plasticity import adaptation, factor_notes, plasticity
from .quantise import CompileError, Loss
from .report import PopulationReport, ProjectionReport, Report
from .scale import Scale, choose_scale, lower
from .synapses import Place, as_given, expand, in_units, weight_limits
from .traces import Tables

#: The unit of third factors.
THIRD_FACTORS = Scale(FACTOR_FRACTION)


@dataclass(frozen=True, eq=False)
class Compilation:
    """What `compile` made: the `Image`, the `Report` of what was lost, and for a core the `Placement`."""

    image: Image
    report: Report
    placement: Placement = None


def compile(network, target=None):
    """The `Compilation` of ``network`` for ``target``.

    ``target``
        None: a CPU with the default `Formats`, and weights of 16 bits if the network learns. `Formats`: a CPU
        with these. `CoreConfig`: a core of this size, and proof that the network fits it.

    Raises a `UserError` for an empty network, for numbers that do not fit the formats, for sums that
    could overflow, and for a network larger than the core.
    """
    core = target if isinstance(target, CoreConfig) else None
    formats = core.formats if core else target or default_formats(network)
    if not any(p.n for p in network.populations):
        raise CompileError(f"network {network.name!r} has no neurons; give it a population with at least one")
    image, report = _Compiler(network, formats).run()
    return Compilation(image, report, place(image, core) if core else None)


def default_formats(network):
    """The `Formats` of a CPU: learning needs finer steps than a finished network."""
    return Formats(weight_width=16) if network.learns else Formats()


@dataclass(frozen=True)
class _Compiled:
    """A population and the projections onto it, in integers."""

    integers: dict
    drawn: Drawn
    part: Part
    projections: dict  # name -> ImageProjection
    report: PopulationReport
    projection_reports: dict
    learning_reports: dict


class _Compiler:
    """The parts of a network, numbered."""

    def __init__(self, network, formats):
        self.network, self.formats = network, formats
        self.n_neurons = sum(p.n for p in network.populations)
        self.first, n = {}, 0
        for part in (*network.populations, *network.inputs):
            self.first[part.name] = n
            n += part.n
        # Targets below 2**16 in all, so that adding first_target cannot wrap.
        self.target_dtype = np.uint16 if self.n_neurons <= 1 << 16 else np.int32
        surrogates = {p.name: float(np.abs(p.surrogate.value).max())
                      for p in network.populations if p.surrogate is not None}
        self.learner = Learner(network.dt, formats, post_slots(network), surrogates, Tables())

    def run(self):
        network = self.network
        compiled = [self.compile_population(p) for p in network.populations]
        projections = {name: p for c in compiled for name, p in c.projections.items()}
        reports = {name: r for c in compiled for name, r in c.projection_reports.items()}
        learning = {name: r for c in compiled for name, r in c.learning_reports.items()}
        columns = {name: np.concatenate([c.integers[name] for c in compiled])
                   for name in compiled[0].integers}
        image = Image(
            formats=self.formats,
            populations=tuple(c.part for c in compiled),
            inputs=tuple(Part(i.name, self.first[i.name] - self.n_neurons, i.n) for i in network.inputs),
            parameters=Parameters(**{name: columns[name] for name in Parameters.names()}),
            initial=State(**{name: columns[f"initial_{name}"] for name in "vir"}),
            projections=tuple(projections[p.name] for p in network.projections),
            plasticity=plasticity(network, self.first, {c.part.name: c.part.scale for c in compiled},
                                  self.learner),
            adaptation=adaptation(network, columns),
            noise=noise(network, columns["threshold_noise"], [c.drawn for c in compiled]),
        )
        return image, Report(
            network.name, network.dt, self.formats, tuple(c.report for c in compiled),
            tuple(reports[p.name] for p in network.projections),
            tuple(learning[p.name] for p in network.projections if p.learning is not None),
            tuple(factor_notes(network, self.formats)))

    def compile_population(self, population):
        incoming = [p for p in self.network.projections if p.post == population.name]
        if isinstance(population.neuron, LIF):
            return self._from_volts(population, incoming)
        if isinstance(population.neuron, PoissonSource):
            return self._from_rates(population)
        return self._from_integers(population, incoming)

    def _from_volts(self, population, incoming):
        name, neuron, n, dt = population.name, population.neuron, population.n, self.network.dt
        gain = weight_gain(neuron, n, dt)
        rows = [self._expand(p, n, gain) for p in incoming if p.port is None]
        to_m = [self._expand(p, n, None) for p in incoming if p.port == "m"]
        physical = Physical.of(neuron, n, dt)
        scale, made, drawn, bound = self._fit(population, physical, rows, gain)
        made += [self._in_units(r, THIRD_FACTORS) for r in to_m]
        integers, parameter_losses = quantise_lif(name, physical, scale, self.formats)
        rest = neuron.v_leak if np.ndim(neuron.v_leak) == 0 else tuple(neuron.v_leak.tolist())
        part = Part(name, self.first[name], n, 2.0 ** scale.log2, rest)
        report = PopulationReport.of_lif(population, scale, self.formats, parameter_losses, bound, drawn)
        return self._compiled(integers, drawn, part, rows + to_m, made, report)

    def _from_rates(self, population):
        neuron, probability = as_thresholds(population, self.network.dt, self.formats)
        name, n = population.name, population.n
        wanted = per_neuron(population.neuron.rate, n) * self.network.dt
        drawn = Drawn(np.zeros(n, np.int64), rate=Loss.between(wanted, probability))
        report = PopulationReport.of_integers(population, self.formats, Bound(0, 0), drawn)
        integers = quantise_integer(name, neuron, n, self.formats)
        return self._compiled(integers, drawn, Part(name, self.first[name], n), [], [], report)

    def _from_integers(self, population, incoming):
        name, n = population.name, population.n
        integers = quantise_integer(name, population.neuron, n, self.formats)
        rows = [self._expand(p, n, None) for p in incoming]
        made = [as_given(r, self.formats, self._place(r.projection), self.learner) for r in rows]
        weight = 0 if population.background is None else population.background.weight_q
        arrivals = Arrivals.of(population, self.network.dt)
        drawn = draw(arrivals, per_neuron(weight, n), Loss(), self.formats)
        bound = self._bound([q.projection for q in made if not q.projection.to_m], name, drawn)
        report = PopulationReport.of_integers(population, self.formats, bound, drawn)
        return self._compiled(integers, drawn, Part(name, self.first[name], n), rows, made, report)

    def _fit(self, population, physical, rows, gain):
        """The largest scale, not above the nominal one, under which the rounded weights keep the drive in its
        format too; with what they became, a list of `Quantised`, what is `Drawn`, and the drive's bound."""
        formats = self.formats
        arrivals = Arrivals.of(population, self.network.dt)
        volts = np.where(arrivals.most, self._background_volts(population, gain), 0.0)
        by_chance = list(arrivals.limits(volts, formats))
        limits = [*physical.limits(formats), *by_chance, *weight_limits(rows, population.n, formats)]
        sums = [*limits[-2:], *by_chance]  # upward, downward, and what is drawn
        drive = max(sums, key=lambda limit: limit.size)
        reference = physical.reference or physical.reach(drive.size)
        scale = choose_scale(population.name, reference, limits, formats)
        while True:
            made = [self._in_units(r, scale) for r in rows]
            units = np.rint(scale.units(volts)).astype(np.int64)
            drawn = draw(arrivals, units, Loss.between(volts, scale.volts(units)), formats)
            bound = self._bound([q.projection for q in made], population.name, drawn)
            if -formats.drive.lo >= bound.lowest and bound.highest <= formats.drive.hi:
                return scale, made, drawn, bound
            scale = lower(population.name, scale, drive.what, reference, formats)

    def _background_volts(self, population, gain):
        """What an arrival by chance adds, in volts, shape (n,)."""
        weight = 0.0 if population.background is None else population.background.weight
        with np.errstate(over="ignore"):
            return gain * per_neuron(weight, population.n)

    def _in_units(self, rows, scale):
        return in_units(rows, scale, self.formats, self._place(rows.projection), self.learner)

    def _bound(self, projections, name=None, drawn=None):
        """How far the arrivals of a step at a neuron can sum up to, with what population ``name`` draws."""
        highest, lowest = drive_bounds(self.n_neurons, projections)
        if drawn is not None:
            here = slice(self.first[name], self.first[name] + drawn.source.size)
            for sums, bound in zip((highest, lowest), drawn.bounds, strict=True):
                sums[here] += bound
        return Bound(int(highest.max()), -int(lowest.min()))

    def _expand(self, projection, n_post, gain):
        n_pre = self.network.size(projection.pre)
        return expand(projection, n_pre, n_post, self.network.dt, gain, self.target_dtype)

    def _place(self, projection):
        pre, post = projection.pre, projection.post
        return Place(self.first[pre], self.network.size(pre), self.first[post], self.network.size(post))

    def _compiled(self, integers, drawn, part, rows, made, report):
        names = [r.projection.name for r in rows]
        reports = [ProjectionReport.of(r, q.projection, q.loss, self._bound([q.projection]))
                   for r, q in zip(rows, made, strict=True)]
        return _Compiled(
            integers, drawn, part, dict(zip(names, [q.projection for q in made], strict=True)), report,
            dict(zip(names, reports, strict=True)), dict(zip(names, [q.learning for q in made], strict=True)))


@dataclass(frozen=True)
class Bound:
    """How far a sum of arrivals can go up, and down."""

    highest: int
    lowest: int

    @property
    def largest(self):
        return max(self.highest, self.lowest)
