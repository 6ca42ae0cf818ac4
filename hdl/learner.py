"""All that a core has for learning, wired together."""

from amaranth import Array, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.layout import Memory, memory_shape

from .delay import DriveRing, ring_address
from .learn import LearningWalk
from .memory import ColumnMemory, address_width
from .plastic import PlasticRows
from .post import PostFactors, PostPipeline
from .sequencer import SATURATIONS_WIDTH
from .settings import Settings

_MEMORIES = (Memory.POST, Memory.CLASSES, Memory.RULES, Memory.TERMS, Memory.PLASTIC, Memory.TRACES,
             Memory.TAGS, Memory.COUNTS)


class Learner(wiring.Component):
    """Phase LEARN, and what it has to know of the other phases.

    ``mark``: a source spikes whose row ``mark_row`` learns. ``counted``: ``source`` spikes. ``prepare``,
    before a run, and ``learn``, with ``any_post``, ``commanded`` and ``time``, begin what lasts while
    ``busy``. Words of `Memory.SYNAPSES` come and go by ``r_address``, ``word`` and ``w_*``. ``clips`` and
    ``saturations`` are those of the clock before, ``adaptation_saturates`` among them. ``slot`` is that of
    the ring.

    Parts that others are wired to: ``hosts``, `Memory` -> the host's port; ``post``, the `PostPipeline`;
    ``third``, the `DriveRing` of the third factors, None without them.
    """

    def __init__(self, config):
        self._config = config
        address, width = address_width(config.synapse_words), memory_shape(config, Memory.SYNAPSES)[1]
        super().__init__({
            "mark": In(1), "mark_row": In(address_width(config.plastic_rows)),
            "counted": In(1), "source": In(address_width(config.rows)),
            "prepare": In(1), "learn": In(1), "any_post": In(1), "commanded": In(1), "time": In(32),
            "busy": Out(1), "slot": In(range(config.delay_slots)),
            "r_address": Out(address), "word": In(width),
            "w_en": Out(1), "w_address": Out(address), "w_word": Out(width),
            "adaptation_saturates": In(1),
            "clips": Out(range(config.lanes + 1)), "saturations": Out(SATURATIONS_WIDTH),
        })
        self.post = PostPipeline(config)
        self._settings = Settings(config)
        self._memories = {memory: ColumnMemory(*memory_shape(config, memory)) for memory in _MEMORIES
                          if memory_shape(config, memory)[0]}
        readers = len(self.post.table_address) + 1 if config.tables else 0
        self._tables = [ColumnMemory(*memory_shape(config, Memory.TABLES)) for _ in range(readers)]
        self.third = DriveRing(config) if config.third_factors else None
        self.hosts = {memory: block.host for memory, block in self._memories.items()}
        self.hosts[Memory.SETTINGS] = self._settings.host
        if self._tables:
            self.hosts[Memory.TABLES] = self._tables[0].host
        if self.third:
            self.hosts[Memory.THIRD] = self.third.host

    def elaborate(self, platform):
        m = Module()
        m.submodules.post, m.submodules.settings = self.post, self._settings
        for memory, block in self._memories.items():
            m.submodules[f"{memory.name.lower()}_memory"] = block
        m.submodules.rows = self._rows = PlasticRows(self._config)
        m.submodules.walk = self._walk = LearningWalk(self._config)
        m.submodules.factors = self._factors = PostFactors(self._config)
        self._elaborate_neurons(m)
        self._elaborate_rows(m)
        self._elaborate_walk(m)
        if self._tables:
            self._elaborate_tables(m)
        if self.third:
            self._elaborate_third_factors(m)
        self._elaborate_order(m)
        return m

    def _elaborate_neurons(self, m):
        post, factors = self.post, self._factors
        words, classes = self._memories[Memory.POST], self._memories[Memory.CLASSES]
        m.d.comb += [
            words.r_address.eq(post.i_neuron), post.post.eq(words.r_data),
            words.w_address.eq(post.o_neuron), words.w_data.eq(post.o_post), words.w_en.eq(post.o_valid),
            classes.r_address.eq(post.class_address), post.class_data.eq(classes.r_data),
            factors.w_en.eq(post.o_valid), factors.w_neuron.eq(post.o_neuron),
            factors.w_data.eq(post.factors),
            factors.r_index.eq(self._walk.index), self._walk.factors.eq(factors.r_data),
        ]

    def _elaborate_rows(self, m):
        rows, settings = self._rows, self._settings
        plastic, traces = self._memories[Memory.PLASTIC], self._memories[Memory.TRACES]
        rules, terms = self._memories[Memory.RULES], self._memories[Memory.TERMS]
        m.d.comb += [
            rows.mark.eq(self.mark), rows.mark_row.eq(self.mark_row),
            rows.prepare.eq(self.prepare), rows.learn.eq(self.learn), rows.any_post.eq(self.any_post),
            rows.commanded.eq(self.commanded), rows.time.eq(self.time),
            rows.rows.eq(settings.rows), rows.seed.eq(settings.seed), rows.modulators.eq(settings.modulators),
            plastic.r_address.eq(rows.row_address), rows.row_data.eq(plastic.r_data),
            traces.r_address.eq(rows.row_address), rows.trace_data.eq(traces.r_data),
            traces.w_address.eq(rows.row_address), traces.w_data.eq(rows.trace_w_data),
            traces.w_en.eq(rows.trace_w_en),
            rules.r_address.eq(rows.rule_address), rows.rule_data.eq(rules.r_data),
            terms.r_address.eq(rows.term_r_address), rows.term_r_data.eq(terms.r_data),
        ]

    def _elaborate_walk(self, m):
        rows, walk = self._rows, self._walk
        wiring.connect(m, rows.work, walk.work)
        m.d.comb += [
            walk.bank.eq(rows.term_bank), walk.term_bank.eq(rows.term_bank),
            walk.term_w_en.eq(rows.term_w_en),
            walk.term_address.eq(rows.term_address), walk.term_w_data.eq(rows.term_w_data),
            rows.busy_banks.eq(walk.busy_banks), rows.retire.eq(walk.retire),
            rows.retire_row.eq(walk.retire_row), rows.retire_tagged.eq(walk.retire_tagged),
            self.r_address.eq(walk.r_address), walk.word.eq(self.word), self.w_en.eq(walk.w_en),
            self.w_address.eq(walk.w_address), self.w_word.eq(walk.w_word), self.clips.eq(walk.clips),
        ]
        if self._config.tags:
            tags = self._memories[Memory.TAGS]
            m.d.comb += [
                tags.r_address.eq(walk.r_address), walk.tag_word.eq(tags.r_data), tags.w_en.eq(walk.w_en),
                tags.w_address.eq(walk.w_address), tags.w_data.eq(walk.w_tags)]

    def _elaborate_tables(self, m):
        """The same tables for each that reads them."""
        addresses = [self._rows.table_address, *self.post.table_address]
        targets = [self._rows.table_data, *self.post.table_data]
        first = self._tables[0]
        for k, (table, address, target) in enumerate(zip(self._tables, addresses, targets, strict=True)):
            m.submodules[f"tables{k}"] = table
            m.d.comb += [table.r_address.eq(address), target.eq(table.r_data)]
            if table is not first:
                m.d.comb += [getattr(table.host, name).eq(getattr(first.host, name))
                             for name in ("select", "address", "w_en", "w_data")]

    def _elaborate_third_factors(self, m):
        config, third, post = self._config, self.third, self.post
        m.submodules.third = third
        lane_bits = (config.lanes - 1).bit_length()
        valid, neuron = Signal(), Signal.like(post.i_neuron)
        m.d.sync += [valid.eq(post.i_valid), neuron.eq(post.i_neuron)]
        bank = neuron[:lane_bits]
        m.d.comb += [
            third.sweep.eq(post.i_valid),
            third.sweep_address.eq(ring_address(config, self.slot, post.i_neuron >> lane_bits)),
            third.clear.eq(valid << bank), post.arrivals.eq(Array(third.r_data)[bank])]

    def _elaborate_order(self, m):
        """The rows, then the modulators, which the rows were to see as they were."""
        rows, walk, settings = self._rows, self._walk, self._settings
        pending, counted, saturated = Signal(), Signal(), Signal.like(self.saturations)
        with m.If(self.learn):
            m.d.sync += pending.eq(1)
        with m.If(settings.update):
            m.d.sync += pending.eq(0)
        m.d.sync += [
            counted.eq(self.counted),
            saturated.eq(self.post.saturated + self.adaptation_saturates + rows.saturated + walk.saturations
                         + settings.saturated)]
        m.d.comb += [
            settings.update.eq(pending & rows.done), self.saturations.eq(saturated),
            self.busy.eq(pending | self.learn | self.prepare | ~rows.done | settings.busy
                         | walk.busy_banks.any())]
        if self._config.modulators:
            counts = self._memories[Memory.COUNTS]
            m.d.comb += [counts.r_address.eq(self.source), settings.counts.eq(counts.r_data),
                         settings.counted.eq(counted)]
