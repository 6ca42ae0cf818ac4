"""Whether a network will run well on a core, known before there is one: room and speed."""

from dataclasses import dataclass

import numpy as np

from snnsim.placement import Speed, load_at_rate, load_at_rest

from .tables import percent, table


@dataclass(frozen=True)
class FanIn:
    """The neuron with the most synapses onto it: neuron ``index`` of ``population``."""

    synapses: int
    population: str
    index: int

    @classmethod
    def largest(cls, image):
        counts = np.zeros(image.n_neurons, np.int64)
        for p in image.projections:
            counts[p.first_target:p.first_target + p.n_targets] += p.fan_in
        neuron = int(counts.argmax())
        part = next(p for p in image.populations if p.first <= neuron < p.first + p.size)
        return cls(int(counts[neuron]), part.name, neuron - part.first)

    def __str__(self):
        return f"largest fan-in: {self.synapses:,}, of {self.population}[{self.index}]"


@dataclass(frozen=True)
class Case:
    """A mean step under some activity: its `Load`, and on a board its `Speed` (else None).

    ``real_time``: seconds of the network's time in a second, None without a clock.
    """

    name: str
    load: object
    speed: object = None
    real_time: float = None


@dataclass(frozen=True)
class Fit:
    """What a network takes of a core, and how fast it will run there.

    ``usage``: name -> (used, available). ``cases``: `Case` at rest, at a rate, and when everything fires.
    """

    usage: dict
    fan_in: FanIn
    cases: tuple

    @classmethod
    def of(cls, compilation, rate, clocked=None):
        """The `Fit` of a `Compilation` for a core. ``rate``: spikes per step of each neuron and input.
        ``clocked``: the `ClockedCore`; None if its clock is not known."""
        image, placement, dt = compilation.image, compilation.placement, compilation.report.dt
        loads = {"at rest": load_at_rest(image, placement),
                 f"{100 * rate:g} % fire": load_at_rate(image, placement, rate),
                 "all fire": load_at_rate(image, placement, 1.0)}
        cases = tuple(_case(name, load, dt, clocked) for name, load in loads.items())
        return cls(placement.usage, FanIn.largest(image), cases)

    def __str__(self):
        usage = [(name, f"{used:,}", f"{available:,}", percent(used / available))
                 for name, (used, available) in self.usage.items() if available]
        return "\n\n".join((table(("takes of the core", "used", "of", ""), usage), str(self.fan_in),
                            table(_CASE_HEAD, [_case_row(case) for case in self.cases])))


def _case(name, load, dt, clocked):
    if clocked is None:
        return Case(name, load)
    speed = Speed.of(load, clocked)
    return Case(name, load, speed, dt * speed.steps_per_second)


_CASE_HEAD = ("in a step", "clocks", "bytes out", "in", "steps/s: core", "link", "real time x", "limit")


def _case_row(case):
    load, speed = case.load, case.speed
    row = (case.name, f"{load.clocks:,.0f}", f"{load.bytes_to_host:,.1f}", f"{load.bytes_to_core:,.1f}")
    if speed is None:
        return (*row, "-", "-", "-", "-")
    link = f"{speed.link:,.0f}" if load.bytes else "-"
    return (*row, f"{speed.core:,.0f}", link, _three_digits(case.real_time), speed.limit)


def _three_digits(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
