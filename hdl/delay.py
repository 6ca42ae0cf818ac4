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

    The two never happen at once: the sweep of a step ends before its spikes are delivered.
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
        drive = shape_of(self._config.formats.drive)
        block = memory.Memory(shape=drive, depth=self._depth, init=[])
        m.submodules[f"bank{bank}"] = block
        write = block.write_port()
        # Two arrivals in consecutive clocks may meet in one accumulator: the second must read what
        # the first writes in the same clock.
        read = block.read_port(transparent_for=(write,))

        adding = Signal()
        value = Signal(drive)
        m.d.sync += [
            adding.eq(self.add_valid[bank]),
            value.eq(self.add_value[bank]),
        ]
        write_address = Signal(self._bits)
        m.d.sync += write_address.eq(read.addr)
        m.d.comb += [
            read.addr.eq(Mux(self.sweep, self.sweep_address, self.add_address[bank])),
            write.addr.eq(write_address),
            write.data.eq(Mux(adding, read.data + value, 0)),
            write.en.eq(adding | self.clear[bank]),
            self.r_data[bank].eq(read.data),
            self.host.r_data.word_select(bank, COLUMN_WIDTH).eq(read.data),
        ]
        with m.If(self.host.select):
            m.d.comb += [
                read.addr.eq(self.host.address),
                write.addr.eq(self.host.address),
                write.data.eq(self.host.w_data),
                write.en.eq(self.host.w_en[bank]),
            ]


def ring_address(config, slot, index):
    """The address in a bank of the accumulator of neuron ``index`` of the bank in ``slot``."""
    bits = index_bits(config)
    return (slot << bits) | index
