"""From a spike to the accumulators of its targets: row descriptors, row words, delivery."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.layout import Memory, memory_shape, row_layout, synapse_layout

from .delay import ring_address
from .memory import address_width
from .shapes import shape_of, struct_of


def _descriptor_bits(config):
    return address_width(config.rows)


class RowFetch(wiring.Component):
    """Sources to the descriptors of their rows, following the chain of each source.

    ``i`` takes the first descriptor of a source. Four clocks a descriptor, in the shadow of the row
    that is being walked. Empty rows are passed over. In a core that learns, ``mark`` tells of each row
    that does, ``mark_row``.
    """

    def __init__(self, config):
        self._config = config
        super().__init__({
            "i": In(stream.Signature(_descriptor_bits(config))),
            "o": Out(stream.Signature(struct_of(row_layout(config)))),
            "r_address": Out(_descriptor_bits(config)),
            "r_data": In(struct_of(row_layout(config))),
            "busy": Out(1),
            **({"mark": Out(1), "mark_row": Out(address_width(config.plastic_rows))}
               if config.learns else {}),
        })

    def elaborate(self, platform):
        m = Module()
        config = self._config
        descriptor = Signal(struct_of(row_layout(config)))
        if config.learns:
            latched = Signal()
            m.d.comb += [self.mark.eq(latched & (descriptor.plastic != 0)),
                         self.mark_row.eq(descriptor.plastic - 1)]
            m.d.sync += latched.eq(0)
        m.d.comb += [self.busy.eq(1), self.o.payload.eq(descriptor)]
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += [self.i.ready.eq(1), self.busy.eq(self.i.valid)]
                m.d.sync += self.r_address.eq(self.i.payload)
                with m.If(self.i.valid):
                    m.next = "READ"
            with m.State("READ"):
                m.next = "LATCH"
            with m.State("LATCH"):
                m.d.sync += descriptor.eq(self.r_data)
                if config.learns:
                    m.d.sync += latched.eq(1)
                m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.o.valid.eq(descriptor.length != 0)
                m.d.sync += self.r_address.eq(config.neurons + config.inputs - 1 + descriptor.next)
                with m.If(self.o.ready | (descriptor.length == 0)):
                    m.next = "IDLE"
                    with m.If(descriptor.next != 0):
                        m.next = "READ"
        return m


class RowWalk(wiring.Component):
    """Descriptors to the addresses of their words, one per clock, without a gap between rows."""

    def __init__(self, config):
        self._config = config
        super().__init__({
            "i": In(stream.Signature(struct_of(row_layout(config)))),
            "o_valid": Out(1),
            "o_address": Out(address_width(config.synapse_words)),
            "o_exponent": Out(shape_of(config.formats.exponent)),
            **({"o_to_m": Out(1)} if config.third_factors else {}),
        })

    def elaborate(self, platform):
        m = Module()
        left = Signal.like(self.i.p.length)  # words still to go after this one
        with m.If(self.o_valid):
            m.d.sync += [self.o_address.eq(self.o_address + 1), left.eq(left - 1)]
        m.d.comb += self.i.ready.eq(~self.o_valid | (left == 0))
        with m.If(self.i.ready):
            m.d.sync += self.o_valid.eq(self.i.valid)
            m.d.sync += [
                self.o_address.eq(self.i.p.start),
                self.o_exponent.eq(self.i.p.exponent),
                left.eq(self.i.p.length - 1),
            ]
            if self._config.third_factors:
                m.d.sync += self.o_to_m.eq(self.i.p.to_m)
        return m


class Delivery(wiring.Component):
    """Row words to additions into the ring: ``lanes`` synapses per clock.

    ``i_valid`` and ``i_exponent`` come with the word's address; ``word`` is the memory's answer a
    clock later. ``slot`` is the ring's slot of the present step: a synapse of delay d adds to slot + d.
    The additions come a clock after the word and its register, if there is one; ``hit`` and ``delay``
    tell `Activity` of them. ``add_to_m``: they are for the third factors, as the row of ``i_to_m`` says.
    """

    def __init__(self, config):
        self._config = config
        _, width = memory_shape(config, Memory.SYNAPSES)
        ring = address_width(memory_shape(config, Memory.DRIVE)[0])
        lanes = config.lanes
        super().__init__({
            "i_valid": In(1),
            "i_exponent": In(shape_of(config.formats.exponent)),
            "word": In(width),
            "slot": In(range(config.delay_slots)),
            "add_valid": Out(lanes),
            "add_address": Out(data.ArrayLayout(ring, lanes)),
            "add_value": Out(data.ArrayLayout(shape_of(config.formats.drive), lanes)),
            "hit": Out(config.regions),
            "delay": Out(range(config.delay_slots + 1)),
            "busy": Out(1),
            **({"i_to_m": In(1), "add_to_m": Out(1)} if config.third_factors else {}),
        })

    def elaborate(self, platform):
        m = Module()
        config = self._config
        read, latched = Signal(), Signal()
        exponent = Signal(shape_of(config.formats.exponent))
        word_exponent = Signal.like(exponent)
        word = Signal(data.ArrayLayout(struct_of(synapse_layout(config)), config.lanes))
        m.d.sync += [read.eq(self.i_valid), exponent.eq(self.i_exponent)]
        into = m.d.sync if config.read_registers else m.d.comb
        into += [latched.eq(read), word_exponent.eq(exponent), word.eq(self.word)]
        if config.third_factors:
            to_m, word_to_m = Signal(), Signal()
            m.d.sync += [to_m.eq(self.i_to_m), self.add_to_m.eq(word_to_m)]
            into += word_to_m.eq(to_m)
        hits, delays = [], []
        for lane in range(config.lanes):
            hit, delay = self._elaborate_lane(m, lane, word[lane], latched, word_exponent)
            hits.append(hit)
            delays.append(delay)
        adding = Signal()
        m.d.sync += [self.hit.eq(_any(hits)), self.delay.eq(_largest(delays)), adding.eq(latched)]
        m.d.comb += self.busy.eq(self.i_valid | read | latched | adding | (self.hit != 0))
        return m

    def _elaborate_lane(self, m, lane, synapse, latched, exponent):
        """Register the addition of one lane; return the region it hits (one-hot) and its delay."""
        config = self._config
        valid = latched & (synapse.weight != 0)
        slot = Signal(range(config.delay_slots))
        m.d.comb += slot.eq(self.slot + synapse.delay + 1)
        m.d.sync += [
            self.add_valid[lane].eq(valid),
            self.add_address[lane].eq(ring_address(config, slot, synapse.index)),
            self.add_value[lane].eq(synapse.weight << exponent),
        ]
        neuron_of_bank_0 = synapse.index * config.lanes
        region = neuron_of_bank_0 >> (config.region_neurons - 1).bit_length()
        hit = Cat(valid & (region == k) for k in range(config.regions))
        return hit, Mux(valid, synapse.delay + 1, 0)


def _any(masks):
    result = masks[0]
    for mask in masks[1:]:
        result = result | mask
    return result


def _largest(values):
    while len(values) > 1:
        pairs = [Mux(a > b, a, b) for a, b in zip(values[::2], values[1::2], strict=False)]
        values = pairs + (values[-1:] if len(values) % 2 else [])
    return values[0]
