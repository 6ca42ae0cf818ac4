"""What is measured: networks, how long they run, and who runs them beside this simulator."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from benchmarks import networks
from benchmarks.tables import OF_SIZE

SIMULATORS = ("Brian2", "Brian2, 32 bits", "NEST", "PyGeNN")


@dataclass(frozen=True)
class Workload:
    """``seconds`` of the network that ``make()`` describes, on so many threads; ``peers`` by name."""

    name: str
    title: str
    make: Callable
    seconds: float
    peers: tuple = SIMULATORS
    threads: int = 1

    def shortened(self, share):
        return replace(self, seconds=self.seconds * share)


def sized(n, seconds, peers=("Brian2", "NEST")):
    """A balanced network of another size. The weight of a synapse stays, so the smaller fire more often."""
    title = f"balanced network, {n:,} neurons, fan-in {sum(networks.fan_in(n)):,}"
    return Workload(f"{OF_SIZE}{n}", title, partial(networks.balanced, n), seconds, peers)


BALANCED = Workload("balanced", "balanced network, 10,000 neurons, fan-in 1,000", networks.balanced, 1.0)
WORKLOADS = (
    BALANCED,
    Workload("distinct", "balanced network, each synapse with a weight of its own",
             partial(networks.balanced, distinct=True), 1.0),
    Workload("poisson", "balanced network, driven by a Poisson process", networks.noisy, 1.0,
             ("Brian2", "Brian2, 32 bits", "NEST")),
    replace(BALANCED, name="threads", title="balanced network, two threads", threads=2,
            peers=("Brian2", "NEST")),
    Workload("learning", "balanced network, pair STDP between excitatory neurons", networks.plastic, 1.0,
             ("Brian2", "Brian2, traces of neurons", "NEST")),
    Workload("cuba", "CUBA, 4,000 neurons, connectivity 2 %", networks.cuba, 10.0),
    *(Workload(f"dense-{n}", f"{n} neurons, all to all, 2 % firing in a step",
               partial(networks.all_to_all, n), 100.0, ("Brian2", "NEST", "SuperNeuroMAT"))
      for n in (100, 256)),
)
#: Beside `BALANCED`, which is one of them.
SIZES = (sized(300, 20.0), sized(1000, 10.0), sized(3000, 3.0))
LARGE_SIZES = (sized(30_000, 0.2), sized(100_000, 0.2, ()))
