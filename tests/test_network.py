"""Descriptions: what they mean, and what is refused before anything is compiled."""

import dataclasses

import numpy as np
import pytest
from scipy.sparse import coo_array

from snnsim.background import Poisson
from snnsim.connect import AllToAll, Dense, FixedProbability, OneToOne, Pairs
from snnsim.distributions import Normal, Uniform
from snnsim.errors import UserError
from snnsim.network import LIF, Input, IntegerLIF, Network, PoissonSource, Population, Projection

LIFS, INTEGERS = LIF(tau_mem=0.02, v_threshold=0.015), IntegerLIF(v_threshold_q=100)


def network(*projections, n=4, neuron=LIFS, dt=1e-3):
    return Network(dt, [Population("exc", n, neuron)], [Input("in", 3)], projections)


def one(**changes):
    """A network with one projection, from 3 inputs to 4 neurons, with these arguments."""
    arguments = {"pre": "in", "post": "exc", "connect": AllToAll(), "weight": 1e-3} | changes
    neuron = INTEGERS if "weight_q" in changes else LIFS
    return network(Projection(**arguments), neuron=neuron)


def test_an_array_of_weights_is_in_the_order_of_the_rule():
    weight = np.arange(12.0)
    synapses = one(weight=weight).projections[0].synapses(3, 4)
    assert np.array_equal(synapses.weight, weight)
    assert np.array_equal(synapses.weight, synapses.pre * 4 + synapses.post)


@pytest.mark.parametrize("rule", [AllToAll(), FixedProbability(0.5, 1), Pairs([2, 0], [3, 1])])
def test_a_matrix_of_values_is_read_at_pre_and_post(rule):
    matrix = np.arange(1.0, 13).reshape(3, 4)
    synapses = one(connect=rule, weight=matrix, delay=matrix).projections[0].synapses(3, 4)
    assert np.array_equal(synapses.weight, matrix[synapses.pre, synapses.post])
    assert np.array_equal(synapses.delay, synapses.weight)


def test_zeros_of_a_dense_weight_matrix_are_no_synapses():
    matrix = np.array([[0, 1.0, 0, 2], [0, 0, 0, 0], [3, 0, 0, 0]])
    synapses = one(connect=Dense(), weight=matrix).projections[0].synapses(3, 4)
    assert list(zip(synapses.pre, synapses.post, synapses.weight, strict=True)) == [
        (0, 1, 1), (0, 3, 2), (2, 0, 3)]


def test_zeros_under_a_mask_are_synapses():
    mask = np.eye(3, 4)
    synapses = one(connect=Dense(mask), weight=np.zeros((3, 4))).projections[0].synapses(3, 4)
    assert synapses.pre.tolist() == [0, 1, 2] and not synapses.weight.any()


def test_a_sparse_matrix_gives_a_synapse_per_entry_repetitions_included():
    matrix = coo_array(([5.0, 6.0, 7.0], ([2, 0, 2], [1, 3, 1])), shape=(3, 4))
    synapses = one(connect=Dense(), weight=matrix).projections[0].synapses(3, 4)
    assert list(zip(synapses.pre, synapses.post, synapses.weight, strict=True)) == [
        (2, 1, 5), (0, 3, 6), (2, 1, 7)]


def test_a_distribution_repeats_itself():
    for distribution in (Normal(1e-3, 1e-4, seed=3), Uniform(0, 1e-3, seed=3)):
        weights = [one(weight=distribution).projections[0].synapses(3, 4).weight for _ in range(2)]
        assert np.array_equal(*weights) and np.unique(weights[0]).size == 12


def test_the_default_delay_is_one_step():
    assert one().projections[0].delay_steps == 1


def test_v_starts_at_rest_unless_said_otherwise():
    assert LIF(tau_mem=1, v_threshold=1, v_leak=-0.07).v_init == -0.07
    assert LIF(tau_mem=1, v_threshold=1, v_leak=-0.07, v_init=0).v_init == 0


def test_projections_without_a_name_are_told_apart():
    p = Projection("exc", "exc", AllToAll(), 1e-3)
    net = network(p, p, dataclasses.replace(p, name="exc->exc (2)"), p)
    assert [q.name for q in net.projections] == ["exc->exc", "exc->exc (3)", "exc->exc (2)", "exc->exc (4)"]


def test_populations_may_be_given_instead_of_their_names():
    exc = Population("exc", 4, LIFS)
    assert Projection(exc, exc, AllToAll(), 1.0).pre == "exc"


def test_descriptions_are_equal_when_their_arrays_are():
    a, b = (LIF(tau_mem=[1.0, 2.0], v_threshold=1) for _ in range(2))
    assert a == b and a != LIF(tau_mem=[1.0, 3.0], v_threshold=1) and a != LIF(tau_mem=1.0, v_threshold=1)


def test_descriptions_cannot_be_written_through():
    neuron = LIF(tau_mem=np.array([1.0, 2.0]), v_threshold=1)
    with pytest.raises(ValueError, match="read-only"):
        neuron.tau_mem[0] = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        neuron.tau_mem = 3


def test_a_network_draws_if_any_neuron_does():
    assert not network().draws
    for population in (Population("a", 1, LIF(1.0, 1.0, threshold_noise=[0.1])),
                       Population("a", 1, IntegerLIF(1, threshold_noise_q=1)),
                       Population("a", 1, PoissonSource(0.0)),
                       Population("a", 1, LIFS, background=Poisson(1.0, 0.1))):
        assert Network(1e-3, [population]).draws
        assert not Network(1e-3, [dataclasses.replace(population, n=0, neuron=PoissonSource(1.0),
                                                      background=None)]).draws


def test_extremes_that_mean_something_are_accepted():
    LIF(tau_mem=np.inf, v_threshold=np.inf, tau_syn=np.inf, v_min=-np.inf)
    LIF(tau_mem=0, v_threshold=0, tau_syn=0)
    network(n=0)
    one(delay=1e-3 * (1 - 1e-9))


REFUSED = [
    (lambda: LIF(tau_mem=np.nan, v_threshold=1), "LIF tau_mem must be a number of at least 0, not nan"),
    (lambda: LIF(tau_mem=[1, -1], v_threshold=1), r"LIF tau_mem\[1\] must be .* at least 0, not -1.0"),
    (lambda: LIF(tau_mem=1, v_threshold=-np.inf), "v_threshold must be a number, not -inf"),
    (lambda: LIF(tau_mem=1, v_threshold=1, v_min=np.inf), "v_min must be a number, not inf"),
    (lambda: LIF(tau_mem=1, v_threshold=1, v_reset=np.inf), "v_reset must be a finite number, not inf"),
    (lambda: LIF(tau_mem=1, v_threshold=1, t_ref=-1), "t_ref must be .* at least 0, not -1.0"),
    (lambda: LIF(tau_mem="fast", v_threshold=1),
     "tau_mem must be a number or an array of numbers, not 'fast'"),
    (lambda: LIF(tau_mem=True, v_threshold=1), "tau_mem must be a number .* not True"),
    (lambda: LIF(tau_mem=10**400, v_threshold=1), "tau_mem must be a number or an array of numbers"),
    (lambda: LIF(tau_mem=1, v_threshold=1, reset="soft"), "reset must be 'value' or 'subtract', not 'soft'"),
    (lambda: LIF(tau_mem=1, v_threshold=1, refractory=["hold", "x"]), r"refractory\[1\] must be 'hold' or"),
    (lambda: IntegerLIF(v_threshold_q=0.5), "v_threshold_q must be an integer .* not 0.5"),
    (lambda: IntegerLIF(v_threshold_q=1, leak_q=-1), "leak_q must be an integer of at least 0, not -1"),
    (lambda: Population("exc", 3, LIF(tau_mem=[1, 2], v_threshold=1)),
     r"population 'exc': tau_mem must have .* each of its 3 neurons, not an array of shape \(2,\)"),
    (lambda: Population("exc", -1, LIFS), "population 'exc': n must be an integer between 0 and .*, not -1"),
    (lambda: Population("exc", 1.5, LIFS), "population 'exc': n must be an integer"),
    (lambda: Population("exc", 1, 7), "neuron must be a LIF, an IntegerLIF or a PoissonSource, not 7"),
    (lambda: Population("exc", 1, LIFS, background=5.0),
     "population 'exc': background must be a Poisson, not 5.0"),
    (lambda: Population("exc", 3, LIFS, background=Poisson([1.0, 2.0], 0.1)),
     r"population 'exc': background rate must have one value, or one for each of its 3 neurons.*\(2,\)"),
    (lambda: Population("exc", 3, LIFS, background=Poisson(1.0, [[0.1] * 3])),
     r"background weight must have one value, .* not an array of shape \(1, 3\)"),
    (lambda: Population("exc", 3, INTEGERS, background=Poisson(1.0, weight_q=[1])),
     "background weight_q must have one value, or one for each of its 3 neurons"),
    (lambda: Population("exc", 3, LIFS, background=Poisson(1.0, weight_q=1)),
     "population 'exc': the background of a LIF takes weight"),
    (lambda: Population("exc", 3, INTEGERS, background=Poisson(1.0, 0.1)),
     "population 'exc': the background of an IntegerLIF takes weight_q"),
    (lambda: Population("exc", 3, PoissonSource(1.0), background=Poisson(1.0, 0.1)),
     "population 'exc': a PoissonSource receives nothing, so it can have no background"),
    (lambda: Population("exc", 3, PoissonSource([1.0, 2.0])), "rate must have .* each of its 3 neurons"),
    (lambda: Poisson(1.0), "Poisson takes weight, or weight_q for neurons described in integers"),
    (lambda: Poisson(1.0, 0.1, 1), "Poisson takes weight, or weight_q for neurons described in integers"),
    (lambda: Poisson(-1.0, 0.1), "Poisson rate must be a finite number of at least 0, not -1.0"),
    (lambda: Poisson([1.0, np.inf], 0.1), r"rate\[1\] must be a finite number of at least 0, not inf"),
    (lambda: Poisson(None, 0.1), "Poisson rate must be a number or an array of numbers, not None"),
    (lambda: Poisson(1.0, np.nan), "Poisson weight must be a finite number, not nan"),
    (lambda: Poisson(1.0, weight_q=0.5), "Poisson weight_q must be an integer .* not 0.5"),
    (lambda: PoissonSource(-1.0), "PoissonSource rate must be a finite number of at least 0, not -1.0"),
    (lambda: PoissonSource("fast"), "PoissonSource rate must be a number .* not 'fast'"),
    (lambda: LIF(1.0, 1.0, threshold_noise=-1), "LIF threshold_noise must be .* of at least 0, not -1"),
    (lambda: LIF(1.0, 1.0, threshold_noise=np.inf), "LIF threshold_noise must be a finite number"),
    (lambda: IntegerLIF(1, threshold_noise_q=-1), "threshold_noise_q must be .* at least 0, not -1"),
    (lambda: network(Projection("in", "exc", AllToAll(), 1.0), neuron=PoissonSource(5.0)),
     "projection 'in->exc': 'exc' is a PoissonSource, which receives nothing"),
    (lambda: Population("", 1, LIFS), "name must be a non-empty line of text"),
    (lambda: Population("a\nb", 1, LIFS), "name must be a non-empty line of text"),
    (lambda: Input("in", -2), "input 'in': n must be an integer"),
    (lambda: Network(0, []), "dt must be more than 0 seconds"),
    (lambda: Network(np.inf, []), "dt must be a finite number"),
    (lambda: Network([1e-3], []), "dt must be one number"),
    (lambda: Network(1e-3, [LIFS]), "populations must be a list of Population"),
    (lambda: Network(1e-3, [Population("a", 1, LIFS)], [Input("a", 1)]),
     "population or input 'a' occurs twice; give each a name of its own"),
    (lambda: network(*[Projection("in", "exc", AllToAll(), 1, name="p")] * 2), "projection 'p' occurs twice"),
    (lambda: one(pre="inn"), "projection 'inn->exc': pre 'inn' does not exist; there are 'exc', 'in'"),
    (lambda: one(post="ex"), "projection 'in->ex': post 'ex' does not exist; the populations are 'exc'"),
    (lambda: one(post="in"), "post 'in' is an input, which receives nothing; the populations are 'exc'"),
    (lambda: one(weight=np.nan), "projection 'in->exc': weight must be a finite number, not nan"),
    (lambda: one(weight=[1.0] * 11 + [np.inf]), r"weight\[11\] must be a finite number, not inf"),
    (lambda: one(weight=[[1.0] * 3] * 4), r"weight must have shape \(3, 4\).* not \(4, 3\)"),
    (lambda: one(weight=[1.0, 2.0]), "weight must have one value for each of the 12 synapses, not 2"),
    (lambda: one(connect=FixedProbability(0.5, 1), weight=[1.0]),
     "one value for each of the . synapses, not 1"),
    (lambda: one(weight=np.zeros((1, 1, 1))), "weight must have at most 2 dimensions, not 3"),
    (lambda: one(weight=None), "give either weight .* or weight_q"),
    (lambda: one(weight=1.0, weight_q=1), "give either weight .* or weight_q"),
    (lambda: one(delay=0),
     "delay must be at least one dt, 0.001 s, not 0 s; use a longer delay or a smaller dt"),
    (lambda: one(delay=[1e-3] * 11 + [5e-4]), "delay must be at least one dt, 0.001 s, not 0.0005 s"),
    (lambda: one(delay=np.nan), "delay must be a finite number of at least 0, not nan"),
    (lambda: one(delay_steps=0), "delay_steps must be an integer of at least 1, not 0"),
    (lambda: one(delay_steps=1, delay=1e-3), "give either delay .* or delay_steps, not both"),
    (lambda: one(delay_steps=[1, 2]), "delay_steps must have one value for each of the 12 synapses, not 2"),
    (lambda: one(exponent=2), "exponent belongs to weight_q"),
    (lambda: one(weight_q=1.5, weight=None), "weight_q must be an integer .* not 1.5"),
    (lambda: one(weight_q=1, weight=None, exponent=-1), "exponent must be an integer of at least 0, not -1"),
    (lambda: network(Projection("in", "exc", AllToAll(), weight_q=1)),
     "'exc' has neurons of the model LIF and takes weight, not weight_q"),
    (lambda: network(Projection("in", "exc", AllToAll(), 1.0), neuron=INTEGERS),
     "takes weight_q, not weight"),
    (lambda: one(connect="all"), "connect must be a rule of snnsim.connect"),
    (lambda: one(connect=OneToOne()), "OneToOne joins populations of one size, not of 3 and 4"),
    (lambda: one(connect=AllToAll(self_connections=False)), "self_connections=False is for a population"),
    (lambda: one(connect=Dense()), "Dense without a mask needs a weight matrix"),
    (lambda: one(connect=Dense(), weight=coo_array((4, 3))), r"must have shape \(3, 4\).* not \(4, 3\)"),
    (lambda: one(weight=coo_array((3, 4))), r"a sparse weight matrix needs the rule Dense\(\)"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_a_description_that_means_nothing_is_refused_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
