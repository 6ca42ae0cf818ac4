"""Bit fields of the core's memory words, for integers here and for structures in gateware.

One description serves both sides: the host packs a network with it, ``hdl`` turns the same `Layout`
into an Amaranth ``StructLayout``.
"""

from dataclasses import dataclass
from enum import IntEnum

from .formats import Format
from .noise import COLUMNS, CUT_BITS
from .terms import (
    FACTOR,
    GRADE_SHIFT,
    LARGEST_RULE,
    LARGEST_TERM,
    MODULATORS,
    SHIFT,
    TABLE_SIZE,
    Condition,
    TraceMode,
)

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

    # Those of a core that learns.
    POST = 5
    CLASSES = 6
    RULES = 7
    TERMS = 8
    PLASTIC = 9
    TRACES = 10
    SETTINGS = 11
    TABLES = 12
    TAGS = 13
    COUNTS = 14
    THIRD = 15

    # Those of a core with noise.
    NOISE = 16
    SEED = 17


class Setting(IntEnum):
    """Words of `Memory.SETTINGS`, registers of 32 bits. Each modulator has three, from its own on."""

    #: Rows that learn.
    ROWS = 0
    SEED = 1
    #: Value, decay factor, gain of M0; those of the others follow.
    MODULATORS = 4



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
    adaptation = (Field.of("keep_z", f.keep), Field.of("jump", _magnitude(f))) if config.adaptive else ()
    learning = ()
    if config.learns:
        learning = Field("post_class", _bits(config.post_classes + 1)), Field("flipped", 1)
    noise = ()
    if config.draws:
        noise = Field("noise_source", _bits(config.noise_sources + 1)), Field.of("amplitude", _magnitude(f))
    return Layout((
        Field.of("keep_i", f.keep), Field.of("keep_v", f.keep), *adaptation[:1], *noise[:1],
        Field.of("leak", f.leak),
        Field.of("bias", f.state), Field.of("v_min", f.state), Field.of("v_threshold", f.state),
        Field.of("v_reset", f.state), Field.of("refractory", f.refractory),
        Field("subtract", 1), Field("hold", 1), *adaptation[1:], *learning, *noise[1:],
    ))


def state_layout(config):
    """The state of a neuron; word ``n`` of `Memory.STATE` is neuron ``n``."""
    f = config.formats
    adaptation = (Field.of("z", _magnitude(f)),) if config.adaptive else ()
    return Layout((Field.of("v", f.state), Field.of("i", f.state), Field.of("r", f.refractory), *adaptation))


def _magnitude(formats):
    """A state that is not negative."""
    return Format.of_width(formats.state_width - 1, signed=False)


def row_layout(config):
    """A run of synapse words that share a source and an exponent.

    Descriptor ``n`` of `Memory.ROWS` is the first row of neuron ``n``, descriptor ``neurons + k``
    that of input ``k``. Those behind them continue others: ``next`` is 1 for the first of them, 2 for
    the second, 0 for none. ``length`` 0 is an empty row; one that is longer than ``length`` can say is
    continued like any other, but that of a source with a synapse to every neuron is not.
    ``plastic`` is 1 for a row that begins the first of `Memory.PLASTIC`, 2 for the second, 0 for others.
    The arrivals of a row with ``to_m`` add to `Memory.THIRD` instead of `Memory.DRIVE`.
    """
    continuations = config.rows - config.neurons - config.inputs
    learning = (Field("plastic", _bits(config.plastic_rows + 1)),) if config.learns else ()
    third = (Field("to_m", 1),) if config.third_factors else ()
    return Layout((
        Field("start", _bits(config.synapse_words)), Field("length", max(7, index_bits(config) + 1)),
        Field.of("exponent", config.formats.exponent), Field("next", _bits(continuations + 1)),
        *learning, *third,
    ))


def synapse_layout(config):
    """A synapse; slot ``b`` of a word of `Memory.SYNAPSES` targets neuron ``index * lanes + b``.

    ``delay`` is stored less 1. A slot that holds no synapse is all 0: weight 0 contributes nothing, and
    only one that is ``enabled`` learns.
    """
    return Layout((
        Field.of("weight", config.formats.weight), Field("delay", _bits(config.delay_slots)),
        Field("index", index_bits(config)), *((Field("enabled", 1),) if config.learns else ()),
    ))


def post_layout(config):
    """What learning knows of a neuron; word ``n`` of `Memory.POST` is neuron ``n``."""
    third = (Field.of("m", FACTOR),) if config.third_factors else ()
    return Layout((Field.of("y1", FACTOR), Field.of("y2", FACTOR), *third))


def _trace_fields(config, name):
    """The parameters of a trace."""
    table = (Field(f"{name}_table", _bits(config.tables)),) if config.tables else ()
    return (Field(f"{name}_mode", _bits(len(TraceMode))), Field.of(f"{name}_keep", config.formats.keep),
            Field.of(f"{name}_amount", FACTOR), *table)


def class_layout(config):
    """A class of post-synaptic neurons; the first is word 1 of `Memory.CLASSES`. Word 0 is all 0: that of
    neurons of the core which a network does not use."""
    graded = (Field("y1_graded", 1), Field("y2_graded", 1), Field("has_table", 1),
              Field("table", _bits(config.tables)),
              Field.of("grade_shift", GRADE_SHIFT)) if config.tables else ()
    third = (Field.of("keep_m", config.formats.keep),) if config.third_factors else ()
    return Layout((*_trace_fields(config, "y1"), *_trace_fields(config, "y2"), *graded, *third))


def rule_layout(config):
    """A rule without its terms, a word of `Memory.RULES`.

    ``conditions`` has a bit for each `Condition` of its terms, of which there are ``terms``.
    """
    f = config.formats
    tags = (Field.of("keep_e", f.keep),) if config.tags else ()
    stochastic = (Field("stochastic", 1),) if config.stochastic else ()
    return Layout((
        *_trace_fields(config, "x1"), *_trace_fields(config, "x2"), Field.of("w_min", f.weight),
        Field.of("w_max", f.weight), Field("terms", LARGEST_RULE.bit_length()),
        Field("conditions", len(Condition)), *tags, *stochastic,
    ))


#: The code of no factor.
NO_FACTOR = (1 << 5) - 1


def term_layout(config):
    """A term; term ``k`` of rule ``r`` is word ``8 * r + k`` of `Memory.TERMS`.

    ``row0`` .. are the factors of the row, ``lane0`` .. those of the lanes, each in order, then `NO_FACTOR`.
    """
    return Layout((
        Field("target", 1), Field("condition", _bits(len(Condition))), Field.of("coefficient", FACTOR),
        Field.of("shift", SHIFT),
        *(Field(f"row{k}", _bits(NO_FACTOR + 1)) for k in range(LARGEST_TERM)),
        *(Field(f"lane{k}", _bits(NO_FACTOR + 1)) for k in range(config.lane_factors)),
    ))


def plastic_layout(config):
    """A row that learns, a word of `Memory.PLASTIC`: a run of ``length`` synapse words.

    ``source`` is its number in the image, ``lag`` the steps from a spike to its event. ``always``: something
    may happen in it in any step; ``tagged``: its synapses have tags.
    """
    stochastic = (Field("source", 17),) if config.stochastic else ()
    tags = (Field("tagged", 1),) if config.tags else ()
    return Layout((
        Field("start", _bits(config.synapse_words)), Field("length", _bits(config.synapse_words)),
        Field("rule", _bits(config.learning_rules)), Field("lag", _bits(config.delay_slots + 1)),
        Field("always", 1), *tags, *stochastic,
    ))


def trace_layout(config):
    """The traces of a row that learns, a word of `Memory.TRACES`. ``sent`` has a bit for each of the last
    steps, the latest the least significant: whether the source spiked."""
    return Layout((Field.of("x1", FACTOR), Field.of("x2", FACTOR), Field("sent", config.delay_slots)))


def count_layout(config):
    """How a spike of a source counts in each modulator, 1, -1 or 0; a word of `Memory.COUNTS`."""
    return Layout(tuple(Field(f"m{g}", 2, signed=True) for g in range(MODULATORS)))


def noise_layout(config):
    """A column of a noise source: word ``64 * (s - 1) + k`` of `Memory.NOISE` is column ``k`` of source
    ``s``, counted from 1."""
    drive = config.formats.drive
    return Layout((Field("cut", CUT_BITS), Field.of("value", drive), Field.of("other", drive)))


def memory_shape(config, memory):
    """``(words, bits per word)`` of a memory; ``(0, 0)`` for one that the core does not have.

    A word of `Memory.SYNAPSES` is ``lanes`` synapses, bank 0 least significant, and so is one of
    `Memory.TAGS`. Word ``(slot << index_bits) + index`` of `Memory.DRIVE` and of `Memory.THIRD` holds the
    ring accumulators of one ``index`` in all banks, each in a column of its own. The word of `Memory.SEED` is
    the seed of noise, as `noise.mixed` leaves it.
    """
    if memory >= Memory.NOISE and not config.draws:
        return 0, 0
    if Memory.DRIVE < memory < Memory.NOISE and not config.learns:
        return 0, 0
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
        case Memory.POST:
            return config.neurons, post_layout(config).width
        case Memory.CLASSES:
            return config.post_classes + 1, class_layout(config).width
        case Memory.RULES:
            return config.learning_rules, rule_layout(config).width
        case Memory.TERMS:
            return config.learning_rules * LARGEST_RULE, term_layout(config).width
        case Memory.PLASTIC:
            return config.plastic_rows, plastic_layout(config).width
        case Memory.TRACES:
            return config.plastic_rows, trace_layout(config).width
        case Memory.SETTINGS:
            return Setting.MODULATORS + 3 * MODULATORS, COLUMN_WIDTH
        case Memory.TABLES:
            return (config.tables * TABLE_SIZE, FACTOR.width) if config.tables else (0, 0)
        case Memory.TAGS:
            return (config.synapse_words, config.lanes * FACTOR.width) if config.tags else (0, 0)
        case Memory.COUNTS:
            sources = config.neurons + config.inputs
            return (sources, count_layout(config).width) if config.modulators else (0, 0)
        case Memory.THIRD:
            return memory_shape(config, Memory.DRIVE) if config.third_factors else (0, 0)
        case Memory.NOISE:
            return config.noise_sources * COLUMNS, noise_layout(config).width
        case Memory.SEED:
            return 1, COLUMN_WIDTH
    raise ValueError(f"no such memory: {memory!r}")


def memories_of(config):
    """The memories of a core."""
    return tuple(memory for memory in Memory if memory_shape(config, memory)[0])


def columns(config, memory):
    """Columns of `COLUMN_WIDTH` bits that a word of a memory takes on the link."""
    return -(-memory_shape(config, memory)[1] // COLUMN_WIDTH)
