"""From floats to integers: the only place where it happens, and what it loses."""

from dataclasses import dataclass

import numpy as np

from snnsim.errors import UserError
from snnsim.slices import slices


class CompileError(UserError):
    """A network that cannot be put into integers; the message has the number, the limit and the remedy."""


def quantise(values, format, what, remedy, log2=0, dtype=np.int64):
    """``values``, in units of ``2**log2``, rounded to the nearest integers, ties to even: shape (n,).

    Raises `CompileError` for a value that is not finite or whose integer lies outside ``format``.
    """
    values = np.atleast_1d(np.asarray(values))
    whole = np.empty(values.shape, dtype)
    for here in slices(values.size):
        whole[here] = _rounded(np.ldexp(values[here].astype(float), -log2), format, what, remedy)
    return whole


def _rounded(values, format, what, remedy):
    rounded = np.rint(values)
    wrong = ~((rounded >= format.lo) & (rounded <= format.hi))  # also where it is not a number
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        raise CompileError(f"{what} of {values[k]:g} units must be between {format.lo} and {format.hi}: "
                           f"{remedy}")
    return rounded


@dataclass(frozen=True)
class Loss:
    """What rounding changed: the largest error, in the unit of the values and relative to the largest
    value, the root mean square of the relative errors, and how many values other than 0 became 0."""

    largest: float = 0.0
    relative: float = 0.0
    rms: float = 0.0
    zeroed: int = 0

    @classmethod
    def between(cls, exact, rounded, log2=0):
        """The loss of ``rounded``, in units of ``2**log2`` those of ``exact``; both of shape (n,)."""
        exact, rounded = np.asarray(exact), np.asarray(rounded)
        largest = scale = squares = 0.0
        zeroed = 0
        for here in slices(exact.size):
            value, whole = exact[here].astype(float), np.ldexp(rounded[here].astype(float), log2)
            error = np.abs(whole - value)
            largest, scale = max(largest, float(error.max())), max(scale, float(np.abs(value).max()))
            squares += float(np.square(error).sum())
            zeroed += int(np.count_nonzero((value != 0) & (whole == 0)))
        if scale == 0:
            return cls(largest)
        return cls(largest, largest / scale, float(np.sqrt(squares / exact.size)) / scale, zeroed)


def tau_error(tau, dt, keep):
    """The largest relative error of the time constants ``tau`` where their decay factor is ``keep``.

    A tau of 0 keeps nothing and one of infinity all, both exactly.
    """
    finite = (tau > 0) & np.isfinite(tau)
    if not finite.any():
        return 0.0
    with np.errstate(divide="ignore"):
        effective = -dt / np.log(keep[finite])
    return float(np.abs(effective / tau[finite] - 1).max())


def decay(tau, dt):
    """``exp(-dt / tau)``, 0 where tau is 0."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.exp(-dt / np.asarray(tau, float))


def one_minus_decay(tau, dt):
    """``1 - exp(-dt / tau)`` without cancellation."""
    with np.errstate(divide="ignore", over="ignore"):
        return -np.expm1(-dt / np.asarray(tau, float))

