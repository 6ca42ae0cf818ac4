"""One text of each rule, three meanings: Python integers, numba integers, Amaranth values."""

import inspect
import itertools
import tomllib

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Signal, signed, unsigned
from amaranth.sim import Simulator
from numba import njit

import hdl  # noqa: F401  makes the rules known to Amaranth
from snnsim.contract import arithmetic, neuron, noise, plasticity
from snnsim.contract.terms import TraceMode
from snnsim.simulator import rules  # noqa: F401  makes the rules known to numba
from tests.contract.cases import VECTORS

MODULES = (arithmetic, neuron, plasticity, noise)
RULES = {name: rule for module in MODULES for name, rule in vars(module).items()
         if inspect.isfunction(rule) and rule.__module__ == module.__name__ and name != "select"}
HAND_WORKED = {name: table for file in ("rules", "rules_plasticity", "rules_noise")
               for name, table in tomllib.loads((VECTORS / f"{file}.toml").read_text()).items()}

STATE = (-128, -127, -17, -16, -1, 0, 1, 15, 16, 126, 127)
KEEP = (0, 1, 2047, 2048, 4095, 4096)
FLAG = (0, 1)
#: The values that an argument takes, by its name; 8-bit states, 12 bits of decay.
VALUES = {
    "x": STATE, "v": STATE, "i": STATE, "v_threshold": STATE, "v_reset": STATE, "bias": STATE, "v_min": STATE,
    "drive": (-300, -1, 0, 1, 300), "i_decayed": STATE, "v_decayed": STATE, "v_leaked": STATE,
    "leak": (0, 1, 16, 126, 127), "distance": (0, 1, 16, 126, 127), "keep": KEEP,
    "product": tuple(x * keep + d for x in STATE for keep in KEEP for d in (-1, 0, 1)),
    "r": (0, 1, 2, 255), "refractory": (0, 1, 255),
    "tonic": FLAG, "spike": FLAG, "subtract": FLAG, "hold": FLAG,
}
FACTORS = (-32768, -32767, -16384, -1, 0, 1, 8192, 16383, 16384, 32767)
PRODUCTS = (-1 << 29, -1 << 25, -1025, -1024, -1, 0, 1, 1023, 1 << 24, 1 << 28, (1 << 29) - 1)
WORDS = (0, 1, 2, 0x411, 0x7FFFFFFF, 0x80000000, 0x124EA49D, 0xC0738807, 0xDEADBEEF, 0xFFFFFFFE, 0xFFFFFFFF)
#: The same of the rules of learning, where they differ.
VALUES_OF = {
    plasticity.__name__: {
        "z": (0, 1, 100, 127), "jump": (0, 1, 127), "threshold": (-128, -1, 0, 40, 127, 254),
        "x": (*FACTORS, 2, 127, 128, 255), "mode": tuple(int(mode) for mode in TraceMode), "entry": FACTORS,
        "coefficient": FACTORS, "factor": FACTORS, "product": PRODUCTS,
        "exact": tuple(p * f for p in PRODUCTS for f in FACTORS), "shift": (0, 1, 7, 30, 31),
        "total": (-1 << 32, -262145, -262144, -1, 0, 1, 131071, 262143, 1 << 32),
        "noise": (0, 1, 131072, 262143), "condition": FLAG,
        "delta": (-1 << 22, -1, 0, 1, 1 << 22), "amount": FACTORS, "graded": FACTORS, "is_graded": FLAG,
        "x_decayed": FACTORS, "event": FLAG, "m_decayed": FACTORS, "gain": FACTORS,
        "count": (-70000, -1, 0, 1, 9),
    },
    noise.__name__: dict.fromkeys(
        ("h", "g", "number", "seed", "step", "step_noise", "source", "source_noise", "target", "neuron"),
        WORDS) | {
        "lot": (0, 1, 7394, 65535), "cut": (0, 1, 7394, 65535), "value": STATE, "other": STATE,
        "amplitude": (0, 1, 100, 127), "threshold": (-128, -1, 0, 40, 254), "v_threshold": STATE,
        "product": (-127 << 23, -1 - (1 << 23), -1 << 23, -1, 0, 1, (1 << 23) - 1, 127 * ((1 << 23) - 1)),
        "noise": (-127, -1, 0, 1, 126),
    },
}
#: Arguments that are constants of a machine, not data.
CONSTANTS = {"bits": 4, "decay_bits": 12, "lo": -128, "hi": 127, "width": 8, "fraction": 18}
#: Amaranth shifts by unsigned numbers only.
UNSIGNED = {"shift"}
CONDITIONS = {"spike", "subtract", "hold", "tonic", "condition", "event", "is_graded"}
SUMS = tuple(range(-400, 401, 7)) + (-129, -128, -127, 126, 127, 128)


def arguments(name):
    """Names of a rule's arguments, and all rows of values to try: every combination, or many seeded ones."""
    names = list(inspect.signature(RULES[name]).parameters)
    known = VALUES | VALUES_OF.get(RULES[name].__module__, {})
    values = [(CONSTANTS[a],) if a in CONSTANTS else known[a] for a in names]
    if name in ("saturate", "outside", "bounded", "saturates"):
        values[0] = SUMS
    if name == "shift_toward_zero":
        values[0] = tuple(range(-200, 201))
    if np.prod([len(v) for v in values]) <= 6000:
        return names, list(itertools.product(*values))
    rng = np.random.default_rng(0)
    return names, [tuple(int(rng.choice(v)) for v in values) for _ in range(3000)]


def by_amaranth(rule, names, rows):
    """The rule elaborated into gates and simulated."""
    m = Module()
    data = {k: Signal(unsigned(5) if a in UNSIGNED else signed(50), name=a)
            for k, a in enumerate(names) if a not in CONSTANTS}
    inputs = [data[k] if k in data else CONSTANTS[a] for k, a in enumerate(names)]
    result = rule(*(s != 0 if a in CONDITIONS else s
                    for a, s in zip(names, inputs, strict=True)))
    output = Signal.like(result if not isinstance(result, int) else Const(result))
    m.d.comb += output.eq(result)
    results = []

    async def testbench(ctx):
        for row in rows:
            for k, signal in data.items():
                ctx.set(signal, row[k])
            results.append(ctx.get(output))

    simulator = Simulator(m)
    simulator.add_testbench(testbench)
    simulator.run()
    return results


def by_numba(rule, names, rows):
    """The rule compiled."""
    unpacked = ", ".join(f"rows[k, {k}]" if a not in CONSTANTS else str(CONSTANTS[a])
                         for k, a in enumerate(names))
    namespace = {"rule": rule}
    exec("def loop(rows, out):\n"
         f"    for k in range(len(rows)):\n        out[k] = rule({unpacked})", namespace)
    out = np.zeros(len(rows), dtype=np.int64)
    njit(namespace["loop"])(np.array(rows, dtype=np.int64), out)
    return out.tolist()


@pytest.mark.parametrize("name", RULES)
def test_rule_is_the_same_in_python_numba_and_amaranth(name):
    names, rows = arguments(name)
    expected = [int(RULES[name](*row)) for row in rows]
    assert by_numba(RULES[name], names, rows) == expected
    assert by_amaranth(RULES[name], names, rows) == expected


@pytest.mark.parametrize("name", HAND_WORKED)
def test_rule_gives_the_numbers_worked_by_hand(name):
    for *row, expected in HAND_WORKED[name]["rows"]:
        assert RULES[name](*row) == expected, row


def test_every_rule_of_learning_has_numbers_worked_by_hand():
    of_learning = {name for name, rule in RULES.items()
                   if rule.__module__ in (plasticity.__name__, noise.__name__)}
    assert of_learning - set(HAND_WORKED) == set()


def test_decay_of_the_widest_format_is_exact_in_numba():
    """32-bit states times 17-bit factors: products of 48 bits, not wrapped."""
    rng = np.random.default_rng(1)
    x = np.concatenate(([-2**31, 2**31 - 1], rng.integers(-2**31, 2**31, 500)))
    keep = np.concatenate(([2**16, 2**16], rng.integers(0, 2**16 + 1, 500)))

    @njit
    def loop(x, keep, out):
        for k in range(len(x)):
            out[k] = neuron.decayed(neuron.product(x[k], keep[k]), 16)

    out = np.zeros_like(x)
    loop(x, keep, out)
    assert out.tolist() == [int(a * b / 2**16) for a, b in zip(x.tolist(), keep.tolist(), strict=True)]
