"""Networks in files: what is saved comes back, what is wrong is named."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnsim.background import Poisson
from snnsim.compiler import compile
from snnsim.connect import AllToAll, Dense, FixedInDegree, FixedProbability, OneToOne, Pairs
from snnsim.distributions import Normal, Uniform
from snnsim.errors import UserError
from snnsim.learning import (
    STDP,
    Exponential,
    Graded,
    History,
    IntegerTrace,
    Modulator,
    SumOfProducts,
    Surrogate,
    ThirdFactor,
    TripletSTDP,
    WindowSTDP,
)
from snnsim.network import LIF, Input, IntegerLIF, Network, PoissonSource, Population, Projection
from snnsim.network_file import FORMAT, FORMAT_VERSION
from snnsim.storage import load_arrays, save_arrays

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

finite = st.floats(-1e6, 1e6)
factors = st.floats(-2, 2)
seconds = st.floats(0, 10)


def one_or_each(values, n):
    return values | st.lists(values, min_size=n, max_size=n)


@st.composite
def neurons(draw, n):
    words = {"reset": draw(one_or_each(st.sampled_from(["value", "subtract"]), n)),
             "refractory": draw(one_or_each(st.sampled_from(["hold", "mute"]), n))}
    if draw(st.booleans()):
        return IntegerLIF(draw(one_or_each(st.integers(-2**31, 2**31), n)),
                          keep_v_q=draw(st.none() | st.integers(0, 2**16)),
                          threshold_noise_q=draw(one_or_each(st.integers(0, 2**31), n)), **words)
    return LIF(tau_mem=draw(one_or_each(seconds | st.just(np.inf), n)),
               v_threshold=draw(one_or_each(finite, n)),
               v_min=draw(st.just(-np.inf) | finite), t_ref=draw(seconds), i_bias=draw(finite),
               threshold_noise=draw(one_or_each(seconds, n)), **words)


def rates(n):
    return one_or_each(st.floats(0, 1e4), n)


@st.composite
def backgrounds(draw, n, integers):
    if integers:
        return Poisson(draw(rates(n)), weight_q=draw(one_or_each(st.integers(-128, 127), n)))
    return Poisson(draw(rates(n)), draw(one_or_each(finite, n)))


@st.composite
def learning_rules(draw, count, n_pre, n_post, integers):
    enabled = draw(st.sampled_from([True, False, np.arange(count) % 2 == 0, np.ones((n_pre, n_post), bool)]))
    lo, hi = sorted(draw(st.tuples(*[st.integers(-100, 100) if integers else finite] * 2)))
    shared = {"w_min": lo, "w_max": hi, "enabled": enabled, "arrival": draw(st.booleans()),
              "rounding": draw(st.sampled_from(["toward_zero", "stochastic"]))}
    return draw(st.sampled_from([
        STDP(1, 2, 0.1, 0.2, pairing="nearest", **shared), WindowSTDP([3, 2, 1], [0, 1, 0.5], **shared),
        TripletSTDP(0, 7e-3, 6e-3, tau_plus=0.1, tau_minus=0.1, tau_y=0.1, **shared),
        SumOfProducts("w += a * x1 * m * M1; @pre e += g * y1 * y2 * sign", IntegerTrace(3, 5),
                      y1=Graded(0.1, highest=7.5), y2=History(table=np.arange(256)), tau_e=np.inf,
                      parameters={"a": draw(st.floats(0.5, 3))}, **shared)]))


@st.composite
def projections(draw, pre, post):
    square, integers = pre.n == post.n, isinstance(post.neuron, IntegerLIF)
    rule = draw(st.sampled_from([
        AllToAll(), FixedProbability(0.5, 7), FixedInDegree(0, 1), Dense(np.ones((pre.n, post.n))),
        Pairs([], []), *([OneToOne()] * square), *([AllToAll(False)] * (pre is post))]))
    count = rule.count(pre.n, post.n)
    delay = draw(st.sampled_from([{}, {"delay_steps": 3}, {"delay": Uniform(0.5, 3, seed=1)},
                                  {"delay": [1.5] * count}]))
    learning = draw(st.none() | learning_rules(count, pre.n, post.n, integers))
    port = draw(st.none() | st.just("m"))
    if integers:
        weight = {"weight_q": draw(one_or_each(st.integers(-128, 127), count)), "exponent": 2}
    else:
        weight = {"weight": draw(one_or_each(finite, count) | st.just(Normal(0, 1, seed=2)))}
    return Projection(pre.name, post.name, rule, **weight, **delay, learning=learning, port=port)


@st.composite
def population(draw, name, n):
    neuron = draw(neurons(n))
    return Population(name, n, neuron, ThirdFactor(0.1, draw(one_or_each(factors, n))),
                      draw(st.sampled_from([Surrogate.triangle(3), Surrogate([-1, 2], [0, 1.5])])),
                      sign=draw(one_or_each(st.sampled_from([1, -1]), n)),
                      background=draw(st.none() | backgrounds(n, isinstance(neuron, IntegerLIF))))


@st.composite
def networks(draw):
    populations = [draw(population(f"p{k}", n))
                   for k, n in enumerate(draw(st.lists(st.integers(0, 4), max_size=3)))]
    sources = [Population(f"s{k}", n, PoissonSource(draw(rates(n))))
               for k, n in enumerate(draw(st.lists(st.integers(0, 4), max_size=2)))]
    inputs = [Input(f"i{k}", n) for k, n in enumerate(draw(st.lists(st.integers(0, 4), max_size=2)))]
    senders = st.sampled_from([*populations, *sources, *inputs])
    joined = [draw(projections(draw(senders), post)) for post in populations]
    counts = {part.name: draw(st.sampled_from([1, -1])) for part in (*populations, *inputs)}
    modulators = [Modulator(counts, np.inf, 0.5), Modulator(tau=draw(seconds), initial=draw(factors))]
    return Network(draw(st.floats(1e-5, 1)), [*populations, *sources], inputs, joined,
                   name=draw(st.sampled_from("ab")), modulators=modulators,
                   seed=draw(st.integers(0, 2**32 - 1)))


@given(networks())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_saved_network_comes_back_as_it_was(tmp_path, network):
    network.save(tmp_path / "network.npz")
    assert Network.load(tmp_path / "network.npz") == network


TOML = """
name = "small"
dt = 1e-3
seed = 7
[[modulator]]
counts = { in = 1, exc = -1 }
tau = inf
gain = 0.25
[[input]]
name = "in"
n = 2
[[population]]
name = "exc"
n = 3
[population.neuron]
model = "LIF"
tau_mem = [1e-2, 2e-2, inf]
v_threshold = 1
reset = ["value", "subtract", "value"]
threshold_noise = 0.25
[population.background]
rate = [100, 200, 300]
weight = 0.1
[population.third_factor]
tau = 0.1
[population.surrogate]
distance = [-1, 0, 1]
value = [0, 1, 0]
[[population]]
name = "noise"
n = 2
neuron = { model = "PoissonSource", rate = 5 }
[[projection]]
pre = "in"
post = "exc"
connect = { rule = "Dense", mask = [[1, 0, 1], [0, 1, 0]] }
weight = { distribution = "Normal", mean = 0.5, std = 0.1, seed = 4 }
delay_steps = 2
[[projection]]
pre = "exc"
post = "exc"
connect = "AllToAll"
weight = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
[projection.learning]
rule = "SumOfProducts"
program = "w += rate * M0 * x1 * m; @post w -= x1 * g"
parameters = { rate = 0.5 }
w_min = 0
w_max = 10
enabled = [[true, true, true], [true, true, true], [true, false, true]]
[projection.learning.x1]
trace = "Exponential"
tau = 0.02
"""


def load_toml(tmp_path, text):
    path = tmp_path / "network.toml"
    path.write_text(text)
    return Network.load(path)


def test_a_network_written_as_toml_is_the_one_written_in_python(tmp_path):
    assert load_toml(tmp_path, TOML) == Network(
        1e-3,
        [Population("exc", 3, LIF(tau_mem=[1e-2, 2e-2, np.inf], v_threshold=1,
                                  reset=["value", "subtract", "value"], threshold_noise=0.25),
                    third_factor=ThirdFactor(0.1), surrogate=Surrogate.triangle(1),
                    background=Poisson([100, 200, 300], 0.1)),
         Population("noise", 2, PoissonSource(5))],
        [Input("in", 2)],
        [Projection("in", "exc", Dense([[1, 0, 1], [0, 1, 0]]), Normal(0.5, 0.1, seed=4), delay_steps=2),
         Projection("exc", "exc", AllToAll(), np.arange(1.0, 10).reshape(3, 3), learning=SumOfProducts(
             "w += rate * M0 * x1 * m; @post w -= x1 * g", Exponential(0.02), parameters={"rate": 0.5},
             w_min=0, w_max=10, enabled=np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1]], bool)))],
        name="small", modulators=[Modulator({"in": 1, "exc": -1}, gain=0.25)], seed=7)


def test_toml_takes_arrays_from_a_file_beside_it(tmp_path):
    np.savez(tmp_path / "trained.npz", w=np.eye(3))
    text = TOML.replace("[[1, 2, 3], [4, 5, 6], [7, 8, 9]]", '{ file = "trained.npz", array = "w" }')
    assert np.array_equal(load_toml(tmp_path, text).projections[1].weight, np.eye(3))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_the_examples_compile(path):
    assert compile(Network.load(path)).image.n_neurons > 0


def test_there_are_examples():
    assert len(list(EXAMPLES.glob("*.toml"))) >= 2


@pytest.mark.parametrize(("old", "new", "message"), [
    ("dt = 1e-3", "", "the file: key 'dt' is missing"),
    ("dt = 1e-3", "dt = 'fast'", "dt must be a number"),
    ("dt = 1e-3", "dt = 1e-3\ntimestep = 3", "unknown key 'timestep'; there are format, version, dt, name"),
    ("dt = 1e-3", "dt = 1e-3\nversion = 3",
     "has version 3 of the snnsim network format; this snnsim reads up to 2: install a newer snnsim"),
    ("dt = 1e-3", "dt = 1e-3\nformat = 'x'", "format must be 'snnsim network', not 'x'"),
    ("dt = 1e-3", "dt = ", r"is not TOML: .*line 3"),
    ("n = 3", "", "population 'exc': key 'n' is missing"),
    ("n = 3", "n = 3\nsize = 3", "population 'exc': unknown key 'size'; there are name, n, neuron"),
    ("n = 3", "n = 2", r"population 'exc': tau_mem must have .* its 2 neurons"),
    ("[[input]]", "[input]", r"input must be a list of tables, each begun with \[\[input\]\]"),
    ('model = "LIF"', 'model = "HH"', "population 'exc': neuron: model must be one of LIF, .* not 'HH'"),
    ('model = "LIF"', "", "population 'exc': neuron: model must be one of"),
    ("v_threshold = 1", "v_thresh = 1", "population 'exc': neuron: LIF: unknown key 'v_thresh'"),
    ("v_threshold = 1", "", "population 'exc': neuron: LIF: key 'v_threshold' is missing"),
    ("v_threshold = 1", "v_threshold = nan", "population 'exc': neuron: LIF v_threshold must be .* not nan"),
    ("weight = 0.1", "", "population 'exc': background: Poisson takes weight, or weight_q for neurons"),
    ("weight = 0.1", "weights = 0.1", "'exc': background: Poisson: unknown key 'weights'; there are rate"),
    ("weight = 0.1", "weight_q = 1", "population 'exc': the background of a LIF takes weight"),
    ("rate = [100, 200, 300]\n", "", "population 'exc': background: Poisson: key 'rate' is missing"),
    ("rate = [100, 200, 300]", "rate = [100, 200]", "population 'exc': background rate must have one value"),
    (", rate = 5 }", ", rate = -5 }", "population 'noise': neuron: PoissonSource rate must be .* not -5.0"),
    (", rate = 5 }", " }", "population 'noise': neuron: PoissonSource: key 'rate' is missing"),
    ("threshold_noise = 0.25", "threshold_noise = inf", "exc': neuron: LIF threshold_noise must be a finite"),
    ('"Normal"', '"Cauchy"', "projection 'in->exc': weight: distribution must be one of Uniform, Normal"),
    ("seed = 4", "seed = 4.5", "projection 'in->exc': weight: Normal seed must be an integer"),
    ('"Dense"', '"Sparse"', "projection 'in->exc': connect: rule must be one of .*, not 'Sparse'"),
    ('"AllToAll"', '"Pairs"', "projection 'exc->exc': connect: Pairs: key 'pre' is missing"),
    ("delay_steps = 2", "delay = 1e-4", "projection 'in->exc': delay must be at least one dt, 0.001 s"),
    ("delay_steps = 2", "delay_steps = {}", "projection 'in->exc': delay_steps: must be a number, a list"),
    ("[[1, 2, 3], [4, 5, 6], [7, 8, 9]]", "[[1, 2], [3]]",
     "projection 'exc->exc': weight must be .* one length"),
    ("[[1, 2, 3], [4, 5, 6], [7, 8, 9]]", '{ file = "gone.npz", array = "w" }',
     "projection 'exc->exc': weight: array 'w' of gone.npz cannot be read"),
    ("seed = 7", "seed = -1", "Network seed must be an integer between 0 and 4294967295, not -1"),
    ("gain = 0.25", "gain = 3", "Modulator gain must be a finite number between -2.0 and 2.0, not 3.0"),
    ("gain = 0.25", "factor = 3", "modulator 'M0': unknown key 'factor'; there are counts, tau, gain, init"),
    ("exc = -1", "exc = 0.5", "Modulator counts of 'exc' must be 1 or -1, not 0.5"),
    ("exc = -1", "gone = 1", "modulator M0 counts 'gone', which does not exist; there are 'exc', 'noise'"),
    ("value = [0, 1, 0]", "value = [0, 1]",
     "population 'exc': surrogate: Surrogate distance and value must be two lists of one length"),
    ("value = [0, 1, 0]", "", "population 'exc': surrogate: Surrogate: key 'value' is missing"),
    ("[population.third_factor]\ntau = 0.1", "", "its rule uses m: give population 'exc' third_factor"),
    ('"SumOfProducts"', '"Hebb"', "projection 'exc->exc': learning: rule must be one of STDP, .* not 'Hebb'"),
    ("* m;", "* mu;", "there is no 'mu', only .*: line 1, character 23: 'w .= .* . -->mu; @post"),
    ('"Exponential"', '"Square"', "learning: x1: trace must be one of Exponential, .* not 'Square'"),
    ("[projection.learning.x1]\n", "[projection.learning.x2]\n", "the program uses x1: say what it is"),
    ("w_max = 10", "", "projection 'exc->exc': learning: SumOfProducts: key 'w_max' is missing"),
    ("w_max = 10", "w_max = -1", "SumOfProducts w_min must be at most w_max, not 0 and -1"),
    ("rate = 0.5", "x1 = 0.5", "parameters: 'x1' is a factor; use another name"),
    ("[true, false, true]]", "[true, false, 3]]", "SumOfProducts enabled must be True, False or an array of"),
    ('pre = "exc"', 'pre = "nobody"', "projection 'nobody->exc': pre 'nobody' does not exist; there"),
    ('pre = "exc"', "pre = 1979-05-27", "Projection pre must be a non-empty line of text"),
])
def test_a_mistake_in_toml_is_named_in_one_line_with_the_file(tmp_path, old, new, message):
    assert old in TOML
    with pytest.raises(UserError, match=message) as caught:
        load_toml(tmp_path, TOML.replace(old, new, 1))
    assert "\n" not in str(caught.value) and "network.toml" in str(caught.value)


def test_text_that_is_not_unicode_is_refused(tmp_path):
    (tmp_path / "network.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not TOML"):
        Network.load(tmp_path / "network.toml")


@pytest.mark.parametrize("name", ["network.toml", "network.npz"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(UserError, match=f"{name} does not exist"):
        Network.load(tmp_path / name)


def test_a_newer_file_is_refused(tmp_path):
    save_arrays(tmp_path / "network.npz", FORMAT, FORMAT_VERSION + 1, {}, {})
    with pytest.raises(UserError, match="install a newer snnsim"):
        Network.load(tmp_path / "network.npz")


def test_networks_are_not_written_as_toml(tmp_path):
    with pytest.raises(UserError, match="save to a .npz file"):
        load_toml(tmp_path, TOML).save(tmp_path / "other.toml")
    assert not (tmp_path / "other.toml").exists()


junk = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["array", "file", "model", "rule", "distribution", "trace", "n"]),
                        inner, max_size=3), max_leaves=5)


def places(record, path=()):
    """The path of every value in a record."""
    yield path
    if isinstance(record, list):
        record = dict(enumerate(record))
    for key, value in record.items() if isinstance(record, dict) else ():
        yield from places(value, (*path, key))


def put(record, path, value):
    for key in path[:-1]:
        record = record[key]
    record[path[-1]] = value


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_junk_anywhere_in_a_file_is_accepted_or_refused_in_one_line(tmp_path, data):
    load_toml(tmp_path, TOML).save(tmp_path / "good.npz")
    header, arrays = load_arrays(tmp_path / "good.npz", FORMAT, FORMAT_VERSION, ())
    put(header, data.draw(st.sampled_from([path for path in places(header) if path])), data.draw(junk))
    path = tmp_path / "junk.npz"
    save_arrays(path, FORMAT, FORMAT_VERSION, json.loads(json.dumps(header)), arrays)
    try:
        assert isinstance(Network.load(path), Network)
    except UserError as error:
        assert "\n" not in str(error) and "junk.npz" in str(error)
