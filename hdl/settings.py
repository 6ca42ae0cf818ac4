"""Registers of learning that the host sets, and the global modulators among them."""

from amaranth import Array, Cat, Module, Signal
from amaranth.hdl import signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract import neuron as rules
from snnsim.contract import plasticity
from snnsim.contract.layout import Memory, Setting, count_layout, memory_shape
from snnsim.contract.terms import FACTOR, MODULATORS

from .memory import address_width, host_port
from .shapes import shape_of, struct_of

_WORDS_OF_MODULATOR = ("value", "keep", "gain")


class Settings(wiring.Component):
    """The words of `Memory.SETTINGS`, and what modulators do at the end of a step.

    ``rows``, ``seed`` and ``modulators`` are theirs. Where ``counted``, a source spikes that counts as
    ``counts`` says. With ``update``, the modulators decay and take up what was counted since the last time:
    ``busy`` is high until then, ``saturated`` once for each that was.
    """

    def __init__(self, config):
        self._config = config
        words, _ = memory_shape(config, Memory.SETTINGS)
        super().__init__({
            "host": Out(host_port(address_width(words), 1)),
            "rows": Out(range(config.plastic_rows + 1)), "seed": Out(32),
            "modulators": Out(data.ArrayLayout(shape_of(FACTOR), MODULATORS)),
            "counted": In(1), "counts": In(struct_of(count_layout(config))),
            "update": In(1), "busy": Out(1), "saturated": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        registers = {Setting.ROWS: self.rows, Setting.SEED: self.seed}
        shapes = {"value": shape_of(FACTOR), "keep": shape_of(self._config.formats.keep),
                  "gain": shape_of(FACTOR)}
        self._modulators = []
        for g in range(MODULATORS if self._config.modulators else 0):
            modulator = {name: Signal(shapes[name], name=f"m{g}_{name}") for name in _WORDS_OF_MODULATOR}
            for k, name in enumerate(_WORDS_OF_MODULATOR):
                registers[Setting.MODULATORS + 3 * g + k] = modulator[name]
            self._modulators.append(modulator)
            m.d.comb += self.modulators[g].eq(modulator["value"])
        words, _ = memory_shape(self._config, Memory.SETTINGS)
        values = Array(registers.get(k, 0) for k in range(words))
        m.d.sync += self.host.r_data.eq(values[self.host.address])
        if self._modulators:
            self._elaborate_update(m)
        with m.If(self.host.select & self.host.w_en[0]):
            with m.Switch(self.host.address):
                for word, register in registers.items():
                    with m.Case(word):
                        m.d.sync += register.eq(self.host.w_data)
        return m

    def _elaborate_update(self, m):
        """One modulator after the other, by one multiplier."""
        width = (self._config.neurons + self._config.inputs).bit_length() + 1
        counts = [Signal(signed(width), name=f"count{g}") for g in range(MODULATORS)]
        with m.If(self.counted):
            m.d.sync += [count.eq(count + self.counts[f"m{g}"]) for g, count in enumerate(counts)]
        g = Signal(range(MODULATORS))
        value, keep, gain = (Array(mod[name] for mod in self._modulators)[g] for name in _WORDS_OF_MODULATOR)
        a = Signal(signed(max(width, FACTOR.width)))
        b = Signal(signed(max(FACTOR.width, self._config.formats.keep.width + 1)))
        product = Signal(signed(len(a) + len(b)))
        total, decayed = Signal(signed(len(product) + 1)), Signal(shape_of(FACTOR))
        m.d.sync += product.eq(a * b)
        with m.FSM():
            with m.State("IDLE"):
                rests = ~Cat(*(modulator["value"] for modulator in self._modulators), *counts).any()
                m.d.sync += g.eq(0)
                with m.If(self.update & ~rests):
                    m.d.comb += self.busy.eq(1)
                    m.next = "DECAY"
            with m.State("DECAY"):
                m.d.comb += [self.busy.eq(1), a.eq(value), b.eq(keep)]
                m.next = "GAIN"
            with m.State("GAIN"):
                m.d.comb += [self.busy.eq(1), a.eq(Array(counts)[g]), b.eq(gain)]
                m.d.sync += decayed.eq(rules.decayed(product, self._config.formats.decay_bits))
                m.next = "SUM"
            with m.State("SUM"):
                m.d.comb += self.busy.eq(1)
                m.d.sync += total.eq(plasticity.modulator_sum(decayed, 1, product))
                m.next = "STORE"
            with m.State("STORE"):
                m.d.comb += [self.busy.eq(1), self.saturated.eq(rules.saturates(total, FACTOR.lo, FACTOR.hi))]
                m.d.sync += [
                    value.eq(rules.bounded(total, FACTOR.lo, FACTOR.hi)), Array(counts)[g].eq(0), g.eq(g + 1)]
                m.next = "DECAY"
                with m.If(g == MODULATORS - 1):
                    m.next = "IDLE"
