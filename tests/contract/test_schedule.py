"""The order of a step and the slots of a ring."""

from snnsim.contract import Phase
from snnsim.contract.schedule import arrival_step, ring_slot


def test_phases_are_in_the_order_of_the_contract():
    names = ["DELIVER", "INTEGRATE", "FIRE", "RESET", "LEARN", "RECORD"]
    assert [phase.name for phase in sorted(Phase)] == names


def test_a_spike_arrives_its_delay_later():
    assert [arrival_step(7, delay) for delay in (1, 2, 31)] == [8, 9, 38]


def test_arrivals_of_different_steps_in_flight_never_share_a_slot():
    slots = 8
    for now in range(20):
        in_flight = [ring_slot(arrival_step(now, delay), slots) for delay in range(1, slots + 1)]
        assert len(set(in_flight)) == slots
