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
from snnsim.contract.noise import (
    column,
    drawn,
    lot,
    mixed,
    neuron_noise,
    noisy_threshold,
    step_noise,
    threshold_noise,
    threshold_product,
)
from snnsim.contract.plasticity import adapted, effective_threshold
from snnsim.contract.schedule import arrival_step
from snnsim.image import Parameters, State
from snnsim.raster import SpikeRaster
from snnsim.result import (
    RunResult,
    check_commands,
    check_modulators,
    check_run,
    check_third_factors,
    check_weights,
)

from .reference_learning import ReferenceLearning


class ReferenceSimulator:
    """Runs an `Image`, one `snnsim.contract.Phase` after the other."""

    def __init__(self, image):
        self.image = image
        self._parameters = _parameters_by_neuron(image)
        self._synapses = _synapses_by_source(image)
        self._learning = ReferenceLearning(image)
        self.clear()

    def clear(self):
        """State back to ``image.initial``, traces and tags to 0, nothing in flight, time 0. Weights stay."""
        self.v, self.i, self.r = (getattr(self.image.initial, name).tolist() for name in "vir")
        self.z = self.image.adaptation.initial.tolist() if self.image.adaptation else None
        self._arrivals = {}  # step -> [(neuron, contribution, whether to m)]
        self._time = 0
        self._i_saturations = self._v_saturations = 0
        self._learning.clear()

    def read_weights(self):
        """The weights: one array for each projection, in the order of the image's synapses."""
        return self.read_learning().weights

    def read_learning(self):
        """The `LearningState` of now."""
        return self._learning.state()

    def write_weights(self, weights):
        """Replace all weights by ``weights``, as `read_weights` gives them."""
        self._learning.weights = [w.tolist() for w in check_weights(self.image, weights)]

    def write_modulators(self, modulators):
        """Set the global modulators, 4 integers."""
        self._learning.modulators = check_modulators(self.image, modulators).tolist()

    def write_third_factors(self, m):
        """Set the third factors of all neurons, integers of shape (n_neurons,)."""
        self._learning.m = check_third_factors(self.image, m).tolist()

    def run(self, stimulus, record=(), progress=None, commands=()):
        """Run ``stimulus.steps`` steps from where the last run ended; a `RunResult`.

        ``stimulus`` is a `SpikeRaster` over the inputs; v and i of the neurons in ``record`` are kept
        for each step. ``progress`` is called with the number of steps done. ``commands`` are the steps in
        which terms of learning rules with the condition COMMAND count. Raises `UserError` if stimulus, record
        or commands name what is not there.
        """
        record = check_run(self.image, stimulus, record)
        commands = set(check_commands(stimulus, commands).tolist())
        inputs = [[] for _ in range(stimulus.steps)]
        for step, k in zip(stimulus.step.tolist(), stimulus.neuron.tolist(), strict=True):
            inputs[step].append(k)
        self._i_saturations = self._v_saturations = 0
        self._learning.count_clips = self._learning.count_saturations = 0
        events, v, i = [], [], []
        for step, active in enumerate(inputs):
            spikes = self._step(active, step in commands)
            events += [(step, n) for n in spikes]
            v.append([self.v[n] for n in record])
            i.append([self.i[n] for n in record])
            if progress:
                progress(step + 1)
        return self._result(events, v, i, stimulus.steps, record)

    def _step(self, active_inputs, is_commanded):
        """One step; the neurons that spiked, in order."""
        drive, third_factors = self._deliver()
        threshold_noises = self._draw(drive)
        self._integrate(drive)
        if self.image.plasticity:
            self._learning.receive(third_factors)
        thresholds = self._thresholds()
        fired_at = list(self.v)
        spikes = [n for n in range(len(self.v))
                  if fires(self.v[n], self.r[n], noisy_threshold(thresholds[n], threshold_noises[n]))]
        self._reset(spikes)
        sources = spikes + [self.image.n_neurons + k for k in active_inputs]
        for source in sources:
            self._send(source)
        if self.image.plasticity:
            self._learning.learn(self._time, sources, fired_at, thresholds, is_commanded)
        self._time += 1
        return spikes

    def _deliver(self):
        """The sums of the arrivals: at the neurons, and at their third factors."""
        drive, third_factors = ([0] * self.image.n_neurons for _ in range(2))
        for neuron, contribution, to_m in self._arrivals.pop(self._time, ()):
            (third_factors if to_m else drive)[neuron] += contribution
        return drive, third_factors

    def _draw(self, drive):
        """Add what each neuron draws to its ``drive``; the noises of the thresholds."""
        noise = self.image.noise
        if noise is None:
            return [0] * self.image.n_neurons
        columns = [list(zip(*(entry[s].tolist() for entry in (noise.cut, noise.value, noise.other)),
                            strict=True)) for s in range(noise.n_sources)]
        of_step, noises = step_noise(noise.seed, self._time), []
        for n, (source, amplitude) in enumerate(zip(noise.source.tolist(), noise.amplitude.tolist(),
                                                    strict=True)):
            h = neuron_noise(of_step, n)
            if source:
                drive[n] += drawn(lot(h), *columns[source - 1][column(h)])
            noises.append(threshold_noise(threshold_product(mixed(h), amplitude)))
        return noises

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

    def _thresholds(self):
        """The thresholds of this step; adaptations decay first."""
        if self.z is None:
            return [p["v_threshold"] for p in self._parameters]
        keep_z = self.image.adaptation.keep_z.tolist()
        self.z = [decayed(product(z, keep), self.image.formats.decay_bits)
                  for z, keep in zip(self.z, keep_z, strict=True)]
        return [effective_threshold(p["v_threshold"], z)
                for p, z in zip(self._parameters, self.z, strict=True)]

    def _reset(self, spikes):
        spiking = set(spikes)
        for n, p in enumerate(self._parameters):
            spike = n in spiking
            self.v[n] = reset_v(self.v[n], spike, self.r[n], p["v_threshold"], p["v_reset"],
                                p["subtract"], p["hold"])
            self.r[n] = reset_r(spike, self.r[n], p["refractory"])
        if self.z is not None:
            self._adapt(spiking)

    def _adapt(self, spiking):
        highest = self.image.formats.state.hi
        for n, jump in enumerate(self.image.adaptation.jump.tolist()):
            z_sum = adapted(self.z[n], n in spiking, jump)
            self._learning.count_saturations += saturates(z_sum, 0, highest)
            self.z[n] = bounded(z_sum, 0, highest)

    def _send(self, source):
        for projection, k, neuron, exponent, delay, to_m in self._synapses[source]:
            contribution = self._learning.weights[projection][k] << exponent
            arrivals = self._arrivals.setdefault(arrival_step(self._time, delay), [])
            arrivals.append((neuron, contribution, to_m))

    def _result(self, events, v, i, steps, record):
        step, neuron = zip(*events, strict=True) if events else ((), ())
        shape = (steps, len(record))
        return RunResult(
            raster=SpikeRaster.from_events(step, neuron, steps=steps, neurons=self.image.n_neurons),
            state=State(*(None if values is None else np.array(values, dtype=np.int64)
                          for values in (self.v, self.i, self.r, self.z))),
            i_saturations=self._i_saturations,
            v_saturations=self._v_saturations,
            weight_clips=self._learning.count_clips,
            learning_saturations=self._learning.count_saturations,
            recorded=record if len(record) else None,
            v=np.array(v, dtype=np.int64).reshape(shape) if len(record) else None,
            i=np.array(i, dtype=np.int64).reshape(shape) if len(record) else None,
        )


def _parameters_by_neuron(image):
    columns = [getattr(image.parameters, name).tolist() for name in Parameters.names()]
    return [dict(zip(Parameters.names(), values, strict=True)) for values in zip(*columns, strict=True)]


def _synapses_by_source(image):
    """For each source, a list of ``(projection, number in it, neuron, exponent, delay, whether to m)``."""
    synapses = [[] for _ in range(image.n_neurons + image.n_inputs)]
    for number, p in enumerate(image.projections):
        columns = zip(*(c.tolist() for c in (p.sources(), p.target, p.delays())), strict=True)
        for k, (source, target, delay) in enumerate(columns):
            synapses[source].append((number, k, p.first_target + target, p.exponent, delay, p.to_m))
    return synapses
