"""A memory that the core reads and writes by the word and the host by the column."""

from amaranth import Cat, Module, Mux
from amaranth.lib import memory, wiring
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


class ColumnMemory(wiring.Component):
    """``depth`` words of ``width`` bits; one read port, one write port, a read latency of one clock.

    Each column of 32 bits is a block of memory of its own, so that the host writes it alone. All
    zero at power-up, where the device can do so.
    """

    def __init__(self, depth, width):
        self._depth = depth
        self._widths = [min(COLUMN_WIDTH, width - low) for low in range(0, width, COLUMN_WIDTH)]
        bits = address_width(depth)
        super().__init__({
            "r_address": In(bits),
            "r_data": Out(width),
            "w_address": In(bits),
            "w_data": In(width),
            "w_en": In(1),
            "host": Out(host_port(bits, len(self._widths))),
        })

    def elaborate(self, platform):
        m = Module()
        host = self.host
        words = []
        for k, width in enumerate(self._widths):
            column = memory.Memory(shape=width, depth=self._depth, init=[])
            m.submodules[f"column{k}"] = column
            read, write = column.read_port(), column.write_port()
            low = k * COLUMN_WIDTH
            # Where nobody uses w_en, this leaves no gates before the write port.
            m.d.comb += [
                read.addr.eq(Mux(host.select, host.address, self.r_address)),
                write.addr.eq(Mux(self.w_en, self.w_address, host.address)),
                write.data.eq(Mux(self.w_en, self.w_data[low:low + width], host.w_data)),
                write.en.eq(self.w_en | host.w_en[k]),
            ]
            words.append(read.data)
        m.d.comb += self.r_data.eq(Cat(words))
        for k, word in enumerate(words):
            m.d.comb += host.r_data.word_select(k, COLUMN_WIDTH).eq(word)
        return m
