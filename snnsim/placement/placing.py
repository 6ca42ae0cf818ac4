"""Where the numbers of an image lie in the memories of a core."""

from dataclasses import dataclass, replace

import numpy as np

from snnsim.contract import CoreConfig
from snnsim.contract.layout import (
    Field,
    Layout,
    Memory,
    parameter_layout,
    row_layout,
    state_layout,
    synapse_layout,
)
from snnsim.contract.terms import FACTOR
from snnsim.image import Parameters, State

from .learning import check_abilities, learning_memories, learning_resources
from .learning_speed import predict_learning_clocks
from .noise import noise_memories, noise_parameters, noise_resources
from .room import CapacityError, Resource, check_room
from .words import pack_words, unpack_words

#: Clocks of a step in which everything rests.
REST_CLOCKS = 6
#: Clocks of a step in which there is something to do, beside those of its neurons and events: the
#: phases, and filling and draining the pipelines.
STEP_CLOCKS = 16
#: As many more in a core with noise.
NOISE_CLOCKS = 6
#: Clocks from one event to the next, which hide behind the words of a longer row.
EVENT_CLOCKS = 4
#: Clocks from one row of an event to its next, which hide as well.
ROW_CLOCKS = 3


@dataclass(frozen=True, eq=False)
class Placement:
    """An image in the memories of a core.

    ``memories``
        `Memory` -> uint32 words of shape (words, columns), to be written from word 0 on. A memory that
        has nothing to hold is missing. Neurons of the core that the image does not use are written
        with parameters that keep them silent.
    ``word``, ``slot``
        Where each synapse lies in `Memory.SYNAPSES`, in the order of the image's projections.
    ``row_words``
        Synapse words of each source, shape (n_neurons + n_inputs,).
    ``event_clocks``
        Clocks in which an event of each source is delivered, of the same shape.
    ``usage``
        What is taken: name -> (used, available).
    ``image``, ``plastic_words``
        What is placed, and the synapse words of its `LearningRows`.
    """

    config: CoreConfig
    memories: dict
    word: np.ndarray
    slot: np.ndarray
    projection_sizes: tuple
    row_words: np.ndarray
    event_clocks: np.ndarray
    usage: dict
    image: object
    plastic_words: np.ndarray

    def weights(self, words):
        """The weights in ``words``, read from `Memory.SYNAPSES` from word 0 on: an array per projection of
        the image, each in the order of its synapses."""
        slots = unpack_words(_slot_layout(self.config), words)
        slots = np.stack([slots[f"slot{b}"] for b in range(self.config.lanes)], axis=1)
        weight = _signed(slots[self.word, self.slot], self.config.formats.weight_width)
        return tuple(np.split(weight, np.cumsum(self.projection_sizes)[:-1])) if self.projection_sizes else ()

    def tags(self, words):
        """The tags in ``words``, read from `Memory.TAGS`, as `weights` gives the weights."""
        layout = Layout(tuple(Field(f"slot{b}", FACTOR.width, signed=True) for b in range(self.config.lanes)))
        slots = unpack_words(layout, words)
        tags = np.stack([slots[f"slot{b}"] for b in range(self.config.lanes)], axis=1)[self.word, self.slot]
        return tuple(np.split(tags, np.cumsum(self.projection_sizes)[:-1])) if self.projection_sizes else ()

    def with_weights(self, weights):
        """The words of `Memory.SYNAPSES` with other ``weights``, an array for each projection."""
        layout = _slot_layout(self.config)
        slots = unpack_words(layout, self.memories[Memory.SYNAPSES])
        slots = np.stack([slots[f"slot{b}"] for b in range(self.config.lanes)], axis=1)
        mask = (1 << self.config.formats.weight_width) - 1
        slots[self.word, self.slot] = slots[self.word, self.slot] & ~mask | np.concatenate(weights) & mask
        return pack_words(layout, **{f"slot{b}": slots[:, b] for b in range(self.config.lanes)})

    def predict_clocks(self, events, awake_neurons):
        """Clocks of a step, estimated: those of `step_clocks`, and for each event one for each of its synapse
        words, at least `EVENT_CLOCKS` for its first row and `ROW_CLOCKS` for each further one; and those of
        `predict_learning_clocks`, if the core learns.

        ``events``: mean events per step of each source, shape (n_neurons + n_inputs,).
        """
        delivery = float(np.asarray(events, float) @ self.event_clocks)
        return (step_clocks(self.config, awake_neurons) + delivery
                + self.predict_learning_clocks(events))

    def predict_learning_clocks(self, events):
        """The part of `predict_clocks` in which the core learns."""
        if not self.config.learns:
            return 0.0
        return predict_learning_clocks(self.image, self.config, self.plastic_words, events)


def step_clocks(config, awake_neurons):
    """Clocks of a step without events: `STEP_CLOCKS`, with noise `NOISE_CLOCKS`, one for each neuron of a
    region that is awake and one for each such region; `REST_CLOCKS` if none is."""
    if not awake_neurons:
        return REST_CLOCKS
    phases = STEP_CLOCKS + NOISE_CLOCKS if config.draws else STEP_CLOCKS
    return phases + awake_neurons + awake_neurons / config.region_neurons


def place(image, config):
    """The `Placement` of ``image`` on a core with this configuration.

    Raises `CapacityError` naming all that is too large, the limits and the remedies.
    """
    if image.formats != config.formats:
        raise CapacityError(_format_difference(image.formats, config.formats))
    check_abilities(image, config)
    rows = _Rows.of(image, config)
    # Synapses are many: those that cannot fit are counted, not placed.
    certainly = -(-image.n_synapses // config.lanes)
    if certainly > config.synapse_words:
        check_room(_resources(image, config, rows.fewest_descriptors(config), certainly),
                   at_least="synapse words")
    synapses = _Synapses.of(image, config, rows)
    descriptors = _Descriptors.of(rows, synapses.length, image, config)
    words = int(synapses.length.sum())
    resources = _resources(image, config, descriptors.taken, words)
    check_room(resources)
    word = (np.cumsum(synapses.length) - synapses.length)[synapses.row] + synapses.position
    start, plastic = np.cumsum(synapses.length) - synapses.length, rows.plastic > 0
    order = np.argsort(rows.plastic[plastic])
    starts, lengths = start[plastic][order], synapses.length[plastic][order]
    memories = {
        Memory.PARAMETERS: _parameters(image, config),
        Memory.STATE: pack_state(config, initial_state(image)),
        Memory.ROWS: _row_words(descriptors, config),
        Memory.SYNAPSES: _synapse_words(synapses, word, words, config),
        **learning_memories(image, config, starts, lengths),
        **noise_memories(image, config),
    }
    return Placement(
        config, {memory: array for memory, array in memories.items() if len(array)},
        word, synapses.slot, tuple(p.n_synapses for p in image.projections),
        _of_sources(rows, synapses.length, image),
        _event_clocks(rows, synapses.length, image),
        {resource.name: (resource.used, resource.available) for resource in resources}, image, lengths)


def _of_sources(rows, values, image):
    """Values of rows, summed for each source."""
    return np.bincount(rows.source, values, image.n_neurons + image.n_inputs).astype(int)


def _event_clocks(rows, length, image):
    """Clocks of an event of each source; one without rows takes its time too."""
    is_first = np.diff(rows.source, prepend=-1) > 0
    clocks = np.maximum(length, np.where(is_first, EVENT_CLOCKS, ROW_CLOCKS))
    return np.maximum(_of_sources(rows, clocks, image), EVENT_CLOCKS)


def _resources(image, config, descriptors, words):
    return (
        Resource("neurons", image.n_neurons, config.neurons, "split it"),
        Resource("inputs", image.n_inputs, config.inputs, "split it"),
        Resource("synapse words", words, config.synapse_words, "use fewer synapses"),
        Resource("row descriptors", descriptors, config.rows, "use fewer projections"),
        Resource("delay slots", image.delay_max, config.delay_slots, "use shorter delays or a larger dt"),
        *learning_resources(image, config),
        *noise_resources(image, config))


def initial_state(image):
    """The `State` that an image begins in, adaptations included."""
    return replace(image.initial, z=image.adaptation.initial if image.adaptation else None)


def pack_state(config, state):
    """Words of `Memory.STATE`, uint32 of shape (n, columns), that hold a `State`."""
    z = {"z": np.zeros_like(state.v) if state.z is None else state.z} if config.adaptive else {}
    return pack_words(state_layout(config), v=state.v, i=state.i, r=state.r, **z)


def unpack_state(config, words):
    """The `State` in words of `Memory.STATE`, uint32 of shape (n, columns)."""
    return State(**unpack_words(state_layout(config), words))


@dataclass(frozen=True, eq=False)
class _Synapses:
    """All synapses of an image, in its order: their row, their bank and their place in both."""

    weight: np.ndarray
    delay: np.ndarray
    target: np.ndarray
    slot: np.ndarray      # the bank of the target
    row: np.ndarray       # number of the row
    position: np.ndarray  # number of the word in the row
    length: np.ndarray    # words of each row

    enabled: np.ndarray   # whether each synapse learns

    @classmethod
    def of(cls, image, config, rows):
        key = _concatenate([rows.key_of(p, row) for p, row in
                            zip(image.projections, image.learning_rows.row, strict=True)])
        target = _concatenate([p.target.astype(np.int64) + p.first_target for p in image.projections])
        slot = target % config.lanes
        row = np.searchsorted(rows.key, key)
        position = _position_in_group(row * config.lanes + slot)
        length = np.zeros(rows.key.size, np.int64)
        np.maximum.at(length, row, position + 1)
        return cls(
            _concatenate([p.weights().astype(np.int64) for p in image.projections]),
            _concatenate([p.delays().astype(np.int64) for p in image.projections]),
            target, slot, row, position, length,
            _concatenate([_enabled(p).astype(np.int64) for p in image.projections]))


def _enabled(p):
    return p.learning.mask(p.n_synapses) if p.learning else np.zeros(p.n_synapses, bool)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows, ordered by source: a run of synapse words with one source and one exponent.

    The synapses of a `LearningRows` row are a row of their own.
    """

    key: np.ndarray  # source and kind, ascending
    source: np.ndarray
    exponent: np.ndarray
    to_m: np.ndarray
    plastic: np.ndarray  # number of the row that learns, from 1; 0 for others
    static_kinds: int    # kinds of fixed rows: exponent and whether to m; those that learn follow
    kinds: int

    @classmethod
    def of(cls, image, config):
        learning, static_kinds = image.learning_rows, 2 << config.formats.exponent_width
        kinds = static_kinds + learning.size
        fixed = [(p.first_source + np.flatnonzero(np.diff(p.indptr))) * kinds + 2 * p.exponent + p.to_m
                 for p in image.projections if p.learning is None]
        key = np.unique(np.concatenate(
            [*fixed, learning.source * kinds + static_kinds + np.arange(learning.size)]).astype(np.int64))
        source, kind = np.divmod(key, kinds)
        plastic = np.maximum(kind - static_kinds + 1, 0)
        # What a fixed row's kind says, a row that learns has from its projection.
        own = np.array([2 * p.exponent + p.to_m for p in image.projections], np.int64)
        learns = plastic > 0
        kind[learns] = own[learning.projection[plastic[learns] - 1]]
        return cls(key, source, kind >> 1, kind & 1, plastic, static_kinds, kinds)

    def key_of(self, projection, row):
        """The keys of the synapses of a projection; ``row``: their numbers as in `LearningRows`."""
        kind = 2 * projection.exponent + projection.to_m if row is None else self.static_kinds + row
        return projection.sources().astype(np.int64) * self.kinds + kind

    def fewest_descriptors(self, config):
        """How many descriptors there are if every row needs only one."""
        return config.neurons + config.inputs + self.source.size - np.unique(self.source).size


@dataclass(frozen=True, eq=False)
class _Descriptors:
    """Row descriptors: the first of each source at the source's own number, the others behind them all."""

    number: np.ndarray
    start: np.ndarray
    length: np.ndarray
    exponent: np.ndarray
    to_m: np.ndarray
    plastic: np.ndarray
    next: np.ndarray
    taken: int  # how many are, those of idle neurons and inputs included

    @classmethod
    def of(cls, rows, length, image, config):
        longest = next(f for f in row_layout(config).fields if f.name == "length").format.hi
        row = np.repeat(np.arange(length.size), -(-length // longest))
        before = _position_in_group(row) * longest
        start = np.cumsum(length) - length
        source = rows.source[row]
        first = np.concatenate([[True], source[1:] != source[:-1]])[:source.size]
        own = np.where(source < image.n_neurons, source, source - image.n_neurons + config.neurons)
        continuation = np.cumsum(~first)  # from 1
        fixed = config.neurons + config.inputs
        return cls(
            np.where(first, own, fixed + continuation - 1), start[row] + before,
            np.minimum(length[row] - before, longest), rows.exponent[row], rows.to_m[row],
            np.where(before == 0, rows.plastic[row], 0),
            np.append(np.where(first, 0, continuation)[1:], 0)[:source.size],
            fixed + int(np.count_nonzero(~first)))


def _concatenate(arrays):
    return np.concatenate(arrays) if arrays else np.empty(0, np.int64)


def _position_in_group(group):
    """How many entries of the same ``group`` stand before each entry."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[:group.size])
    sizes = np.diff(np.append(begins, group.size))
    position = np.empty(group.size, np.int64)
    position[order] = np.arange(group.size) - np.repeat(begins, sizes)
    return position


def _parameters(image, config):
    """Parameters of all neurons of the core; those that the image lacks get 0, which never spikes."""
    idle = config.neurons - image.n_neurons
    values = {name: np.pad(getattr(image.parameters, name), (0, idle)) for name in Parameters.names()}
    if config.adaptive:
        nothing, a = np.zeros(image.n_neurons, np.int64), image.adaptation
        values["keep_z"] = np.pad(a.keep_z if a else nothing, (0, idle))
        values["jump"] = np.pad(a.jump if a else nothing, (0, idle))
    if config.learns:
        nothing, p = np.zeros(image.n_neurons, np.int64), image.plasticity
        values["post_class"] = np.pad(p.neuron_class + 1 if p else nothing, (0, idle))
        values["flipped"] = np.pad(p.sign < 0 if p else nothing, (0, idle)).astype(np.int64)
    values |= {name: np.pad(array, (0, idle)) for name, array in noise_parameters(image, config).items()}
    return pack_words(parameter_layout(config), **values)


def _row_words(descriptors, config):
    memory = {}
    for field in row_layout(config).fields:
        memory[field.name] = np.zeros(descriptors.taken, np.int64)
        memory[field.name][descriptors.number] = getattr(descriptors, field.name)
    return pack_words(row_layout(config), **memory)


def _synapse_words(synapses, word, words, config):
    slots = np.zeros((words, config.lanes), np.int64)
    enabled = {"enabled": synapses.enabled} if config.learns else {}
    slots[word, synapses.slot] = synapse_layout(config).combine(
        weight=synapses.weight, delay=synapses.delay - 1, index=synapses.target // config.lanes, **enabled)
    return pack_words(_slot_layout(config), **{f"slot{b}": slots[:, b] for b in range(config.lanes)})


def _slot_layout(config):
    """A word of `Memory.SYNAPSES` as its synapses."""
    width = synapse_layout(config).width
    return Layout(tuple(Field(f"slot{b}", width) for b in range(config.lanes)))


def _signed(slots, width):
    """The weights, which are the least significant field of a synapse."""
    weight = slots & ((1 << width) - 1)
    return weight - ((weight >> (width - 1)) << width)


def _format_difference(image, core):
    name = next(name for name in vars(image) if getattr(image, name) != getattr(core, name))
    return (f"the image has a {name} of {getattr(image, name)}, the core one of {getattr(core, name)}: "
            "compile the network for this core")
