"""From `Logic` to the arrays that `circuit.cc` runs on: levels, and what lies behind each net."""

import numpy as np

from .logic import LARGEST_TABLE, ONE, ZERO, NetlistError

#: Kinds of nodes.
TABLE, READ, PRODUCT = 0, 1, 2

#: Contents that nobody has defined are noise: a design that relies on them must not pass.
_NOISE_SEED = 20240229


def plan(logic, clock):
    """The fields of ``struct Circuit`` in its order, for a `Logic` whose only clock is the net ``clock``.

    They are ``(arrays, counts)``, two dicts. Raises `NetlistError` for a second clock, a net with two
    drivers or none, or a loop without a register.
    """
    others = {logic.resolve(net) for net in logic.clocks} - {logic.resolve(clock)}
    if others:
        raise NetlistError(f"{len(others)} clocks beside that of the board: only one can be simulated")
    nodes = _Nodes(logic)
    _check_drivers(logic, nodes)
    order, level = _levels(logic.nets, nodes)
    clocked = _clocked(logic, nodes, order)
    arrays = {**nodes.arrays(order, level), **_behind(logic, nodes, order), **clocked}
    arrays |= _power_up(logic, arrays)
    counts = {"n_nodes": len(order), "n_levels": arrays["level_first"].size - 1,
              "n_writes": len(arrays["writes"]), "n_pending": len(logic.flip_flops)}
    fields = ("kind", "number", "level", "level_first", "table_inputs", "table_bits", "table_output", "reads",
              "products", "nets", "behind_first", "behind", "d", "q", "writes", "memory_first",
              "memory_depth", "readers_first", "readers", "value", "contents", "queue", "queue_size",
              "is_queued", "pending", "taken", "is_pending", "next_value")
    return {name: np.ascontiguousarray(arrays[name]) for name in fields}, counts


class _Nodes:
    """Tables, reads and products, in this order: what each is, and the nets at both of its ends."""

    def __init__(self, logic):
        self._resolve = logic.resolve
        self.kinds, self.numbers, self.inputs, self.outputs = [], [], [], []
        self.lists = []  # lists of nets, one behind the other
        self.tables, self.reads, self.products = [], [], []
        for table in logic.tables:
            self._add(TABLE, self.tables, table, table.inputs, (table.output,))
        for number, memory in enumerate(logic.memories):
            for read in memory.reads:
                row = (number, *self.place(read.address), *self.place(read.data))
                self._add(READ, self.reads, row, read.address, read.data)
        for p in logic.products:
            row = (p.a_signed, p.b_signed, *self.place(p.a), *self.place(p.b), *self.place(p.output))
            self._add(PRODUCT, self.products, row, (*p.a, *p.b), p.output)

    def _add(self, kind, rows, row, inputs, outputs):
        self.kinds.append(kind)
        self.numbers.append(len(rows))
        self.inputs.append([self._resolve(net) for net in inputs])
        self.outputs.append([self._resolve(net) for net in outputs])
        rows.append(row)

    def place(self, nets):
        """Where a list of nets lies: the first, and how many."""
        self.lists += [self._resolve(net) for net in nets]
        return len(self.lists) - len(nets), len(nets)

    def arrays(self, order, level):
        sorted_level = level[order]
        n_levels = int(sorted_level.max(initial=-1)) + 1
        n_tables = len(self.tables)
        return {
            "kind": np.array(self.kinds, np.uint8)[order], "number": _integers(self.numbers)[order],
            "level": _integers(sorted_level),
            "level_first": _integers(np.searchsorted(sorted_level, np.arange(n_levels + 1))),
            "table_inputs": _integers([inputs + [ZERO] * (LARGEST_TABLE - len(inputs))
                                       for inputs in self.inputs[:n_tables]]),
            "table_bits": np.array([table.bits for table in self.tables], np.uint64),
            "table_output": _integers([outputs[0] for outputs in self.outputs[:n_tables]]),
            "reads": _integers(self.reads), "products": _integers(self.products),
            "nets": _integers(self.lists),
        }


def _integers(values):
    return np.array(values, np.int32)


def _check_drivers(logic, nodes):
    driven = {ZERO, ONE}
    outputs = [net for nets in nodes.outputs for net in nets]
    for net in outputs + [logic.resolve(flip_flop.q) for flip_flop in logic.flip_flops]:
        if net in driven:
            raise NetlistError("two outputs are connected with each other, or one with a constant")
        driven.add(net)
    driven |= {logic.resolve(net) for net in logic.inputs}
    used = {net for nets in nodes.inputs for net in nets} | {logic.resolve(f.d) for f in logic.flip_flops}
    for write in (write for memory in logic.memories for write in memory.writes):
        used |= {logic.resolve(net) for net in (write.when, *write.address, *write.data, *write.enable)}
    if used - driven:
        raise NetlistError(f"{len(used - driven)} wires are read that nothing drives")


def _levels(n_nets, nodes):
    """``(order, level)``: nodes sorted by level, and the level of each node."""
    driver = np.full(n_nets, -1)
    for node, outputs in enumerate(nodes.outputs):
        driver[outputs] = node
    behind = [[] for _ in nodes.inputs]
    missing = np.zeros(len(behind), int)
    for node, inputs in enumerate(nodes.inputs):
        for other in {int(driver[net]) for net in inputs} - {-1}:
            behind[other].append(node)
            missing[node] += 1
    level = np.zeros(len(behind), int)
    ready = np.flatnonzero(missing == 0).tolist()
    for node in ready:  # grows while it is gone through
        for other in behind[node]:
            level[other] = max(level[other], level[node] + 1)
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    if len(ready) < len(behind):
        raise NetlistError(f"{len(behind) - len(ready)} cells form loops without a register")
    return np.argsort(level, kind="stable"), level


def _behind(logic, nodes, order):
    """What a change of each net concerns: nodes, and from their number on, flip-flops."""
    position = np.empty(len(order), int)
    position[order] = np.arange(len(order))
    pairs = [(net, position[node]) for node, inputs in enumerate(nodes.inputs) for net in set(inputs)]
    pairs += [(logic.resolve(f.d), len(order) + k) for k, f in enumerate(logic.flip_flops)]
    first, items = _grouped(pairs, logic.nets)
    return {"behind_first": first, "behind": items}


def _clocked(logic, nodes, order):
    writes = [
        (logic.resolve(w.when), number, *nodes.place(w.address), *nodes.place(w.data), *nodes.place(w.enable))
        for number, memory in enumerate(logic.memories) for w in memory.writes]
    readers = [(nodes.reads[nodes.numbers[node]][0], place)
               for place, node in enumerate(order) if nodes.kinds[node] == READ]
    readers_first, readers = _grouped(readers, len(logic.memories))
    depth = _integers([memory.depth for memory in logic.memories])
    return {
        "d": _integers([logic.resolve(f.d) for f in logic.flip_flops]),
        "q": _integers([logic.resolve(f.q) for f in logic.flip_flops]),
        "writes": _integers(writes), "memory_first": _integers(np.cumsum([0, *depth])[:-1]),
        "memory_depth": depth, "readers_first": readers_first, "readers": readers,
    }


def _grouped(pairs, n_groups):
    """``(first, items)``: the items of group ``g`` are ``items[first[g]:first[g + 1]]``."""
    pairs = _integers(pairs).reshape(-1, 2)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return _integers(np.searchsorted(pairs[:, 0], np.arange(n_groups + 1))), pairs[:, 1]


def _power_up(logic, arrays):
    """All that changes, as it is at power-up: everything is still to be computed."""
    value = np.zeros(logic.nets, np.uint8)
    value[arrays["q"]] = [f.init for f in logic.flip_flops]
    value[ONE] = 1
    rng = np.random.default_rng(_NOISE_SEED)
    contents = [np.zeros(0, np.uint64)]
    for memory in logic.memories:
        words = memory.contents
        if words is None:
            words = rng.integers(0, 1 << memory.width, memory.depth, np.uint64)
        contents.append(np.array(words, np.uint64))
    n_nodes, n_flip_flops = arrays["kind"].size, arrays["d"].size
    return {
        "value": value, "contents": np.concatenate(contents),
        "queue": _integers(range(n_nodes)), "queue_size": _integers(np.diff(arrays["level_first"])),
        "is_queued": np.ones(n_nodes, np.uint8),
        "pending": _integers(range(n_flip_flops)), "taken": _integers([0] * n_flip_flops),
        "is_pending": np.ones(n_flip_flops, np.uint8), "next_value": np.zeros(n_flip_flops, np.uint8),
    }
