"""Where the numbers of an image lie in the memories of a core."""

from dataclasses import dataclass

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
from snnsim.image import Parameters, State

from .room import CapacityError, Resource, check_room
from .words import pack_words, unpack_words

#: Clocks of a step in which everything rests.
REST_CLOCKS = 6
#: Clocks of a step in which there is something to do, beside those of its neurons and events: the
#: phases, and filling and draining the pipelines.
STEP_CLOCKS = 16
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
    """

    config: CoreConfig
    memories: dict
    word: np.ndarray
    slot: np.ndarray
    projection_sizes: tuple
    row_words: np.ndarray
    event_clocks: np.ndarray
    usage: dict

    def weights(self, words):
        """The weights in ``words``, read from `Memory.SYNAPSES` from word 0 on: an array per projection of
        the image, each in the order of its synapses."""
        slots = unpack_words(_slot_layout(self.config), words)
        slots = np.stack([slots[f"slot{b}"] for b in range(self.config.lanes)], axis=1)
        weight = _signed(slots[self.word, self.slot], self.config.formats.weight_width)
        return tuple(np.split(weight, np.cumsum(self.projection_sizes)[:-1])) if self.projection_sizes else ()

    def predict_clocks(self, events, awake_neurons):
        """Clocks of a step, estimated: those of `step_clocks`, and for each event one for each of its synapse
        words, at least `EVENT_CLOCKS` for its first row and `ROW_CLOCKS` for each further one.

        ``events``: mean events per step of each source, shape (n_neurons + n_inputs,).
        """
        return step_clocks(self.config, awake_neurons) + float(np.asarray(events, float) @ self.event_clocks)


def step_clocks(config, awake_neurons):
    """Clocks of a step without events: `STEP_CLOCKS`, one for each neuron of a region that is awake and one
    for each such region; `REST_CLOCKS` if none is."""
    if not awake_neurons:
        return REST_CLOCKS
    return STEP_CLOCKS + awake_neurons + awake_neurons / config.region_neurons


def place(image, config):
    """The `Placement` of ``image`` on a core with this configuration.

    Raises `CapacityError` naming all that is too large, the limits and the remedies.
    """
    if image.formats != config.formats:
        raise CapacityError(_format_difference(image.formats, config.formats))
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
    memories = {
        Memory.PARAMETERS: _parameters(image, config),
        Memory.STATE: pack_state(config, image.initial),
        Memory.ROWS: _row_words(descriptors, config),
        Memory.SYNAPSES: _synapse_words(synapses, word, words, config),
    }
    return Placement(
        config, {memory: array for memory, array in memories.items() if len(array)},
        word, synapses.slot, tuple(p.n_synapses for p in image.projections),
        _of_sources(rows, synapses.length, image),
        _event_clocks(rows, synapses.length, image),
        {resource.name: (resource.used, resource.available) for resource in resources})


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
        Resource("delay slots", image.delay_max, config.delay_slots, "use shorter delays or a larger dt"))


def pack_state(config, state):
    """Words of `Memory.STATE`, uint32 of shape (n, columns), that hold a `State`."""
    return pack_words(state_layout(config), v=state.v, i=state.i, r=state.r)


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

    @classmethod
    def of(cls, image, config, rows):
        key = _concatenate([_row_key(p.sources(), p, config) for p in image.projections])
        target = _concatenate([p.target.astype(np.int64) + p.first_target for p in image.projections])
        slot = target % config.lanes
        row = np.searchsorted(rows.key, key)
        position = _position_in_group(row * config.lanes + slot)
        length = np.zeros(rows.key.size, np.int64)
        np.maximum.at(length, row, position + 1)
        return cls(
            _concatenate([p.weight.astype(np.int64) for p in image.projections]),
            _concatenate([p.delays().astype(np.int64) for p in image.projections]),
            target, slot, row, position, length)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows, ordered by source: a run of synapse words with one source and one exponent."""

    key: np.ndarray  # source and exponent, ascending
    source: np.ndarray
    exponent: np.ndarray

    @classmethod
    def of(cls, image, config):
        key = np.unique(_concatenate([
            _row_key(p.first_source + np.flatnonzero(np.diff(p.indptr)), p, config)
            for p in image.projections]))
        width = config.formats.exponent_width
        return cls(key, key >> width, key & ((1 << width) - 1))

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
            np.minimum(length[row] - before, longest), rows.exponent[row],
            np.append(np.where(first, 0, continuation)[1:], 0)[:source.size],
            fixed + int(np.count_nonzero(~first)))


def _row_key(source, projection, config):
    return (source << config.formats.exponent_width) + projection.exponent


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
    return pack_words(parameter_layout(config), **values)


def _row_words(descriptors, config):
    memory = {}
    for field in row_layout(config).fields:
        memory[field.name] = np.zeros(descriptors.taken, np.int64)
        memory[field.name][descriptors.number] = getattr(descriptors, field.name)
    return pack_words(row_layout(config), **memory)


def _synapse_words(synapses, word, words, config):
    slots = np.zeros((words, config.lanes), np.int64)
    slots[word, synapses.slot] = synapse_layout(config).combine(
        weight=synapses.weight, delay=synapses.delay - 1, index=synapses.target // config.lanes)
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
