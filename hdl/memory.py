"""A memory that the core reads and writes by the word and the host by the column."""

from amaranth import Cat, Module, Mux
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.layout import COLUMN_WIDTH

#: A Yosys command, to be given before synthesis. A memory that is read from the address that is written in
#: the same clock gives the old word in simulation; gates that see to it are spared, as nothing here depends
#: on it but what says so by `transparent_for`.
IGNORE_COLLISIONS = "setparam -set COLLISION_X_MASK 1'1 t:$memrd_v2 r:TRANSPARENCY_MASK=1'0 %i"


def address_width(depth):
    return max(1, (depth - 1).bit_length())


def host_port(address_width, columns):
    """The host's access to a memory, with directions as the memory sees them.

    While ``select`` is high the host owns the memory; otherwise ``w_en`` is 0. It has a bit for each column.
    ``r_data`` follows ``address`` by a clock; narrow columns are zero-extended.
    """
    return wiring.Signature({
        "select": In(1),
        "address": In(address_width),
        "w_en": In(columns),
        "w_data": In(COLUMN_WIDTH),
        "r_data": Out(COLUMN_WIDTH * columns),
    })


class _Columns(wiring.Component):
    """Words in columns of 32 bits, each a block of memory of its own, so that the host writes it alone.

    A read latency of one clock. All zero at power-up, where the device can do so.
    """

    def __init__(self, depth, width, ports):
        self._depth = depth
        self._widths = [min(COLUMN_WIDTH, width - low) for low in range(0, width, COLUMN_WIDTH)]
        bits = address_width(depth)
        super().__init__({
            **ports(bits, len(self._widths)),
            "r_data": Out(width),
            "host": Out(host_port(bits, len(self._widths))),
        })

    def _elaborate_columns(self, m, r_addresses, w_address=0, w_data=0, w_en=0):
        host, words = self.host, []
        for k, width in enumerate(self._widths):
            column = memory.Memory(shape=width, depth=self._depth, init=[])
            m.submodules[f"column{k}"] = column
            read, write = column.read_port(), column.write_port()
            # Where w_en is never high, this leaves no gates before the write port.
            m.d.comb += [
                read.addr.eq(Mux(host.select, host.address, r_addresses[k])),
                write.addr.eq(Mux(w_en, w_address, host.address)),
                write.data.eq(Mux(w_en, w_data >> (k * COLUMN_WIDTH), host.w_data)),
                write.en.eq(w_en | host.w_en[k]),
            ]
            words.append(read.data)
        m.d.comb += self.r_data.eq(Cat(words))
        for k, word in enumerate(words):
            m.d.comb += host.r_data.word_select(k, COLUMN_WIDTH).eq(word)


class ColumnMemory(_Columns):
    """``depth`` words of ``width`` bits in columns; one read port, one write port."""

    def __init__(self, depth, width):
        super().__init__(depth, width, lambda bits, columns: {
            "r_address": In(bits), "w_address": In(bits), "w_data": In(width), "w_en": In(1)})

    def elaborate(self, platform):
        m = Module()
        self._elaborate_columns(m, [self.r_address] * len(self._widths),
                                self.w_address, self.w_data, self.w_en)
        return m


class StaggeredMemory(_Columns):
    """A memory whose columns are read at addresses of their own, and which only the host writes."""

    def __init__(self, depth, width):
        super().__init__(depth, width, lambda bits, columns: {
            "r_address": In(data.ArrayLayout(bits, columns))})

    def elaborate(self, platform):
        m = Module()
        self._elaborate_columns(m, self.r_address)
        return m
