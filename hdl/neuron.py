"""The neuron pipeline: one neuron per clock through the contract's rules."""

from amaranth import Cat, Const, Module, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract import neuron as rules
from snnsim.contract import noise, plasticity
from snnsim.contract.arithmetic import select
from snnsim.contract.formats import Format
from snnsim.contract.layout import (
    COLUMN_WIDTH,
    Memory,
    columns,
    memory_shape,
    noise_layout,
    parameter_layout,
    state_layout,
)

from .memory import address_width
from .shapes import shape_of, struct_of

#: The last stage of registers that each parameter is used from.
_STAGES = {"keep_i": 1, "keep_v": 1, "keep_z": 1, "noise_source": 1, "leak": 3, "bias": 5, "v_min": 6,
           "jump": 6, "amplitude": 6, "v_threshold": 7, "v_reset": 7, "refractory": 7, "subtract": 7,
           "hold": 7, "post_class": 7, "flipped": 7}
#: The first, where there is another: that of the threshold in a core where it is not the same in each step.
_FIRST_STAGES = {"amplitude": 4, "v_threshold": 6}


class _Columns:
    """When the columns of the parameters are read, and until when they are carried along."""

    def __init__(self, config):
        self._fields, offset = {}, 0
        count = columns(config, Memory.PARAMETERS)
        self._first, self._last = [max(_STAGES.values())] * count, [0] * count
        for field in parameter_layout(config).fields:
            bits = range(offset, offset + field.width)
            self._fields[field.name] = field, bits
            first = _STAGES[field.name]
            if config.adaptive or config.draws:
                first = _FIRST_STAGES.get(field.name, first)
            for k in {bit // COLUMN_WIDTH for bit in bits}:
                self._first[k] = min(self._first[k], first)
                self._last[k] = max(self._last[k], _STAGES[field.name])
            offset += field.width

    def address_delays(self):
        """For each column, how many clocks behind ``i_neuron`` its address is."""
        return [first - 1 for first in self._first]

    def arriving(self, stage, word):
        """The columns that arrive for a stage."""
        return {f"column{k}": word.as_value()[k * COLUMN_WIDTH:(k + 1) * COLUMN_WIDTH]
                for k, first in enumerate(self._first) if first == stage}

    def unused(self, stage):
        """The columns that are not used from a stage on."""
        return [f"column{k}" for k, last in enumerate(self._last) if last < stage]

    def field(self, registered, name):
        """A parameter in what is registered for the stage that uses it."""
        field, bits = self._fields[name]
        value = Cat(registered[f"column{bit // COLUMN_WIDTH}"][bit % COLUMN_WIDTH] for bit in bits)
        return value.as_signed() if field.signed else value


class NeuronPipeline(wiring.Component):
    """Leak, integrate, fire, reset; throughput one neuron per clock, ``latency`` clocks.

    ``state`` and ``drive`` of neuron ``i_neuron`` follow ``i_valid`` by a clock. Parameters are read when
    they are needed, instead of being carried along: each column of ``parameters`` follows its
    ``p_address`` by a clock. The new state, whether it spiked, whether it stays awake (is not at rest) and
    whether ``i`` and ``v`` were saturated come out with ``o_valid`` and ``o_neuron``.

    In a core with noise ``hash`` follows ``i_valid`` by a clock, too, and ``column``, of the neuron's noise
    source, its ``column_address``.
    """

    def __init__(self, config):
        self._config = config
        self.latency = 8 + config.read_registers
        neuron = address_width(config.neurons)
        super().__init__({
            "i_valid": In(1),
            "i_neuron": In(neuron),
            "p_address": Out(data.ArrayLayout(neuron, columns(config, Memory.PARAMETERS))),
            "parameters": In(struct_of(parameter_layout(config))),
            "state": In(struct_of(state_layout(config))),
            "drive": In(shape_of(config.formats.drive)),
            "o_valid": Out(1),
            "o_neuron": Out(neuron),
            "o_state": Out(struct_of(state_layout(config))),
            "spike": Out(1),
            "awake": Out(1),
            "i_saturates": Out(1),
            "v_saturates": Out(1),
            "busy": Out(1),
            **_learning_ports(config),
            **_noise_ports(config),
        })

    def elaborate(self, platform):
        m = Module()
        config, formats = self._config, self._config.formats
        lo, hi = formats.state.lo, formats.state.hi
        read, neurons, valids = _Columns(self._config), [self.i_neuron], []

        def stage(number, values, drop=(), **new):
            """Registers for ``values`` without ``drop``, and with ``new``; ``valid`` starts at 0."""
            arriving, registered = read.arriving(number, self.parameters), {}
            if self._config.read_registers:
                new, arriving = {**new, **arriving}, {}
            for name, value in {**values, **new}.items():
                if name not in (*drop, *read.unused(number)):
                    value = Value.cast(value)
                    registered[name] = Signal(value.shape(), name=name, reset_less=name != "valid")
                    m.d.sync += registered[name].eq(value)
            valids.append(registered["valid"])
            neurons.append(registered["neuron"])
            return {**registered, **arriving}

        def narrow(value, format):
            """A value that the rules keep in ``format``, in its width."""
            narrowed = Signal(shape_of(format))
            m.d.comb += narrowed.eq(value)
            return narrowed

        p, draws = read.field, config.draws
        s = stage(0, {"valid": self.i_valid, "neuron": self.i_neuron})
        words = {"drive": self.drive, "v": self.state.v, "i": self.state.i, "r": self.state.r}
        if config.adaptive:
            words["z"] = self.state.z
        if draws:
            words["hash"] = self.hash
        if self._config.read_registers:
            s = stage(1, s, **words)
        else:
            s = {**s, **words, **read.arriving(1, self.parameters)}
        adapting = {"z_product": rules.product(s["z"], p(s, "keep_z"))} if config.adaptive else {}
        drawing = {}
        if draws:
            source = p(s, "noise_source")
            m.d.comb += self.column_address.eq(Cat(noise.column(s["hash"])[:noise.COLUMN_BITS], source - 1))
            drawing = {"is_drawn": source != 0, "lot": noise.lot(s["hash"])[:noise.CUT_BITS],
                       "hash": noise.stir_low(s["hash"])}
        s = stage(2, s, drop=("i", "v", "z"), **drawing,
                  i_product=rules.product(s["i"], p(s, "keep_i")),
                  v_product=rules.product(s["v"], p(s, "keep_v")), **adapting)
        if config.adaptive:
            magnitude = Format.of_width(formats.state_width - 1, signed=False)
            adapting = {"z": narrow(rules.decayed(s["z_product"], formats.decay_bits), magnitude)}
        if draws:
            drawn = noise.drawn(s["lot"], self.column.cut, self.column.value, self.column.other)
            drawing = {"drawn": narrow(select(s["is_drawn"], drawn, 0), formats.drive),
                       "hash": noise.stir_middle(s["hash"])}
        s = stage(3, s, drop=("i_product", "v_product", "z_product", "lot"), **drawing,
                  i_decayed=narrow(rules.decayed(s["i_product"], formats.decay_bits), formats.state),
                  v_decayed=narrow(rules.decayed(s["v_product"], formats.decay_bits), formats.state),
                  **adapting)
        drive = s["drive"]
        if draws:
            drive, drawing = drive + s["drawn"], {"hash": noise.stir_high(s["hash"])}
        s = stage(4, s, drop=("i_decayed", "v_decayed", "drive", "drawn"), **drawing,
                  i_sum=rules.current_sum(s["i_decayed"], drive),
                  v_leaked=rules.leaked(s["v_decayed"], p(s, "leak")))
        if draws:
            drawing = {"noise_product": noise.threshold_product(s["hash"], p(s, "amplitude"))}
        s = stage(5, s, drop=("i_sum", "hash"), **drawing,
                  i=narrow(rules.bounded(s["i_sum"], lo, hi), formats.state),
                  i_saturates=rules.saturates(s["i_sum"], lo, hi))
        # A neuron is tonic if any of three parameters makes it so: each is judged where it is at hand.
        if draws:
            drawing = {"noise": narrow(noise.threshold_noise(s["noise_product"]), formats.state)}
        s = stage(6, s, drop=("v_leaked", "is_drawn", "noise_product"), **drawing,
                  v_sum=rules.membrane_sum(s["v_leaked"], s["i"], p(s, "bias")),
                  tonic=rules.is_tonic(p(s, "bias"), 0, 0) | s.get("is_drawn", 0))
        if config.adaptive:
            z_sum = plasticity.adapted(s["z"], Const(1), p(s, "jump"))
            adapting = {"threshold": plasticity.effective_threshold(p(s, "v_threshold"), s["z"]), "z": s["z"],
                        "z_jumped": narrow(rules.bounded(z_sum, 0, hi), magnitude),
                        "z_saturates": rules.saturates(z_sum, 0, hi)}
        if draws:
            threshold = adapting.get("threshold", p(s, "v_threshold"))
            drawing = {"noisy": noise.noisy_threshold(threshold, s["noise"]),
                       "lowest": noise.lowest_threshold(p(s, "v_threshold"), p(s, "amplitude"))}
        s = stage(7, s, drop=("v_sum", "noise"), **drawing,
                  v=narrow(rules.floored(rules.bounded(s["v_sum"], lo, hi), p(s, "v_min")), formats.state),
                  v_saturates=rules.saturates(s["v_sum"], lo, hi),
                  tonic=s["tonic"] | rules.is_tonic(0, 0, p(s, "v_min")), **adapting)
        v_threshold = p(s, "v_threshold")
        threshold = s.get("threshold", v_threshold)
        spike = rules.fires(s["v"], s["r"], s.get("noisy", threshold))
        more = {}
        if config.adaptive:
            more = {"z": select(spike, s["z_jumped"], s["z"]), "z_saturates": spike & s["z_saturates"]}
        if config.learns:
            more |= {"post_class": p(s, "post_class"), "flipped": p(s, "flipped")}
        if config.tables:
            more |= {"fired_at": s["v"], "fired_threshold": threshold}
        s = stage(8, s, drop=("threshold", "noisy", "lowest", "z_jumped"), spike=spike,
                  r=narrow(rules.reset_r(spike, s["r"], p(s, "refractory")), formats.refractory),
                  v=narrow(rules.reset_v(s["v"], spike, s["r"], v_threshold, p(s, "v_reset"),
                                         p(s, "subtract"), p(s, "hold")), formats.state),
                  tonic=s["tonic"] | rules.is_tonic(0, s.get("lowest", v_threshold), 0), **more)
        assert len(valids) == self.latency

        m.d.comb += [address.eq(neurons[delay])
                     for address, delay in zip(self.p_address, read.address_delays(), strict=True)]
        m.d.comb += [
            self.o_valid.eq(s["valid"]),
            self.o_neuron.eq(s["neuron"]),
            self.o_state.v.eq(s["v"]), self.o_state.i.eq(s["i"]), self.o_state.r.eq(s["r"]),
            self.spike.eq(s["spike"]),
            self.awake.eq(~rules.at_rest(s["v"], s["i"], s["r"], s["tonic"]) | (s.get("z", 0) != 0)),
            self.i_saturates.eq(s["i_saturates"]),
            self.v_saturates.eq(s["v_saturates"]),
            self.busy.eq(self.i_valid | Value.cast(sum(valids) != 0)),
        ]
        if config.adaptive:
            m.d.comb += [self.o_state.z.eq(s["z"]), self.z_saturates.eq(s["z_saturates"])]
        if config.learns:
            m.d.comb += [self.o_class.eq(s["post_class"]), self.o_flipped.eq(s["flipped"])]
        if config.tables:
            m.d.comb += [self.fired_at.eq(s["fired_at"]), self.threshold.eq(s["fired_threshold"])]
        return m


def _learning_ports(config):
    """The ports that only a core has that adapts or learns."""
    state = shape_of(config.formats.state)
    ports = {"z_saturates": Out(1)} if config.adaptive else {}
    if config.learns:
        ports |= {"o_class": Out(range(config.post_classes + 1)), "o_flipped": Out(1)}
    if config.tables:
        ports |= {"fired_at": Out(state), "threshold": Out(Shape(state.width + 1, signed=True))}
    return ports


def _noise_ports(config):
    """The ports that only a core with noise has."""
    if not config.draws:
        return {}
    return {"hash": In(32), "column_address": Out(address_width(memory_shape(config, Memory.NOISE)[0])),
            "column": In(struct_of(noise_layout(config)))}
