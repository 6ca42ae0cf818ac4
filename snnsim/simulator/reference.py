"""The reference simulator: dense, slow, obvious.

It shares the neuron's rules with every other machine, and nothing else: arrivals wait in a dictionary
from steps to lists, every neuron is evaluated in every step, all numbers are Python integers. It is
what the others are compared with where scheduling, delays and order are in question.
"""

import numpy as np

from snnsim.contract.neuron import (
    bounded,
    current_sum,
    decayed,
    fires,
    floored,
    leaked,
    membrane_sum,
    product,
    reset_r,
    reset_v,
    saturates,
)
from snnsim.contract.schedule import arrival_step
from snnsim.image import Parameters, State
from snnsim.raster import SpikeRaster
from snnsim.result import RunResult, check_run


class ReferenceSimulator:
    """Runs an `Image`, one `snnsim.contract.Phase` after the other."""

    def __init__(self, image):
        self.image = image
        self._parameters = _parameters_by_neuron(image)
        self._synapses = _synapses_by_source(image)
        self.clear()

    def clear(self):
        """State back to ``image.initial``, nothing in flight, time 0."""
        self.v, self.i, self.r = (getattr(self.image.initial, name).tolist() for name in "vir")
        self._arrivals = {}  # step -> [(neuron, contribution)]
        self._time = 0
        self._i_saturations = self._v_saturations = 0

    def read_weights(self):
        """The weights: one array for each projection, in the order of the image's synapses."""
        return tuple(p.weight for p in self.image.projections)

    def run(self, stimulus, record=(), progress=None):
        """Run ``stimulus.steps`` steps from where the last run ended; a `RunResult`.

        ``stimulus`` is a `SpikeRaster` over the inputs; v and i of the neurons in ``record`` are kept
        for each step. ``progress`` is called with the number of steps done. Raises `UserError` if
        stimulus or record name what the image does not have.
        """
        record = check_run(self.image, stimulus, record)
        inputs = [[] for _ in range(stimulus.steps)]
        for step, k in zip(stimulus.step.tolist(), stimulus.neuron.tolist(), strict=True):
            inputs[step].append(k)
        self._i_saturations = self._v_saturations = 0
        events, v, i = [], [], []
        for step, active in enumerate(inputs):
            spikes = self._step(active)
            events += [(step, n) for n in spikes]
            v.append([self.v[n] for n in record])
            i.append([self.i[n] for n in record])
            if progress:
                progress(step + 1)
        return self._result(events, v, i, stimulus.steps, record)

    def _step(self, active_inputs):
        """One step; the neurons that spiked, in order."""
        drive = self._deliver()
        self._integrate(drive)
        spikes = self._fire()
        self._reset(spikes)
        for source in spikes + [self.image.n_neurons + k for k in active_inputs]:
            self._send(source)
        self._time += 1
        return spikes

    def _deliver(self):
        drive = [0] * self.image.n_neurons
        for neuron, contribution in self._arrivals.pop(self._time, ()):
            drive[neuron] += contribution
        return drive

    def _integrate(self, drive):
        state, decay_bits = self.image.formats.state, self.image.formats.decay_bits
        for n, p in enumerate(self._parameters):
            i_sum = current_sum(decayed(product(self.i[n], p["keep_i"]), decay_bits), drive[n])
            self._i_saturations += saturates(i_sum, state.lo, state.hi)
            self.i[n] = bounded(i_sum, state.lo, state.hi)
            v_decayed = decayed(product(self.v[n], p["keep_v"]), decay_bits)
            v_sum = membrane_sum(leaked(v_decayed, p["leak"]), self.i[n], p["bias"])
            self._v_saturations += saturates(v_sum, state.lo, state.hi)
            self.v[n] = floored(bounded(v_sum, state.lo, state.hi), p["v_min"])

    def _fire(self):
        return [n for n, p in enumerate(self._parameters) if fires(self.v[n], self.r[n], p["v_threshold"])]

    def _reset(self, spikes):
        spiking = set(spikes)
        for n, p in enumerate(self._parameters):
            spike = n in spiking
            self.v[n] = reset_v(self.v[n], spike, self.r[n], p["v_threshold"], p["v_reset"],
                                p["subtract"], p["hold"])
            self.r[n] = reset_r(spike, self.r[n], p["refractory"])

    def _send(self, source):
        for neuron, contribution, delay in self._synapses[source]:
            self._arrivals.setdefault(arrival_step(self._time, delay), []).append((neuron, contribution))

    def _result(self, events, v, i, steps, record):
        step, neuron = zip(*events, strict=True) if events else ((), ())
        shape = (steps, len(record))
        return RunResult(
            raster=SpikeRaster.from_events(step, neuron, steps=steps, neurons=self.image.n_neurons),
            state=State(*(np.array(values, dtype=np.int64) for values in (self.v, self.i, self.r))),
            i_saturations=self._i_saturations,
            v_saturations=self._v_saturations,
            recorded=record if len(record) else None,
            v=np.array(v, dtype=np.int64).reshape(shape) if len(record) else None,
            i=np.array(i, dtype=np.int64).reshape(shape) if len(record) else None,
        )


def _parameters_by_neuron(image):
    columns = [getattr(image.parameters, name).tolist() for name in Parameters.names()]
    return [dict(zip(Parameters.names(), values, strict=True)) for values in zip(*columns, strict=True)]


def _synapses_by_source(image):
    """For each source, a list of ``(neuron, contribution, delay)``."""
    synapses = [[] for _ in range(image.n_neurons + image.n_inputs)]
    for p in image.projections:
        columns = (p.sources(), p.target, p.weight, p.delays())
        for source, target, weight, delay in zip(*(c.tolist() for c in columns), strict=True):
            synapses[source].append((p.first_target + target, weight << p.exponent, delay))
    return synapses
