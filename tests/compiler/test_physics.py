"""The integers compute the physics of the description: against floats, within what rounding allows."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.compiler import compile
from snnsim.connect import AllToAll
from snnsim.contract import Formats
from snnsim.distributions import Normal
from snnsim.network import LIF, Input, Network, Population, Projection
from snnsim.raster import SpikeRaster
from snnsim.simulator import ReferenceSimulator

DT, STEPS, N, INPUTS = 1e-4, 1500, 5, 8


def driven(neuron, mean, std):
    """A network of inputs that all project to ``N`` neurons, with random weights."""
    return Network(DT, [Population("a", N, neuron)], [Input("in", INPUTS)],
                   [Projection("in", "a", AllToAll(), Normal(mean, std, seed=1), delay=2 * DT)])


def stimulus():
    return np.random.default_rng(2).random((STEPS, INPUTS)) < 0.02


def integer_run(network, formats):
    """``(v in volts, spikes, compilation)`` of the compiled network."""
    compilation = compile(network, formats)
    result = ReferenceSimulator(compilation.image).run(SpikeRaster.from_dense(stimulus()), record=range(N))
    return compilation.image.populations[0].volts(result.v), result.raster.dense(), compilation


def float_run(network):
    """``(v, spikes)`` of the same network in floats, written down from the differential equations."""
    p = network.populations[0].neuron
    weight = network.projections[0].weight.draw(INPUTS * N).reshape(INPUTS, N)
    arrivals = np.zeros((STEPS + 2, N))
    arrivals[2:] = stimulus() @ weight
    tau_mem, tau_syn = np.float64(p.tau_mem), np.float64(p.tau_syn)
    gain = p.r * DT if np.isinf(tau_mem) else p.r * (1 - np.exp(-DT / tau_mem))
    v, i, wait = np.full(N, p.v_init), np.zeros(N), np.zeros(N, int)
    voltages, spikes = np.zeros((STEPS, N)), np.zeros((STEPS, N), bool)
    for t in range(STEPS):
        i = i * np.exp(-DT / tau_syn) + arrivals[t] if tau_syn else np.zeros(N)
        from_rest = (v - p.v_leak) * np.exp(-DT / tau_mem)
        from_rest = np.sign(from_rest) * np.maximum(np.abs(from_rest) - p.leak * DT, 0)
        v = p.v_leak + from_rest + gain * (i + p.i_bias) + (0 if tau_syn else arrivals[t])
        v = np.maximum(v, p.v_min)
        spikes[t] = (v > p.v_threshold) & (wait == 0)
        after = v - (p.v_threshold - p.v_leak) if p.reset == "subtract" else p.v_reset
        held = p.v_reset if p.refractory == "hold" else v
        v = np.where(spikes[t], after, np.where(wait > 0, held, v))
        wait = np.where(spikes[t], round(p.t_ref / DT), np.maximum(wait - 1, 0))
        voltages[t] = v
    return voltages, spikes


def error_bound(network, compilation, voltages):
    """How far v may be from the floats after each step: what every rounding adds, carried on by the decay."""
    p, unit = network.populations[0].neuron, 1 / compilation.image.populations[0].scale
    keep_error, weight_error = 0.5 / 2 ** 16, compilation.report.projections[0].weight.largest
    keep_i, keep_v = np.exp(-DT / p.tau_syn) if p.tau_syn else 0.0, np.exp(-DT / np.float64(p.tau_mem))
    arrivals = np.concatenate([[0, 0], stimulus().sum(axis=1)])
    i_largest = np.abs(np.diff(voltages, axis=0)).max() * 2
    bound, e_i, e_v = np.zeros(STEPS), 0.0, 0.0
    for t in range(STEPS):
        e_i = keep_i * e_i + keep_error * i_largest + unit + arrivals[t] * weight_error
        # Beside its decay, v is rounded in its product, its leak, its bias and its floor.
        e_v = keep_v * e_v + keep_error * np.abs(voltages - p.v_leak).max() + 3 * unit + e_i
        bound[t] = e_v
    return bound


NEVER = {"v_threshold": np.inf, "tau_mem": 20e-3}
SILENT = {
    "delta synapses": (LIF(**NEVER), 0.1, 0.3),
    "currents": (LIF(**NEVER, tau_syn=5e-3, r=1e8), 1e-10, 1e-9),
    "rest below zero": (LIF(**NEVER, tau_syn=5e-3, v_leak=-0.07, v_init=-0.05), 0.02, 0.2),
    "integrator": (LIF(v_threshold=np.inf, tau_mem=np.inf, tau_syn=5e-3, r=1e3), 1e-4, 1e-2),
    "constant leak": (LIF(**NEVER, leak=3.0), 0.1, 0.3),
    "bias": (LIF(**NEVER, i_bias=1e-9, r=1e8, tau_syn=2e-3), 1e-10, 1e-9),
    "floor": (LIF(**NEVER, v_min=-0.05), -0.1, 0.3),
}


def worst(neuron, mean, std, formats):
    """The largest ratio of error to bound, and of bound to the largest voltage."""
    network = driven(neuron, mean, std)
    v, spikes, compilation = integer_run(network, formats)
    exact, _ = float_run(network)
    bound = error_bound(network, compilation, exact)
    assert not spikes.any()
    size = np.abs(exact - neuron.v_leak).max()
    return (np.abs(v - exact).max(axis=1) / bound).max(), bound.max() / size


@pytest.mark.parametrize("case", SILENT)
def test_the_membrane_follows_the_floats_within_what_rounding_allows(case):
    error, bound = worst(*SILENT[case], Formats(weight_width=16))
    assert error <= 1
    assert bound < 0.1  # or the line above would say nothing


def test_a_decay_of_fewer_bits_breaks_the_bound():
    assert worst(*SILENT["currents"], Formats(weight_width=16, decay_bits=12))[0] > 1


SPIKING = LIF(tau_mem=10e-3, v_threshold=1.0, tau_syn=2e-3, t_ref=1e-3, v_reset=0.2, i_bias=0.5)


@pytest.mark.parametrize("neuron", [
    SPIKING, replace(SPIKING, reset="subtract", t_ref=0.0), replace(SPIKING, refractory="mute"),
    replace(SPIKING, v_leak=-0.5, v_init=-0.5, leak=1.0)], ids=["value", "subtract", "mute", "leak"])
def test_strongly_driven_neurons_spike_in_the_very_steps_of_the_floats(neuron):
    network = driven(neuron, 4.0, 4.0)
    _, spikes, _ = integer_run(network, Formats(weight_width=16))
    _, exact = float_run(network)
    assert exact.sum() > 300 and np.array_equal(spikes, exact)


@pytest.mark.parametrize("current", [1.05, 1.5, 3.5])
def test_the_interval_between_spikes_is_that_of_the_formula(current):
    neuron = LIF(tau_mem=10e-3, v_threshold=1.0, v_reset=-0.3, i_bias=current, t_ref=2e-3)
    _, spikes, _ = integer_run(driven(neuron, 0, 0), Formats())
    intervals = np.diff(np.flatnonzero(spikes[:, 0]))
    formula = 2e-3 + 10e-3 * np.log((current + 0.3) / (current - 1.0))
    assert intervals.size and set(intervals) == {int(np.ceil(formula / DT))}
