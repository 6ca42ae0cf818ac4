"""How fast a core will be on a board, before there is one: clocks and bytes of a step, steps per second."""

import math
from dataclasses import dataclass

import numpy as np

from snnsim.contract import CoreConfig
from snnsim.contract.neuron import is_tonic
from snnsim.contract.noise import lowest_threshold
from snnsim.contract.packets import LARGEST_DATA

from .placing import EVENT_CLOCKS, step_clocks

#: Bits of a byte on the line: start, data, stop.
UART_BITS = 10
#: Words of a packet beside its payload: header and check.
_PACKET_WORDS = 2


@dataclass(frozen=True)
class ClockedCore:
    """A core as it stands on a board: its clock in Hz, and the bits per second of its serial link."""

    config: CoreConfig
    clock: int
    baud: int


@dataclass(frozen=True)
class Load:
    """What a mean step takes: clocks of the core, and bytes on the link in each direction."""

    clocks: float
    bytes_to_host: float = 0.0
    bytes_to_core: float = 0.0

    @property
    def bytes(self):
        """Those of the busier direction; the two do not hinder each other."""
        return max(self.bytes_to_host, self.bytes_to_core)


@dataclass(frozen=True)
class Speed:
    """Steps per second: of the ``core`` by its clocks, and those that the ``link`` can carry (inf if there is
    nothing to carry)."""

    core: float
    link: float

    @classmethod
    def of(cls, load, clocked):
        """The `Speed` of a `ClockedCore` under a `Load`."""
        link = clocked.baud / UART_BITS / load.bytes if load.bytes else math.inf
        return cls(clocked.clock / load.clocks, link)

    @property
    def steps_per_second(self):
        return min(self.core, self.link)

    @property
    def limit(self):
        return "core" if self.core <= self.link else "link"


def load_at_rest(image, placement):
    """The `Load` of a step in which nothing arrives and nothing fires.

    Only regions with neurons that never rest (biased ones, or such) are awake.
    """
    awake = _neurons_of(placement.config, np.flatnonzero(_tonic(image)))
    return Load(placement.predict_clocks(_silence(image), awake))


def load_at_rate(image, placement, rate):
    """The `Load` of a step in which a share ``rate`` (0 .. 1) of all neurons and of all inputs fires.

    All regions with neurons of the network are awake: those of a sparse network may rest in many steps.
    """
    config = placement.config
    awake = _neurons_of(config, np.arange(image.n_neurons))
    clocks = placement.predict_clocks(_silence(image) + rate, awake)
    return Load(clocks, *_traffic(config, rate * image.n_neurons, rate * image.n_inputs))


def full_load(config, rate):
    """The `Load` of a full core, of which a share ``rate`` fires in a step.

    All its neurons are joined to all of them, or to as many as there are synapse words for; no inputs.
    """
    spikes = rate * config.neurons
    clocks = step_clocks(config, config.neurons) + spikes * max(EVENT_CLOCKS, _full_words(config))
    return Load(clocks, *_traffic(config, spikes, 0))


def full_synapses(config):
    """Synapses from each neuron in the network of `full_load`."""
    return config.lanes * _full_words(config)


def _full_words(config):
    return min(config.groups, config.synapse_words // config.neurons)


def _silence(image):
    return np.zeros(image.n_neurons + image.n_inputs)


def _tonic(image):
    p = image.parameters
    if image.noise is None:
        return is_tonic(p.bias, p.v_threshold, p.v_min)
    threshold = lowest_threshold(p.v_threshold, image.noise.amplitude)
    return is_tonic(p.bias, threshold, p.v_min) | (image.noise.source != 0)


def _neurons_of(config, neurons):
    """Neurons of the regions in which these ``neurons`` are."""
    regions = np.unique(neurons // config.region_neurons)
    ends = np.minimum((regions + 1) * config.region_neurons, config.neurons)
    return int((ends - regions * config.region_neurons).sum())


def _traffic(config, spikes, events):
    """``(bytes to the host, bytes to the core)`` of a step, in full packets, acknowledged.

    Between two packets both sides may have to wait for the other: it is the least that a step takes.
    """
    full, empty = _packet_bytes(LARGEST_DATA), _packet_bytes(0)
    spike_packets, event_packets = spikes / LARGEST_DATA, events / LARGEST_DATA
    credits = events / (config.event_buffer // 2)
    return (spike_packets * full + (event_packets + credits) * empty,
            event_packets * full + spike_packets * empty)


def _packet_bytes(payload_words):
    """Bytes of a packet on the line: COBS adds one, one more for each 254, and the zero that ends it."""
    size = 4 * (payload_words + _PACKET_WORDS)
    return size + 1 + size // 254 + 1
