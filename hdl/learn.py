"""The lanes of learning: synapse words read, changed by the terms of their row, and written back."""

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.hdl import signed
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract import neuron as rules
from snnsim.contract import noise, plasticity
from snnsim.contract.layout import Memory, index_bits, memory_shape, synapse_layout
from snnsim.contract.terms import FACTOR, FACTOR_WIDTH, LARGEST_RULE, PRODUCT, TOTAL, Target, delta_fraction

from .lane import factor_of
from .memory import address_width
from .plastic import live_term_layout, work_layout
from .post import factors_layout
from .shapes import shape_of, struct_of

#: Words that are under way at most: the way of one is shorter than twice as many clocks.
_IN_FLIGHT = 16


class LearningWalk(wiring.Component):
    """Walks rows: reads each word of `Memory.SYNAPSES`, lets its synapses learn, writes it back.

    ``work``, with ``bank``, takes a row whose terms were written to this bank by ``term_*``. A word takes
    two clocks, or one for each ``term_units`` terms if that is more, without a gap between words or rows.
    It is read in a clock with ``reads`` and written in one with ``w_en``, never both: ``word`` and
    ``tag_word`` follow ``r_address`` by a clock, ``factors`` follow ``index``. ``clips`` and
    ``saturations`` are those of the word that is written. A bank is among ``busy_banks`` until the last
    word of its row is written; then ``retire`` says that ``retire_row`` is done with, and ``retire_tagged``
    whether any of its tags is not 0.
    """

    def __init__(self, config):
        self._config = config
        self._address = address_width(config.synapse_words)
        _, width = memory_shape(config, Memory.SYNAPSES)
        lanes, tags = config.lanes, data.ArrayLayout(shape_of(FACTOR), config.lanes)
        super().__init__({
            "work": In(stream.Signature(work_layout(config))), "bank": In(1),
            "term_w_en": In(1), "term_bank": In(1), "term_address": In(range(LARGEST_RULE)),
            "term_w_data": In(live_term_layout(config)),
            "r_address": Out(self._address), "reads": Out(1), "word": In(width),
            "index": Out(data.ArrayLayout(index_bits(config), lanes)),
            "factors": In(data.ArrayLayout(factors_layout(config), lanes)),
            "w_en": Out(1), "w_address": Out(self._address), "w_word": Out(width),
            **({"tag_word": In(tags), "w_tags": Out(tags)} if config.tags else {}),
            "clips": Out(range(lanes + 1)), "saturations": Out(range(lanes + 1)),
            "busy_banks": Out(2), "retire": Out(1), "retire_row": Out(address_width(config.plastic_rows)),
            "retire_tagged": Out(1),
        })
        fields = {"bank": 1, "address": self._address,
                  "word": data.ArrayLayout(struct_of(synapse_layout(config)), lanes)}
        #: A word under way.
        self._layout = data.StructLayout(fields | ({"tags": tags} if config.tags else {}))

    def elaborate(self, platform):
        m = Module()
        self._works = Array(Signal(work_layout(self._config), name=f"work{b}") for b in range(2))
        self._elaborate_walk(m)
        arrives, arrived = self._elaborate_arrival(m)
        group = self._elaborate_groups(m, arrives, arrived)
        products, common = self._elaborate_factors(m, group, self._elaborate_terms(m))
        self._elaborate_sums(m, products, common)
        self._elaborate_results(m)
        self._elaborate_banks(m)
        return m

    def _groups(self, terms):
        """Clocks in which so many terms are evaluated."""
        units = self._config.term_units
        return (terms + (units - 1)) >> (units - 1).bit_length()

    def _elaborate_walk(self, m):
        """The addresses of the words of a row, one in each period."""
        work = self.work.payload
        left = Signal.like(work.length)
        clock, last = Signal(range(LARGEST_RULE + 1)), Signal(range(LARGEST_RULE))
        self._walking, self._walked_bank = Signal(), Signal()
        ends, several, groups = Signal(), Signal(), Signal(range(LARGEST_RULE + 1))
        m.d.comb += [
            self.reads.eq(self._walking & (clock == 0)),
            # The word of a next row may have fewer terms, and its result must not come right behind the last.
            ends.eq(self._walking & (clock == last + ((left == 1) & several))),
            self.work.ready.eq(~self._walking | (ends & (left == 1))),
            groups.eq(self._groups(work.terms)),
        ]
        with m.If(self._walking):
            m.d.sync += clock.eq(clock + 1)
        with m.If(ends):
            m.d.sync += [clock.eq(0), left.eq(left - 1), self.r_address.eq(self.r_address + 1),
                         self._walking.eq(left != 1)]
        with m.If(self.work.valid & self.work.ready):
            m.d.sync += [
                self._walking.eq(1), self._walked_bank.eq(self.bank), self._works[self.bank].eq(work),
                left.eq(work.length), self.r_address.eq(work.start), last.eq(Mux(groups > 2, groups - 1, 1)),
                several.eq(groups > 1)]

    def _elaborate_arrival(self, m):
        """Words as they come, with the factors of their neurons; ``(whether one does, it)``.

        It is held for all clocks of its period, and kept until its results are there.
        """
        config = self._config
        reading = Signal(data.StructLayout({"valid": 1, "bank": 1, "address": self._address}))
        m.d.comb += [reading.valid.eq(self.reads), reading.bank.eq(self._walked_bank),
                     reading.address.eq(self.r_address)]
        for _ in range(1 + config.read_registers):
            reading = _later(m, reading)
        word, arrived, arrives = Signal(self._layout), Signal(self._layout), Signal()
        m.d.comb += [word.bank.eq(reading.bank), word.address.eq(reading.address),
                     word.word.eq(_read(m, self.word, config))]
        if config.tags:
            m.d.comb += word.tags.eq(_read(m, self.tag_word.as_value(), config))
        m.d.comb += [self.index[lane].eq(word.word[lane].index) for lane in range(config.lanes)]
        m.d.sync += [arrived.eq(word), arrives.eq(reading.valid)]
        self._held, self._held_factors = Signal(self._layout), Signal.like(self.factors)
        with m.If(arrives):
            m.d.sync += [self._held.eq(arrived), self._held_factors.eq(self.factors)]
        m.submodules.kept = self._kept = _Queue(self._layout.size)
        m.d.comb += [self._kept.w_en.eq(arrives), self._kept.w_data.eq(arrived)]
        if config.stochastic:
            self._elaborate_noise(m, reading.valid, word)
        return arrives, arrived

    def _elaborate_noise(self, m, valid, word):
        """A hash for each synapse, in the shadow of its terms."""
        lanes = self._config.lanes
        neurons = [(word.word[lane].index << (lanes - 1).bit_length()) | lane for lane in range(lanes)]
        hashes = [noise.joined(self._works[word.bank].noise, neuron) for neuron in neurons]
        for stir in (noise.stir_low, noise.stir_middle, noise.stir_high) * 2:
            stirred = [Signal(32, name=f"hash{lane}") for lane in range(lanes)]
            m.d.sync += [after.eq(stir(before)) for after, before in zip(stirred, hashes, strict=True)]
            valid, hashes = _later(m, valid), stirred
        bits = self._noise_bits
        m.submodules.chances = self._chances = _Queue(lanes * bits)
        m.d.comb += [self._chances.w_en.eq(valid),
                     self._chances.w_data.eq(Cat(noise.noise_bits(h, bits)[:bits] for h in hashes))]

    @property
    def _noise_bits(self):
        """Bits of a hash that are needed."""
        return max(delta_fraction(self._config.formats.weight_width), delta_fraction(FACTOR_WIDTH))

    def _elaborate_groups(self, m, arrives, arrived):
        """Which terms are evaluated with the word that is held: asked for in this clock, and there in the
        next."""
        # One signal each: the parts of one would depend on one another.
        asks, bank, number, last = Signal(), Signal(), Signal(range(LARGEST_RULE)), Signal()
        going, following = Signal(), Signal(range(LARGEST_RULE))
        m.d.comb += [
            asks.eq(arrives | going), bank.eq(Mux(arrives, arrived.bank, self._held.bank)),
            number.eq(Mux(arrives, 0, following)),
            last.eq(number + 1 >= self._groups(self._works[bank].terms)),
        ]
        m.d.sync += [following.eq(number + 1), going.eq(asks & ~last)]
        self._asked_bank, self._asked_number = bank, number
        group = Signal(data.StructLayout({
            "valid": 1, "bank": 1, "number": range(LARGEST_RULE), "first": 1, "last": 1}))
        m.d.sync += [group.valid.eq(asks), group.bank.eq(bank), group.number.eq(number),
                     group.first.eq(arrives), group.last.eq(last)]
        return group

    def _elaborate_terms(self, m):
        """The live terms of both banks, a memory for each unit; those asked for, a clock later."""
        units = self._config.term_units
        per_unit, bits = LARGEST_RULE // units, (units - 1).bit_length()
        terms = []
        for unit in range(units):
            block = memory.Memory(shape=live_term_layout(self._config).size, depth=2 * per_unit, init=[])
            m.submodules[f"terms{unit}"] = block
            write, read = block.write_port(), block.read_port()
            m.d.comb += [
                write.addr.eq((self.term_bank * per_unit) + (self.term_address >> bits)),
                write.data.eq(self.term_w_data),
                write.en.eq(self.term_w_en & ((self.term_address & (units - 1)) == unit)),
                read.addr.eq((self._asked_bank * per_unit) + self._asked_number),
            ]
            term = Signal(live_term_layout(self._config), name=f"term{unit}")
            m.d.comb += term.eq(read.data)
            terms.append(term)
        return terms

    def _elaborate_factors(self, m, group, terms):
        """The factors of each lane and unit, and their products: two clocks for each factor.

        ``(products of each lane and unit, what they have in common)``.
        """
        config, count = self._config, self._config.lane_factors
        work, lanes = self._works[group.bank], []
        unit_layout = data.StructLayout({"valid": 1, "shift": 5, "target": 1})
        common = Signal(data.StructLayout({"valid": 1, "first": 1, "last": 1,
                                           "units": data.ArrayLayout(unit_layout, len(terms))}))
        m.d.comb += [common.valid.eq(group.valid), common.first.eq(group.first), common.last.eq(group.last)]
        for unit, term in enumerate(terms):
            m.d.comb += [
                common.units[unit].valid.eq(group.number * len(terms) + unit < work.terms),
                common.units[unit].shift.eq(term.shift), common.units[unit].target.eq(term.target)]
        for lane in range(config.lanes):
            slot, post = self._held.word[lane], self._held_factors[lane]
            tag = self._held.tags[lane] if config.tags else None
            units = []
            for unit, term in enumerate(terms):
                factors = []
                for k in range(count):
                    factor = Signal(shape_of(FACTOR), name=f"factor{k}_{lane}_{unit}")
                    m.d.sync += factor.eq(factor_of(config, term[f"lane{k}"], slot, post, tag, work))
                    factors.append(factor)
                product = Signal(shape_of(PRODUCT), name=f"product_{lane}_{unit}")
                counts = ~term.if_post | post.post
                m.d.sync += product.eq(Mux(counts, term.product, 0))
                product = self._product(m, product, factors)
                for _ in range(self._waiting):
                    product = _later(m, product)
                units.append(product)
            lanes.append(units)
        for _ in range(1 + 2 * count + self._waiting):
            common = _later(m, common)
        return lanes, common

    @property
    def _waiting(self):
        """Clocks that products of few factors have to wait for the hashes of their synapses."""
        return 1 if self._config.stochastic and self._config.lane_factors == 1 else 0

    def _product(self, m, product, factors):
        """The product of a product and all ``factors``."""
        while factors:
            exact, scaled = Signal(signed(len(product) + FACTOR_WIDTH)), Signal(shape_of(PRODUCT))
            m.d.sync += [exact.eq(product * factors[0]), scaled.eq(plasticity.scaled(exact))]
            product, factors = scaled, [_later(m, _later(m, factor)) for factor in factors[1:]]
        return product

    def _elaborate_sums(self, m, products, common):
        """The sums of all terms of a word, for each lane and target."""
        after = _later(m, common)
        self._sums, self._summed = [], Signal()
        m.d.sync += self._summed.eq(after.valid & after.last)
        for units in products:
            aligned = []
            for unit, product in enumerate(units):
                term = Signal(shape_of(PRODUCT))
                m.d.sync += term.eq(
                    Mux(common.units[unit].valid, plasticity.aligned(product, common.units[unit].shift), 0))
                aligned.append(term)
            targets = {}
            for target in Target if self._config.tags else (Target.WEIGHT,):
                total = Signal(shape_of(TOTAL), name=f"total_{target.name.lower()}")
                parts = [Mux(after.units[u].target == target, term, 0) for u, term in enumerate(aligned)]
                with m.If(after.valid):
                    m.d.sync += total.eq(Mux(after.first, 0, total) + sum(parts))
                targets[target] = total
            self._sums.append(targets)

    def _elaborate_results(self, m):
        """Rounded, added, bounded, written back: a clock each."""
        config, stages = self._config, []
        kept = Signal(self._layout)
        m.d.comb += [kept.eq(self._kept.r_data), self._kept.pop.eq(self._summed)]
        if config.stochastic:
            m.d.comb += self._chances.pop.eq(self._summed)
        valid = self._summed
        for _ in range(4):
            stages.append((valid, kept))
            valid, kept = _later(m, valid), _later(m, kept)
        results = [self._lane_result(m, lane, stages) for lane in range(config.lanes)]
        out, pending = Signal(self._layout), Signal()
        clips, saturations = Signal.like(self.clips), Signal.like(self.saturations)
        valid, kept = stages[3]
        with m.If(self.w_en):
            m.d.sync += pending.eq(0)
        with m.If(valid):
            m.d.sync += [pending.eq(1), out.eq(kept),
                         clips.eq(sum(r["clips"] for r in results)),
                         saturations.eq(sum(r["saturates"] for r in results))]
            m.d.sync += [out.word[lane].weight.eq(r["weight"]) for lane, r in enumerate(results)]
            if config.tags:
                m.d.sync += [out.tags[lane].eq(r["tag"]) for lane, r in enumerate(results)]
        m.d.comb += [
            self.w_en.eq(pending & ~self.reads), self.w_address.eq(out.address), self.w_word.eq(out.word),
            self.clips.eq(Mux(self.w_en, clips, 0)), self.saturations.eq(Mux(self.w_en, saturations, 0))]
        if config.tags:
            m.d.comb += self.w_tags.eq(out.tags)
        self._out = out

    def _lane_result(self, m, lane, stages):
        """The new weight and tag of a lane in the last of the ``stages``, and whether they were bounded."""
        formats = self._config.formats
        (_, first), (_, second), (_, third), (_, last) = stages
        delta = self._delta(m, lane, Target.WEIGHT, self._works[first.bank], formats.weight_width)
        w_sum, bounded = Signal(delta.shape()), Signal(shape_of(formats.weight))
        clips = Signal()
        m.d.sync += w_sum.eq(plasticity.learned(second.word[lane].weight, delta))
        work = self._works[third.bank]
        m.d.sync += [bounded.eq(rules.bounded(w_sum, work.w_min, work.w_max)),
                     clips.eq(rules.saturates(w_sum, work.w_min, work.w_max))]
        slot = last.word[lane]
        result = {"weight": Mux(slot.enabled, bounded, slot.weight), "clips": slot.enabled & clips,
                  "saturates": 0}
        if self._config.tags:
            result |= self._tag_result(m, lane, stages)
        return result

    def _tag_result(self, m, lane, stages):
        (_, first), (_, second), _, (_, last) = stages
        work, bits = self._works[first.bank], self._config.formats.decay_bits
        delta = _later(m, self._delta(m, lane, Target.TAG, work, FACTOR_WIDTH))
        product = Signal(signed(FACTOR_WIDTH + len(work.keep_e) + 1))
        decayed, e_sum = Signal(shape_of(FACTOR)), Signal(delta.shape())
        m.d.sync += [product.eq(rules.product(first.tags[lane], work.keep_e)),
                     decayed.eq(rules.decayed(product, bits)), e_sum.eq(plasticity.learned(decayed, delta))]
        tag = rules.bounded(e_sum, FACTOR.lo, FACTOR.hi)[:FACTOR_WIDTH].as_signed()
        enabled = last.word[lane].enabled
        return {"tag": Mux(enabled, tag, last.tags[lane]),
                "saturates": enabled & rules.saturates(e_sum, FACTOR.lo, FACTOR.hi)}

    def _delta(self, m, lane, target, work, width):
        """A sum of terms, rounded, in units of its target; a clock later."""
        fraction, total = delta_fraction(width), self._sums[lane][target]
        addend = plasticity.toward_zero(total, fraction)
        if self._config.stochastic:
            bits = self._noise_bits
            chance = self._chances.r_data[lane * bits:(lane + 1) * bits] >> (bits - fraction)
            addend = Mux(work.stochastic, chance, addend)
        # One bit more than the sum of it and what it is added to needs.
        biased = Signal(signed(TOTAL.width + 2), name=f"biased_{target.name.lower()}")
        m.d.sync += biased.eq(total + addend)
        return plasticity.rounded_down(biased, fraction)

    def _elaborate_banks(self, m):
        """Which banks are in use, and when the row of one is done with."""
        was_busy = Signal(2)
        m.d.sync += was_busy.eq(self.busy_banks)
        for bank in range(2):
            under_way, tagged = Signal(range(2 * _IN_FLIGHT)), Signal()
            begins = self.work.valid & self.work.ready & (self.bank == bank)
            reads = self.reads & (self._walked_bank == bank)
            writes = self.w_en & (self._out.bank == bank)
            m.d.sync += under_way.eq(under_way + reads - writes)
            m.d.comb += self.busy_banks[bank].eq(
                (self._walking & (self._walked_bank == bank)) | (under_way != 0))
            if self._config.tags:
                with m.If(writes & (self._out.tags.as_value() != 0)):
                    m.d.sync += tagged.eq(1)
                with m.If(begins):
                    m.d.sync += tagged.eq(0)
            with m.If(was_busy[bank] & ~self.busy_banks[bank]):
                m.d.comb += [self.retire.eq(1), self.retire_row.eq(self._works[bank].row),
                             self.retire_tagged.eq(tagged)]


class _Queue(wiring.Component):
    """Words of ``width`` bits in order. ``r_data`` is the first of them, two clocks after it was written or
    the one before it was taken by ``pop``."""

    def __init__(self, width):
        self._width = width
        super().__init__({"w_en": In(1), "w_data": In(width), "r_data": Out(width), "pop": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = memory.Memory(shape=self._width, depth=_IN_FLIGHT, init=[])
        write, read = words.write_port(), words.read_port()
        first, last = Signal(range(_IN_FLIGHT)), Signal(range(_IN_FLIGHT))
        following = Signal.like(first)
        m.d.comb += [following.eq(first + self.pop), read.addr.eq(following), self.r_data.eq(read.data),
                     write.addr.eq(last), write.data.eq(self.w_data), write.en.eq(self.w_en)]
        m.d.sync += [first.eq(following), last.eq(last + self.w_en)]
        return m


def _read(m, value, config):
    """What a memory answers, behind its register if there is one."""
    return _later(m, value) if config.read_registers else value


def _later(m, value):
    """``value`` a clock later."""
    after = Signal.like(value)
    m.d.sync += after.eq(value)
    return after
