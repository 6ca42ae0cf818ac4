"""The contract's rules for numba: the same text, compiled."""

import hashlib
import inspect
from functools import partial
from pathlib import Path
from types import FunctionType

from numba import njit
from numba.extending import overload, register_jitable

from snnsim.contract import arithmetic, neuron, noise, plasticity, schedule, terms

from .start_up import spare_scipy
from .vectors import MASK, VECTOR, choose_each, higher, lower

spare_scipy()

#: Rules, and the numbers that they are made with.
MODULES = (arithmetic, neuron, noise, plasticity, schedule, terms)

#: Without what would let Python call a function, which takes a quarter of the time to compile it.
_BARE = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
#: `njit` for functions that only compiled code calls.
inner = partial(njit, **_BARE)


@overload(arithmetic.select)
def _select(condition, then, otherwise):
    if condition is MASK:
        return lambda condition, then, otherwise: choose_each(condition, then, otherwise)

    def choose(condition, then, otherwise):
        return then if condition else otherwise
    return choose


# What the compiler cannot do by itself, as it does not know that lo <= hi and distance >= 0.
@overload(arithmetic.saturate)
def _saturate(x, lo, hi):
    if x is VECTOR:
        return lambda x, lo, hi: lower(higher(x, lo), hi)
    return arithmetic.saturate


@overload(arithmetic.move_toward_zero)
def _move_toward_zero(x, distance):
    if x is VECTOR:
        return lambda x, distance: x - lower(higher(x, -distance), distance)
    return arithmetic.move_toward_zero


_OVERLOADED = (arithmetic.select, arithmetic.saturate, arithmetic.move_toward_zero)


def _rules(module):
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            yield function


for _module in MODULES:
    for _rule in _rules(_module):
        if _rule not in _OVERLOADED:
            register_jitable(**_BARE)(_rule)


def text_digest(*users):
    """SHA-256 (hex) of the text of the rules, of this package and of those that the files ``users`` lie in.

    numba's cache of compiled code sees a change in the one file that holds the cached function; this
    digest tells it of changes in all the others.
    """
    files = [Path(module.__file__) for module in MODULES]
    for user in (__file__, *users):
        files += sorted(Path(user).parent.glob("*.py"))
    h = hashlib.sha256()
    for file in files:
        h.update(file.read_bytes())
    return h.hexdigest()


def variant_of(function, variant, users=(), **names):
    """``function`` for numba, kept on disk once it is compiled; it sees ``names`` as globals, too.
    ``users``: files of other packages that it is part of, as `text_digest` takes them.

    numba finds it there by its qualified name, which has the ``variant`` and the digest of the text in it.
    The functions that it calls must come by name: in a closure they would be part of numba's key, too, and be
    another one in each process.
    """
    function = FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__)
    function.__qualname__ += f".{variant}.{text_digest(*users)[:16]}"
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder to cache in can be written to: compile in each process
        return njit(nogil=True)(function)
