"""Which neurons may be skipped in a step."""

from amaranth import Array, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .memory import address_width


class Activity(wiring.Component):
    """Knows the regions of neurons in which something happens.

    A region is active while one of its neurons is not at rest, and until the last arrival that is
    under way to it has arrived. Being active without need costs clocks, never correctness.

    ``hit``: arrivals were delivered into these regions, the latest ``delay`` steps from now.
    ``stir``: a neuron of region ``stir_region`` is not at rest after this step.
    ``swept``: the neurons of this step have been updated. ``wake``: the host wrote to some memory.
    ``fill``: it wrote to the ring, so that anything may arrive anywhere. ``empty``: it cleared the ring.
    """

    def __init__(self, config):
        self._config = config
        super().__init__({
            "hit": In(config.regions),
            "delay": In(range(config.delay_slots + 1)),
            "stir": In(1),
            "stir_region": In(address_width(config.regions)),
            "swept": In(1),
            "wake": In(1),
            "fill": In(1),
            "empty": In(1),
            "active": Out(config.regions),
        })

    def elaborate(self, platform):
        m = Module()
        regions, slots = self._config.regions, self._config.delay_slots
        awake = Signal(regions, init=-1)
        stirred = Signal(regions)
        remaining = Array(Signal(range(slots + 1), name=f"remaining{k}") for k in range(regions))

        with m.If(self.stir):
            m.d.sync += stirred.bit_select(self.stir_region, 1).eq(1)
        for k in range(regions):
            m.d.comb += self.active[k].eq(awake[k] | (remaining[k] != 0))
            with m.If(self.hit[k] & (self.delay > remaining[k])):
                m.d.sync += remaining[k].eq(self.delay)
        with m.If(self.swept):
            m.d.sync += [awake.eq(stirred), stirred.eq(0)]
            m.d.sync += [count.eq(Mux(count == 0, 0, count - 1)) for count in remaining]
        with m.If(self.wake):
            m.d.sync += awake.eq(-1)
        with m.If(self.fill):
            m.d.sync += [count.eq(slots) for count in remaining]
        with m.If(self.empty):
            m.d.sync += [count.eq(0) for count in remaining]
        return m
