"""The lanes of learning: rows of words, changed as the contract's rules say in plain Python, and in how many
clocks."""

import random

import pytest

from hdl.learn import LearningWalk
from snnsim.contract import CoreConfig, Formats, noise, plasticity
from snnsim.contract import neuron as rules
from snnsim.contract.layout import NO_FACTOR, Field, synapse_layout
from snnsim.contract.terms import (
    FACTOR,
    FACTOR_WIDTH,
    ONE,
    PRODUCT_FRACTION,
    Factor,
    Target,
    delta_fraction,
)
from tests.hdl.test_neuron import draw
from tests.helpers import run_component

TAG = Field.of("tag", FACTOR)
SIZES = {"neurons": 32, "inputs": 8, "delay_slots": 4, "synapse_words": 128, "rows": 64, "plastic_rows": 16}
CORES = {
    "everything on two lanes": CoreConfig.with_learning(lanes=2, **SIZES),
    "two terms at once, no registers": CoreConfig.with_learning(
        lanes=4, term_units=2, lane_factors=2, read_registers=0, **SIZES),
    "four terms at once, one factor": CoreConfig.with_learning(
        formats=Formats(weight_width=8, decay_bits=12), lanes=1, term_units=4, lane_factors=1, **SIZES),
    "no more than pairs need": CoreConfig(
        formats=Formats(weight_width=4), lanes=8, lane_factors=1, **SIZES),
}


def lane_factors(config):
    """The factors that lanes of this core can have."""
    absent = {Factor.M: config.third_factors, Factor.GRADED: config.tables, Factor.E: config.tags}
    return [f for f in Factor if f >= Factor.POST and absent.get(f, True)]


def random_term(rng, config):
    """A term as `PlasticRows` writes it."""
    factors = sorted(rng.choices(lane_factors(config), k=rng.randint(0, config.lane_factors)))
    codes = [*factors, *[NO_FACTOR] * (config.lane_factors - len(factors))]
    # A coefficient and four factors are at most 2 each.
    largest = 1 << (PRODUCT_FRACTION + 5 - len(factors))
    product = rng.choice((rng.randint(-ONE << 10, ONE << 10), rng.randint(-largest, largest), largest))
    return {"product": product or 1, "shift": rng.choice((0, 1, 4, 8, 31)),
            "target": int(config.tags and rng.random() < 0.4), "if_post": rng.randrange(2),
            **{f"lane{k}": code for k, code in enumerate(codes)}}


def random_row(rng, config, number, start, length, terms):
    """``(work, terms)``"""
    weight = config.formats.weight
    w_min, w_max = sorted(rng.randint(weight.lo // 2, weight.hi // 2) for _ in range(2))
    work = {"start": start, "length": length, "row": number, "terms": terms, "w_min": w_min, "w_max": w_max}
    if config.tags:
        work |= {"keep_e": rng.choice((0, config.formats.keep.hi, rng.randint(0, config.formats.keep.hi))),
                 "tagged": 1}
    if config.stochastic:
        work |= {"stochastic": rng.randrange(2), "noise": rng.getrandbits(32)}
    return work, [random_term(rng, config) for _ in range(terms)]


def random_posts(rng, config):
    """What learning knows of each neuron."""
    names = ["y1", "y2", *["m"] * config.third_factors, *["graded"] * bool(config.tables)]
    return [{"post": rng.randrange(2), "flipped": rng.randrange(2),
             **{name: rng.choice((0, ONE, rng.randint(FACTOR.lo, FACTOR.hi))) for name in names}}
            for _ in range(config.neurons)]


def random_synapse(rng, config):
    fields = {f.name: draw(rng, f) for f in synapse_layout(config).fields}
    return fields | {"index": rng.randrange(config.groups), "enabled": int(rng.random() < 0.8)}


def learned(config, work, terms, synapse, tag, neuron, post):
    """``(weight, tag, clips, saturates)`` of a synapse after its row was walked."""
    if not synapse["enabled"]:
        return synapse["weight"], tag, 0, 0
    width, w = config.formats.weight_width, synapse["weight"]
    factors = {
        Factor.POST: plasticity.indicated(post["post"]), Factor.Y1: post["y1"], Factor.Y2: post["y2"],
        Factor.M: post.get("m"), Factor.GRADED: post.get("graded"),
        Factor.SIGN: -ONE if post["flipped"] else ONE,
        Factor.W: plasticity.widened(w, width), Factor.E: tag,
        Factor.UP: plasticity.widened(work["w_max"] - w, width),
        Factor.DOWN: plasticity.widened(w - work["w_min"], width)}
    totals = {target: 0 for target in Target}
    for term in terms:
        product = term["product"]
        for k in range(config.lane_factors):
            if term[f"lane{k}"] != NO_FACTOR:
                product = plasticity.times(product, factors[term[f"lane{k}"]])
        if post["post"] or not term["if_post"]:
            totals[term["target"]] += plasticity.aligned(product, term["shift"])
    w_sum = plasticity.learned(w, rounded(work, totals[Target.WEIGHT], width, neuron))
    weight = rules.bounded(w_sum, work["w_min"], work["w_max"])
    clips = rules.saturates(w_sum, work["w_min"], work["w_max"])
    if not config.tags:
        return weight, 0, int(clips), 0
    decayed = rules.decayed(rules.product(tag, work["keep_e"]), config.formats.decay_bits)
    e_sum = plasticity.learned(decayed, rounded(work, totals[Target.TAG], FACTOR_WIDTH, neuron))
    return (weight, rules.bounded(e_sum, FACTOR.lo, FACTOR.hi), int(clips),
            int(rules.saturates(e_sum, FACTOR.lo, FACTOR.hi)))


def rounded(work, total, width, neuron):
    fraction = delta_fraction(width)
    if work.get("stochastic"):
        chance = noise.synapse_noise(work["noise"], neuron)
        return plasticity.rounded_down_with(total, noise.noise_bits(chance, fraction), fraction)
    return plasticity.rounded(total, fraction)


class Bench:
    """A `LearningWalk` with the memories of synapses, tags and factors."""

    def __init__(self, config, rng, rows):
        self.config, self.dut = config, LearningWalk(config)
        self.posts = random_posts(rng, config)
        self.synapses = [[random_synapse(rng, config) for _ in range(config.lanes)]
                         for _ in range(config.synapse_words)]
        self.tags = [[draw(rng, TAG) * config.tags * rng.randrange(2) for _ in range(config.lanes)]
                     for _ in range(config.synapse_words)]
        for work, _ in rows:  # what learns is within its bounds, or at them
            for word in self.synapses[work["start"]:work["start"] + work["length"]]:
                for synapse in filter(lambda synapse: synapse["enabled"], word):
                    synapse["weight"] = max(work["w_min"], min(synapse["weight"], work["w_max"]))
        self.reads, self.writes, self.retired = [], [], []
        self.clips = self.saturations = 0

    def expected(self, rows):
        """``(synapses, tags, clips, saturations)`` after these rows, each of which has words of its own."""
        synapses, tags, clips, saturations = list(self.synapses), list(self.tags), 0, 0
        for work, terms in rows:
            for address in range(work["start"], work["start"] + work["length"]):
                synapses[address], tags[address] = list(synapses[address]), list(tags[address])
                for lane, synapse in enumerate(self.synapses[address]):
                    neuron, tag = synapse["index"] * self.config.lanes + lane, self.tags[address][lane]
                    weight, tag, clipped, saturated = learned(
                        self.config, work, terms, synapse, tag, neuron, self.posts[neuron])
                    synapses[address][lane] = synapse | {"weight": weight}
                    tags[address][lane] = tag
                    clips, saturations = clips + clipped, saturations + saturated
        return synapses, tags, clips, saturations

    async def walk(self, ctx, rows):
        """Give it all rows, in turn by either bank, as soon as it takes them."""
        dut = self.dut
        for number, (work, terms) in enumerate(rows):
            bank = number % 2
            while ctx.get(dut.busy_banks) >> bank & 1:
                await ctx.tick()
            ctx.set(dut.term_bank, bank)
            ctx.set(dut.bank, bank)
            for address, term in enumerate(terms):
                ctx.set(dut.term_w_en, 1)
                ctx.set(dut.term_address, address)
                ctx.set(dut.term_w_data, term)
                await ctx.tick()
            ctx.set(dut.term_w_en, 0)
            ctx.set(dut.work.payload, work)
            ctx.set(dut.work.valid, 1)
            await ctx.tick().until(dut.work.ready)
            ctx.set(dut.work.valid, 0)
        while ctx.get(dut.busy_banks):
            await ctx.tick()
        await ctx.tick()

    async def memories(self, ctx):
        """Each word a clock after its address; what is written."""
        dut, config, layout = self.dut, self.config, synapse_layout(self.config)
        ports = [dut.r_address, dut.reads, dut.index, dut.w_en, dut.w_address, dut.w_word, dut.clips,
                 dut.saturations, *([dut.w_tags] if config.tags else [])]
        while True:
            _, _, address, reads, index, writes, w_address, word, clips, saturations, *tags = (
                await ctx.tick().sample(*ports))
            assert not (reads and writes), "read and written in one clock"
            self.reads.append(reads)
            self.clips, self.saturations = self.clips + clips, self.saturations + saturations
            word_of = self.synapses[address % len(self.synapses)]
            ctx.set(dut.word, sum(layout.pack(**synapse) << (lane * layout.width)
                                  for lane, synapse in enumerate(word_of)))
            for lane in range(config.lanes):
                if config.tags:
                    ctx.set(dut.tag_word[lane], self.tags[address % len(self.tags)][lane])
                ctx.set(dut.factors[lane], self.posts[index[lane] % config.groups * config.lanes + lane])
            if writes:
                self.writes.append(w_address)
                mask = (1 << layout.width) - 1
                self.synapses[w_address] = [layout.unpack(word >> (lane * layout.width) & mask)
                                            for lane in range(config.lanes)]
                if config.tags:
                    self.tags[w_address] = [tags[0][lane] for lane in range(config.lanes)]

    async def retirement(self, ctx):
        ports = self.dut.retire, self.dut.retire_row, self.dut.retire_tagged
        while True:
            _, _, retires, row, tagged = await ctx.tick().sample(*ports)
            if retires:
                self.retired.append((row, tagged))


def random_rows(rng, config, count, lengths, terms):
    rows, start = [], 3
    for number in range(count):
        length = rng.choice(lengths)
        rows.append(random_row(rng, config, number, start, length, rng.choice(terms)))
        start += length
    return rows


@pytest.mark.parametrize("core", CORES)
def test_each_synapse_of_a_row_learns_once_as_the_rules_say(core):
    config, rng = CORES[core], random.Random(4)
    rows = random_rows(rng, config, 16, (1, 1, 2, 5, 9), range(0 if config.tags else 1, 9))
    bench = Bench(config, rng, rows)
    synapses, tags, clips, saturations = bench.expected(rows)

    async def body(ctx):
        await bench.walk(ctx, rows)

    run_component(bench.dut, body, bench.memories, bench.retirement)
    assert clips > 3 and (saturations > 3 or not config.tags)
    assert sorted(bench.writes) == [k for w, _ in rows for k in range(w["start"], w["start"] + w["length"])]
    assert bench.synapses == synapses and bench.tags == tags
    assert (bench.clips, bench.saturations) == (clips, saturations)
    assert [row for row, _ in bench.retired] == list(range(len(rows)))
    if config.tags:
        assert [tagged for _, tagged in bench.retired] == [
            int(any(any(tags[k]) for k in range(w["start"], w["start"] + w["length"]))) for w, _ in rows]


@pytest.mark.parametrize("terms", range(1, 9))
@pytest.mark.parametrize("core", ["two terms at once, no registers", "no more than pairs need"])
def test_a_word_takes_two_clocks_or_one_for_each_group_of_terms(core, terms):
    """Rows follow without a gap; but for one clock where a word has several groups of terms."""
    config, rng = CORES[core], random.Random(terms)
    length = 12
    rows = random_rows(rng, config, 3, (length,), (terms,))
    bench = Bench(config, rng, rows)

    async def body(ctx):
        await bench.walk(ctx, rows)

    run_component(bench.dut, body, bench.memories)
    groups = -(-terms // config.term_units)
    at = [clock for clock, reads in enumerate(bench.reads) if reads]
    steps = [b - a for a, b in zip(at, at[1:], strict=False)]
    in_row = max(2, groups)
    between = in_row + (groups > 1)
    assert steps == ([in_row] * (length - 1) + [between]) * 2 + [in_row] * (length - 1)
