"""Rows that learn: which of them have something to do in a step, and what their synapses are to do."""

from amaranth import Array, Const, Module, Mux, Signal
from amaranth.hdl import signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract import neuron as rules
from snnsim.contract import noise, plasticity
from snnsim.contract.layout import NO_FACTOR, plastic_layout, rule_layout, term_layout, trace_layout
from snnsim.contract.terms import (
    FACTOR,
    LARGEST_RULE,
    LARGEST_TERM,
    MODULATORS,
    PRODUCT,
    TABLE_SIZE,
    Condition,
    Factor,
    TraceMode,
)

from .memory import address_width
from .shapes import shape_of, struct_of

_TRACES = ("x1", "x2")
_STIRS = (noise.stir_low, noise.stir_middle, noise.stir_high)


def work_layout(config):
    """A row that is to be walked, beside its terms."""
    f = config.formats
    tags = {"keep_e": shape_of(f.keep), "tagged": 1} if config.tags else {}
    chance = {"stochastic": 1, "noise": 32} if config.stochastic else {}
    return data.StructLayout({
        "start": address_width(config.synapse_words), "length": address_width(config.synapse_words),
        "row": address_width(config.plastic_rows), "terms": LARGEST_RULE.bit_length(),
        "w_min": shape_of(f.weight), "w_max": shape_of(f.weight), **tags, **chance,
    })


def live_term_layout(config):
    """A term of a row, as far as its lanes have to know it; ``if_post``: only where the neuron fired."""
    lanes = {f"lane{k}": address_width(NO_FACTOR + 1) for k in range(config.lane_factors)}
    return data.StructLayout({"product": shape_of(PRODUCT), "shift": 5, "target": 1, "if_post": 1, **lanes})


class PlasticRows(wiring.Component):
    """Knows the rows in which something may happen, and sets up one after the other.

    ``mark`` with ``mark_row``: the source of this row spikes in this step; at most every other clock.
    ``learn`` begins the phase of a step, of which ``any_post`` says whether any neuron fired, ``commanded``
    whether the host commands it, ``time`` its number. For each row that has terms to be evaluated, those go
    to ``term_*`` (number ``term_address`` of bank ``term_bank``) and then its work to ``work``, with the
    same bank. A bank is not touched while it is in ``busy_banks``. ``retire`` with ``retire_row`` says of a
    row that was walked whether any of its tags is not 0. ``done`` is high while no phase is under way; that
    the lanes are, is another matter.

    ``prepare``, before a run, looks at all rows anew. The words of memories follow ``row_address``,
    ``rule_address``, ``term_r_address`` and ``table_address`` by a clock; traces are written back. A trace
    that is ``saturated`` is counted.
    """

    def __init__(self, config):
        self._config = config
        row = address_width(config.plastic_rows)
        tables = {"table_address": Out(address_width(config.tables * TABLE_SIZE)),
                  "table_data": In(shape_of(FACTOR))} if config.tables else {}
        super().__init__({
            "mark": In(1), "mark_row": In(row),
            "prepare": In(1), "learn": In(1), "any_post": In(1), "commanded": In(1), "time": In(32),
            "rows": In(range(config.plastic_rows + 1)), "seed": In(32),
            "modulators": In(data.ArrayLayout(shape_of(FACTOR), MODULATORS)),
            "row_address": Out(row), "row_data": In(struct_of(plastic_layout(config))),
            "trace_data": In(struct_of(trace_layout(config))),
            "trace_w_en": Out(1), "trace_w_data": Out(struct_of(trace_layout(config))),
            "rule_address": Out(address_width(config.learning_rules)),
            "rule_data": In(struct_of(rule_layout(config))),
            "term_r_address": Out(address_width(config.learning_rules * LARGEST_RULE)),
            "term_r_data": In(struct_of(term_layout(config))), **tables,
            "term_w_en": Out(1), "term_bank": Out(1), "term_address": Out(range(LARGEST_RULE)),
            "term_w_data": Out(live_term_layout(config)),
            "work": Out(stream.Signature(work_layout(config))),
            "busy_banks": In(2), "retire": In(1), "retire_row": In(row), "retire_tagged": In(1),
            "saturated": Out(1), "done": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        config = self._config
        self._row = Signal(address_width(config.plastic_rows))
        self._descriptor = Signal(struct_of(plastic_layout(config)))
        self._traces = Signal(struct_of(trace_layout(config)))
        self._rule = Signal(struct_of(rule_layout(config)))
        self._event, self._tagged, self._spiked = Signal(), Signal(), Signal()
        self._live = Signal(range(LARGEST_RULE + 1))   # terms of the row that may change something
        self._left = Signal(range(config.plastic_rows + 1))
        self._everything = Signal()                    # all rows in order, instead of those in the queue
        self._visited = Signal()
        self._entries = {name: Signal(shape_of(FACTOR), name=f"{name}_entry") for name in _TRACES}
        self._elaborate_marks(m)
        self._elaborate_queue(m)
        self._elaborate_multiplier(m)
        self._noise, self._step_noise = Signal(32), Signal(32)
        m.d.comb += [self.row_address.eq(self._row), self.rule_address.eq(self._descriptor.rule)]
        with m.FSM() as fsm:
            self._elaborate_prepare(m)
            self._elaborate_begin(m)
            if config.stochastic:
                self._elaborate_noise(m)
            self._elaborate_fetch(m)
            self._elaborate_terms(m)
            self._elaborate_hand_over(m)
            self._elaborate_traces(m)
        m.d.comb += self.done.eq(fsm.ongoing("IDLE") & ~self.learn & ~self.prepare)
        return m

    # Which rows

    def _elaborate_marks(self, m):
        """For each row whether its source spiked in this step, whether it is in the queue, whether it has
        tags."""
        depth = self._config.plastic_rows
        m.submodules.spiked = spiked = memory.Memory(shape=1, depth=depth, init=[])
        m.submodules.queued = queued = memory.Memory(shape=1, depth=depth, init=[])
        self._spiked_read, self._queued_read = spiked.read_port(), queued.read_port()
        self._spiked_write, self._queued_write = spiked.write_port(), queued.write_port()
        marking, marked = Signal(), Signal.like(self.mark_row)
        m.d.sync += [marking.eq(self.mark), marked.eq(self.mark_row)]
        address = Mux(self.mark, self.mark_row, self._row)
        self._marks, self._marked = marking, marked
        m.d.comb += [self._spiked_read.addr.eq(address), self._queued_read.addr.eq(address)]
        for port in (self._spiked_write, self._queued_write):
            m.d.comb += port.addr.eq(Mux(marking, marked, self._row))
            with m.If(marking):
                m.d.comb += [port.en.eq(1), port.data.eq(1)]
        if self._config.tags:
            m.submodules.tagged = tagged = memory.Memory(shape=1, depth=depth, init=[])
            self._tagged_read, self._tagged_write = tagged.read_port(), tagged.write_port()
            m.d.comb += [
                self._tagged_read.addr.eq(self._row), self._tagged_write.addr.eq(self.retire_row),
                self._tagged_write.en.eq(self.retire), self._tagged_write.data.eq(self.retire_tagged)]

    def _elaborate_queue(self, m):
        """The rows that may have something to do, each once, in any order."""
        depth = 1 << address_width(self._config.plastic_rows)
        m.submodules.queue = queue = memory.Memory(
            shape=address_width(self._config.plastic_rows), depth=depth, init=[])
        write, self._head = queue.write_port(), queue.read_port()
        self._first, last = Signal(range(depth)), Signal(range(depth))
        self._push, self._pop, self._empty = Signal(), Signal(), Signal()
        self._level = Signal(range(depth + 1))
        pushes = self._push | (self._marks & ~self._queued_read.data)
        first = Signal.like(self._first)
        m.d.comb += [
            first.eq(self._first + self._pop), self._head.addr.eq(first),
            write.addr.eq(last), write.data.eq(Mux(self._marks, self._marked, self._row)),
            write.en.eq(pushes)]
        m.d.sync += [self._first.eq(first), last.eq(last + pushes),
                     self._level.eq(self._level + pushes - self._pop)]
        with m.If(self._empty):
            m.d.sync += [self._first.eq(0), last.eq(0), self._level.eq(0)]

    def _elaborate_prepare(self, m):
        with m.State("IDLE"):
            m.d.sync += self._row.eq(0)
            with m.If(self.prepare):
                m.d.comb += self._empty.eq(1)
                m.d.sync += self._left.eq(self.rows)
                m.next = "LOOK"
            with m.Elif(self.learn):
                m.next = "BEGIN"
        with m.State("LOOK"):
            m.next = "IDLE"
            with m.If(self._left != 0):
                m.next = "ENTER"
        with m.State("ENTER"):
            row, traces = self.row_data, self.trace_data
            is_active = row.always | (traces.x1 != 0) | (traces.x2 != 0) | (traces.sent != 0)
            if self._config.tags:
                is_active |= row.tagged
                m.d.comb += [self._tagged_write.addr.eq(self._row), self._tagged_write.en.eq(1),
                             self._tagged_write.data.eq(row.tagged)]
            m.d.comb += [
                self._spiked_write.en.eq(1), self._spiked_write.data.eq(0),
                self._queued_write.en.eq(1), self._queued_write.data.eq(is_active), self._push.eq(is_active)]
            m.d.sync += [self._row.eq(self._row + 1), self._left.eq(self._left - 1)]
            m.next = "LOOK"

    def _elaborate_begin(self, m):
        with m.State("BEGIN"):
            m.d.sync += [self._everything.eq(self.commanded), self._row.eq(0), self._left.eq(self._level)]
            with m.If(self.commanded):  # all of them; the queue is made anew
                m.d.comb += self._empty.eq(1)
                m.d.sync += self._left.eq(self.rows)
            m.next = "NOISE" if self._config.stochastic else "NEXT"
        with m.State("NEXT"):
            with m.If(self._left == 0):
                m.next = "IDLE"
            with m.Else():
                with m.If(~self._everything):
                    m.d.comb += self._pop.eq(1)
                    m.d.sync += self._row.eq(self._head.data)
                m.next = "FETCH"

    # What is to be done in a row

    def _elaborate_fetch(self, m):
        row, traces = self.row_data, self.trace_data
        sent = traces.sent << 1
        with m.State("FETCH"):
            m.next = "LATCH"
        with m.State("LATCH"):
            m.d.sync += [
                self._descriptor.eq(row), self._traces.eq(traces),
                self._spiked.eq(self._spiked_read.data),
                self._event.eq(Mux(row.lag == 0, self._spiked_read.data, sent.bit_select(row.lag, 1))),
                self._live.eq(0), self._visited.eq(0), self._left.eq(self._left - 1)]
            if self._config.tags:
                m.d.sync += self._tagged.eq(self._tagged_read.data & row.tagged)
            if self._config.stochastic:
                m.d.sync += self._noise.eq(noise.joined(self._step_noise, row.source))
            m.next = "RULE"
        with m.State("RULE"):
            self._stir(m, 0)
            m.next = "RULE LATCH"
        with m.State("RULE LATCH"):
            self._stir(m, 1)
            m.d.sync += self._rule.eq(self.rule_data)
            m.next = "TABLE x1" if self._config.tables else "CONDITIONS"
        if self._config.tables:
            for name, then in (("x1", "TABLE x2"), ("x2", "CONDITIONS")):
                self._elaborate_table(m, name, then)
        holds = [self._event, self.any_post, Const(1), self.commanded]
        self._holds = Array(holds)
        any_holds = sum((self._rule.conditions[c] & holds[c]) for c in Condition) != 0
        with m.State("CONDITIONS"):
            self._stir(m, 2)
            m.next = "HAND OVER"
            with m.If(any_holds | self._tagged):
                m.next = "BANK"
        with m.State("BANK"):  # the row before the last may still be walked
            m.d.sync += self._term.eq(0)
            with m.If(~self.busy_banks.bit_select(self.term_bank, 1)):
                m.next = "TERM"

    def _elaborate_table(self, m, name, then):
        with m.State(f"TABLE {name}"):
            m.d.comb += self.table_address.eq(
                self._traces[name][:8] | (self._rule[f"{name}_table"] << (TABLE_SIZE - 1).bit_length()))
            m.next = f"ENTRY {name}"
        with m.State(f"ENTRY {name}"):
            m.d.sync += self._entries[name].eq(self.table_data)
            m.next = then

    def _elaborate_multiplier(self, m):
        """One for everything: a product with a factor, and a trace with its decay."""
        widest = max(FACTOR.width, self._config.formats.keep.width + 1)
        self._a, self._b = Signal(shape_of(PRODUCT)), Signal(signed(widest))
        self._product = Signal(signed(len(self._a) + len(self._b)))
        m.d.sync += self._product.eq(self._a * self._b)
        self._term, self._factor = Signal(range(LARGEST_RULE + 1)), Signal(range(LARGEST_TERM + 1))
        self._value = Signal(shape_of(PRODUCT))

    def _elaborate_terms(self, m):
        term = Signal(struct_of(term_layout(self._config)))
        code = Array([*(term[f"row{k}"] for k in range(LARGEST_TERM)), NO_FACTOR])[self._factor]
        m.d.comb += [self.term_r_address.eq((self._descriptor.rule << 3) | self._term),
                     self.term_address.eq(self._live)]
        with m.State("TERM"):
            m.next = "HAND OVER"
            with m.If(self._term != self._rule.terms):
                m.next = "TERM LATCH"
        with m.State("TERM LATCH"):
            m.d.sync += [term.eq(self.term_r_data), self._factor.eq(0), self._term.eq(self._term + 1),
                         self._value.eq(plasticity.coefficient_product(self.term_r_data.coefficient))]
            m.next = "TERM"
            with m.If(self._holds[self.term_r_data.condition]):
                m.next = "FACTOR"
        with m.State("FACTOR"):
            m.d.comb += [self._a.eq(self._value), self._b.eq(self._factor_of_row(code))]
            m.next = "TIMES"
            with m.If(code == NO_FACTOR):
                m.next = "TERM"
                with m.If(self._value != 0):
                    m.d.comb += self.term_w_en.eq(1)
                    m.d.sync += self._live.eq(self._live + 1)
        with m.State("TIMES"):
            m.d.sync += [self._value.eq(plasticity.scaled(self._product)), self._factor.eq(self._factor + 1)]
            m.next = "FACTOR"
        m.d.comb += [
            self.term_w_data.product.eq(self._value), self.term_w_data.shift.eq(term.shift),
            self.term_w_data.target.eq(term.target),
            self.term_w_data.if_post.eq(term.condition == Condition.POST),
            *(self.term_w_data[f"lane{k}"].eq(term[f"lane{k}"]) for k in range(self._config.lane_factors))]

    def _factor_of_row(self, code):
        """The factor of this code, of those that are the same for the whole row."""
        factors = {Factor.PRE: plasticity.indicated(self._event)}
        for factor, name in ((Factor.X1, "x1"), (Factor.X2, "x2")):
            trace = plasticity.readout(self._traces[name], self._rule[f"{name}_mode"], self._entries[name])
            factors[factor] = trace[:FACTOR.width].as_signed()
        if self._config.modulators:
            factors |= {Factor.M0 + g: self.modulators[g] for g in range(MODULATORS)}
        return Array(factors.get(k, 0) for k in range(Factor.POST))[code]

    def _elaborate_hand_over(self, m):
        work, rule, descriptor = self.work.payload, self._rule, self._descriptor
        m.d.comb += [
            work.start.eq(descriptor.start), work.length.eq(descriptor.length), work.row.eq(self._row),
            work.terms.eq(self._live), work.w_min.eq(rule.w_min), work.w_max.eq(rule.w_max)]
        if self._config.tags:
            m.d.comb += [work.keep_e.eq(rule.keep_e), work.tagged.eq(descriptor.tagged)]
        if self._config.stochastic:
            m.d.comb += [work.stochastic.eq(rule.stochastic), work.noise.eq(self._noise)]
        with m.State("HAND OVER"):
            m.next = "DECAY x1"
            with m.If((self._live != 0) | self._tagged):
                m.d.comb += self.work.valid.eq(1)
                m.next = "HAND OVER"
                with m.If(self.work.ready):
                    m.d.sync += [self.term_bank.eq(~self.term_bank), self._visited.eq(1)]
                    m.next = "DECAY x1"

    # Its traces in the next step

    def _elaborate_traces(self, m):
        for name, then in (("x1", "DECAY x2"), ("x2", "STORE")):
            self._elaborate_trace(m, name, then)
        stays = self._descriptor.always | (self._traces.as_value() != 0)
        if self._config.tags:
            stays |= self._visited & self._descriptor.tagged
        with m.State("STORE"):
            m.d.comb += [
                self.trace_w_en.eq(1), self._push.eq(stays),
                self._spiked_write.en.eq(1), self._spiked_write.data.eq(0),
                self._queued_write.en.eq(1), self._queued_write.data.eq(stays)]
            with m.If(self._everything):
                m.d.sync += self._row.eq(self._row + 1)
            m.next = "NEXT"
        m.d.comb += self.trace_w_data.eq(self._traces)

    def _elaborate_trace(self, m, name, then):
        x, mode, amount = self._traces[name], self._rule[f"{name}_mode"], self._rule[f"{name}_amount"]
        with m.State(f"DECAY {name}"):
            m.d.comb += [self._a.eq(x), self._b.eq(self._rule[f"{name}_keep"])]
            m.next = f"TRACE {name}"
        with m.State(f"TRACE {name}"):
            decayed = rules.decayed(self._product, self._config.formats.decay_bits)[:FACTOR.width].as_signed()
            total = plasticity.trace_sum(decayed, self._event, amount)
            m.d.comb += self.saturated.eq(
                (mode == TraceMode.ADD) & rules.saturates(total, FACTOR.lo, FACTOR.hi))
            m.d.sync += x.eq(plasticity.traced(x, decayed, total, self._event, amount, mode))
            if name == "x1":  # once for both
                delayed = (self._traces.sent << 1) | self._spiked
                m.d.sync += self._traces.sent.eq(Mux(self._descriptor.lag == 0, 0, delayed))
            m.next = then

    def _elaborate_noise(self, m):
        """The hash of the step, before its first row; that of a row is stirred while its rule is fetched."""
        count = Signal(3)
        with m.State("NOISE"):
            m.d.sync += count.eq(count + 1)
            with m.Switch(count):
                with m.Case(0):
                    m.d.sync += self._noise.eq(self.seed)
                with m.Case(4):
                    m.d.sync += self._noise.eq(noise.joined(self._noise, self.time))
                for k, stir in enumerate(_STIRS * 2):
                    with m.Case(k + 1 + k // 3):
                        m.d.sync += self._noise.eq(stir(self._noise))
            with m.If(count == 7):
                m.d.sync += self._step_noise.eq(noise.stir_high(self._noise))
                m.next = "NEXT"

    def _stir(self, m, number):
        """A part of the hash of a row."""
        if self._config.stochastic:
            m.d.sync += self._noise.eq(_STIRS[number](self._noise))
