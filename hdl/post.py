"""What learning needs of each post-synaptic neuron: its traces, its third factor, its factors in this
step."""

from amaranth import Cat, Module, Mux, Shape, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract import neuron as rules
from snnsim.contract import plasticity
from snnsim.contract.layout import class_layout, index_bits, post_layout
from snnsim.contract.terms import FACTOR, TABLE_SIZE, TraceMode

from .memory import address_width
from .shapes import shape_of, struct_of

_TRACES = ("y1", "y2")


def factors_layout(config):
    """What the lanes need of a neuron."""
    fields = {"post": 1, "y1": shape_of(FACTOR), "y2": shape_of(FACTOR), "flipped": 1}
    if config.third_factors:
        fields["m"] = shape_of(FACTOR)
    if config.tables:
        fields["graded"] = shape_of(FACTOR)
    return data.StructLayout(fields)


class PostFactors(wiring.Component):
    """A memory of `factors_layout` for each lane, written by the neuron and read by the synapse.

    Where ``w_en``, ``w_data`` becomes that of neuron ``w_neuron``. ``r_data[b]`` follows ``r_index[b]``, the
    index of a neuron in bank ``b``, by a clock.
    """

    def __init__(self, config):
        self._config = config
        self._layout = factors_layout(config)
        super().__init__({
            "w_en": In(1), "w_neuron": In(address_width(config.neurons)), "w_data": In(self._layout),
            "r_index": In(data.ArrayLayout(index_bits(config), config.lanes)),
            "r_data": Out(data.ArrayLayout(self._layout, config.lanes)),
        })

    def elaborate(self, platform):
        m = Module()
        lane_bits = (self._config.lanes - 1).bit_length()
        for lane in range(self._config.lanes):
            bank = memory.Memory(shape=self._layout.size, depth=self._config.groups, init=[])
            m.submodules[f"bank{lane}"] = bank
            write, read = bank.write_port(), bank.read_port()
            m.d.comb += [
                write.addr.eq(self.w_neuron >> lane_bits), write.data.eq(self.w_data),
                write.en.eq(self.w_en & (self.w_neuron[:lane_bits] == lane)),
                read.addr.eq(self.r_index[lane]), self.r_data[lane].eq(read.data),
            ]
        return m


class PostPipeline(wiring.Component):
    """Phase LEARN of the neurons: factors out, traces on; a neuron per clock, behind a `NeuronPipeline`.

    ``i_valid``, ``i_neuron``, ``spike``, ``awake``, ``post_class``, ``flipped`` and with tables
    ``fired_at`` and ``threshold`` are outputs of the neuron pipeline. ``post``, the neuron's word of
    `Memory.POST`, and ``arrivals``, what has arrived for its third factor, follow ``i_neuron`` by a clock.
    ``class_data`` follows ``class_address`` by a clock, ``table_data[k]`` follows ``table_address[k]``.
    With ``o_valid`` come the new ``o_post``, the ``factors`` of this step, whether the neuron or what is
    known of it moves on by itself, ``o_awake``, and how many sums were ``saturated``.
    """

    def __init__(self, config):
        self._config = config
        self.latency = 8 if config.tables else 7
        neuron, state = address_width(config.neurons), shape_of(config.formats.state)
        tables = {"fired_at": In(state), "threshold": In(Shape(state.width + 1, signed=True)),
                  "table_address": Out(data.ArrayLayout(address_width(config.tables * TABLE_SIZE), 3)),
                  "table_data": In(data.ArrayLayout(shape_of(FACTOR), 3))} if config.tables else {}
        third = {"arrivals": In(shape_of(config.formats.drive))} if config.third_factors else {}
        super().__init__({
            "i_valid": In(1), "i_neuron": In(neuron), "spike": In(1), "awake": In(1),
            "post_class": In(range(config.post_classes + 1)), "flipped": In(1), **tables, **third,
            "post": In(struct_of(post_layout(config))),
            "class_address": Out(address_width(config.post_classes + 1)),
            "class_data": In(struct_of(class_layout(config))),
            "o_valid": Out(1), "o_neuron": Out(neuron), "o_post": Out(struct_of(post_layout(config))),
            "factors": Out(factors_layout(config)), "o_awake": Out(1), "saturated": Out(range(4)),
            "busy": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        config, valids = self._config, []

        def stage(values, drop=(), **new):
            """Registers for ``values`` without ``drop``, and with ``new``."""
            registered = {}
            for name, value in {**values, **new}.items():
                if name not in drop:
                    shape = value.shape()
                    registered[name] = Signal(shape, name=name, reset_less=name != "valid")
                    m.d.sync += registered[name].eq(value)
            valids.append(registered["valid"])
            return registered

        given = {"valid": self.i_valid, "neuron": self.i_neuron, "spike": self.spike, "awake": self.awake,
                 "flipped": self.flipped}
        if config.tables:
            given |= {"fired_at": self.fired_at, "threshold": self.threshold}
        m.d.comb += self.class_address.eq(self.post_class)
        s = stage(given)
        words = {name: self.post[name] for name in _TRACES}
        if config.third_factors:
            words |= {"m": self.post.m, "arrivals": self.arrivals}
        c = self.class_data
        s = stage(s, **words, **{name: c[name] for name in struct_of(class_layout(config)).members})
        s = self._multiply(m, stage, s)
        s = self._decay(m, stage, s)
        s = self._add(stage, s)
        s = self._sum(stage, s)
        s = self._finish(stage, s)
        assert len(valids) == self.latency
        m.d.comb += [
            self.o_valid.eq(s["valid"]), self.o_neuron.eq(s["neuron"]),
            *(self.o_post[name].eq(s[f"new_{name}"]) for name in self.o_post.shape().members),
            self.factors.post.eq(s["spike"]), self.factors.flipped.eq(s["flipped"]),
            *(self.factors[name].eq(s[f"read_{name}"]) for name in _TRACES),
            self.o_awake.eq(s["stays"]),
            self.saturated.eq(Mux(s["valid"], sum(s[name] for name in s if name.endswith("_saturates")), 0)),
            self.busy.eq(self.i_valid | Cat(valids).any()),
        ]
        if config.third_factors:
            m.d.comb += self.factors.m.eq(s["new_m"])
        if config.tables:
            m.d.comb += self.factors.graded.eq(s["graded"])
        return m

    def _multiply(self, m, stage, s):
        """The products with the decay factors; the tables are asked."""
        products = {f"{name}_product": rules.product(s[name], s[f"{name}_keep"]) for name in _TRACES}
        drop = [f"{name}_keep" for name in _TRACES]
        if self._config.third_factors:
            products["m_product"] = rules.product(s["m"], s["keep_m"])
            drop += ["keep_m", "m"]
        if self._config.tables:
            index = plasticity.grade_index(s["fired_at"], s["threshold"], s["grade_shift"])
            # A register before the memory: the way through the shifter is long.
            addresses = {"graded_address": Cat(index[:8], s["table"])}
            addresses |= {f"{name}_address": Cat(s[name][:8], s[f"{name}_table"]) for name in _TRACES}
            products |= {**addresses, "away": s["fired_at"] != 0}
            drop += ["fired_at", "threshold", "grade_shift", "table", *(f"{name}_table" for name in _TRACES)]
        s = stage(s, drop=drop, **products)
        if self._config.tables:
            names = ("graded", *_TRACES)
            m.d.comb += [address.eq(s[f"{name}_address"])
                         for name, address in zip(names, self.table_address, strict=True)]
        return s

    def _decay(self, m, stage, s):
        """The decayed traces, while the tables are read."""
        bits, width = self._config.formats.decay_bits, shape_of(FACTOR)

        def decayed(name):
            value = Signal(width, name=f"{name}_decayed_value")
            m.d.comb += value.eq(rules.decayed(s[f"{name}_product"], bits))
            return value

        drop = [f"{name}_product" for name in _TRACES]
        values = {f"{name}_decayed": decayed(name) for name in _TRACES}
        if self._config.third_factors:
            values["m_sum"] = decayed("m") + s["arrivals"]
            drop += ["m_product", "arrivals"]
        if self._config.tables:
            drop += [f"{name}_address" for name in ("graded", *_TRACES)]
        s = stage(s, drop=drop, **values)
        if self._config.tables:
            graded, *entries = self.table_data
            s = stage(s, drop=("has_table",), graded=Mux(s["has_table"], graded, 0),
                      **{f"{name}_entry": entry for name, entry in zip(_TRACES, entries, strict=True)})
        return s

    def _add(self, stage, s):
        """The amounts that are to be added; what each trace is as a factor."""
        values, drop = {}, []
        for name in _TRACES:
            entry = s[f"{name}_entry"] if self._config.tables else 0
            trace = plasticity.readout(s[name], s[f"{name}_mode"], entry)
            values[f"read_{name}"] = trace[:FACTOR.width].as_signed()
            values[f"{name}_event"] = s["spike"]
            if self._config.tables:
                graded = s[f"{name}_graded"]
                amount = plasticity.increment(s[f"{name}_amount"], graded, s["graded"])
                values[f"{name}_amount"] = amount
                values[f"{name}_event"] = s["spike"] | graded
                drop += [f"{name}_graded", f"{name}_entry"]
        if self._config.third_factors:
            values |= {"new_m": _bounded(s["m_sum"]), "m_saturates": _saturates(s["m_sum"])}
            drop.append("m_sum")
        return stage(s, drop=drop, **values)

    def _sum(self, stage, s):
        """The exact sums of what remains and what is added."""
        sums = {f"{name}_total": plasticity.trace_sum(s[f"{name}_decayed"], s[f"{name}_event"],
                                                      s[f"{name}_amount"]) for name in _TRACES}
        return stage(s, **sums)

    def _finish(self, stage, s):
        """The traces as they go on to the next step. A neuron whose factors will not be the same in the
        next step, without arrivals, stays awake."""
        values, drop = {}, ["awake"]
        stays = s["awake"] | s["spike"]
        if self._config.tables:
            stays |= s["away"]
            drop.append("away")
        if self._config.third_factors:
            stays |= s["new_m"] != 0
        for name in _TRACES:
            x, mode, total = s[name], s[f"{name}_mode"], s[f"{name}_total"]
            decayed, event, amount = (s[f"{name}_{what}"] for what in ("decayed", "event", "amount"))
            new = plasticity.traced(x, decayed, total, event, amount, mode)
            values[f"new_{name}"] = new[:FACTOR.width].as_signed()
            values[f"{name}_saturates"] = (mode == TraceMode.ADD) & _saturates(total)
            stays |= (x != 0) | (new != 0)
            drop += [name, *(f"{name}_{what}" for what in ("decayed", "amount", "event", "mode", "total"))]
        return stage(s, drop=drop, stays=stays, **values)


def _bounded(total):
    return rules.bounded(total, FACTOR.lo, FACTOR.hi)[:FACTOR.width].as_signed()


def _saturates(total):
    return rules.saturates(total, FACTOR.lo, FACTOR.hi)
