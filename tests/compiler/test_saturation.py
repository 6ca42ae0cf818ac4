"""What is said not to saturate never does, and what does is said to be able to."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim import (
    AllToAll,
    Input,
    IntegerLIF,
    Network,
    Poisson,
    PoissonSource,
    Population,
    Projection,
    RectangularSTDP,
    ReferenceSimulator,
    Simulator,
    SpikeRaster,
    ThirdFactor,
    compile,
)
from snnsim.compiler import reaches
from snnsim.contract import Formats
from snnsim.contract.noise import COLUMNS
from snnsim.drive import drive_bounds
from snnsim.image import State
from snnsim.noise import Noise
from tests.generator import random_config, random_image, random_learning_image, random_stimulus

HI = Formats().state.hi


def neurons(weight_q=0, exponent=0, n_inputs=1, **parameters):
    """An image of one neuron onto which all of ``n_inputs`` inputs project."""
    network = Network(
        dt=1e-3, inputs=[Input("in", n_inputs)],
        populations=[Population("cell", 1, IntegerLIF(**{"v_threshold_q": HI, **parameters}))],
        projections=[Projection("in", "cell", AllToAll(), weight_q=weight_q, exponent=exponent,
                                delay_steps=1)])
    return compile(network).image


def everything_fires(image, steps):
    return SpikeRaster.from_dense(np.ones((steps, image.n_inputs), bool))


def saturations(image, stimulus):
    result = Simulator(image).run(stimulus)
    return {"i": result.i_saturations > 0, "v": result.v_saturations > 0}


def may(image):
    return {name: any(name in reach.may_saturate for reach in reaches(image)) for name in "iv"}


def cases(seeds):
    """Random images of many formats, with two stimuli each."""
    for seed in seeds:
        image = random_image(seed, random_config(seed) if seed % 2 else None)
        for stimulus in (everything_fires(image, 60), random_stimulus(seed, image, 80)):
            yield image, stimulus


def wrongly_cleared(seeds, verdict):
    """How often a state saturates of which ``verdict(image)`` says that it cannot."""
    return sum(saturations(image, stimulus)[name] and not verdict(image)[name]
               for image, stimulus in cases(seeds) for name in "iv")


def test_what_saturates_was_said_to_be_able_to():
    assert wrongly_cleared(range(80), may) == 0


def test_a_verdict_that_ignores_the_initial_state_is_caught():
    def without_initial_state(image):
        zeros = np.zeros(image.n_neurons, np.int64)
        return may(replace(image, initial=State(zeros, zeros, zeros)))

    assert wrongly_cleared(range(80), without_initial_state) > 0


def test_most_of_what_never_saturates_in_these_networks_is_cleared():
    never = cleared = 0
    for image, stimulus in cases(range(80)):
        for name in "iv":
            if not saturations(image, stimulus)[name]:
                never += 1
                cleared += not may(image)[name]
    assert cleared > 0.7 * never


def reach_of(image, name):
    (reach,) = reaches(image)
    return getattr(reach, name)


def test_the_reach_of_a_decaying_current_is_its_geometric_sum():
    image = neurons(100, 4, keep_i_q=3 << 14, keep_v_q=0)  # three quarters are kept
    assert reach_of(image, "i") == pytest.approx(4 * 1600 / HI)
    result = Simulator(image).run(everything_fires(image, 100), record=[0])
    assert 0.99 * 6400 < result.i.max() <= 6400


def test_a_current_that_never_decays_has_no_bound():
    assert reach_of(neurons(1, keep_i_q=1 << 16), "i") == np.inf


def test_a_leak_larger_than_the_drive_bounds_a_membrane_that_never_decays():
    assert reach_of(neurons(10, keep_v_q=None, leak_q=10), "v") == pytest.approx(10 / HI)
    assert reach_of(neurons(11, keep_v_q=None, leak_q=10), "v") > 1


def test_firing_bounds_a_membrane_that_never_decays():
    image = neurons(100, keep_v_q=None, v_threshold_q=1000)
    assert reach_of(image, "v") == pytest.approx(1100 / HI)
    assert saturations(image, everything_fires(image, 300)) == may(image) == {"i": False, "v": False}


def test_a_mute_neuron_rises_for_its_refractory_steps():
    given = dict(keep_v_q=None, v_threshold_q=1000, refractory_steps=20)
    assert reach_of(neurons(100, refractory="mute", **given), "v") == pytest.approx(2100 / HI)
    assert reach_of(neurons(100, refractory="hold", **given), "v") == pytest.approx(1100 / HI)


def test_a_subtracting_neuron_that_cannot_keep_up_has_no_bound():
    given = dict(keep_v_q=None, reset="subtract")
    assert reach_of(neurons(100, v_threshold_q=100, **given), "v") == pytest.approx(200 / HI)
    image = neurons(101, 12, v_threshold_q=100 << 12, **given)
    assert reach_of(image, "v") == np.inf
    assert saturations(image, everything_fires(image, 3000))["v"]


def test_the_floor_bounds_inhibition():
    given = dict(keep_v_q=None, v_threshold_q=10)
    assert reach_of(neurons(-100, **given), "v") > 1
    assert reach_of(neurons(-100, v_min_q=-1000, **given), "v") == pytest.approx(1100 / HI, rel=1e-3)


def test_a_population_without_neurons_has_no_reach():
    image = neurons(1)
    empty = replace(image.populations[0], name="none", first=1, size=0)
    assert [r.name for r in reaches(replace(image, populations=(*image.populations, empty)))] == ["cell"]


def learning_cases(seeds):
    """Random images that learn and adapt, with two stimuli each."""
    for seed in seeds:
        image = random_learning_image(seed)
        for stimulus in (everything_fires(image, 30), random_stimulus(seed, image, 40)):
            yield image, stimulus


def wrongly_cleared_while_learning(seeds, verdict):
    wrong = 0
    for image, stimulus in learning_cases(seeds):
        result = ReferenceSimulator(image).run(stimulus)
        saturated = {"i": result.i_saturations > 0, "v": result.v_saturations > 0}
        wrong += sum(saturated[name] and not verdict(image)[name] for name in "iv")
    return wrong


def test_what_saturates_while_it_learns_was_said_to_be_able_to():
    assert wrongly_cleared_while_learning(range(40), may) == 0


def test_a_verdict_that_ignores_learning_is_caught():
    def with_fixed_weights(image):
        fixed = tuple(replace(p, learning=None) for p in image.projections)
        return may(replace(image, projections=fixed))

    assert wrongly_cleared_while_learning(range(40), with_fixed_weights) > 0


def test_what_arrives_at_third_factors_does_not_reach_the_membrane():
    network = Network(
        dt=1e-3, inputs=[Input("in", 1)],
        populations=[Population("cell", 1, IntegerLIF(HI), third_factor=ThirdFactor())],
        projections=[Projection("in", "cell", AllToAll(), weight_q=100, port="m")])
    assert reach_of(compile(network).image, "v") == 0


def test_an_adaptive_threshold_lets_the_membrane_rise_by_what_its_jumps_sum_up_to():
    given = dict(v_threshold_q=1000, keep_v_q=None, jump_q=50)
    assert reach_of(neurons(100, keep_z_q=1 << 15, **given), "v") == pytest.approx(1150 / HI)
    assert reach_of(neurons(100, keep_z_q=1 << 16, **given), "v") > 1
    image = neurons(100, 12, keep_z_q=1 << 16, **{**given, "jump_q": 1 << 22})
    result = ReferenceSimulator(image).run(everything_fires(image, 100))
    assert result.v_saturations and may(image)["v"] and not may(replace(image, adaptation=None))["v"]


def with_noise(image, amplitude, *drawn):
    """One neuron, the threshold of which is noisy and which draws these numbers, as often as each other."""
    values = np.resize(np.array(drawn or [0]), (1, COLUMNS))
    source = np.array([int(bool(drawn))])
    return replace(image, noise=Noise(np.array([amplitude]), source, 0 * values, values, values))


def test_what_is_drawn_is_reached():
    image = with_noise(neurons(100, keep_v_q=0), 0, 300, -7)
    assert reach_of(image, "i") == pytest.approx(400 / HI)
    assert reach_of(with_noise(neurons(100, keep_v_q=0), 0, -1000), "v") == pytest.approx(1000 / HI, rel=1e-3)


def test_a_noisy_threshold_lets_the_membrane_rise_by_its_amplitude():
    given = dict(v_threshold_q=1000, keep_v_q=None)
    assert reach_of(with_noise(neurons(100, **given), 250), "v") == pytest.approx(1350 / HI)


def test_a_reset_by_subtraction_of_a_noisy_threshold_leads_below_zero():
    given = dict(v_threshold_q=1000, keep_v_q=None, reset="subtract")
    image = with_noise(neurons(-100, **given), 250)
    assert reach_of(replace(image, parameters=replace(image.parameters, v_min=np.zeros(1, int))),
                    "v") == pytest.approx(350 / HI, rel=1e-3)


def noisy(seed, image):
    """The image with noise in all that its formats leave room for."""
    rng, f = np.random.default_rng([seed, 7]), image.formats
    highest, lowest = drive_bounds(image.n_neurons, image.projections)
    values = rng.integers(f.drive.lo - lowest.min(), f.drive.hi - highest.max() + 1, (2, COLUMNS))
    is_noisy, source = rng.random(image.n_neurons) < 0.7, rng.integers(0, 2, image.n_neurons)
    amplitude = np.where(is_noisy, rng.integers(0, f.state.hi + 1, image.n_neurons), 0)
    return replace(image, noise=Noise(amplitude, source, 0 * values[:1], values[:1], values[1:], seed))


def wrongly_cleared_by_chance(seeds, verdict):
    wrong = 0
    for seed in seeds:
        image = noisy(seed, random_image(seed, random_config(seed) if seed % 2 else None))
        result = ReferenceSimulator(image).run(random_stimulus(seed, image, 40))
        saturated = {"i": result.i_saturations > 0, "v": result.v_saturations > 0}
        wrong += sum(saturated[name] and not verdict(image)[name] for name in "iv")
    return wrong


def test_what_saturates_by_chance_was_said_to_be_able_to():
    assert wrongly_cleared_by_chance(range(60), may) == 0


def test_a_verdict_that_ignores_noise_is_caught():
    assert wrongly_cleared_by_chance(range(60), lambda image: may(replace(image, noise=None))) > 0


def test_sources_of_spikes_reach_nothing():
    image = compile(Network(1e-3, [Population("s", 2, PoissonSource(5.0))])).image
    (reach,) = reaches(image)
    assert (str(reach.i), str(reach.v)) == ("0.0", "0.0")


def test_the_reach_of_a_background_is_its_largest_number_of_arrivals():
    cell = Population("cell", 1, IntegerLIF(HI, keep_v_q=0), background=Poisson(1000.0, weight_q=50))
    assert reach_of(compile(Network(1e-3, cell)).image, "v") == pytest.approx(500 / HI)


def test_a_weight_that_learns_counts_with_its_bounds():
    network = Network(
        dt=1e-3, inputs=[Input("in", 2)], populations=[Population("cell", 1, IntegerLIF(HI, keep_v_q=0))],
        projections=[Projection("in", "cell", AllToAll(), weight_q=[0, 100], learning=RectangularSTDP(
            1, 1, 1e-3, 1e-3, w_min=0, w_max=300, enabled=[True, False]))])
    assert reach_of(compile(network).image, "v") == pytest.approx(400 / HI)
