"""The numbers and words of a description: one each, or one per neuron; checked where they are given."""

from contextlib import contextmanager
from dataclasses import fields
from numbers import Real

import numpy as np

from .errors import UserError

#: Integers beyond this, either way, belong to no format.
LARGEST = 1 << 62


class DescriptionError(UserError):
    """A description that means nothing: a missing name, a wrong shape, a value outside its limits."""


@contextmanager
def about(what):
    """Put ``what`` before the message of a `DescriptionError` from the ``with`` block."""
    try:
        yield
    except DescriptionError as error:
        raise DescriptionError(f"{what}: {error}") from None


class Description:
    """Base of the frozen dataclasses of a description: equal when all fields are, arrays included."""

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None

    def _normalise(self, function, *names, **options):
        """Replace each named field by what ``function(value, its full name, **options)`` makes of it."""
        for name in names:
            value = function(getattr(self, name), f"{type(self).__name__} {name}", **options)
            object.__setattr__(self, name, value)


def _same(a, b):
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and np.array_equal(a, b)
    return a == b


def read_only(values):
    """A view of an array that cannot be written through."""
    view = np.asarray(values).view()
    view.flags.writeable = False
    return view


def array(value, what, kind):
    """``value``, a sequence, as an array. Raises `DescriptionError` if it is none; ``kind`` is expected."""
    if value is None or isinstance(value, str | bytes | dict):
        raise DescriptionError(f"{what} must be {kind}, not {_kind(value)}")
    try:
        return np.asarray(value)
    except ValueError:
        raise DescriptionError(f"{what} must be {kind} in rows of one length") from None


def real(value, what, *, lo=-np.inf, hi=np.inf, finite=True):
    """``value`` as a float, or as a read-only array of floats if it is a sequence.

    Raises `DescriptionError` for anything else, for NaN, for an infinite value where ``finite``, or
    for one outside ``lo .. hi``.
    """
    values = array(value, what, "a number or an array of numbers")
    if values.dtype.kind not in "iuf" and values.size:
        raise DescriptionError(f"{what} must be a number or an array of numbers, not {_kind(value)}")
    values = values.astype(float)
    wrong = np.isnan(values) | (values < lo) | (values > hi)
    if finite:
        wrong |= np.isinf(values)
    kind = "a finite number" if finite else "a number"
    _refuse(values, wrong, what, f"{kind} {_between(lo, hi)}".rstrip())
    return read_only(values) if values.ndim else float(values)


def number(value, what, **limits):
    """``value`` as one float; limits as in `real`."""
    value = real(value, what, **limits)
    if isinstance(value, np.ndarray):
        raise DescriptionError(f"{what} must be one number, not an array")
    return value


def integer(value, what, *, lo=-LARGEST, hi=LARGEST):
    """``value`` as an int, or as a read-only array of integers if it is a sequence.

    Raises `DescriptionError` for anything else, or for a value outside ``lo .. hi``.
    """
    values = array(value, what, "an integer or an array of integers")
    if values.dtype.kind not in "iu" and values.size:
        raise DescriptionError(f"{what} must be an integer or an array of integers, not {_kind(value)}")
    _refuse(values, (values < lo) | (values > hi), what, f"an integer {_between(lo, hi)}".rstrip())
    values = values.astype(np.int64)
    return read_only(values) if values.ndim else int(values)


def whole(value, what, *, lo=0, hi=LARGEST):
    """``value`` as one int of ``lo .. hi``."""
    value = integer(value, what, lo=lo, hi=hi)
    if isinstance(value, np.ndarray):
        raise DescriptionError(f"{what} must be one integer, not an array")
    return value


def word(value, what, *, choices):
    """``value``, one of ``choices``, or a read-only array of such words."""
    if isinstance(value, str):
        if value not in choices:
            raise DescriptionError(f"{what} must be {_either(choices)}, not {value!r}")
        return value
    values = array(value, what, _either(choices))
    if values.size == 0:
        values = values.astype(str)
    if values.dtype.kind != "U":
        raise DescriptionError(f"{what} must be {_either(choices)}, or an array of these, not {_kind(value)}")
    _refuse(values, ~np.isin(values, choices), what, _either(choices))
    return read_only(values)


def name(value, what):
    """``value``, a non-empty string of one line."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise DescriptionError(f"{what} must be a non-empty line of text, not {value!r}")
    return value


def per_neuron(value, n):
    """``value`` spread over ``n`` neurons, shape (n,)."""
    return np.broadcast_to(np.asarray(value), (n,))


def _kind(value):
    if value is None or isinstance(value, str | bool | Real):
        return repr(value) if len(repr(value)) < 40 else f"{repr(value)[:40]}..."
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def _refuse(values, wrong, what, limit):
    """Raise for the first place where ``wrong``."""
    if not wrong.any():
        return
    if values.ndim == 0:
        raise DescriptionError(f"{what} must be {limit}, not {values}")
    place = tuple(np.argwhere(wrong)[0])
    where = ", ".join(str(k) for k in place)
    raise DescriptionError(f"{what}[{where}] must be {limit}, not {values[place]}")


def _between(lo, hi):
    bounded_below, bounded_above = lo > -1e18, hi < 1e18
    if bounded_below and bounded_above:
        return f"between {lo} and {hi}"
    if bounded_below:
        return f"of at least {lo}"
    return f"of at most {hi}" if bounded_above else ""


def _either(choices):
    return " or ".join(repr(choice) for choice in choices)
