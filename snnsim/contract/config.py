"""What a core is: its number formats and its sizes."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields

from .formats import Format

CONTRACT_VERSION = 3

#: Noise sources of a core: their number in a neuron's parameters has 4 bits.
MOST_NOISE_SOURCES = 15

#: numba integers wrap silently at 64 bits, Amaranth's grow: no intermediate may reach that far.
LARGEST_INTERMEDIATE = 63


class ConfigError(ValueError):
    """A core configuration that cannot be built; the message names the field and its limits."""


def _check_range(name, value, lo, hi):
    if isinstance(value, bool) or not isinstance(value, int) or not lo <= value <= hi:
        raise ConfigError(f"{name} must be an integer between {lo} and {hi}, not {value!r}")


def _check_power_of_two(name, value, lo, hi):
    _check_range(name, value, lo, hi)
    if value & (value - 1):
        raise ConfigError(f"{name} must be a power of two, not {value}")


@dataclass(frozen=True)
class Formats:
    """The number formats of a machine; all widths in bits.

    ``state_width`` is that of ``v``, ``i``, ``bias``, ``v_threshold``, ``v_reset`` and ``v_min``.
    ``decay_bits`` is the number of fraction bits of the decay factors ``keep_i`` and ``keep_v``.
    """

    state_width: int = 24
    decay_bits: int = 16
    weight_width: int = 8
    exponent_width: int = 4
    drive_width: int = 24
    refractory_width: int = 8

    def __post_init__(self):
        _check_range("state_width", self.state_width, 8, 32)
        _check_range("decay_bits", self.decay_bits, 12, 16)
        _check_range("weight_width", self.weight_width, 4, 16)
        _check_range("exponent_width", self.exponent_width, 1, 5)
        _check_range("drive_width", self.drive_width, 8, 32)
        _check_range("refractory_width", self.refractory_width, 1, 16)
        product_width = self.state_width + self.decay_bits + 1
        if product_width > LARGEST_INTERMEDIATE:
            raise ConfigError(
                f"state_width {self.state_width} and decay_bits {self.decay_bits} make products of "
                f"{product_width} bits; at most {LARGEST_INTERMEDIATE} are possible")

    @property
    def state(self):
        """`Format` of ``v``, ``i``, ``bias``, ``v_threshold``, ``v_reset`` and ``v_min``."""
        return Format.of_width(self.state_width, signed=True)

    @property
    def keep(self):
        """`Format` of the decay factors, ``0 .. 2**decay_bits``: forget all .. keep all."""
        return Format(0, 1 << self.decay_bits, fraction=self.decay_bits)

    @property
    def leak(self):
        """`Format` of the constant leak."""
        return Format.of_width(self.state_width - 1, signed=False)

    @property
    def weight(self):
        """`Format` of a synaptic weight, before its exponent."""
        return Format.of_width(self.weight_width, signed=True)

    @property
    def exponent(self):
        """`Format` of the exponent: an arrival contributes ``weight << exponent``."""
        return Format.of_width(self.exponent_width, signed=False)

    @property
    def drive(self):
        """`Format` of the sum of a step's arrivals at a neuron."""
        return Format.of_width(self.drive_width, signed=True)

    @property
    def refractory(self):
        """`Format` of the refractory time and its countdown ``r``, in steps."""
        return Format.of_width(self.refractory_width, signed=False)


@dataclass(frozen=True)
class CoreConfig:
    """The sizes and formats of one neuromorphic core.

    ``neurons``, ``inputs``
        How many there can be. ``neurons`` is a multiple of ``lanes``.
    ``lanes``
        Synapses delivered per clock (1, 2, 4 or 8): neuron ``n`` lives in bank ``n % lanes``.
    ``delay_slots``
        The longest delay in steps, a power of two.
    ``synapse_words``
        Words of ``lanes`` synapses each.
    ``rows``
        Row descriptors: one per neuron and input, the rest for sources with more than one row.
    ``max_regions``
        Regions of neurons that can be skipped at rest, each by itself (1 .. 16, a power of two).
    ``read_registers``
        Registers behind the memories of neurons and synapses, 0 or 1: without them a core is smaller and
        slower.
    ``receive_words``, ``event_buffer``, ``spike_buffer``
        Buffers of the host link: 32-bit words of received frames, input events, output spikes.
    ``plastic_rows``
        Rows whose synapses learn; 0 leaves learning out, and the rest of what follows with it.
    ``learning_rules``, ``post_classes``
        Different rules, and different kinds of post-synaptic neurons.
    ``tables``
        Tables of 256 entries (0, 1, 2 or 4), for graded values and traces of spike histories.
    ``term_units``, ``lane_factors``
        Terms that are evaluated per clock in each lane (1, 2, 4), and how many factors of a single term may
        belong to the post-synaptic neuron or the synapse (1 .. 4): each takes a multiplier.
    ``tags``, ``modulators``, ``third_factors``, ``stochastic``
        0 or 1: whether there are tags, global modulators, third factors of neurons (of which the spikes of
        projections can be received), and stochastic rounding.
    ``adaptive``
        0 or 1: whether thresholds can adapt, with or without learning.
    ``noise_sources``
        Sources of noise that neurons can draw arrivals from (0 .. 15); 0 leaves noise out, that of thresholds
        with it.
    """

    formats: Formats = field(default_factory=Formats)
    neurons: int = 256
    inputs: int = 256
    lanes: int = 4
    delay_slots: int = 32
    synapse_words: int = 32768
    rows: int = 1024
    max_regions: int = 16
    read_registers: int = 1
    receive_words: int = 256
    event_buffer: int = 256
    spike_buffer: int = 256
    plastic_rows: int = 0
    learning_rules: int = 8
    post_classes: int = 4
    tables: int = 0
    term_units: int = 1
    lane_factors: int = 2
    tags: int = 0
    modulators: int = 0
    third_factors: int = 0
    stochastic: int = 0
    adaptive: int = 0
    noise_sources: int = 0

    @classmethod
    def with_learning(cls, **sizes):
        """A core that learns by every rule there is; ``sizes`` replace single fields."""
        everything = {
            "formats": Formats(weight_width=16), "plastic_rows": 1024, "learning_rules": 8, "post_classes": 8,
            "tables": 4, "lane_factors": 4, "tags": 1, "modulators": 1, "third_factors": 1, "stochastic": 1,
            "adaptive": 1}
        return cls(**{**everything, **sizes})

    def __post_init__(self):
        _check_power_of_two("lanes", self.lanes, 1, 8)
        _check_range("neurons", self.neurons, self.lanes, 1 << 16)
        if self.neurons % self.lanes:
            raise ConfigError(
                f"neurons must be a multiple of the {self.lanes} lanes, not {self.neurons}")
        _check_range("inputs", self.inputs, 1, 1 << 16)
        _check_power_of_two("delay_slots", self.delay_slots, 2, 64)
        _check_range("synapse_words", self.synapse_words, 2, 1 << 24)
        _check_range("rows", self.rows, self.neurons + self.inputs, 1 << 18)
        _check_power_of_two("max_regions", self.max_regions, 1, 16)
        _check_range("read_registers", self.read_registers, 0, 1)
        _check_power_of_two("receive_words", self.receive_words, 128, 1 << 12)
        _check_power_of_two("event_buffer", self.event_buffer, 64, 1 << 14)
        _check_power_of_two("spike_buffer", self.spike_buffer, 64, 1 << 14)
        _check_range("plastic_rows", self.plastic_rows, 0, 1 << 16)
        _check_range("learning_rules", self.learning_rules, 1, 16)
        _check_range("post_classes", self.post_classes, 1, 16)
        if self.tables:
            _check_power_of_two("tables", self.tables, 1, 4)
        _check_power_of_two("term_units", self.term_units, 1, 4)
        _check_range("lane_factors", self.lane_factors, 1, 4)
        for name in ("tags", "modulators", "third_factors", "stochastic", "adaptive"):
            _check_range(name, getattr(self, name), 0, 1)
        _check_range("noise_sources", self.noise_sources, 0, MOST_NOISE_SOURCES)
        if self.learns:
            _check_range("inputs", self.inputs, 1, (1 << 16) - 1)  # one number more is that of a command
            return
        for name in ("tables", "tags", "modulators", "third_factors", "stochastic"):
            if getattr(self, name):
                raise ConfigError(f"{name} is a part of learning: give the core plastic_rows, or {name}=0")

    @property
    def learns(self):
        """Whether the core can learn at all."""
        return self.plastic_rows > 0

    @property
    def draws(self):
        """Whether the core has noise."""
        return self.noise_sources > 0

    @property
    def groups(self):
        """Neurons per bank."""
        return self.neurons // self.lanes

    @property
    def region_neurons(self):
        """Neurons per region, the unit that is skipped while all its neurons are at rest.

        A power of two and a multiple of ``lanes``, such that there are at most ``max_regions``.
        """
        size = self.lanes
        while size * self.max_regions < self.neurons:
            size *= 2
        return size

    @property
    def regions(self):
        return -(-self.neurons // self.region_neurons)

    @property
    def digest(self):
        """SHA-256 (hex) of the contract version and of every field."""
        return digest_of({"contract": CONTRACT_VERSION, **asdict(self)})

    @classmethod
    def size_fields(cls):
        """The names of the integer fields, in order, without ``formats``."""
        return tuple(f.name for f in fields(cls) if f.name != "formats")


def digest_of(record):
    """SHA-256 (hex) of a JSON-serialisable record, independent of key order."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
