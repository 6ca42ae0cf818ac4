"""Bit fields of the core's memory words, for integers here and for structures in gateware.

One description serves both sides: the host packs a network with it, ``hdl`` turns the same `Layout`
into an Amaranth ``StructLayout``.
"""

from dataclasses import dataclass
from enum import IntEnum

from .formats import Format

#: The host reads and writes memories in columns of this many bits.
COLUMN_WIDTH = 32


@dataclass(frozen=True)
class Field:
    """A named integer of ``width`` bits inside a word."""

    name: str
    width: int
    signed: bool = False

    @classmethod
    def of(cls, name, format):
        return cls(name, format.width, format.signed)

    @property
    def format(self):
        return Format.of_width(self.width, signed=self.signed)


@dataclass(frozen=True)
class Layout:
    """Fields of a word, least significant first."""

    fields: tuple

    @property
    def width(self):
        return sum(field.width for field in self.fields)

    def pack(self, **values):
        """The word that holds ``values``, one integer for each field.

        Raises `FormatError` for a value outside its field, `TypeError` for a missing or unknown one.
        """
        for field in self.fields:
            if field.name in values:
                field.format.check(values[field.name], field.name)
        return self.combine(**values)

    def combine(self, **values):
        """Like `pack` without the range check; also for arrays of integers."""
        word = offset = 0
        for field in self.fields:
            if field.name not in values:
                raise TypeError(f"field {field.name!r} is missing")
            word = word | ((values.pop(field.name) & ((1 << field.width) - 1)) << offset)
            offset += field.width
        if values:
            raise TypeError(f"unknown fields {sorted(values)}")
        return word

    def unpack(self, word):
        """The fields of ``word``: a dict of integers."""
        values = {}
        for field in self.fields:
            value = word & ((1 << field.width) - 1)
            word >>= field.width
            if field.signed and value >> (field.width - 1):
                value -= 1 << field.width
            values[field.name] = value
        return values


class Memory(IntEnum):
    """The memories of a core, as the host addresses them."""

    PARAMETERS = 0
    STATE = 1
    ROWS = 2
    SYNAPSES = 3
    DRIVE = 4


def _bits(count):
    """Bits that number ``count`` things; at least 1."""
    return max(1, (count - 1).bit_length())


def index_bits(config):
    """Bits of a neuron's index inside its bank."""
    return _bits(config.groups)


def parameter_layout(config):
    """The parameters of a neuron, in the order in which a step uses them; word ``n`` of
    `Memory.PARAMETERS` is neuron ``n``."""
    f = config.formats
    return Layout((
        Field.of("keep_i", f.keep), Field.of("keep_v", f.keep), Field.of("leak", f.leak),
        Field.of("bias", f.state), Field.of("v_min", f.state), Field.of("v_threshold", f.state),
        Field.of("v_reset", f.state), Field.of("refractory", f.refractory),
        Field("subtract", 1), Field("hold", 1),
    ))


def state_layout(config):
    """The state of a neuron; word ``n`` of `Memory.STATE` is neuron ``n``."""
    f = config.formats
    return Layout((Field.of("v", f.state), Field.of("i", f.state), Field.of("r", f.refractory)))


def row_layout(config):
    """A run of synapse words that share a source and an exponent.

    Descriptor ``n`` of `Memory.ROWS` is the first row of neuron ``n``, descriptor ``neurons + k``
    that of input ``k``. Those behind them continue others: ``next`` is 1 for the first of them, 2 for
    the second, 0 for none. ``length`` 0 is an empty row; one that is longer than ``length`` can say is
    continued like any other, but that of a source with a synapse to every neuron is not.
    """
    continuations = config.rows - config.neurons - config.inputs
    return Layout((
        Field("start", _bits(config.synapse_words)), Field("length", max(7, index_bits(config) + 1)),
        Field.of("exponent", config.formats.exponent), Field("next", _bits(continuations + 1)),
    ))


def synapse_layout(config):
    """A synapse; slot ``b`` of a word of `Memory.SYNAPSES` targets neuron ``index * lanes + b``.

    ``delay`` is stored less 1. A slot that holds no synapse is all 0: weight 0 contributes nothing.
    """
    return Layout((
        Field.of("weight", config.formats.weight), Field("delay", _bits(config.delay_slots)),
        Field("index", index_bits(config)),
    ))


def memory_shape(config, memory):
    """``(words, bits per word)`` of a memory.

    A word of `Memory.SYNAPSES` is ``lanes`` synapses, bank 0 least significant. Word
    ``(slot << index_bits) + index`` of `Memory.DRIVE` holds the ring accumulators of one ``index`` in all
    banks, each in a column of its own.
    """
    match memory:
        case Memory.PARAMETERS:
            return config.neurons, parameter_layout(config).width
        case Memory.STATE:
            return config.neurons, state_layout(config).width
        case Memory.ROWS:
            return config.rows, row_layout(config).width
        case Memory.SYNAPSES:
            return config.synapse_words, config.lanes * synapse_layout(config).width
        case Memory.DRIVE:
            return config.delay_slots << index_bits(config), config.lanes * COLUMN_WIDTH
    raise ValueError(f"no such memory: {memory!r}")


def columns(config, memory):
    """Columns of `COLUMN_WIDTH` bits that a word of a memory takes on the link."""
    return -(-memory_shape(config, memory)[1] // COLUMN_WIDTH)
