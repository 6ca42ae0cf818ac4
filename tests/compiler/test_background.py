"""What is to come by chance, and the integers it becomes: exact to a lot, or refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from snnsim import (
    LIF,
    AllToAll,
    Input,
    IntegerLIF,
    Network,
    OneToOne,
    Poisson,
    PoissonSource,
    Population,
    Projection,
    ReferenceSimulator,
    SpikeRaster,
    compile,
)
from snnsim.compiler.background import LARGEST_TAIL, LOTS, columns_of, poisson_lots
from snnsim.contract import Formats
from snnsim.contract.neuron import fires
from snnsim.contract.noise import (
    CENTRED_BITS,
    COLUMNS,
    CUT_BITS,
    noisy_threshold,
    threshold_noise,
    threshold_product,
)
from snnsim.errors import UserError
from tests.mutants import mutant

DT = 1e-3
HI = Formats().state.hi
#: Means are compared with what they are to be in standard deviations; the seeds are fixed.
LIMIT = 5


def network(neuron, rate=None, *projections, n=3, seed=0, dt=DT, **weight):
    """One population with a background, and an input."""
    what = None if rate is None else Poisson(rate, **weight)
    cells = Population("a", n, neuron, background=what)
    return Network(dt, [cells], [Input("in", 2)], projections, seed=seed)


def spikes(image, steps):
    """Whether each neuron spiked in each step, without input, shape (steps, n_neurons)."""
    stimulus = SpikeRaster.empty(steps=steps, neurons=image.n_inputs)
    return ReferenceSimulator(image).run(stimulus).raster.dense()


def drawn(image, steps):
    """The currents of all neurons, without input: what they drew, shape (steps, n_neurons)."""
    stimulus = SpikeRaster.empty(steps=steps, neurons=image.n_inputs)
    return ReferenceSimulator(image).run(stimulus, record=range(image.n_neurons)).i


def lif(**parameters):
    return LIF(**{"tau_mem": 20e-3, "v_threshold": 1.0, **parameters})


def probabilities(noise, source):
    """``{value: lots}`` of what a source (from 1) draws."""
    lots = {}
    columns = zip(*(getattr(noise, name)[source - 1].tolist() for name in ("cut", "value", "other")),
                  strict=True)
    for cut, value, other in columns:
        for what, share in ((value, cut), (other, (1 << CUT_BITS) - cut)):
            if share:
                lots[what] = lots.get(what, 0) + share
    return lots


def possible(counts, lots):
    """The numbers of arrivals of the columns, also of those that have no lots."""
    columns = np.arange(COLUMNS)
    return columns + (counts - columns)[lots > 0][0]


MEANS = [0, 1e-12, 1e-5, 1e-3, 0.1, 1, 2.5, 7.3, 20, 35]


@pytest.mark.parametrize("mean", MEANS)
def test_the_lots_of_a_poisson_distribution_are_its_probabilities_to_one_lot(mean):
    counts, lots = poisson_lots(mean)
    assert lots.sum() == LOTS and lots.min() >= 0
    exact = poisson.pmf(possible(counts, lots), mean) if mean else np.eye(COLUMNS)[0]
    assert np.abs(lots / LOTS - exact).max() <= 1 / LOTS + LARGEST_TAIL


@pytest.mark.parametrize("mean", MEANS)
def test_mean_and_variance_are_those_of_the_process_within_rounding(mean):
    counts, lots = poisson_lots(mean)
    each = possible(counts, lots)
    drawn = lots @ counts / LOTS
    variance = lots @ (counts - drawn) ** 2 / LOTS
    assert abs(drawn - mean) <= each.sum() / LOTS + LARGEST_TAIL * each.max()
    assert abs(variance - mean) <= (each ** 2).sum() / LOTS + LARGEST_TAIL * each.max() ** 2


def test_a_number_of_arrivals_that_never_comes_is_0():
    counts, lots = poisson_lots(0.01)
    assert counts.max() == 3 and np.all(counts[lots == 0] == 0)


@pytest.mark.parametrize("mean", [36, 50, 1e4, 1e300])
def test_too_many_arrivals_in_a_step_are_refused_with_their_number(mean):
    with pytest.raises(UserError, match="here: .* arrivals a step are too many, .* the 64 columns") as caught:
        poisson_lots(mean, "here")
    assert f"{mean:g} arrivals" in str(caught.value) and "use a shorter dt" in str(caught.value)


@st.composite
def partitions(draw):
    """64 numbers of lots, often 0 or very different, that sum to all of them."""
    shares = draw(st.lists(st.sampled_from([0, 1, 2, 1000]) | st.floats(0, 1), min_size=COLUMNS,
                           max_size=COLUMNS).filter(any))
    ends = np.rint(np.cumsum(shares) / sum(shares) * LOTS).astype(np.int64)
    return np.diff(ends, prepend=0)


def lots_drawn(columns):
    """How many lots each of 64 values, 0 .. 63, has in columns."""
    lots = np.zeros(COLUMNS, np.int64)
    for cut, value, other in zip(*columns, strict=True):
        assert 0 <= cut < 1 << CUT_BITS
        lots[value] += cut
        lots[other] += (1 << CUT_BITS) - cut
    return lots


@given(partitions())
@settings(max_examples=300, deadline=None)
def test_columns_draw_each_value_in_exactly_its_lots(lots):
    assert lots.sum() == LOTS
    assert np.array_equal(lots_drawn(columns_of(lots, np.arange(COLUMNS))), lots)


@pytest.mark.parametrize("lots", [np.full(COLUMNS, 1 << CUT_BITS), LOTS * np.eye(COLUMNS, dtype=int)[5]],
                         ids=["all the same", "one for all"])
def test_columns_of_extreme_distributions_are_exact(lots):
    assert np.array_equal(lots_drawn(columns_of(lots, np.arange(COLUMNS))), lots)


@pytest.mark.parametrize(("text", "fault"), [
    ("left[giver] -= size - left[k]", "left[giver] -= left[k]"),
    ("        if left[giver] < size:\n            poor.append(giver)\n", ""),
    ("other[k] = left[k], giver", "other[k] = left[k], k"),
])
def test_columns_that_are_filled_up_wrongly_are_found(text, fault):
    lots = poisson_lots(2.5)[1]
    faulty = mutant("snnsim.compiler.background", text, fault)
    assert not np.array_equal(lots_drawn(faulty.columns_of(lots, np.arange(COLUMNS))), lots)


def test_the_columns_of_an_image_are_those_of_the_process_times_its_weight():
    noise = compile(network(IntegerLIF(HI), 2500.0, weight_q=-7)).image.noise
    counts, lots = poisson_lots(2.5)
    expected = {-7 * k: share for k, share in zip(counts.tolist(), lots.tolist(), strict=True) if share}
    assert noise.source.tolist() == [1, 1, 1] and noise.n_sources == 1
    assert probabilities(noise, 1) == expected


def test_neurons_share_a_source_where_rate_and_weight_are_the_same_also_between_populations():
    populations = [
        Population("a", 4, IntegerLIF(HI), background=Poisson([1.0, 2, 1, 2], weight_q=[3, 3, 3, 4])),
        Population("none", 0, IntegerLIF(HI), background=Poisson(1.0, weight_q=1)),
        Population("quiet", 1, IntegerLIF(HI)),
        Population("b", 2, IntegerLIF(HI), background=Poisson(2.0, weight_q=[3, 5]))]
    noise = compile(Network(DT, populations)).image.noise
    source = noise.source.tolist()
    assert source[0] == source[2] and source[1] == source[5] and source[4] == 0
    assert len({*source[:2], source[3], source[6]}) == 4 == noise.n_sources


def test_what_never_arrives_or_weighs_nothing_has_no_source():
    noise = compile(network(IntegerLIF(HI), [0.0, 10.0, 10.0], weight_q=[5, 0, 5])).image.noise
    assert noise.source.tolist() == [0, 0, 1]


def test_a_network_without_chance_has_no_noise():
    assert compile(network(lif())).image.noise is None
    assert compile(network(lif(threshold_noise=0.0))).image.noise is None
    none = Population("none", 0, PoissonSource(5.0))
    assert compile(Network(DT, [Population("a", 1, lif()), none])).image.noise is None


def test_a_background_in_volts_is_weighted_as_a_projection_is():
    joined = Projection("in", "a", AllToAll(), 0.25)
    for neuron, gain in ((lif(), 1.0), (lif(tau_syn=5e-3, r=4.0), 4 * (1 - math.exp(-1 / 20)))):
        image = compile(network(neuron, 1000.0, joined, weight=0.25)).image
        one = probabilities(image.noise, 1)
        assert one.keys() == {int(k * max(one) / 10) for k in range(11)}  # 0 .. 10 arrivals
        volts = max(one) / 10 / image.populations[0].scale
        assert volts == pytest.approx(0.25 * gain, abs=1 / image.populations[0].scale)
        weights = image.projections[0].weights() * 2.0 ** image.projections[0].exponent
        assert weights[0] / image.populations[0].scale == pytest.approx(volts, rel=1 / 64)


def test_an_amplitude_is_in_units_of_the_state():
    image = compile(network(lif(threshold_noise=[0.5, 0.0, 0.125]))).image
    assert image.noise.amplitude.tolist() == [1 << 19, 0, 1 << 17]
    integers = compile(network(IntegerLIF(5, threshold_noise_q=[0, HI, 3]))).image
    assert integers.noise.amplitude.tolist() == [0, HI, 3]


def test_noise_moves_no_threshold_of_neurons_that_never_spike():
    image = compile(network(lif(v_threshold=[1.0, np.inf, 1.0], threshold_noise=0.5))).image
    assert image.noise.amplitude.tolist() == [1 << 19, 0, 1 << 19]


def test_the_seed_of_the_network_is_that_of_its_noise():
    assert compile(network(lif(), 10.0, weight=0.1, seed=77)).image.noise.seed == 77


def test_large_arrivals_by_chance_lower_the_scale():
    report = compile(network(lif(), 1000.0, weight=-5.0)).report.populations[0]
    assert report.lowered == 3
    assert report.lowered_because == "the background of neuron 0, 10 arrivals of -5 V in a step"


def test_rare_arrivals_need_no_room_for_numbers_that_never_come():
    compilation = compile(network(lif(), 10.0, weight=0.5))
    assert compilation.report.populations[0].lowered == 0
    assert max(probabilities(compilation.image.noise, 1)) == 3 << 19


def test_room_for_numbers_that_never_come_would_be_seen():
    faulty = mutant("snnsim.compiler.background", "np.where(lots > 0, counts, 0), lots", "counts, lots")
    assert faulty.poisson_lots(0.01)[0].max() * 0.5 > 8  # as in the test above; 8 V is all that there is


def test_the_drive_has_room_for_what_is_drawn_and_what_arrives():
    joined = Projection("in", "a", AllToAll(), 3.0)
    compilation = compile(network(lif(), 1000.0, joined, weight=0.6))  # 6 V each, of 8
    report = compilation.report.populations[0]
    assert report.lowered == 1 and report.drive_bound / (1 << 19) == pytest.approx(12, rel=0.01)


def test_read_outs_are_scaled_by_what_they_draw_where_nothing_arrives():
    image = compile(network(lif(v_threshold=np.inf), 1000.0, weight=1e-6)).image
    result = ReferenceSimulator(image).run(SpikeRaster.empty(steps=200, neurons=2))
    assert result.v_saturations == 0 and result.state.v.min() > image.formats.state.hi / 64


def test_what_rounding_makes_of_rates_and_weights_is_reported():
    report = compile(network(lif(v_threshold=100.0), 3e-4, weight=[1.0, 1e-9, 1.0])).report
    error = abs(poisson_lots(3e-7)[1] @ np.arange(COLUMNS) / LOTS / 3e-7 - 1)
    assert error > 0.1
    assert report.notes() == ["a: background of 1 neurons became 0",
                              f"a: rates by chance are up to {error:.1%} off"]
    assert compile(network(lif(), 10.0, weight=0.1)).report.notes() == []


REFUSED = [
    (lambda: compile(network(lif(), 1e5, weight=0.1)),
     "population 'a': background: 100 arrivals a step are too many"),
    (lambda: compile(network(lif(), 1000.0, weight=1e9)),
     "because of the background of neuron 0, 10 arrivals of 1e[+]09 V in a step"),
    (lambda: compile(network(lif(tau_syn=1e-3, r=1e300), 1.0, weight=1e300)), "arrivals of inf V in a step"),
    (lambda: compile(network(IntegerLIF(HI), 1000.0, weight_q=1 << 20)),
     "population 'a': background: a step's arrivals of 8.38861e[+]06 units must be between -8388608 and "
     "8388607: use a smaller weight or rate, or a wider drive"),
    (lambda: compile(network(IntegerLIF(HI), np.arange(300.0), n=300, weight_q=1)),
     "population 'a': background of 300 kinds are too many, 255 are possible; let neurons share rate and w"),
    (lambda: compile(network(IntegerLIF(HI), 1.0, n=300, weight_q=np.arange(300))),
     "population 'a': background of 300 kinds are too many"),
    (lambda: compile(Network(DT, [Population(name, 200, IntegerLIF(HI), background=Poisson(
        first + np.arange(200.0), weight_q=1)) for name, first in (("a", 1), ("b", 201))])),
     "network 'network': backgrounds of 400 kinds are too many, 255 are possible"),
    (lambda: compile(network(IntegerLIF(HI, threshold_noise_q=HI + 1))),
     r"population 'a': threshold_noise\[0\] must be between 0 and 8388607, not 8388608"),
    (lambda: compile(network(lif(threshold_noise=1e9))), "because of threshold_noise, 1e[+]09 V from rest"),
    (lambda: compile(Network(DT, [Population("s", 2, PoissonSource([10.0, 1001.0]))])),
     "population 's': a rate of 1001 Hz is more than one spike in a step of 0.001 s; use a lower one, or a"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


RATES = [0.0, 1e-3, 1.0, 123.456, 499.99999, 500.0, 750.0, 999.9, 1000.0]


def share_of_spikes(image, neuron):
    """Of how many of all 2^24 highest bits of a hash a neuron of ``image`` with v = 0 spikes."""
    h = np.arange(1 << CENTRED_BITS) << (32 - CENTRED_BITS)
    noise = threshold_noise(threshold_product(h, int(image.noise.amplitude[neuron])))
    return np.mean(fires(0, 0, noisy_threshold(int(image.parameters.v_threshold[neuron]), noise)))


def test_sources_spike_with_their_probability_to_the_unit_of_threshold_and_hash():
    compilation = compile(Network(DT, [Population("s", len(RATES), PoissonSource(RATES))]))
    shares = np.array([share_of_spikes(compilation.image, k) for k in range(len(RATES))])
    error = np.abs(shares - np.array(RATES) * DT)
    assert error.max() <= 1.5 / (1 << CENTRED_BITS)  # half a unit of the threshold, one of the hash
    assert shares[0] == 0 and shares[-1] == 1
    assert compilation.report.populations[0].background.largest == error.max()


def test_sources_of_a_narrow_state_are_as_good_as_it_is_and_that_is_noted():
    formats = Formats(state_width=8)
    compilation = compile(Network(DT, [Population("s", 3, PoissonSource([10.0, 11.0, 12.0]))]), formats)
    share = share_of_spikes(compilation.image, 1)
    assert share == pytest.approx(0.011, abs=0.26 / 127)  # half a unit of a threshold of -127 .. 127
    largest = max(abs(share_of_spikes(compilation.image, k) / 0.012 - rate / 12)
                  for k, rate in enumerate((10, 11, 12)))
    assert compilation.report.notes() == [f"s: rates by chance are up to {largest:.1%} off"]


@pytest.mark.parametrize("rate", [300.0, 2500.0, 20e3])
def test_a_background_has_the_mean_and_the_variance_of_a_poisson_process(rate):
    image = compile(network(IntegerLIF(HI, keep_v_q=0), rate, n=100, seed=5, weight_q=3)).image
    counts, mean = drawn(image, 200) / 3, rate * DT
    assert np.array_equal(counts, np.rint(counts))
    error = np.sqrt(mean / counts.size)
    assert abs(counts.mean() - mean) < LIMIT * error
    assert abs(counts.var() - mean) < LIMIT * np.sqrt((mean + 2 * mean ** 2) / counts.size)
    # Neurons and steps are independent: sums over either vary as much as they should.
    for axis, n in ((0, 200), (1, 100)):
        sums = counts.sum(axis=axis)
        assert abs(sums.var() / (n * mean) - 1) < LIMIT * np.sqrt(2 / sums.size)


def test_sources_spike_at_their_rates_and_forget_that_they_did():
    rate = np.repeat([5.0, 100.0, 700.0], 40)
    image = compile(Network(DT, [Population("s", 120, PoissonSource(rate))], seed=3)).image
    fired = spikes(image, 500)
    for k, p in enumerate((0.005, 0.1, 0.7)):
        own = fired[:, 40 * k:40 * (k + 1)].astype(float)
        assert abs(own.mean() - p) < LIMIT * np.sqrt(p * (1 - p) / own.size)
        pairs = (own[1:] * own[:-1]).mean()
        assert abs(pairs - p ** 2) < LIMIT * p * np.sqrt((1 - p ** 2 + 2 * p * (1 - p)) / own.size)


def test_spikes_of_sources_are_recorded_and_delivered_like_others():
    populations = [Population("s", 4, PoissonSource(250.0)), Population("a", 4, IntegerLIF(0, keep_v_q=0))]
    joined = Projection("s", "a", OneToOne(), weight_q=1, delay_steps=3)
    image = compile(Network(DT, populations, projections=joined)).image
    fired = spikes(image, 100)
    assert fired[:, :4].any()
    assert np.array_equal(fired[3:, 4:], fired[:-3, :4])


def test_a_noisy_threshold_fires_in_a_straight_line_of_v():
    v = np.arange(-120, 121, 40)  # thresholds between 0 - 100 and 0 + 99
    neuron = IntegerLIF(0, keep_v_q=0, bias_q=v, v_reset_q=v, threshold_noise_q=100)
    p = np.clip((v + 100) / 200, 0, 1)
    share = spikes(compile(network(neuron, n=v.size)).image, 2000).mean(axis=0)
    assert np.all(np.abs(share - p) <= LIMIT * np.sqrt(p * (1 - p) / 2000))


def test_another_seed_draws_other_numbers_and_the_same_the_same():
    def run(seed):
        neuron = IntegerLIF(HI, keep_v_q=0)
        return drawn(compile(network(neuron, 1000.0, seed=seed, weight_q=1)).image, 50)
    assert np.array_equal(run(1), run(1)) and not np.array_equal(run(1), run(2))


def test_what_is_appended_to_a_network_leaves_its_chance():
    cells = Population("a", 3, IntegerLIF(HI, keep_v_q=0), background=Poisson(1000.0, weight_q=1))
    alone = Network(DT, [cells])
    joined = Network(DT, [cells, Population("b", 5, PoissonSource(10.0))])
    one, other = (drawn(compile(net).image, 50) for net in (alone, joined))
    assert np.array_equal(one, other[:, :3])
