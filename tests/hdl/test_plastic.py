"""Which rows have something to do in a step, what their synapses are to do, and what their traces become.

Rows, rules and terms are those of random networks; what is expected of them is worked out by the contract's
rules in plain Python.
"""

import random
from collections import Counter

import pytest

from hdl.plastic import PlasticRows
from snnsim.contract import CoreConfig, noise, plasticity
from snnsim.contract import neuron as rules
from snnsim.contract.layout import NO_FACTOR, Memory, trace_layout
from snnsim.contract.terms import FACTOR, Condition, Factor, TraceMode, is_of_row
from snnsim.placement import place
from snnsim.placement.learning import may_act_alone
from snnsim.placement.learning_speed import HASH_CLOCKS, PHASE_CLOCKS
from snnsim.random_learning import random_learning_image
from tests.helpers import run_component

SIZES = {"neurons": 16, "inputs": 8, "delay_slots": 4, "synapse_words": 256, "rows": 64, "plastic_rows": 24,
         "learning_rules": 3}
CONFIG = CoreConfig.with_learning(lanes=2, tables=2, **SIZES)
PLAIN = CoreConfig(lanes=2, **SIZES)
MODULATORS = (16384, -9000, 0, 20000)


class Rows:
    """What the rows of an image are expected to do."""

    def __init__(self, image, config):
        self.image, self.config, self.rows = image, config, image.learning_rows
        self.x = {name: [0] * self.rows.size for name in ("x1", "x2")}
        self.tagged = [self.rule(row).has_tag for row in range(self.rows.size)]  # for all that is known
        self.sent = []  # the rows whose sources spiked, by step
        tables = image.plasticity.tables
        self._always = [may_act_alone(self.rule(row), tables) for row in range(self.rows.size)]
        self._queued = [a or b for a, b in zip(self._always, self.tagged, strict=True)]

    def rule(self, row):
        return self.image.projections[self.rows.projection[row]].learning.rule

    def step(self, spiked, any_post, commanded, time):
        """``(row -> (terms, work), rows that are looked at, saturations)`` of a step; the traces go on."""
        self.sent.append(spiked)
        works, saturations = {}, 0
        visited = [row for row in range(self.rows.size) if commanded or row in spiked or self._queued[row]]
        for row in range(self.rows.size):
            event = self._has_event(row)
            terms = self._terms(row, event, any_post, commanded)
            if terms or self.tagged[row]:
                works[row] = terms, self._work(row, time)
            for name in ("x1", "x2"):
                saturations += self._trace(name, row, event)
        for row in visited:
            self._queued[row] = self._stays(row, row in works)
        return works, visited, saturations

    def _stays(self, row, is_walked):
        """Whether a row is to be looked at in the next step, whatever happens."""
        late = self.rows.lag[row] and any(row in sent for sent in self.sent[-self.config.delay_slots:])
        return bool(self._always[row] or self.x["x1"][row] or self.x["x2"][row] or late
                    or is_walked and self.rule(row).has_tag)

    def _has_event(self, row):
        lag = int(self.rows.lag[row])
        return lag < len(self.sent) and row in self.sent[-1 - lag]

    def _read(self, name, row):
        trace, x = getattr(self.rule(row), name), self.x[name][row]
        tables = self.image.plasticity.tables
        entry = int(tables[trace.table, x & 255]) if trace.mode == TraceMode.HISTORY else 0
        return plasticity.readout(x, trace.mode, entry)

    def _terms(self, row, event, any_post, commanded):
        """``(product, shift, target, only where the neuron fired, factors of lanes)`` of those that count."""
        holds = {Condition.PRE: event, Condition.POST: any_post, Condition.STEP: True,
                 Condition.COMMAND: commanded}
        factors = {Factor.PRE: plasticity.indicated(event), Factor.X1: self._read("x1", row),
                   Factor.X2: self._read("x2", row), **{Factor.M0 + g: m for g, m in enumerate(MODULATORS)}}
        terms = []
        for term in self.rule(row).terms:
            product = plasticity.coefficient_product(term.coefficient)
            for factor in filter(is_of_row, term.factors):
                product = plasticity.times(product, factors[factor])
            if holds[term.condition] and product:
                lanes = tuple(f for f in term.factors if not is_of_row(f))
                terms.append((product, term.shift, term.target, term.condition == Condition.POST, lanes))
        return terms

    def _work(self, row, time):
        rule = self.rule(row)
        work = {"row": row, "w_min": rule.w_min, "w_max": rule.w_max}
        if self.config.tags:
            work |= {"tagged": int(rule.has_tag), "keep_e": rule.keep_e}
        if self.config.stochastic:
            step = noise.step_noise(self.image.plasticity.seed, time)
            work |= {"stochastic": int(rule.stochastic),
                     "noise": noise.source_noise(step, int(self.rows.source[row]))}
        return work

    def _trace(self, name, row, event):
        trace, x = getattr(self.rule(row), name), self.x[name][row]
        decayed = rules.decayed(rules.product(x, trace.keep), self.image.formats.decay_bits)
        total = plasticity.trace_sum(decayed, event, trace.amount)
        self.x[name][row] = plasticity.traced(x, decayed, total, event, trace.amount, trace.mode)
        return trace.mode == TraceMode.ADD and bool(rules.saturates(total, FACTOR.lo, FACTOR.hi))


class Bench:
    """A `PlasticRows` with its memories, and lanes that do nothing but take their time."""

    def __init__(self, image, config, seed=0):
        self.config, self.dut, self.rng = config, PlasticRows(config), random.Random(seed)
        memories = place(image, config).memories
        self._words = {memory: [self._integer(word) for word in memories.get(memory, ())] for memory in (
            Memory.PLASTIC, Memory.RULES, Memory.TERMS, Memory.TRACES, Memory.TABLES)}
        self.rows, self._seed = image.learning_rows.size, image.plasticity.seed
        self._terms = [{}, {}]
        self.works, self.visited, self.saturations = [], [], 0
        #: Of each row that was walked, whether its tags are said to be other than 0.
        self.retired = {}

    @staticmethod
    def _integer(word):
        return sum(int(column) << (32 * k) for k, column in enumerate(word))

    def trace(self, name, row):
        return trace_layout(self.config).unpack(self._words[Memory.TRACES][row])[name]

    async def begin(self, ctx):
        ctx.set(self.dut.rows, self.rows)
        ctx.set(self.dut.seed, self._seed)
        for g, value in enumerate(MODULATORS):
            ctx.set(self.dut.modulators[g], value)
        await self.phase(ctx, self.dut.prepare)

    async def step(self, ctx, spiked, any_post, commanded, time):
        """A step: what is set up in it, which rows are looked at; returns the clocks that it took."""
        for row in spiked:
            ctx.set(self.dut.mark_row, row)
            ctx.set(self.dut.mark, 1)
            await ctx.tick()
            ctx.set(self.dut.mark, 0)
            await ctx.tick()
        self.works, self.visited, self.saturations = [], [], 0
        ctx.set(self.dut.any_post, any_post)
        ctx.set(self.dut.commanded, commanded)
        ctx.set(self.dut.time, time)
        clocks = await self.phase(ctx, self.dut.learn)
        while ctx.get(self.dut.busy_banks):
            await ctx.tick()
        return clocks

    async def phase(self, ctx, begin):
        clocks = 0
        ctx.set(begin, 1)
        await ctx.tick()
        ctx.set(begin, 0)
        while not ctx.get(self.dut.done):
            await ctx.tick()
            clocks += 1
        return clocks

    async def memories(self, ctx):
        """The words a clock after their addresses; traces are written."""
        dut, config, words = self.dut, self.config, self._words
        ports = [dut.row_address, dut.rule_address, dut.term_r_address, dut.trace_w_en,
                 dut.trace_w_data.as_value(), dut.saturated]
        ports += [dut.table_address] if config.tables else []
        while True:
            _, _, row, rule, term, writes, traces, saturated, *table = await ctx.tick().sample(*ports)
            self.saturations += saturated
            # A memory gives the old word where it is read and written.
            read = ((dut.row_data, Memory.PLASTIC, row), (dut.rule_data, Memory.RULES, rule),
                    (dut.trace_data, Memory.TRACES, row), (dut.term_r_data, Memory.TERMS, term))
            for port, memory, address in read:
                ctx.set(port.as_value(), words[memory][address] if address < len(words[memory]) else 0)
            if table and table[0] < len(words[Memory.TABLES]):
                ctx.set(dut.table_data, words[Memory.TABLES][table[0]])
            if writes:
                self.visited.append(row)
                words[Memory.TRACES][row] = traces

    async def lanes(self, ctx):
        """Take works now and then, and be done with them one after the other, some clocks later."""
        dut = self.dut
        ports = [dut.work.valid, dut.work.ready, dut.work.payload, dut.term_w_en, dut.term_bank,
                 dut.term_address, dut.term_w_data]
        under_way = []  # [bank, row, clocks]
        while True:
            _, _, valid, ready, work, writes, bank, address, term = await ctx.tick().sample(*ports)
            assert not (writes and bank in [busy for busy, _, _ in under_way]), "a bank in use is written to"
            if writes:
                self._terms[bank][address] = self._live(term)
            if valid and ready:
                under_way.append([bank, work.row, self.rng.choice((2, 5, 60))])
                self.works.append((work.row, [self._terms[bank].pop(k) for k in range(work.terms)], work))
            self._work_off(ctx, under_way)
            ctx.set(dut.busy_banks, sum(1 << busy for busy, _, _ in under_way))
            ctx.set(dut.work.ready, len(under_way) < 2 and self.rng.random() < 0.5)

    def _work_off(self, ctx, under_way):
        ctx.set(self.dut.retire, 0)
        if under_way:
            under_way[0][2] -= 1
            if under_way[0][2] == 0:
                _, row, _ = under_way.pop(0)
                self.retired[row] = self.rng.random() < 0.5
                ctx.set(self.dut.retire, 1)
                ctx.set(self.dut.retire_row, row)
                ctx.set(self.dut.retire_tagged, self.retired[row])

    def _live(self, term):
        lanes = (term[f"lane{k}"] for k in range(self.config.lane_factors))
        return (term.product, term.shift, term.target, term.if_post,
                tuple(code for code in lanes if code != NO_FACTOR))


def run(image, config, body):
    bench = Bench(image, config)

    async def main(ctx):
        await bench.begin(ctx)
        await body(ctx, bench)

    run_component(bench.dut, main, bench.memories, bench.lanes)


def networks(config, count):
    """Images with rows that learn."""
    found, seed = [], 0
    while len(found) < count:
        image = random_learning_image(seed, config)
        if image.learning_rows.size > 3:
            found.append(image)
        seed += 1
    return found


def assert_same(bench, expected, works, visited, saturations):
    assert sorted(bench.visited) == visited, "each row that something may happen to, once"
    assert sorted(row for row, _, _ in bench.works) == sorted(works), "each row once"
    for row, terms, work in bench.works:
        wanted_terms, wanted = works[row]
        assert terms == [(p, shift, target, int(if_post), lanes)
                         for p, shift, target, if_post, lanes in wanted_terms]
        assert {name: work[name] for name in wanted} == wanted
    assert bench.saturations == saturations
    for name in ("x1", "x2"):
        assert [bench.trace(name, row) for row in range(bench.rows)] == expected.x[name]


@pytest.mark.parametrize("config", [CONFIG, PLAIN])
def test_rows_do_what_the_rules_say(config):
    seen = Counter()
    for number, image in enumerate(networks(config, 6)):
        expected, rng = Rows(image, config), random.Random(number)

        async def body(ctx, bench, expected=expected, rng=rng):
            for time in range(14):
                busy = rng.random() < 0.7
                spiked = [row for row in range(bench.rows) if busy and rng.random() < 0.4]
                any_post, commanded = rng.random() < 0.4, rng.random() < 0.2
                await bench.step(ctx, spiked, any_post, commanded, time)
                works, visited, saturations = expected.step(spiked, any_post, commanded, time)
                assert_same(bench, expected, works, visited, saturations)
                for row, tagged in bench.retired.items():
                    expected.tagged[row] = tagged and expected.rule(row).has_tag
                seen.update(works=len(works), terms=sum(len(terms) for terms, _ in works.values()),
                            saturations=saturations, idle=len(visited) - len(works),
                            skipped=bench.rows - len(visited))

        run(image, config, body)
    assert min(seen[name] for name in ("works", "terms", "saturations", "idle", "skipped")) > 20


@pytest.mark.parametrize("config", [CONFIG, PLAIN])
def test_a_step_in_which_no_row_has_anything_to_do_takes_the_clocks_that_are_predicted(config):
    def is_quiet(image):
        return not any(may_act_alone(rule, image.plasticity.tables) or rule.has_tag for rule in image.rules)

    async def body(ctx, bench):
        clocks = [await bench.step(ctx, [], True, False, time) for time in range(3)]
        assert bench.visited == []
        assert max(clocks) <= PHASE_CLOCKS + (HASH_CLOCKS if config.stochastic else 0)

    run(next(image for image in networks(config, 60) if is_quiet(image)), config, body)
