"""Neuron models: their parameters in SI units, or in the contract's own integers."""

from dataclasses import dataclass, fields

import numpy as np

from .values import Description, DescriptionError, integer, real, word

RESETS = ("value", "subtract")
REFRACTORIES = ("hold", "mute")


class Neuron(Description):
    """Base of the neuron models. Each parameter is one value for all neurons, or an array of shape (n,)."""

    @property
    def adapts(self):
        """Whether the threshold of any neuron does."""
        raise NotImplementedError

    @property
    def draws(self):
        """Whether the threshold of any neuron is noisy."""
        raise NotImplementedError

    def check_size(self, n):
        """Raise `DescriptionError` if an array of parameters is not of shape (n,)."""
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray) and value.shape != (n,):
                raise DescriptionError(f"{f.name} must have one value, or one for each of its {n} neurons, "
                                       f"not an array of shape {value.shape}")


@dataclass(frozen=True, eq=False)
class LIF(Neuron):
    """Leaky integrate-and-fire neurons in SI units (volts, amperes, ohms, seconds).

    Between arrivals ::

        tau_mem dv/dt = (v_leak - v) + r (i + i_bias)        tau_syn di/dt = -i

    and, besides, v moves toward ``v_leak`` by ``leak`` volts per second. A neuron spikes when v is
    strictly above ``v_threshold``, then

    ``reset``
        ``'value'``: v becomes ``v_reset``; ``'subtract'``: v drops by ``v_threshold - v_leak``.
    ``t_ref``, ``refractory``
        for ``t_ref`` seconds it cannot spike; v stays at ``v_reset`` (``'hold'``), or goes on
        integrating (``'mute'``).

    ``tau_syn > 0``
        an arrival adds its weight (amperes; volts where r = 1) to i.
    ``tau_syn = 0``
        there is no synaptic current: an arrival adds its weight in volts to v.
    ``tau_mem = inf``
        an integrator without decay: dv/dt = r (i + i_bias), r being 1/C.
    ``tau_mem = 0``
        v is forgotten in every step: v = v_leak + r (i + i_bias).
    ``v_threshold = inf``
        never spikes: a read-out.

    ``adapt_jump``, ``tau_adapt``
        each spike raises the threshold by ``adapt_jump`` volts, which decay with ``tau_adapt`` (0 and 0:
        the threshold is fixed; inf: they stay).

    ``threshold_noise``
        in each step the threshold is moved by up to so many volts either way, by chance.

    v never falls below ``v_min``, and starts from ``v_init`` (None: ``v_leak``); i starts from 0.
    """

    tau_mem: object
    v_threshold: object
    v_reset: object = 0.0
    v_leak: object = 0.0
    tau_syn: object = 0.0
    r: object = 1.0
    i_bias: object = 0.0
    leak: object = 0.0
    v_min: object = -np.inf
    t_ref: object = 0.0
    reset: object = "value"
    refractory: object = "hold"
    v_init: object = None
    adapt_jump: object = 0.0
    tau_adapt: object = 0.0
    threshold_noise: object = 0.0

    def __post_init__(self):
        if self.v_init is None:
            object.__setattr__(self, "v_init", self.v_leak)
        self._normalise(real, "v_reset", "v_leak", "r", "i_bias", "v_init")
        self._normalise(real, "tau_mem", "tau_syn", "tau_adapt", lo=0, finite=False)
        self._normalise(real, "leak", "t_ref", "adapt_jump", "threshold_noise", lo=0)
        self._normalise(real, "v_threshold", lo=-np.finfo(float).max, finite=False)
        self._normalise(real, "v_min", hi=np.finfo(float).max, finite=False)
        self._normalise(word, "reset", choices=RESETS)
        self._normalise(word, "refractory", choices=REFRACTORIES)

    @property
    def adapts(self):
        return bool(np.any(self.adapt_jump))

    @property
    def draws(self):
        return bool(np.any(self.threshold_noise))


@dataclass(frozen=True, eq=False)
class IntegerLIF(Neuron):
    """The contract's neuron in the contract's own integers; rest is 0 (see ``docs/contract.md``).

    ``keep_v_q`` and ``keep_i_q`` are the decay factors times ``2**decay_bits``. ``keep_v_q`` None
    keeps all (no decay); ``v_min_q`` None is the lowest value of the state's format.
    ``v_init_q``, ``i_init_q`` and ``r_init`` are the state before the first step. Each spike raises the
    threshold by ``jump_q``, of which ``keep_z_q / 2**decay_bits`` is left after each step; ``z_init_q`` is
    there from the start. In each step the threshold is moved by one of ``-threshold_noise_q ..
    threshold_noise_q - 1``.
    """

    v_threshold_q: object
    keep_v_q: object = None
    keep_i_q: object = 0
    leak_q: object = 0
    bias_q: object = 0
    v_reset_q: object = 0
    v_min_q: object = None
    refractory_steps: object = 0
    reset: object = "value"
    refractory: object = "hold"
    v_init_q: object = 0
    i_init_q: object = 0
    r_init: object = 0
    keep_z_q: object = 0
    jump_q: object = 0
    z_init_q: object = 0
    threshold_noise_q: object = 0

    def __post_init__(self):
        self._normalise(integer, "v_threshold_q", "bias_q", "v_reset_q", "v_init_q", "i_init_q")
        self._normalise(integer, "keep_i_q", "leak_q", "refractory_steps", "r_init", "keep_z_q", "jump_q",
                        "z_init_q", "threshold_noise_q", lo=0)
        if self.keep_v_q is not None:
            self._normalise(integer, "keep_v_q", lo=0)
        if self.v_min_q is not None:
            self._normalise(integer, "v_min_q")
        self._normalise(word, "reset", choices=RESETS)
        self._normalise(word, "refractory", choices=REFRACTORIES)

    @property
    def adapts(self):
        return bool(np.any(self.jump_q) or np.any(self.z_init_q))

    @property
    def draws(self):
        return bool(np.any(self.threshold_noise_q))


@dataclass(frozen=True, eq=False)
class PoissonSource(Neuron):
    """Sources of spikes by chance, which nothing reaches: in each step of ``dt`` seconds a neuron spikes with
    the probability ``rate * dt``, whatever was before. ``rate`` in hertz, at most ``1 / dt``."""

    rate: object

    def __post_init__(self):
        self._normalise(real, "rate", lo=0)

    @property
    def adapts(self):
        return False

    @property
    def draws(self):
        return True
