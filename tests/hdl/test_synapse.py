"""From a source to additions: every synapse of its rows once, at its slot, with its exponent."""

import random

import pytest
from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.memory import ColumnMemory
from hdl.synapse import Delivery, RowFetch, RowWalk
from snnsim.contract import CoreConfig
from snnsim.contract.layout import Memory, memory_shape, row_layout, synapse_layout
from tests.helpers import put_all, run_component

NEURONS = 64


class Chain(wiring.Component):
    """Fetch, walk and delivery with their two memories."""

    def __init__(self, config):
        self.config = config
        self.fetch, self.walk, self.delivery = RowFetch(config), RowWalk(config), Delivery(config)
        self.rows = ColumnMemory(*memory_shape(config, Memory.ROWS))
        self.synapses = ColumnMemory(*memory_shape(config, Memory.SYNAPSES))
        super().__init__({"i": In(stream.Signature(self.fetch.i.payload.shape())), "busy": Out(1)})

    def elaborate(self, platform):
        m = Module()
        for name in ("fetch", "walk", "delivery", "rows", "synapses"):
            m.submodules[name] = getattr(self, name)
        wiring.connect(m, wiring.flipped(self.i), self.fetch.i)
        wiring.connect(m, self.fetch.o, self.walk.i)
        m.d.comb += [
            self.rows.r_address.eq(self.fetch.r_address), self.fetch.r_data.eq(self.rows.r_data),
            self.synapses.r_address.eq(self.walk.o_address), self.delivery.word.eq(self.synapses.r_data),
            self.delivery.i_valid.eq(self.walk.o_valid), self.delivery.i_exponent.eq(self.walk.o_exponent),
            self.busy.eq(self.fetch.busy | self.walk.o_valid | self.delivery.busy),
        ]
        return m


def random_rows(rng, config, sources):
    """Memories, and the additions (bank, neuron, delay, contribution) that each source must make."""
    synapse, row = synapse_layout(config), row_layout(config)
    words, descriptors, expected = [], {}, {}
    spare = config.neurons + config.inputs
    for source in sources:
        expected[source], descriptor = [], source
        while True:
            length, exponent = rng.choice((0, 1, 1, 2, 7)), rng.randrange(1 << config.formats.exponent_width)
            follows = rng.random() < 0.4 and spare < config.rows - 1
            continuation = spare - config.neurons - config.inputs + 1
            descriptors[descriptor] = row.pack(start=len(words), length=length, exponent=exponent,
                                               next=continuation if follows else 0)
            for _ in range(length):
                word = 0
                for bank in range(config.lanes):
                    weight = rng.choice((0, 1, -1, 127, -128))
                    delay, index = rng.randint(1, config.delay_slots), rng.randrange(config.groups)
                    packed = synapse.pack(weight=weight, delay=delay - 1, index=index) if weight else 0
                    word |= packed << (bank * synapse.width)
                    if weight:
                        expected[source].append((bank, index, delay, weight << exponent))
                words.append(word)
            if not follows:
                break
            descriptor, spare = spare, spare + 1
    return words, descriptors, expected


async def fill(ctx, memory, words):
    for address, word in words:
        ctx.set(memory.w_address, address)
        ctx.set(memory.w_data, word)
        ctx.set(memory.w_en, 1)
        await ctx.tick()
    ctx.set(memory.w_en, 0)


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
def test_each_synapse_of_a_source_is_added_once(lanes):
    rng = random.Random(lanes)
    config = CoreConfig(neurons=NEURONS, inputs=32, lanes=lanes, delay_slots=4, synapse_words=512, rows=128)
    sources = rng.sample(range(NEURONS + 32), 40)
    words, descriptors, expected = random_rows(rng, config, sources)
    dut, out, slot = Chain(config), [], 3

    async def feed(ctx):
        ctx.set(dut.delivery.slot, slot)
        await fill(ctx, dut.synapses, enumerate(words))
        await fill(ctx, dut.rows, descriptors.items())
        await put_all(ctx, dut.i, sources)
        await ctx.tick().until(~dut.busy)

    async def watch(ctx):
        d = dut.delivery
        while True:
            _, _, valid, addresses, values = await ctx.tick().sample(d.add_valid, d.add_address, d.add_value)
            out.extend((bank, addresses[bank], values[bank]) for bank in range(lanes) if valid >> bank & 1)

    run_component(dut, feed, watch)
    index_bits = (config.groups - 1).bit_length()
    wanted = [(bank, ((slot + delay) % 4) << index_bits | index, contribution)
              for source in sources for bank, index, delay, contribution in expected[source]]
    assert len(wanted) > 100
    assert out == wanted


def test_long_rows_follow_each_other_without_a_gap():
    config = CoreConfig(neurons=NEURONS, inputs=32, lanes=4, delay_slots=4, synapse_words=512, rows=128)
    row = row_layout(config)
    dut, clocks = Chain(config), []

    async def feed(ctx):
        await fill(ctx, dut.rows, [(k, row.pack(start=0, length=16, exponent=0, next=0)) for k in range(8)])
        await put_all(ctx, dut.i, range(8))
        await ctx.tick().until(~dut.busy)

    async def watch(ctx):
        while True:
            _, _, valid = await ctx.tick().sample(dut.walk.o_valid)
            clocks.append(valid)

    run_component(dut, feed, watch)
    first, last = clocks.index(1), len(clocks) - clocks[::-1].index(1)
    assert clocks[first:last] == [1] * (8 * 16)
