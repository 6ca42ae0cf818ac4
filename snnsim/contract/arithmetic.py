"""The few operations that the rules are made of."""

from functools import singledispatch


@singledispatch
def select(condition, then, otherwise):
    """``then`` where ``condition`` holds, else ``otherwise``; both are always evaluated.

    ``hdl`` registers a multiplexer for Amaranth values, the simulator an overload for numba.
    """
    return then if condition else otherwise


def outside(x, lo, hi):
    """Whether ``x`` lies outside ``lo .. hi``."""
    return (x < lo) | (x > hi)


def saturate(x, lo, hi):
    """The value in ``lo .. hi`` nearest to ``x``."""
    return select(x > hi, hi, select(x < lo, lo, x))


def at_least(x, lo):
    """The larger of ``x`` and ``lo``."""
    return select(x < lo, lo, x)


def shift_toward_zero(x, bits):
    """``x / 2**bits``, rounded toward zero.

    The arithmetic shift alone would round down; adding ``2**bits - 1`` to negative values first
    turns that into rounding toward zero with one adder.
    """
    return (x + select(x < 0, (1 << bits) - 1, 0)) >> bits


def move_toward_zero(x, distance):
    """``x`` moved by ``distance >= 0`` toward zero, stopping there."""
    return select(x > distance, x - distance, select(x < -distance, x + distance, 0))
