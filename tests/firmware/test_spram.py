# amaranth: UnusedElaboratable=no
"""The memory in single-port RAM, in Amaranth's simulator, with a stand-in for the vendor's cell."""

import random

import pytest
from amaranth import Module, Signal
from amaranth.back import rtlil
from amaranth.lib import memory

from firmware.spram import DEPTH, WIDTH, SpramBlock, SpramMemory
from hdl.memory import ColumnMemory
from snnsim.errors import UserError
from tests.helpers import run_component


class Block(SpramBlock):
    """Like the cell: one port; while it writes, what it reads is nothing to rely on."""

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = memory.Memory(shape=WIDTH, depth=DEPTH, init=[])
        read, write = words.read_port(), words.write_port()
        wrote = Signal()
        m.d.sync += wrote.eq(self.w_en)
        m.d.comb += [
            read.addr.eq(self.address), write.addr.eq(self.address), write.data.eq(self.w_data),
            write.en.eq(self.w_en), self.r_data.eq(read.data ^ wrote.replicate(WIDTH)),
        ]
        return m


def spram(depth, width):
    return SpramMemory(depth, width, Block)


@pytest.mark.parametrize(("depth", "width"), [(16384, 64), (300, 33), (32768, 32), (40000, 16), (65536, 16)])
def test_it_reads_what_was_written_by_either_side_as_a_column_memory_does(depth, width):
    results = [accesses(make(depth, width), depth, width) for make in (spram, ColumnMemory)]
    assert results[0] == results[1]
    assert len(set(results[0])) > 50


def accesses(dut, depth, width):
    """What a seeded mixture of writes and reads of host and core reads."""
    draw = random.Random(depth + width)
    addresses = [draw.randrange(depth) for _ in range(30)] + [0, depth - 1]
    columns = -(-width // 32)
    read = []

    async def run(ctx):
        # The contents of single-port RAM are undefined at power-up.
        ctx.set(dut.host.select, 1)
        for address in addresses:
            for column in range(columns):
                await host_write(ctx, address, column, address)
        for _ in range(300):
            address = draw.choice(addresses)
            kind = draw.randrange(4)
            if kind == 0:
                await host_write(ctx, address, draw.randrange(columns), draw.getrandbits(32))
            elif kind == 1:
                await core_write(ctx, address, draw.getrandbits(width))
            elif kind == 2:
                ctx.set(dut.host.select, 1)
                ctx.set(dut.host.address, address)
                await ctx.tick()
                read.append(ctx.get(dut.host.r_data))
            else:
                ctx.set(dut.host.select, 0)
                ctx.set(dut.r_address, address)
                await ctx.tick()
                read.append(ctx.get(dut.r_data))

    async def host_write(ctx, address, column, value):
        ctx.set(dut.host.select, 1)
        ctx.set(dut.host.address, address)
        ctx.set(dut.host.w_data, value)
        ctx.set(dut.host.w_en, 1 << column)
        await ctx.tick()
        ctx.set(dut.host.w_en, 0)

    async def core_write(ctx, address, value):
        ctx.set(dut.host.select, 0)
        ctx.set(dut.w_address, address)
        ctx.set(dut.w_data, value)
        ctx.set(dut.w_en, 1)
        await ctx.tick()
        ctx.set(dut.w_en, 0)

    run_component(dut, run)
    return read


@pytest.mark.parametrize(("depth", "width", "needed"), [(16385, 64, 8), (16384, 65, 5), (65537, 16, 5)])
def test_more_than_the_device_has_is_refused_with_both_numbers(depth, width, needed):
    with pytest.raises(UserError, match=f"take {needed} blocks .* has 4.*reduce synapses"):
        SpramMemory(depth, width)


def test_it_becomes_cells_of_the_device_with_all_nibbles_written_and_the_power_on():
    text = rtlil.convert(SpramMemory(16384, 64))
    assert text.count(r"cell \SB_SPRAM256KA") == 4
    assert text.count(r"connect \MASKWREN 4'1111") == 4
    assert text.count(r"connect \POWEROFF 1'1") == 4
