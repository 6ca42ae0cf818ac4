"""How the benchmarks compare: who is told what, whose times are compared, and what is written of it."""

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import limits, machines, networks, peers, tables
from benchmarks.machines import CONTENDERS, OURS, Contender, Ours, Peer, PeerError, start_peers
from benchmarks.measure import TOLERANCE, Measured, Result, in_turns, run_workload
from benchmarks.peer import timed
from benchmarks.told import told
from benchmarks.workloads import WORKLOADS, Workload
from snnsim import LIF, Network, Population, Simulator, SpikeRaster, compile


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """No peer is installed."""
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "python")


def synapses_of(network):
    """``(pre, post, weight)`` of all projections, neurons numbered through."""
    numbers = told(network, 1.0)
    columns = [(numbers[f"pre{k}"], numbers[f"post{k}"],
                np.broadcast_to(numbers[f"weight{k}"], numbers[f"pre{k}"].shape))
               for k in range(numbers["projections"])]
    return tuple(map(np.concatenate, zip(*columns, strict=True)))


def test_the_balanced_network_has_the_fan_in_that_its_title_says():
    assert networks.fan_in(10_000) == (800, 200) and networks.fan_in(100_000) == (800, 200)
    pre, post, weight = synapses_of(networks.balanced(500))
    assert len({*zip(pre.tolist(), post.tolist(), strict=True)}) == pre.size
    assert (np.bincount(post[pre < 400], minlength=500) == 40).all()
    assert (np.bincount(post[pre >= 400], minlength=500) == 10).all()
    assert set(weight[pre < 400]) == {networks.WEIGHT}
    assert set(weight[pre >= 400]) == {-networks.INHIBITION * networks.WEIGHT}


def test_weights_of_their_own_differ_and_have_the_same_mean():
    pre, _, weight = synapses_of(networks.balanced(500, distinct=True))
    assert len(set(weight)) == weight.size
    assert weight[pre < 400].mean() == pytest.approx(networks.WEIGHT, rel=0.02)
    assert weight[pre >= 400].mean() == pytest.approx(-networks.INHIBITION * networks.WEIGHT, rel=0.02)
    quantised = compile(networks.balanced(500, distinct=True)).image.projections[0].weight
    assert len(set(quantised.tolist())) > 100


def test_a_neuron_of_cuba_has_two_hundredths_of_the_others_as_sources():
    pre, post, _ = synapses_of(networks.cuba(1000))
    assert (np.bincount(post, minlength=1000) == 20).all() and (np.bincount(post[pre >= 800]) == 4).all()


@pytest.mark.parametrize("network", [networks.balanced(300), networks.cuba(1000)])
def test_the_floor_of_v_is_never_reached(network):
    image = compile(network).image
    result = Simulator(image).run(SpikeRaster.empty(steps=2000, neurons=0), record=range(image.n_neurons))
    assert len(result.raster) > image.n_neurons / 2
    assert result.v.min() > image.parameters.v_min.max()


def test_two_in_a_hundred_fire_in_a_step_where_all_are_joined():
    run = Ours(networks.all_to_all(100), 2.0).run()
    assert run["spikes"] / 100 / 2000 == pytest.approx(0.02, rel=0.05)


def test_the_learning_network_learns_the_same_in_both_schedules():
    image, weights = compile(networks.plastic(400)).image, []
    for replay in (False, True):
        machine = Simulator(image, replay)
        result = machine.run(SpikeRaster.empty(steps=500, neurons=0))
        assert len(result.raster) > 400 and result.learning_saturations == 0
        weights.append(machine.read_weights()[0])
    assert (weights[0] == weights[1]).all() and (weights[0] != image.projections[0].weight).any()


def test_weights_are_those_of_the_beginning_again_in_each_run():
    ours = Ours(networks.plastic(400), 0.05)
    assert ours.run()["spikes"] == ours.run()["spikes"]


def test_others_are_told_the_numbers_of_the_description():
    numbers = told(networks.plastic(400), 0.5)
    assert (numbers["n"], numbers["seconds"], numbers["plastic"]) == (400, 0.5, 0)
    assert numbers["w_max"] == 2 * networks.WEIGHT and numbers["tau_mem"] == networks.TAU_MEM
    assert numbers["current"] == networks.DRIVE_LEARNING * networks.V_THRESHOLD
    assert numbers["delay1"] == networks.DELAY and numbers["post1"].min() == 320
    assert told(networks.all_to_all(100), 1)["delay0"] == 1e-3
    assert np.ptp(told(networks.all_to_all(100), 1)["current"]) > 0


def test_what_others_cannot_be_told_is_refused():
    cells = [Population(name, 2, LIF(tau_mem=tau, v_threshold=1.0)) for name, tau in (("a", 1), ("b", 2))]
    with pytest.raises(ValueError, match="tau_mem must be the same for all neurons of 'network'"):
        told(Network(dt=1e-3, populations=cells), 1)


def test_superneuromat_fires_as_often():
    peer = pytest.importorskip("benchmarks.peer_superneuromat")
    network = networks.all_to_all(40)
    numbers = {name: value for name, value in told(network, 2.0).items()}
    theirs = peer.run(*peer.build(numbers))["spikes"]
    assert theirs == pytest.approx(Ours(network, 2.0).run()["spikes"], rel=0.01)
    numbers["current"] = 1.2 * numbers["current"]
    assert peer.run(*peer.build(numbers))["spikes"] > 1.1 * theirs


def test_superneuromat_is_not_told_what_it_cannot_do():
    peer = pytest.importorskip("benchmarks.peer_superneuromat")
    with pytest.raises(ValueError, match="only integrators without leak"):
        peer.build(told(networks.balanced(300), 1))


def test_peers_that_are_not_installed_are_named_and_left_out(nobody, tmp_path):
    said = {}
    assert start_peers(CONTENDERS, networks.cuba(1000), 1.0, 1, tmp_path, said.__setitem__) == {}
    assert said.pop("PyGeNN").startswith("not installed, nor on the package index")
    assert said == dict.fromkeys(said, "not installed (python -m benchmarks.peers)")
    assert {*said, "PyGeNN"} == set(CONTENDERS)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A function that makes a `Contender` of the text of a script."""
    monkeypatch.setattr(peers, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(machines, "ROOT", tmp_path)
    (tmp_path / "benchmarks").mkdir()

    def contender(text):
        (tmp_path / "benchmarks" / "peer_fake.py").write_text(text)
        return Contender("json", "peer_fake", ("word",))
    return contender


ANSWERS = """
import json, sys
print("a banner")
print(json.dumps({"version": "1", "build": 0.5, "told": sys.argv[1:]}), flush=True)
for line in sys.stdin:
    print(json.dumps({"wall": 2.0, "cpu": 1.0, "spikes": 10, "file": line.strip()}), flush=True)
"""


def test_a_peer_runs_once_for_each_line(fake):
    peer = Peer(fake(ANSWERS), "network.npz", 2)
    assert peer.about == {"version": "1", "build": 0.5, "told": ["network.npz", "2", "word"]}
    assert peer.run() == peer.run() and peer.run("spikes.npz")["file"] == "spikes.npz"
    peer.end()
    assert peer.process.returncode == 0


def test_a_peer_that_does_not_start_is_named_with_its_last_words(fake, monkeypatch, tmp_path):
    monkeypatch.setitem(CONTENDERS, "Fake", fake("raise ValueError('no such synapse')"))
    said = {}
    assert start_peers(["Fake"], networks.cuba(1000), 1.0, 1, tmp_path, said.__setitem__) == {}
    assert said == {"Fake": "ended without an answer: ValueError: no such synapse"}


def test_a_peer_that_fails_later_is_left_out_from_then_on(fake):
    text = ANSWERS.replace("for line in sys.stdin", "for line in [sys.stdin.readline()]")
    peer, said = Peer(fake(text), "network.npz"), {}
    runs = in_turns({"Fake": peer}, 3, said.__setitem__, lambda text: None)
    assert runs == {} and said == {"Fake": "ended without an answer: nothing was said"}
    with pytest.raises(PeerError):
        Peer(fake(""), "network.npz")


class Counted:
    """A machine that notes when it runs."""

    def __init__(self, name, order):
        self.name, self.order = name, order

    def run(self):
        self.order.append(self.name)
        return {"cpu": 1.0, "wall": 1.0, "spikes": 1}


def test_runs_take_turns():
    order = []
    in_turns({name: Counted(name, order) for name in "ab"}, 3, None, lambda text: None)
    assert order == list("ababab")


def result(ours, theirs, spikes=(400, 400), **changes):
    """Of runs that take so many seconds of the processor, and twice as many of the clock."""
    made = {name: Measured("1.0", 3.0, [{"cpu": s, "wall": 2 * s, "spikes": n} for s in seconds])
            for name, seconds, n in zip((OURS, "NEST"), (ours, theirs), spikes, strict=True)}
    return Result(**{"name": "small", "title": "small network", "seconds": 1.0, "threads": 1, "neurons": 10,
                     "synapses": 100, "machines": made, **changes})


def test_ratios_are_medians_of_runs_that_followed_one_another():
    measured = result([1.0, 2.0, 4.0], [3.0, 4.0, 20.0])
    assert measured.ratio("NEST", "cpu") == 3.0  # of 3, 2 and 5; that of the medians is 2
    assert tables.rows_of(measured)[1] == ("NEST 1.0", "3.0", "4", "8", "40.0", "0", "3", "3")
    assert tables.data([measured], "", {})["workloads"][0]["machines"]["NEST"]["cpu_ratio"] == 3.0


def test_the_summary_has_the_fastest_variant_of_each_simulator():
    one = result([2.0], [3.0])
    slow, fast = (Measured("1.0", 3.0, [{"cpu": s, "wall": s, "spikes": 400}]) for s in (8.0, 5.0))
    several = replace(one, machines={**one.machines, "Brian2": slow, "Brian2, 32 bits": fast})
    assert tables.summary([one, several, replace(several, threads=2)]).splitlines()[2:] == [
        "| small network | 2 s | 1.5 × |  |", "| small network | 2 s | 1.5 × | 2.5 × |",
        "| small network | 4 s | 1.5 × | 1.25 × |"]


def test_rates_that_differ_are_not_compared():
    near = result([1.0], [3.0], (1000, 1000 * (1 + TOLERANCE) - 1))
    assert near.ratio("NEST", "cpu") == 3.0
    far = result([1.0], [3.0], (1000, 1000 * (1 + TOLERANCE) + 1))
    assert far.ratio("NEST", "cpu") is None
    assert tables.rows_of(far)[1][-2:] == (tables.DIFFERS, tables.DIFFERS)
    assert tables.DIFFERS in tables.markdown([far], "") and tables.DIFFERS not in tables.markdown([near], "")


def test_synaptic_events_are_spikes_times_synapses():
    assert result([1.0], [1.0]).events(OURS) == 400 * 10


def test_saturated_states_are_refused(monkeypatch):
    monkeypatch.setattr(networks, "V_MIN", -np.inf)
    with pytest.raises(ValueError, match="states saturated: these are not the equations of the others"):
        Ours(networks.cuba(1000), 0.2).run()


def test_the_limits_of_the_machine_are_those_of_the_work_that_they_name():
    target = np.tile(np.arange(0, 10_000, 10, dtype=np.uint16), 3)
    weight, sums = np.repeat(np.array([1, 2, 4], np.int8), 1000), np.zeros(10_000, np.int32)
    limits.scatter(np.array([0, 2, 2]), target, weight, sums)
    assert (sums[::10] == 9).all() and sums.sum() == 9000
    dense, total = np.array([[1], [2]], np.int8) * np.ones(10_000, np.int8), np.zeros(10_000, np.int16)
    limits.add_dense(np.array([1, 0, 1]), dense, total)
    assert (total == 5).all()
    assert limits.read(np.arange(100, dtype=np.uint64)) == 4950
    assert set(limits.measure_limits(20, 800, 1)) == {"read", "scatter", "dense"}


def test_time_is_that_of_the_block_alone():
    with timed() as seconds:
        assert seconds == {}
    assert set(seconds) == {"wall", "cpu"}


SMALL = (Workload("small", "a small network", partial(networks.balanced, 300), 0.02, ("NEST",)),
         Workload("size-400", "a larger one", partial(networks.balanced, 400), 0.02, ("NEST",)),
         Workload("cuba", "another", partial(networks.cuba, 1000), 0.2, ()))


@pytest.fixture
def small(monkeypatch, nobody):
    monkeypatch.setattr(command, "ALL", {w.name: w for w in SMALL})
    monkeypatch.setattr(command.limits, "measure_limits",
                        lambda: {"read": 1.0, "scatter": 1.0, "dense": 1.0})


def test_one_command_measures_and_writes_a_table_and_data(small, tmp_path, capsys):
    assert command.main(["--only", "small", "size-400", "--repeats", "2", "--results", str(tmp_path)]) == 0
    (data,), (table,) = ([*tmp_path.glob(f"*.{ending}")] for ending in ("json", "md"))
    first = json.loads(data.read_text())["workloads"][0]
    assert first["name"] == "small" and len(first["machines"][OURS]["runs"]) == 2
    assert first["synapses"] == 9000 and first["machines"][OURS]["cpu_ratio"] == 1
    left_out = "NEST: not installed (python -m benchmarks.peers) (small, size-400)"
    assert f"Left out: {left_out}." in table.read_text()
    assert left_out in capsys.readouterr().out.replace("\n", " ")


def test_where_rates_differ_the_command_says_so(small, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "run_workload", lambda *arguments: result([1.0], [1.0], (400, 800)))
    assert command.main(["--only", "small", "--results", str(tmp_path)]) == 1


def test_a_workload_that_we_cannot_run_is_named(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(networks, "V_MIN", -np.inf)
    assert command.main(["--only", "cuba", "--results", str(tmp_path)]) == 0
    assert "cuba is left out: " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_quick_run_is_shorter(small):
    options = command.arguments(["--quick", "--only", "small"])
    assert options.repeats == 1 and [w.seconds for w in command.chosen(options)] == [0.002]


def test_the_cost_by_size_is_drawn_where_there_are_several_sizes(tmp_path):
    of_size = [result([1.0], [2.0], name=f"size-{n}", synapses=n) for n in (100, 1000)]
    written = command.write(of_size, "", {}, tmp_path / "run")
    assert [path.name for path in written] == ["run.json", "run.md", "run.png"] == sorted(
        path.name for path in tmp_path.iterdir())


def test_a_part_of_a_run_is_not_taken_for_a_whole_one(small):
    names = [command.arguments(argv).base.name for argv in ([], ["--full"], ["--only", "small"], ["--quick"])]
    assert [name.endswith(command.PART) for name in names] == [False, False, True, True]


def test_every_peer_of_a_workload_is_known_and_has_a_script():
    used = {name for workload in WORKLOADS for name in workload.peers}
    assert used == set(CONTENDERS)
    for contender in CONTENDERS.values():
        assert (machines.ROOT / "benchmarks" / f"{contender.script}.py").exists()


def test_two_threads_give_the_same_spikes():
    one, two = (Ours(networks.balanced(300), 0.05, threads).run()["spikes"] for threads in (1, 2))
    assert one == two > 300


def test_a_workload_is_run_with_us_first(nobody):
    measured = run_workload(SMALL[0], 1, lambda text: None)
    assert list(measured.machines) == [OURS] and measured.left_out.keys() == {"NEST"}
    assert (measured.neurons, measured.synapses, measured.threads) == (300, 9000, 1)
