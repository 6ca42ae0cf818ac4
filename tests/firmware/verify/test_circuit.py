"""The simulation of logic: only what changes is computed, with the same result as if everything were."""

import random

import pytest

from firmware.verify.circuit import Circuit
from firmware.verify.logic import ONE, ZERO, Logic, NetlistError

from .circuits import CLOCK, SlowCircuit


def random_logic(rng):
    """``(Logic, inputs)`` with tables, registers, memories and products, all fed by each other."""
    logic = Logic(CLOCK + 1)
    inputs = [logic.new() for _ in range(8)]
    logic.inputs = set(inputs)
    kept = [logic.new() for _ in range(12)]
    nets = [ZERO, ONE, *inputs, *kept]

    def some(count):
        return tuple(rng.choice(nets) for _ in range(count))

    for _ in range(40):
        match rng.randrange(10):
            case 0:
                memory = logic.memory("memory", rng.choice([6, 8]), 5, [rng.randrange(32) for _ in range(8)])
                memory.contents = memory.contents[:memory.depth]
                for _ in range(rng.randrange(3)):
                    logic.write(memory, CLOCK, rng.choice(nets), some(3), some(5), some(5))
                nets += logic.read(memory, some(3))
            case 1:
                nets += logic.multiply(some(4), some(5), rng.random() < 0.5, rng.random() < 0.5, 9)
            case 2:
                nets.append(logic.register(CLOCK, *some(1), init=rng.randrange(2), enable=rng.choice(nets),
                                           reset=rng.choice(nets), value=rng.randrange(2)))
            case _:
                inputs_of_table = some(rng.randrange(1, 7))
                nets.append(logic.table(inputs_of_table, rng.getrandbits(1 << len(inputs_of_table))))
    for q in kept:
        logic.register(CLOCK, rng.choice(nets), q, init=rng.randrange(2))
    return logic, inputs


@pytest.mark.parametrize("seed", range(20))
def test_every_net_of_random_logic_is_as_if_all_were_computed(seed):
    rng = random.Random(seed)
    logic, inputs = random_logic(rng)
    circuit, slow = Circuit(logic, CLOCK), SlowCircuit(logic)
    for _ in range(60):
        bits = {net: rng.randrange(2) for net in inputs if rng.random() < 0.3}
        inputs_now = {**getattr(slow, "inputs", {}), **bits}
        slow.inputs = inputs_now
        fast, expected = circuit.step(bits), slow.step(inputs_now)
        different = {net for net, bit in expected.items() if fast[net] != bit}
        assert different == set()


def test_a_table_without_choice_is_a_wire():
    logic = Logic(10)
    assert logic.table((2, 3), 0b1100) == 3            # the second input
    assert logic.table((2, ZERO), 0b1100) == ZERO
    assert logic.table((2, 3), 0b1111) == ONE
    assert not logic.tables
    logic.table((2, ONE), 0b0100)  # an inverter is more
    assert [table.inputs for table in logic.tables] == [(2,)]


@pytest.mark.parametrize("seed", range(5))
def test_tables_mean_the_same_without_the_inputs_that_do_not_matter(seed):
    rng = random.Random(seed)
    logic = Logic(10)
    inputs = [rng.choice([ZERO, ONE, 2, 3, 4]) for _ in range(5)]
    bits = rng.getrandbits(32) & rng.choice([-1, 0x00FF00FF, 0x0F0F0F0F])
    output = logic.table(inputs, bits)
    logic.inputs = {2, 3, 4}
    for n in range(8):
        values = {ZERO: 0, ONE: 1, 2: n & 1, 3: n >> 1 & 1, 4: n >> 2}
        expected = bits >> sum(values[net] << k for k, net in enumerate(inputs)) & 1
        shown = SlowCircuit(logic).step({net: values[net] for net in (2, 3, 4)})
        assert shown[logic.resolve(output)] == expected


def test_a_reset_that_is_asynchronous_is_seen_at_once_and_kept():
    logic = Logic(CLOCK + 3)
    d, reset = CLOCK + 1, CLOCK + 2
    q = logic.register_with_asynchronous_reset(CLOCK, d, logic.new(), reset, 0)
    logic.inputs = {d, reset}
    circuit = Circuit(logic, CLOCK)
    seen = [circuit.step({d: 1, reset: bit})[q] for bit in (0, 0, 1, 0, 0)]
    assert seen == [0, 1, 0, 0, 1]


def test_what_is_read_and_written_at_one_edge_is_neither_old_nor_new_but_the_rest_is():
    logic = Logic(CLOCK + 1)
    memory = logic.memory("memory", 4, 4, [0b0011] * 4)
    data, address, write = logic.bus(4), logic.bus(2), logic.new()
    logic.inputs = {*data, *address, write}
    logic.write(memory, CLOCK, write, address, data, (ONE,) * 4)
    word = logic.guarded_read(memory, address, ONE, memory.writes)
    circuit = Circuit(logic, CLOCK)

    def read(new, writes):
        bits = {net: new >> k & 1 for k, net in enumerate(data)} | dict.fromkeys(address, 0) | {write: writes}
        before = circuit.step(bits)
        return sum(int(before[logic.resolve(net)]) << k for k, net in enumerate(word))

    assert read(0b0011, 0) == 0b0011
    assert read(0b0011, 1) == 0b1100
    assert read(0b0101, 1) not in (0b0011, 0b0101)
    assert read(0, 0) == 0b0101


def loop(logic):
    a, b = logic.new(), logic.new()
    logic.table((a,), 0b01, b)
    logic.table((b,), 0b01, a)


def two_drivers(logic):
    output = logic.new()
    for bits in (0b01, 0b01):
        logic.table((CLOCK + 1,), bits, output)


def second_clock(logic):
    logic.register(CLOCK + 1, ONE)


def nothing_drives(logic):
    logic.register(CLOCK, logic.new())


@pytest.mark.parametrize(("fault", "message"), [
    (loop, "2 cells form loops without a register"), (two_drivers, "two outputs are connected"),
    (second_clock, "1 clocks beside that of the board"),
    (nothing_drives, "1 wires are read that nothing drives"),
])
def test_logic_that_cannot_be_simulated_is_refused(fault, message):
    logic = Logic(CLOCK + 2)
    logic.inputs = {CLOCK + 1}
    fault(logic)
    with pytest.raises(NetlistError, match=message):
        Circuit(logic, CLOCK)
