"""The ring of accumulators in which arrivals wait for their step."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.layout import COLUMN_WIDTH, Memory, index_bits, memory_shape

from .memory import address_width, host_port
from .shapes import shape_of


class DriveRing(wiring.Component):
    """One bank of accumulators per lane; an accumulator belongs to a slot of the ring and a neuron.

    Delivery: where ``add_valid[b]``, ``add_value[b]`` is added to the accumulator at
    ``add_address[b]`` of bank ``b``; one per bank and clock, to any addresses.

    Sweep: while ``sweep`` is high, ``r_data`` follows ``sweep_address`` by a clock, in all banks;
    where ``clear[b]`` is high in that later clock, the accumulator is set to 0.

    The two never happen at once: the sweep of a step ends before its spikes are delivered. What the host
    writes is there two clocks later.
    """

    def __init__(self, config):
        self._config = config
        self._depth = memory_shape(config, Memory.DRIVE)[0]
        self._bits = bits = address_width(self._depth)
        lanes, drive = config.lanes, shape_of(config.formats.drive)
        super().__init__({
            "add_valid": In(lanes),
            "add_address": In(data.ArrayLayout(bits, lanes)),
            "add_value": In(data.ArrayLayout(drive, lanes)),
            "sweep": In(1),
            "sweep_address": In(bits),
            "clear": In(lanes),
            "r_data": Out(data.ArrayLayout(drive, lanes)),
            "host": Out(host_port(bits, lanes)),
        })

    def elaborate(self, platform):
        m = Module()
        for bank in range(self._config.lanes):
            self._elaborate_bank(m, bank)
        return m

    def _elaborate_bank(self, m, bank):
        drive, host = shape_of(self._config.formats.drive), self.host
        block = memory.Memory(shape=drive, depth=self._depth, init=[])
        m.submodules[f"bank{bank}"] = block
        write, read = block.write_port(), block.read_port()

        adding, writing, again = Signal(), Signal(), Signal()
        value, base, written = Signal(drive), Signal(drive), Signal(drive)
        add_valid = self.add_valid[bank]
        host_writes = host.select & host.w_en[bank]
        m.d.sync += [
            adding.eq(add_valid),
            writing.eq(add_valid | host_writes),
            value.eq(Mux(add_valid, self.add_value[bank], Mux(host.select, host.w_data, 0))),
            write.addr.eq(read.addr),
            written.eq(write.data),
            # What is being written is not yet in the memory.
            again.eq(write.en & (read.addr == write.addr)),
        ]
        # The host's word, and the 0 behind the sweep, are sums too, with nothing to add to.
        with m.If(adding):
            m.d.comb += base.eq(Mux(again, written, read.data))
        m.d.comb += [
            read.addr.eq(Mux(self.sweep, self.sweep_address, self.add_address[bank])),
            write.data.eq(base + value),
            write.en.eq(writing | self.clear[bank]),
            self.r_data[bank].eq(read.data),
            host.r_data.word_select(bank, COLUMN_WIDTH).eq(read.data),
        ]
        with m.If(host.select):
            m.d.comb += read.addr.eq(host.address)


def ring_address(config, slot, index):
    """The address in a bank of the accumulator of neuron ``index`` of the bank in ``slot``."""
    bits = index_bits(config)
    return (slot << bits) | index
