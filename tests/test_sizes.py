"""Bytes are counted by the arrays that there are."""

import numpy as np
import pytest

from snnsim import LIF, AllToAll, FixedInDegree, Network, Population, Projection, Simulator, compile
from snnsim.random_learning import random_learning_image
from snnsim.sizes import nbytes, text
from tests.generator import random_image


def test_memory_that_is_shared_counts_once():
    whole = np.zeros((10, 10))
    assert nbytes(whole) == nbytes([whole, whole[2:], {"a": (whole.T, 7)}]) == 800
    assert nbytes([whole, whole.copy()]) == 1600
    assert nbytes([whole, whole.copy()], besides=(whole,)) == 800


def test_one_value_for_all_takes_its_own_bytes():
    assert nbytes(np.broadcast_to(np.zeros(1), 1000)) == 8


def network(connect, weight):
    cells = Population("p", 200, LIF(tau_mem=20e-3, v_threshold=15e-3))
    return Network(1e-3, cells, projections=Projection("p", "p", connect, weight))


def test_a_rule_takes_nothing_and_a_matrix_its_bytes():
    assert network(FixedInDegree(50, seed=1), 1e-3).nbytes == 0
    assert network(AllToAll(), np.ones((200, 200)) * 1e-4).nbytes == 8 * 200 * 200


def test_synapses_of_one_weight_take_their_targets():
    p, = compile(network(FixedInDegree(50, seed=1), 1e-3)).image.projections
    assert (p.target.nbytes, p.weight.size, p.indptr.nbytes) == (2 * 50 * 200, 1, 8 * 201)
    assert nbytes(p) == 20_000 + 1 + 8 * 201 + 1


@pytest.mark.parametrize("image", [random_image(3), random_learning_image(3)], ids=["fixed", "learns"])
def test_a_simulator_takes_at_least_a_state_of_each_neuron_and_a_target_of_each_synapse(image):
    size = Simulator(image).nbytes
    assert size >= 3 * 4 * image.n_neurons + image.n_synapses
    assert size == Simulator(image).nbytes


@pytest.mark.parametrize(("size", "written"), [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.23 kB"),
                                               (402_000_000, "402 MB"), (5e12, "5e+03 GB")])
def test_bytes_are_written_with_three_digits(size, written):
    assert text(size) == written
