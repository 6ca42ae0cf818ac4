"""From floats to integers: the only place where it happens, and what it loses."""

from dataclasses import dataclass

import numpy as np

from snnsim.errors import UserError


class CompileError(UserError):
    """A network that cannot be put into integers; the message has the number, the limit and the remedy."""


def quantise(values, format, what, remedy):
    """``values``, in units of the format, rounded to the nearest integers, ties to even: int64, same shape.

    Raises `CompileError` for a value that is not finite or whose integer lies outside ``format``.
    """
    values = np.atleast_1d(np.asarray(values, float))
    rounded = np.rint(values)
    wrong = ~((rounded >= format.lo) & (rounded <= format.hi))  # also where it is not a number
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        raise CompileError(f"{what} of {values[k]:g} units must be between {format.lo} and {format.hi}: "
                           f"{remedy}")
    return rounded.astype(np.int64)


@dataclass(frozen=True)
class Loss:
    """What rounding changed: the largest error, in the unit of the values and relative to the largest
    value, the root mean square of the relative errors, and how many values other than 0 became 0."""

    largest: float = 0.0
    relative: float = 0.0
    rms: float = 0.0
    zeroed: int = 0

    @classmethod
    def between(cls, exact, rounded):
        """The loss of ``rounded``, of the same unit and shape as ``exact``."""
        exact, rounded = np.asarray(exact, float), np.asarray(rounded, float)
        if exact.size == 0:
            return cls()
        error = rounded - exact
        np.abs(error, out=error)
        largest, scale = float(error.max()), float(np.abs(exact).max())
        if scale == 0:
            return cls(largest)
        rms = float(np.sqrt(np.mean(np.square(error)))) / scale
        return cls(largest, largest / scale, rms, int(np.count_nonzero((exact != 0) & (rounded == 0))))


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

