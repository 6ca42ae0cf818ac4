"""The neuron: leak, integrate, fire, reset.

Each rule is a pure function of integers. Hardware puts registers between rules, never inside one.

A time step of one neuron, with ``drive`` the exact sum of the step's arrivals, is

====================  ==========================================================================
``i``                 ``integrate_i(decayed(product(i, keep_i)), drive)``
``v``                 ``integrate_v(leaked(decayed(product(v, keep_v)), leak), i, bias, v_min)``
``spike``             ``fires(v, r, v_threshold)``
``v, r``              ``reset_v(...)``, ``reset_r(...)``
====================  ==========================================================================
"""

from .arithmetic import at_least, move_toward_zero, outside, saturate, select, shift_toward_zero


def product(x, keep):
    """The exact product of a state and a decay factor."""
    return x * keep


def decayed(product, decay_bits):
    """``trunc(x * keep / 2**decay_bits)``, from the product of the two."""
    return shift_toward_zero(product, decay_bits)


def current_sum(i_decayed, drive):
    """The exact new synaptic current, before it is saturated."""
    return i_decayed + drive


def leaked(v_decayed, leak):
    """The membrane moved by the constant leak toward rest, which is 0."""
    return move_toward_zero(v_decayed, leak)


def membrane_sum(v_leaked, i, bias):
    """The exact new membrane potential, before it is saturated."""
    return v_leaked + i + bias


def bounded(x, lo, hi):
    """A sum brought into the range of the state; happens once per step and state."""
    return saturate(x, lo, hi)


def saturates(x, lo, hi):
    """Whether `bounded` changes ``x``: counted, and shown to the user."""
    return outside(x, lo, hi)


def floored(v, v_min):
    """The membrane, not below the neuron's own floor."""
    return at_least(v, v_min)


def fires(v, r, v_threshold):
    """A spike: strictly above threshold, and not refractory."""
    return (r == 0) & (v > v_threshold)


def reset_v(v, spike, r, v_threshold, v_reset, subtract, hold):
    """The membrane after the step.

    After a spike, ``v_reset`` or, where ``subtract``, ``v - v_threshold`` (which needs
    ``v_threshold >= 0``, so that it cannot leave the range). In the refractory time, ``v_reset``
    where ``hold``; otherwise the neuron goes on integrating and is only mute.
    """
    after_spike = select(subtract, v - v_threshold, v_reset)
    return select(spike, after_spike, select((r > 0) & hold, v_reset, v))


def reset_r(spike, r, refractory):
    """The refractory steps that remain after the step."""
    return select(spike, refractory, select(r > 0, r - 1, 0))


def is_tonic(bias, v_threshold, v_min):
    """Whether the neuron moves or fires without any input, starting from zero state."""
    return (bias != 0) | (v_threshold < 0) | (v_min > 0)


def at_rest(v, i, r, tonic):
    """Whether a step without arrivals would leave the neuron as it is, silently.

    Both machines may skip such a neuron: that is what makes them event-driven.
    """
    return (v == 0) & (i == 0) & (r == 0) & (tonic == 0)
