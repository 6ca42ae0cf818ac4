"""Networks to images: which integers, with which losses, and what is refused."""

import numpy as np
import pytest

from snnsim.compiler import compile
from snnsim.connect import AllToAll, Dense, FixedProbability, OneToOne, Pairs
from snnsim.contract import CoreConfig, Formats
from snnsim.distributions import Normal, Uniform
from snnsim.errors import UserError
from snnsim.network import LIF, Input, IntegerLIF, Network, Population, Projection
from snnsim.raster import SpikeRaster
from snnsim.simulator import ReferenceSimulator

DT = 1e-3
LIFS = LIF(tau_mem=20e-3, v_threshold=1.0)


def network(*projections, neuron=LIFS, n=3, inputs=3, dt=DT):
    return Network(dt, [Population("a", n, neuron)], [Input("in", inputs)], projections)


def onto(weight, connect=None, *, target=None, inputs=3, **neuron):
    """The compilation of inputs that project to three neurons with delta synapses."""
    lif = LIF(**{"tau_mem": 20e-3, "v_threshold": 1.0, **neuron})
    return compile(network(Projection("in", "a", connect or AllToAll(), weight), neuron=lif, inputs=inputs),
                   target)


def volts(compilation):
    """The weights of the first projection as volts."""
    p, part = compilation.image.projections[0], compilation.image.populations[0]
    return p.weights().astype(float) * 2.0 ** p.exponent / part.scale


def parameters(**lif):
    image = compile(network(neuron=LIF(**{"tau_mem": 20e-3, "v_threshold": 1.0, **lif}))).image
    return image.parameters, image.populations[0].scale


@pytest.mark.parametrize("state_width", [12, 16, 24, 32])
@pytest.mark.parametrize("v_threshold", [1.0, 0.015, 1e-9, 3e7])
def test_the_threshold_lies_between_a_sixteenth_and_an_eighth_of_the_range(state_width, v_threshold):
    image = compile(network(neuron=LIF(20e-3, v_threshold)), Formats(state_width=state_width)).image
    assert 2 ** (state_width - 5) * 0.99 <= image.parameters.v_threshold[0] <= 2 ** (state_width - 4)


def test_weights_and_parameters_that_are_binary_fractions_are_exact():
    compilation = onto([[0.5, -0.25, 1.0]] * 3, Dense(), v_reset=-0.125, v_min=-2.0, v_init=0.75)
    assert volts(compilation).tolist() == [0.5, -0.25, 1.0] * 3
    report = compilation.report
    assert report.projections[0].weight.largest == 0
    losses = report.populations[0].losses
    assert [losses[name].largest for name in ("v_threshold", "v_reset", "v_min", "v_init")] == [0] * 4


def test_rest_is_shifted_to_0():
    image = compile(network(neuron=LIF(20e-3, -0.05, v_reset=-0.07, v_leak=-0.06, v_init=-0.05))).image
    part = image.populations[0]
    assert part.volts(image.parameters.v_threshold) == pytest.approx([-0.05] * 3)
    assert part.volts(image.parameters.v_reset) == pytest.approx([-0.07] * 3)
    assert part.volts(np.zeros(3)) == pytest.approx([-0.06] * 3)
    assert np.array_equal(image.initial.v, image.parameters.v_threshold)


def test_rest_may_differ_from_neuron_to_neuron():
    part = compile(network(neuron=LIF(20e-3, 1.0, v_leak=[0.0, 0.25, 0.5]))).image.populations[0]
    assert part.volts(np.zeros(3)).tolist() == [0.0, 0.25, 0.5]


def test_decay_is_that_of_the_exact_solution():
    p, _ = parameters(tau_mem=[0.0, np.inf, 20e-3], tau_syn=[5e-3, np.inf, 0.0])
    assert p.keep_v.tolist() == [0, 65536, round(65536 * np.exp(-1 / 20))]
    assert p.keep_i.tolist() == [round(65536 * np.exp(-1 / 5)), 65536, 0]


def test_leak_is_volts_per_second():
    p, scale = parameters(leak=4.0)
    assert p.leak[0] == round(4.0 * DT * scale)


@pytest.mark.parametrize(("tau_mem", "gain"), [
    (20e-3, 100 * (1 - np.exp(-1 / 20))), (np.inf, 100 * DT), (0, 100)])
def test_bias_and_current_are_multiplied_by_the_gain_of_the_membrane(tau_mem, gain):
    p, scale = parameters(tau_mem=tau_mem, r=100, i_bias=1e-3)
    assert p.bias[0] == pytest.approx(gain * 1e-3 * scale, abs=0.5)
    assert volts(onto(1e-3, tau_mem=tau_mem, r=100, tau_syn=5e-3)) == pytest.approx(gain * 1e-3, rel=1 / 128)


def test_without_synaptic_current_a_weight_is_volts_whatever_the_resistance():
    assert volts(onto(0.5, r=100)).tolist() == [0.5] * 9


def test_the_gain_is_that_of_each_target():
    weights = volts(onto(1.0, r=[1.0, 2.0, 4.0], tau_mem=np.inf, tau_syn=1e-3, v_threshold=DT)).reshape(3, 3)
    assert weights == pytest.approx(np.array([[1, 2, 4]] * 3) * DT, abs=4 * DT / 127)


def test_infinite_threshold_and_floor_are_the_ends_of_the_format():
    image = compile(network(neuron=LIF(20e-3, [np.inf, 1.0, 1.0], v_min=[-np.inf, -1.0, -1.0]))).image
    state = image.formats.state
    assert image.parameters.v_threshold[0] == state.hi and image.parameters.v_min[0] == state.lo
    assert image.parameters.v_threshold[1] == -image.parameters.v_min[1] == 2 ** 20


def test_read_outs_without_any_threshold_are_scaled_by_what_arrives():
    assert volts(onto(0.25, v_threshold=np.inf)).tolist() == [0.25] * 9


def test_reset_and_refractory_modes_become_flags():
    p, _ = parameters(reset=["value", "subtract", "subtract"], refractory=["hold", "mute", "hold"])
    assert p.subtract.tolist() == [0, 1, 1] and p.hold.tolist() == [1, 0, 1]


def test_times_are_rounded_to_steps_and_the_rounding_reported():
    net = network(Projection("in", "a", OneToOne(), 0.5, delay=[1e-3, 2.6e-3, 3e-3]),
                  neuron=LIF(20e-3, 1.0, t_ref=[0.0, 2e-3, 2.4e-3]))
    compilation = compile(net)
    assert compilation.image.parameters.refractory.tolist() == [0, 2, 2]
    assert compilation.image.projections[0].delay.tolist() == [1, 3, 3]
    assert compilation.report.notes() == [
        "a: t_ref rounded to whole steps, by at most 0.0004 s",
        "in->a: delays rounded to whole steps, by at most 0.0004 s"]


def test_times_that_are_whole_but_for_the_last_bit_of_a_float_lose_nothing():
    net = network(Projection("in", "a", AllToAll(), 0.5, delay=0.1 + 0.2), neuron=LIF(20e-3, 1.0, t_ref=0.7),
                  dt=0.1)
    compilation = compile(net)
    assert compilation.image.projections[0].delay.tolist() == [3]
    assert compilation.report.notes() == []


def test_the_exponent_is_the_smallest_that_holds_the_largest_weight():
    for weight, format in ((1.0, 127), (-1.0, 128)):
        p = onto([[weight, 0.1, 0.1]] * 3, Dense()).image.projections[0]
        exact = abs(weight) * 2 ** 20
        assert exact / 2 ** p.exponent <= format + 0.5 < exact / 2 ** (p.exponent - 1)


def test_small_weights_get_exponent_0_and_those_that_vanish_are_counted():
    compilation = onto([[1e-5, 1e-7, 0.0]] * 3, Dense(np.ones((3, 3))))
    assert compilation.image.projections[0].exponent == 0
    assert compilation.image.projections[0].weight[:3].tolist() == [10, 0, 0]
    assert "in->a: 3 of 9 weights became 0" in compilation.report.notes()


def test_one_weight_that_vanishes_counts_for_all_synapses():
    assert "in->a: 9 of 9 weights became 0" in onto(1e-7).report.notes()


def test_weight_errors_are_at_most_half_a_unit():
    compilation = onto(Normal(0, 0.1, seed=1))
    exact = Normal(0, 0.1, seed=1).draw(9)
    error = np.abs(volts(compilation) - exact)
    half = 2.0 ** compilation.image.projections[0].exponent / compilation.image.populations[0].scale / 2
    assert error.max() <= half
    weight = compilation.report.projections[0].weight
    assert weight.largest == pytest.approx(error.max()) and weight.relative == pytest.approx(
        error.max() / np.abs(exact).max())
    assert weight.rms == pytest.approx(np.sqrt((error ** 2).mean()) / np.abs(exact).max())


def test_a_large_fan_in_lowers_the_scale_until_the_drive_fits():
    compilation = onto(0.9, inputs=40)
    report, drive = compilation.report.populations[0], compilation.image.formats.drive
    assert report.lowered == 3 and "neuron 0, which can sum to 36 V" in report.lowered_because
    assert drive.hi / 2 < report.drive_bound <= drive.hi
    assert any(note.startswith("a: scale lowered by 3 bits because of the arrivals") for note in
               compilation.report.notes())


def test_rounding_up_cannot_push_the_drive_out_of_its_format():
    formats = Formats(weight_width=4, state_width=16, drive_width=15)
    for inputs in range(1, 40):
        compilation = onto(0.95, inputs=inputs, target=formats)  # the image proves the sums once more
        assert compilation.report.populations[0].drive_bound <= formats.drive.hi


def test_a_weight_beyond_the_largest_exponent_lowers_the_scale():
    report = onto(2.0, target=Formats(exponent_width=3, weight_width=8)).report
    assert report.populations[0].lowered_because == "a weight of 2 V in projection 'in->a'"
    assert report.projections[0].exponent == 7


def test_a_far_reset_lowers_the_scale():
    report = onto(0.5, v_reset=-100.0).report.populations[0]
    assert report.lowered == 4 and report.lowered_because == "v_reset, 100 V from rest"


def test_synapses_keep_the_order_of_their_rule_within_each_source():
    pre, post, weight = [2, 0, 2, 0, 2], [1, 1, 0, 0, 1], [0.5, 0.25, -0.5, -0.25, 1.0]
    compilation = onto(weight, Pairs(pre, post))
    p = compilation.image.projections[0]
    assert (p.sources() - 3).tolist() == [0, 0, 2, 2, 2]
    assert p.target.tolist() == [1, 0, 1, 0, 1]
    assert volts(compilation).tolist() == [0.25, -0.25, 0.5, -0.5, 1.0]


def test_delays_follow_their_synapses():
    net = network(Projection("in", "a", Pairs([2, 0, 1], [0, 0, 0]), 0.5, delay_steps=[3, 1, 2]))
    assert compile(net).image.projections[0].delay.tolist() == [1, 2, 3]


def test_neurons_and_inputs_are_numbered_in_order_with_empty_ones_between():
    populations = [Population("a", 2, LIFS), Population("none", 0, LIFS), Population("b", 3, LIFS)]
    inputs = [Input("i", 4), Input("no", 0), Input("j", 1)]
    pairs = [("j", "b"), ("b", "a"), ("no", "a"), ("a", "none"), ("b", "b")]
    image = compile(Network(DT, populations, inputs, [Projection(*p, AllToAll(), 0.1) for p in pairs])).image
    assert [(p.name, p.first, p.size) for p in (*image.populations, *image.inputs)] == [
        ("a", 0, 2), ("none", 2, 0), ("b", 2, 3), ("i", 0, 4), ("no", 4, 0), ("j", 4, 1)]
    assert [(p.name, p.first_source, p.n_sources, p.first_target, p.n_targets)
            for p in image.projections] == [
        ("j->b", 9, 1, 2, 3), ("b->a", 2, 3, 0, 2), ("no->a", 9, 0, 0, 2), ("a->none", 0, 2, 2, 0),
        ("b->b", 2, 3, 2, 3)]


def test_integers_are_taken_as_they_are():
    neuron = IntegerLIF(v_threshold_q=[5, -6, 7], keep_v_q=4096, keep_i_q=65536, leak_q=3, bias_q=-2,
                        v_reset_q=-9, v_min_q=-10, refractory_steps=255, reset="value", refractory="mute",
                        v_init_q=1, i_init_q=2, r_init=3)
    net = network(Projection("in", "a", OneToOne(), weight_q=[-128, 0, 127], exponent=15), neuron=neuron)
    image = compile(net).image
    p = image.parameters
    assert p.v_threshold.tolist() == [5, -6, 7]
    assert {name: getattr(p, name)[2] for name in p.names()} == {
        "v_threshold": 7, "keep_v": 4096, "keep_i": 65536, "leak": 3, "bias": -2, "v_reset": -9, "v_min": -10,
        "refractory": 255, "subtract": 0, "hold": 0}
    assert [getattr(image.initial, name)[0] for name in "vir"] == [1, 2, 3]
    assert image.projections[0].weight.tolist() == [-128, 0, 127] and image.projections[0].exponent == 15


def test_the_defaults_of_integer_neurons_follow_the_formats():
    for formats in (Formats(), Formats(state_width=16, decay_bits=12)):
        p = compile(network(neuron=IntegerLIF(v_threshold_q=1)), formats).image.parameters
        assert p.keep_v[0] == formats.keep.hi and p.v_min[0] == formats.state.lo


def test_indices_and_weights_are_stored_compactly():
    p = onto(0.5).image.projections[0]
    assert (p.weight.dtype, p.target.dtype, p.delay.dtype) == (np.int8, np.uint16, np.uint8)
    assert p.delay.shape == (1,)


def test_the_same_network_compiles_to_the_same_image():
    net = network(Projection("in", "a", FixedProbability(0.5, 1), Uniform(0, 1, seed=2)))
    assert compile(net).image.digest == compile(net).image.digest


def test_a_core_gets_a_placement_and_its_formats():
    config = CoreConfig(formats=Formats(state_width=16, drive_width=16))
    compilation = onto(0.5, target=config)
    assert compilation.image.formats == config.formats and compilation.placement.config == config
    assert onto(0.5).placement is None


def test_the_report_is_a_table_of_everything():
    text = str(onto(Normal(0, 0.1, seed=1), tau_syn=5e-3).report)
    lines = text.splitlines()
    assert lines[0].startswith("network network: dt 0.001 s; state 24 bits, weights 8")
    assert lines[2].split()[:3] == ["population", "neurons", "units/V"]
    assert lines[3].split()[:3] == ["a", "3", "2^20"]
    assert len(lines[2]) == len(lines[3]) and len(lines[5]) == len(lines[6])
    assert lines[6].split()[:2] == ["in->a", "9"]


def test_what_became_nothing_is_noted():
    notes = compile(network(neuron=LIF(tau_mem=1e9, v_threshold=1.0, leak=1e-9))).report.notes()
    assert notes == ["a: leak of 3 neurons became 0", "a: tau_mem is so long that nothing decays"]


INT, ONE = Formats(state_width=16), IntegerLIF(v_threshold_q=1)
REFUSED = [
    (lambda: compile(Network(DT, [])), "network 'network' has no neurons; give it a population"),
    (lambda: compile(network(n=0)), "has no neurons"),
    (lambda: onto(1e6),
     "population 'a': its largest threshold or reach, 1 V from rest, would be 2 units and must be "
                        "at least 16, because of the arrivals of one step at neuron 0, which can sum to"),
    (lambda: onto(1.0, v_reset=-1e9), "because of v_reset, 1e[+]09 V from rest"),
    (lambda: onto(1.0, v_threshold=5e-324), "its largest threshold or reach, 4.94066e-324 V"),
    (lambda: onto(1e300, tau_syn=5e-3, r=1e300), "projection 'in->a': a weight is too large for floats"),
    (lambda: onto(1.0, i_bias=1e300, r=1e300), "because of bias, inf V from rest"),
    (lambda: onto(1.0, v_leak=2.0, reset="subtract"),
     "population 'a': neuron 0 resets by subtraction, so its v_threshold must be at least its rest"),
    (lambda: onto(1.0, t_ref=0.3),
     "population 'a': t_ref of 300 units must be between 0 and 255: use a shorter"),
    (lambda: compile(network(Projection("in", "a", AllToAll(), 1.0, delay=100))),
     "projection 'in->a': delay of 100000 units must be between 0 and 65535: use shorter delays"),
    (lambda: compile(network(Projection("in", "a", AllToAll(), 1.0, delay=Uniform(0, 1e-3, 1)))),
     "projection 'in->a': delay must be at least one dt"),
    (lambda: compile(network(neuron=IntegerLIF(v_threshold_q=[0, 0, 32768])), INT),
     r"population 'a': v_threshold\[2\] must be between -32768 and 32767, not 32768; change it, or"),
    (lambda: compile(network(neuron=IntegerLIF(v_threshold_q=1, keep_i_q=65537))),
     "keep_i.0. must be between 0 and"),
    (lambda: compile(network(neuron=IntegerLIF(v_threshold_q=-1, reset="subtract"))),
     "neuron 0 resets by subtrac"),
    (lambda: compile(network(Projection("in", "a", AllToAll(), weight_q=128), neuron=ONE)),
     r"projection 'in->a': weight_q\[0\] must be between -128 and 127, not 128"),
    (lambda: compile(network(Projection("in", "a", AllToAll(), weight_q=1, exponent=16), neuron=ONE)),
     r"projection 'in->a': exponent\[0\] must be between 0 and 15, not 16"),
    (lambda: compile(network(Projection("in", "a", AllToAll(), weight_q=100, exponent=15), neuron=ONE)),
     "the arrivals of one step at neuron 0 could sum to 9830400, beyond the drive format's 8388607; use"),
    (lambda: compile(network(n=257), CoreConfig()),
     "needs 257 neurons, the core has 256: split it, or use a core"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)




def test_read_outs_do_not_saturate_when_every_input_spikes_in_every_eighth_step():
    compilation = onto(0.25, v_threshold=np.inf, tau_syn=5e-3)
    stimulus = SpikeRaster.from_dense(np.tile(np.arange(400)[:, None] % 8 == 0, 3))
    result = ReferenceSimulator(compilation.image).run(stimulus)
    state = compilation.image.formats.state
    assert result.v_saturations == result.i_saturations == 0 and result.state.v.min() > state.hi / 8
