"""The machines that must agree: a name for each, and what makes one that has an `Image` loaded."""

from snnsim.simulator import ReferenceSimulator, Simulator
from tests.gateware import gateware

MACHINES = {
    "reference": ReferenceSimulator,
    "simulator": Simulator,
    "gateware": gateware,
}
#: Those of them that learn.
LEARNING_MACHINES = {
    "reference": ReferenceSimulator,
}
