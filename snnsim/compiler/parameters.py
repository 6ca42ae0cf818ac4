"""Neuron models to the integers of the contract."""

from dataclasses import dataclass, replace

import numpy as np

from snnsim.contract import Format, FormatError
from snnsim.slices import first_outside, slices
from snnsim.values import per_neuron

from .quantise import CompileError, Loss, decay, one_minus_decay, quantise, tau_error
from .scale import HEADROOM_BITS, Limit

#: A population without thresholds is scaled for each of its sources spiking in this share of the steps.
READ_OUT_ACTIVITY = 1 / 8
#: Steps after which a membrane or current that never decays is taken to be reset by other means.
LONGEST_SUM = 1000
#: Relative errors of times below this are what floats leave of a whole number of steps.
_WHOLE = 1e-6


@dataclass(frozen=True)
class Physical:
    """The parameters of ``n`` LIF neurons in volts from rest (``leak`` in volts per step), by name."""

    volts: dict
    neuron: object
    n: int
    dt: float

    @classmethod
    def of(cls, neuron, n, dt):
        rest = per_neuron(neuron.v_leak, n)
        volts = {name: per_neuron(getattr(neuron, name), n) - rest
                 for name in ("v_threshold", "v_reset", "v_min", "v_init")}
        with np.errstate(over="ignore"):
            volts["bias"] = current_gain(neuron, n, dt) * neuron.i_bias
            volts["leak"] = per_neuron(neuron.leak, n) * dt
            volts["jump"] = per_neuron(neuron.adapt_jump, n)
            volts["threshold_noise"] = np.where(np.isinf(volts["v_threshold"]), 0.0, neuron.threshold_noise)
        return cls(volts, neuron, n, dt)

    @property
    def reference(self):
        """The largest distance of a threshold from rest; 0 if no neuron can spike or all do at rest."""
        threshold = np.abs(self.volts["v_threshold"])
        return float(threshold[np.isfinite(threshold)].max(initial=0))

    def reach(self, arrivals):
        """About how far from rest v gets where no threshold says so, with at most ``arrivals`` volts a step.

        `READ_OUT_ACTIVITY` of them go on for ever, less a factor that the headroom above thresholds
        gives back; never less than what bias and initial state alone lead to.
        """
        tau_mem, tau_syn = (per_neuron(tau, self.n) for tau in (self.neuron.tau_mem, self.neuron.tau_syn))
        membrane = _sum_of_decay(tau_mem, self.dt)
        from_arrivals = arrivals * READ_OUT_ACTIVITY * membrane * _sum_of_decay(tau_syn, self.dt)
        alone = np.maximum(np.abs(self.volts["bias"]) * membrane, np.abs(self.volts["v_init"]))
        return float(np.maximum(from_arrivals, alone).max(initial=0)) / (1 << HEADROOM_BITS)

    def limits(self, formats):
        """What the parameters demand of the scale."""
        for name, values in self.volts.items():
            sizes = np.abs(values)
            # v_min -inf and v_threshold inf have integers of their own; anything else must be finite.
            sizes = sizes[sizes < np.inf] if name in ("v_min", "v_threshold") else sizes
            if sizes.size:
                yield Limit(float(sizes.max()), formats.state.hi, f"{name}, {sizes.max():g} V from rest")


def _sum_of_decay(tau, dt):
    """What a constant input of 1 a step sums up to."""
    return 1 / np.maximum(one_minus_decay(tau, dt), 1 / LONGEST_SUM)


def current_gain(neuron, n, dt):
    """Volts per step that one unit of current adds to v, shape (n,)."""
    tau = per_neuron(neuron.tau_mem, n)
    return per_neuron(neuron.r, n) * np.where(np.isinf(tau), dt, one_minus_decay(tau, dt))


def weight_gain(neuron, n, dt):
    """Volts that a weight of 1 adds: to v where there is no synaptic current, else through i; shape (n,)."""
    return np.where(per_neuron(neuron.tau_syn, n) == 0, 1.0, current_gain(neuron, n, dt))


def quantise_lif(name, physical, scale, formats):
    """``(integers, losses)`` of a population of `LIF`: arrays and `Loss` by the name of the parameter."""
    integers, losses = _voltages(name, physical, scale, formats)
    neuron, n, dt = physical.neuron, physical.n, physical.dt
    for parameter, tau in (("keep_v", neuron.tau_mem), ("keep_i", neuron.tau_syn),
                           ("keep_z", neuron.tau_adapt)):
        tau = per_neuron(tau, n)
        integers[parameter] = quantise(decay(tau, dt) * formats.keep.hi, formats.keep, parameter, "")
        losses[parameter] = Loss(relative=tau_error(tau, dt, integers[parameter] / formats.keep.hi))
    integers["refractory"], losses["refractory"] = steps(
        per_neuron(neuron.t_ref, n), dt, formats.refractory, f"population {name!r}: t_ref",
        "use a shorter t_ref, a larger dt or a wider refractory format")
    integers |= _switches(neuron, n) | {f"initial_{name}": np.zeros(n, int) for name in "irz"}
    _check_subtract(name, integers)
    return integers, losses


def quantise_integer(name, neuron, n, formats):
    """The integers of a population of `IntegerLIF`, checked against the formats."""
    state = formats.state
    given = {
        "keep_v": (neuron.keep_v_q, formats.keep, formats.keep.hi),
        "keep_i": (neuron.keep_i_q, formats.keep, 0),
        "leak": (neuron.leak_q, formats.leak, 0), "bias": (neuron.bias_q, state, 0),
        "v_threshold": (neuron.v_threshold_q, state, 0), "v_reset": (neuron.v_reset_q, state, 0),
        "v_min": (neuron.v_min_q, state, state.lo),
        "refractory": (neuron.refractory_steps, formats.refractory, 0),
        "initial_v": (neuron.v_init_q, state, 0), "initial_i": (neuron.i_init_q, state, 0),
        "initial_r": (neuron.r_init, formats.refractory, 0),
        "keep_z": (neuron.keep_z_q, formats.keep, 0), "jump": (neuron.jump_q, positive(state), 0),
        "initial_z": (neuron.z_init_q, positive(state), 0),
        "threshold_noise": (neuron.threshold_noise_q, positive(state), 0),
    }
    integers = {}
    for parameter, (value, format, default) in given.items():
        array = per_neuron(default if value is None else value, n).astype(np.int64)
        check_format(array, format, f"population {name!r}: {parameter}")
        integers[parameter] = array
    integers |= _switches(neuron, n)
    _check_subtract(name, integers)
    return integers


def steps(times, dt, format, what, remedy, dtype=np.int64):
    """``(whole steps, Loss in seconds)`` of ``times`` in seconds."""
    exact = np.atleast_1d(np.asarray(times, float)) / dt
    whole = quantise(exact, format, what, remedy, dtype=dtype)
    for here in slices(exact.size):
        nearly = np.abs(whole[here] - exact[here]) <= _WHOLE * exact[here]
        exact[here] = np.where(nearly, whole[here], exact[here])
    loss = Loss.between(exact, whole)
    return whole, replace(loss, largest=loss.largest * dt)


def check_format(array, format, what):
    """Raise `CompileError` for the first integer of ``array`` outside ``format``."""
    k = first_outside(array, format.lo, format.hi)
    if k is not None:
        try:
            format.check(int(array[k]), f"{what}[{k}]")
        except FormatError as error:
            raise CompileError(f"{error}; change it, or use a wider format") from None


def positive(format):
    """The values of a format from 0 on."""
    return Format(0, format.hi)


def _voltages(name, physical, scale, formats):
    integers, losses = {}, {}
    for parameter, volts in physical.volts.items():
        format = formats.state
        if parameter in ("leak", "jump", "threshold_noise"):
            format = positive(formats.state)
        never = np.isinf(volts)  # only v_min (-inf) and v_threshold (inf) get here: the ends of the format
        ends = np.where(volts > 0, format.hi, format.lo)
        exact = np.where(never, 0, volts)
        units = quantise(scale.units(exact), format, f"population {name!r}: {parameter}", "use wider formats")
        losses[parameter] = Loss.between(exact, scale.volts(units))
        integers["initial_v" if parameter == "v_init" else parameter] = np.where(never, ends, units)
    return integers, losses


def _switches(neuron, n):
    return {"subtract": (per_neuron(neuron.reset, n) == "subtract").astype(np.int64),
            "hold": (per_neuron(neuron.refractory, n) == "hold").astype(np.int64)}


def _check_subtract(name, integers):
    wrong = np.flatnonzero((integers["subtract"] == 1) & (integers["v_threshold"] < 0))
    if wrong.size:
        raise CompileError(f"population {name!r}: neuron {wrong[0]} resets by subtraction, so its "
                           "v_threshold must be at least its rest; raise it, or reset to a value")
