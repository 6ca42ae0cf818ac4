"""The machines that must agree: name -> a function from an `Image` to a machine with ``run`` and ``clear``."""

from snnsim.simulator import ReferenceSimulator, Simulator

MACHINES = {
    "reference": ReferenceSimulator,
    "simulator": Simulator,
}
