"""The memory of the synapses in the single-port RAM of an iCE40 UltraPlus."""

from amaranth import Array, Cat, ClockSignal, Const, Instance, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.memory import address_width, host_port
from snnsim.contract.layout import COLUMN_WIDTH
from snnsim.errors import UserError

#: Of the device: its blocks, and the words and bits of each.
BLOCKS, DEPTH, WIDTH = 4, 1 << 14, 16

_PORTS = {"address": In(address_width(DEPTH)), "w_data": In(WIDTH), "w_en": In(1), "r_data": Out(WIDTH)}


class SpramBlock(wiring.Component):
    """One SB_SPRAM256KA. ``r_data`` follows ``address`` by a clock, but not while ``w_en`` is high."""

    def __init__(self):
        super().__init__(_PORTS)

    def elaborate(self, platform):
        return Instance(
            "SB_SPRAM256KA", i_CLOCK=ClockSignal(), i_ADDRESS=self.address, i_DATAIN=self.w_data,
            i_WREN=self.w_en, i_MASKWREN=Const(0b1111), i_CHIPSELECT=Const(1), i_STANDBY=Const(0),
            i_SLEEP=Const(0), i_POWEROFF=Const(1), o_DATAOUT=self.r_data)


def check_room(depth, width):
    """Raise `UserError` if the device has not enough blocks for ``depth`` words of ``width`` bits."""
    needed = -(-depth // DEPTH) * -(-width // WIDTH)
    if needed > BLOCKS:
        raise UserError(
            f"the synapses, {depth:,} words of {width} bits, take {needed} blocks of single-port RAM and "
            f"the device has {BLOCKS}, each {DEPTH:,} words of {WIDTH} bits: reduce synapses, lanes, "
            "weight_width, delay_slots or neurons")


class SpramMemory(wiring.Component):
    """``depth`` words of ``width`` bits with the ports of `hdl.memory.ColumnMemory`.

    Each column of 32 bits has blocks of its own, so that the host writes it alone. One port: in a clock
    with ``w_en`` it does not read. Undefined contents at power-up. ``make_block`` makes a component with the
    ports of `SpramBlock`. Raises `UserError` if the device has not enough blocks.
    """

    def __init__(self, depth, width, make_block=SpramBlock):
        self._widths = [min(COLUMN_WIDTH, width - low) for low in range(0, width, COLUMN_WIDTH)]
        self._deep, self._make_block = -(-depth // DEPTH), make_block
        check_room(depth, width)
        bits = address_width(depth)
        super().__init__({
            "r_address": In(bits), "r_data": Out(width),
            "w_address": In(bits), "w_data": In(width), "w_en": In(1),
            "host": Out(host_port(bits, len(self._widths))),
        })

    def elaborate(self, platform):
        m = Module()
        host = self.host
        address = Signal.like(self.r_address)
        m.d.comb += address.eq(
            Mux(host.select, host.address, Mux(self.w_en, self.w_address, self.r_address)))
        w_data = Cat(Mux(host.select, host.w_data[:width], self.w_data[k * COLUMN_WIDTH:][:width])
                     for k, width in enumerate(self._widths))
        w_en = Cat(Mux(host.select, host.w_en[k], self.w_en) for k in range(len(self._widths)))
        banks = [self._elaborate_bank(m, bank, address, w_data, w_en) for bank in range(self._deep)]
        read_bank = Signal(range(self._deep))
        m.d.sync += read_bank.eq(address >> address_width(DEPTH))
        m.d.comb += self.r_data.eq(Array(banks)[read_bank])
        for k, width in enumerate(self._widths):
            m.d.comb += host.r_data.word_select(k, COLUMN_WIDTH).eq(self.r_data[k * COLUMN_WIDTH:][:width])
        return m

    def _elaborate_bank(self, m, bank, address, w_data, w_en):
        """The blocks of `DEPTH` words side by side; returns what they read."""
        selected = (address >> address_width(DEPTH)) == bank
        words = []
        for low in range(0, len(w_data), WIDTH):
            m.submodules[f"block{bank}_{low}"] = block = self._make_block()
            m.d.comb += [
                block.address.eq(address), block.w_data.eq(w_data[low:low + WIDTH]),
                block.w_en.eq(w_en[low // COLUMN_WIDTH] & selected),
            ]
            words.append(block.r_data)
        return Cat(words)[:len(w_data)]
