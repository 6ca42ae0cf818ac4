"""Description to image, population by population."""

from dataclasses import dataclass

import numpy as np

from snnsim.contract import CoreConfig, Formats
from snnsim.image import Image, Parameters, Part, State, drive_bounds
from snnsim.network import LIF
from snnsim.placement import Placement, place

from .parameters import Physical, quantise_integer, quantise_lif, weight_gain
from .quantise import CompileError
from .report import PopulationReport, ProjectionReport, Report
from .scale import choose_scale, lower
from .synapses import Place, as_given, expand, in_units, weight_limits


@dataclass(frozen=True, eq=False)
class Compilation:
    """What `compile` made: the `Image`, the `Report` of what was lost, and for a core the `Placement`."""

    image: Image
    report: Report
    placement: Placement = None


def compile(network, target=None):
    """The `Compilation` of ``network`` for ``target``.

    ``target``
        None: a CPU with the default `Formats`. `Formats`: a CPU with these. `CoreConfig`: a core of
        this size, and proof that the network fits it.

    Raises a `UserError` for an empty network, for numbers that do not fit the formats, for sums that
    could overflow, and for a network larger than the core.
    """
    core = target if isinstance(target, CoreConfig) else None
    formats = core.formats if core else target or Formats()
    if not any(p.n for p in network.populations):
        raise CompileError(f"network {network.name!r} has no neurons; give it a population with at least one")
    image, report = _Compiler(network, formats).run()
    return Compilation(image, report, place(image, core) if core else None)


@dataclass(frozen=True)
class _Compiled:
    """A population and the projections onto it, in integers."""

    integers: dict
    part: Part
    projections: dict  # name -> ImageProjection
    report: PopulationReport
    projection_reports: dict


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

    def run(self):
        network = self.network
        compiled = [self.compile_population(p) for p in network.populations]
        projections = {name: p for c in compiled for name, p in c.projections.items()}
        reports = {name: r for c in compiled for name, r in c.projection_reports.items()}
        columns = {name: np.concatenate([c.integers[name] for c in compiled])
                   for name in compiled[0].integers}
        image = Image(
            formats=self.formats,
            populations=tuple(c.part for c in compiled),
            inputs=tuple(Part(i.name, self.first[i.name] - self.n_neurons, i.n) for i in network.inputs),
            parameters=Parameters(**{name: columns[name] for name in Parameters.names()}),
            initial=State(**{name: columns[f"initial_{name}"] for name in "vir"}),
            projections=tuple(projections[p.name] for p in network.projections),
        )
        return image, Report(
            network.name, network.dt, self.formats, tuple(c.report for c in compiled),
            tuple(reports[p.name] for p in network.projections))

    def compile_population(self, population):
        incoming = [p for p in self.network.projections if p.post == population.name]
        if isinstance(population.neuron, LIF):
            return self._from_volts(population, incoming)
        return self._from_integers(population, incoming)

    def _from_volts(self, population, incoming):
        name, neuron, n, dt = population.name, population.neuron, population.n, self.network.dt
        gain = weight_gain(neuron, n, dt)
        rows = [self._expand(p, n, gain) for p in incoming]
        physical = Physical.of(neuron, n, dt)
        scale, projections, losses, bound = self._fit(population, physical, rows)
        integers, parameter_losses = quantise_lif(name, physical, scale, self.formats)
        rest = neuron.v_leak if np.ndim(neuron.v_leak) == 0 else tuple(neuron.v_leak.tolist())
        part = Part(name, self.first[name], n, 2.0 ** scale.log2, rest)
        report = PopulationReport.of_lif(population, scale, self.formats, parameter_losses, bound)
        return self._compiled(integers, part, rows, projections, losses, report)

    def _from_integers(self, population, incoming):
        name, n = population.name, population.n
        integers = quantise_integer(name, population.neuron, n, self.formats)
        rows = [self._expand(p, n, None) for p in incoming]
        made = [as_given(r, self.formats, self._place(r.projection)) for r in rows]
        projections, losses = [p for p, _ in made], [loss for _, loss in made]
        report = PopulationReport.of_integers(population, self.formats, self._bound(projections))
        part = Part(name, self.first[name], n)
        return self._compiled(integers, part, rows, projections, losses, report)

    def _fit(self, population, physical, rows):
        """The largest scale, not above the nominal one, under which the rounded weights keep the drive in
        its format too; with the projections, their losses and the drive's bound."""
        formats = self.formats
        limits = [*physical.limits(formats), *weight_limits(rows, population.n, formats)]
        drive = max(limits[-2:], key=lambda limit: limit.size)  # the sums, upward and downward
        reference = physical.reference or physical.reach(drive.size)
        scale = choose_scale(population.name, reference, limits, formats)
        while True:
            made = [in_units(r, scale, formats, self._place(r.projection)) for r in rows]
            projections, losses = [p for p, _ in made], [loss for _, loss in made]
            bound = self._bound(projections)
            if -formats.drive.lo >= bound.lowest and bound.highest <= formats.drive.hi:
                return scale, projections, losses, bound
            scale = lower(population.name, scale, drive.what, reference, formats)

    def _bound(self, projections):
        highest, lowest = drive_bounds(self.n_neurons, projections)
        return Bound(int(highest.max()), -int(lowest.min()))

    def _expand(self, projection, n_post, gain):
        n_pre = self.network.size(projection.pre)
        return expand(projection, n_pre, n_post, self.network.dt, gain, self.target_dtype)

    def _place(self, projection):
        pre, post = projection.pre, projection.post
        return Place(self.first[pre], self.network.size(pre), self.first[post], self.network.size(post))

    def _compiled(self, integers, part, rows, projections, losses, report):
        reports = {p.name: ProjectionReport.of(r, p, loss, self._bound([p]))
                   for r, p, loss in zip(rows, projections, losses, strict=True)}
        return _Compiled(integers, part, {p.name: p for p in projections}, report, reports)


@dataclass(frozen=True)
class Bound:
    """How far a sum of arrivals can go up, and down."""

    highest: int
    lowest: int

    @property
    def largest(self):
        return max(self.highest, self.lowest)
