"""The order of a time step, and where in time an event counts."""

from enum import IntEnum


class Phase(IntEnum):
    """The phases of a time step, in order. All neurons finish a phase before any starts the next.

    ``DELIVER``
        ``drive`` becomes the exact sum of ``weight << exponent`` over the arrivals of this step, and of what
        the neuron draws from its noise source.
    ``INTEGRATE``
        ``i`` and ``v`` decay, leak and take up ``drive``, ``i`` and ``bias``; each saturates once.
    ``FIRE``
        A neuron that is not refractory and is strictly above threshold spikes.
    ``RESET``
        The spiking neurons are reset, the refractory ones count down.
    ``LEARN``
        Weights and tags change by what all of them, the traces and the spikes of the step say; then the
        traces take up these spikes. What was sent in this step went with the weights before.
    ``RECORD``
        The spikes of the step, in the order of neuron numbers, and the states after it are final.
    """

    DELIVER = 0
    INTEGRATE = 1
    FIRE = 2
    RESET = 3
    LEARN = 4
    RECORD = 5


def arrival_step(step, delay):
    """The step in which a spike of ``step`` arrives over a synapse of ``delay >= 1`` steps.

    Spikes of inputs and of neurons alike.
    """
    return step + delay


def ring_slot(step, slots):
    """The slot of a ring of ``slots`` (a power of two) accumulators that belongs to ``step``."""
    return step & (slots - 1)
