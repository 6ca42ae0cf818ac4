"""The machines that must agree: a name for each, and what makes one that has an `Image` loaded."""

from snnsim.simulator import ReferenceSimulator, Simulator
from tests.gateware import gateware, learning_gateware

MACHINES = {
    "reference": ReferenceSimulator,
    "simulator": Simulator,
    "gateware": gateware,
}
#: The same where they learn, or draw something by chance.
LEARNING_MACHINES = {
    "reference": ReferenceSimulator,
    "simulator": Simulator,
    "gateware": learning_gateware,
}
