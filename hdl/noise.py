"""What neurons draw by chance: the hash of seed, step and neuron, and the columns of the noise sources."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract import noise
from snnsim.contract.layout import COLUMN_WIDTH, Memory, memory_shape

from .memory import ColumnMemory, address_width, host_port

_STIRS = (noise.stir_low, noise.stir_middle, noise.stir_high)
#: Clocks from a neuron to a neuron whose hash comes next. The first is for the hash of the step, which is
#: there three clocks after ``time``: in the second clock of a sweep.
LATENCY = 2 * len(_STIRS)


class Noise(wiring.Component):
    """Hands the neurons of a sweep on, and draws for them.

    ``o_valid`` and ``o_neuron`` are ``i_valid`` and ``i_neuron``, `LATENCY` clocks later; ``hash``, that of
    ``o_neuron`` in step ``time``, follows them by a clock.

    Parts that others are wired to: ``hosts``, `Memory` -> the host's port; ``columns``, the memory of the
    sources.
    """

    def __init__(self, config):
        self._config = config
        neuron = address_width(config.neurons)
        super().__init__({
            "i_valid": In(1), "i_neuron": In(neuron), "time": In(32),
            "o_valid": Out(1), "o_neuron": Out(neuron), "hash": Out(32), "busy": Out(1),
            "seed_host": Out(host_port(address_width(memory_shape(config, Memory.SEED)[0]), 1)),
        })
        self.columns = ColumnMemory(*memory_shape(config, Memory.NOISE))
        self.hosts = {Memory.NOISE: self.columns.host, Memory.SEED: self.seed_host}

    def elaborate(self, platform):
        m = Module()
        m.submodules.columns = self.columns
        of_step = self._of_step(m)
        valids, neurons = [self.i_valid], [self.i_neuron]
        for k in range(LATENCY):
            valids.append(Signal(name=f"valid{k}"))
            neurons.append(Signal.like(self.i_neuron, name=f"neuron{k}", reset_less=True))
            m.d.sync += [valids[-1].eq(valids[-2]), neurons[-1].eq(neurons[-2])]
        h = noise.joined(of_step, neurons[1])
        for stir in _STIRS:
            h = self._registered(m, stir(h))
        h = noise.joined(h, of_step)
        for stir in _STIRS:
            h = self._registered(m, stir(h))
        m.d.comb += [
            self.o_valid.eq(valids[-1]), self.o_neuron.eq(neurons[-1]), self.hash.eq(h),
            self.busy.eq(sum(valids) != 0),
        ]
        return m

    def _of_step(self, m):
        """The hash of the step, from the seed as the host has written it: `noise.mixed` already."""
        seed = Signal(COLUMN_WIDTH)
        m.d.comb += self.seed_host.r_data.eq(seed)
        with m.If(self.seed_host.select & self.seed_host.w_en[0]):
            m.d.sync += seed.eq(self.seed_host.w_data)
        h = noise.joined(seed, self.time)
        for stir in _STIRS:
            h = self._registered(m, stir(h))
        return h

    def _registered(self, m, h):
        register = Signal(COLUMN_WIDTH, reset_less=True)
        m.d.sync += register.eq(h)
        return register
