"""The neuron pipeline: one neuron per clock through the contract's rules."""

from amaranth import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract import neuron as rules
from snnsim.contract.layout import parameter_layout, state_layout

from .memory import address_width
from .shapes import shape_of, struct_of


class NeuronPipeline(wiring.Component):
    """Leak, integrate, fire, reset; throughput one neuron per clock, latency `LATENCY` clocks.

    ``i_valid`` and ``i_neuron`` come with the neuron's words: parameters, state and drive. The new
    state, whether it spiked, whether it stays awake (is not at rest) and whether ``i`` and ``v``
    were saturated come out with ``o_valid`` and ``o_neuron``.
    """

    LATENCY = 8

    def __init__(self, config):
        self._config = config
        neuron = address_width(config.neurons)
        super().__init__({
            "i_valid": In(1),
            "i_neuron": In(neuron),
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
        })

    def elaborate(self, platform):
        m = Module()
        formats = self._config.formats
        lo, hi = formats.state.lo, formats.state.hi
        p, valids = self.parameters, []

        def stage(values, drop=(), **new):
            """Registers for ``values`` without ``drop``, and with ``new``; ``valid`` starts at 0."""
            registered = {}
            for name, value in {**values, **new}.items():
                if name not in drop:
                    value = Value.cast(value)
                    registered[name] = Signal(value.shape(), name=name, reset_less=name != "valid")
                    m.d.sync += registered[name].eq(value)
            valids.append(registered["valid"])
            return registered

        def narrow(value, format):
            """A value that the rules keep in ``format``, in its width."""
            narrowed = Signal(shape_of(format))
            m.d.comb += narrowed.eq(value)
            return narrowed

        s = stage({
            "valid": self.i_valid, "neuron": self.i_neuron, "drive": self.drive,
            **{name: getattr(p, name) for name in p.shape().members},
            **{name: getattr(self.state, name) for name in ("v", "i", "r")},
        })
        s = stage(s, drop=("i", "v", "keep_i", "keep_v"),
                  i_product=rules.product(s["i"], s["keep_i"]),
                  v_product=rules.product(s["v"], s["keep_v"]),
                  tonic=rules.is_tonic(s["bias"], s["v_threshold"], s["v_min"]))
        s = stage(s, drop=("i_product", "v_product"),
                  i_decayed=rules.decayed(s["i_product"], formats.decay_bits),
                  v_decayed=rules.decayed(s["v_product"], formats.decay_bits))
        s = stage(s, drop=("i_decayed", "v_decayed", "drive", "leak"),
                  i_sum=rules.current_sum(s["i_decayed"], s["drive"]),
                  v_leaked=rules.leaked(s["v_decayed"], s["leak"]))
        s = stage(s, drop=("i_sum",),
                  i=narrow(rules.bounded(s["i_sum"], lo, hi), formats.state),
                  i_saturates=rules.saturates(s["i_sum"], lo, hi))
        s = stage(s, drop=("v_leaked", "bias"),
                  v_sum=rules.membrane_sum(s["v_leaked"], s["i"], s["bias"]))
        s = stage(s, drop=("v_sum", "v_min"),
                  v=narrow(rules.floored(rules.bounded(s["v_sum"], lo, hi), s["v_min"]), formats.state),
                  v_saturates=rules.saturates(s["v_sum"], lo, hi))
        spike = rules.fires(s["v"], s["r"], s["v_threshold"])
        s = stage(s, drop=("v_threshold", "v_reset", "refractory", "subtract", "hold"),
                  spike=spike,
                  r=narrow(rules.reset_r(spike, s["r"], s["refractory"]), formats.refractory),
                  v=narrow(rules.reset_v(s["v"], spike, s["r"], s["v_threshold"], s["v_reset"],
                                         s["subtract"], s["hold"]), formats.state))
        assert len(valids) == self.LATENCY

        m.d.comb += [
            self.o_valid.eq(s["valid"]),
            self.o_neuron.eq(s["neuron"]),
            self.o_state.v.eq(s["v"]), self.o_state.i.eq(s["i"]), self.o_state.r.eq(s["r"]),
            self.spike.eq(s["spike"]),
            self.awake.eq(~rules.at_rest(s["v"], s["i"], s["r"], s["tonic"])),
            self.i_saturates.eq(s["i_saturates"]),
            self.v_saturates.eq(s["v_saturates"]),
            self.busy.eq(self.i_valid | Value.cast(sum(valids) != 0)),
        ]
        return m
