"""Faulty copies of modules, made by changing their text."""

import importlib
import shutil
import threading
import types
from pathlib import Path

import snnsim
from snnsim.simulator.barrier import DONE

#: What stands for `snnsim.simulator.vectors` where numba compiles nothing: vectors of one integer.
VECTORS_OF_ONE = """
import numpy as np

from snnsim.contract.neuron import decayed, product

WIDTH, FLOAT_STATE = 1, 25
VECTOR, MASK = object(), object()
choose_each = lower = higher = None
number = count = int
bits = np.uint64


def rounds_toward_zero():
    return False


def load(array, at):
    return int(array[at])


def store(array, at, value):
    array[at] = value


def decay_by_halves(x, keep, decay_bits):
    return decayed(product(x, keep), decay_bits)


decay_as_floats = decay_by_halves
"""

#: The same for `snnsim.simulator.words`.
WORDS_OF_ONE = """
as_products = as_short = as_vector = as_words = numbered = int


def is_fast():
    return True


def look_up(table, at, index):
    return int(table[at + index])
"""


def mutant(name, text, fault):
    """A copy of the module ``name`` in which ``text``, which occurs once, is ``fault``."""
    original = importlib.import_module(name)
    source = Path(original.__file__).read_text()
    assert source.count(text) == 1, f"{text!r} occurs {source.count(text)} times in {name}"
    copy = types.ModuleType(name)
    copy.__package__, copy.__file__ = original.__package__, original.__file__
    exec(compile(source.replace(text, fault), original.__file__, "exec"), vars(copy))
    return copy


def plant(monkeypatch, target, faulty):
    """Let the module ``target`` use what ``faulty`` has wherever it imported the originals."""
    planted = [name for name, value in vars(target).items()
               if getattr(value, "__module__", None) == faulty.__name__]
    assert planted, f"{target.__name__} imports nothing from {faulty.__name__}"
    for name in planted:
        monkeypatch.setattr(target, name, getattr(faulty, name))


def mutant_simulators(folder, package, file, text, fault):
    """Write a copy of contract, simulators and what ``file`` is in as ``package`` into ``folder``, with one
    fault.

    In the copy, which uses its own contract, ``file`` has ``fault`` instead of ``text``, which is there once.
    """
    for part in {"contract", "simulator", Path(file).parts[0]}:
        shutil.copytree(f"{snnsim.__path__[0]}/{part}", folder / package / part,
                        ignore=shutil.ignore_patterns("__pycache__"))
    (folder / package / "__init__.py").touch()
    changed = folder / package / file
    assert changed.read_text().count(text) == 1, f"{text!r} does not occur once in {file}"
    changed.write_text(changed.read_text().replace(text, fault))
    (folder / package / "simulator" / "vectors.py").write_text(VECTORS_OF_ONE)
    (folder / package / "simulator" / "words.py").write_text(WORDS_OF_ONE)
    for module in (folder / package).rglob("*.py"):
        module.write_text(module.read_text().replace("from snnsim.contract", f"from {package}.contract"))


def interpreted_simulator(package):
    """The `Simulator` of such a copy where numba compiles nothing: what only numba can do is done by hand."""
    by_hand = {"lowest_bit": _lowest_bit, "arrive": _arrive, "wait_for": _wait_for, "borrowed": _same,
               "prefetch": _nothing, "add_spread": _add_spread, "bits_set": _bits_set}
    for name in ("alike", "cells", "delivery", "kernel", "learning_kernel", "replay"):
        module = importlib.import_module(f"{package}.simulator.{name}")
        for each in by_hand.keys() & vars(module).keys():
            setattr(module, each, by_hand[each])
        for run in getattr(module, "RUNS", {}).values():
            run.__globals__.update({each: by_hand[each] for each in by_hand.keys() & run.__globals__.keys()})
    importlib.import_module(f"{package}.simulator.kernel").MANY = 0  # so that small networks have all kinds
    return importlib.import_module(f"{package}.simulator").Simulator


def _lowest_bit(mask):
    return (int(mask) & -int(mask)).bit_length() - 1


def _same(memory):
    return memory


def _add_spread(sums, at, mask, weight, begin):
    for k in (k for k in range(32) if int(mask) >> k & 1):
        sums[at + k] += weight[begin]
        begin += 1


def _bits_set(mask):
    return int(mask).bit_count()


def _nothing(array, index):
    pass


def _arrive(barrier, thread):
    with _DONE:
        barrier[DONE + thread] += 1
        _DONE.notify_all()


def _wait_for(barrier, done):
    with _DONE:
        _DONE.wait_for(lambda: barrier[DONE:].min() >= done)


_DONE = threading.Condition()
