"""What learning knows of the neurons, against the contract's rules in plain Python; one neuron per clock."""

import random

import pytest

from hdl.post import PostFactors, PostPipeline
from snnsim.contract import CoreConfig, Formats, plasticity
from snnsim.contract import neuron as rules
from snnsim.contract.layout import class_layout, post_layout
from snnsim.contract.terms import FACTOR, TABLE_SIZE, TraceMode
from tests.hdl.test_neuron import draw
from tests.helpers import run_component

NAMES = ("y1", "y2")
SIZES = {"neurons": 4096, "rows": 8192}


def ref_trace(config, c, name, x, tables, spike, graded):
    """``(as a factor, after the step, whether it saturates)``"""
    mode, entry = c[f"{name}_mode"], tables[c[f"{name}_table"]][x & 255] if tables else 0
    is_graded = c["y1_graded" if name == "y1" else "y2_graded"] if tables else 0
    amount = plasticity.increment(c[f"{name}_amount"], is_graded, graded)
    decayed = rules.decayed(rules.product(x, c[f"{name}_keep"]), config.formats.decay_bits)
    event = bool(spike or is_graded)
    total = plasticity.trace_sum(decayed, event, amount)
    saturates = mode == TraceMode.ADD and rules.saturates(total, FACTOR.lo, FACTOR.hi)
    return (plasticity.readout(x, mode, entry), plasticity.traced(x, decayed, total, event, amount, mode),
            bool(saturates))


def ref_post(config, c, tables, case):
    """What `PostPipeline` says of a neuron of the class ``c``."""
    graded = 0
    if tables and c["has_table"]:
        index = plasticity.grade_index(case["fired_at"], case["threshold"], c["grade_shift"])
        graded = tables[c["table"]][index]
    factors = {"post": case["spike"], "flipped": case["flipped"]}
    post, saturated, moves = {}, 0, case["spike"] or (tables and case["fired_at"] != 0)
    for name in NAMES:
        factors[name], post[name], saturates = ref_trace(
            config, c, name, case[name], tables, case["spike"], graded)
        saturated += saturates
        moves = moves or case[name] != 0 or post[name] != 0
    if config.third_factors:
        m_decayed = rules.decayed(rules.product(case["m"], c["keep_m"]), config.formats.decay_bits)
        m_sum = m_decayed + case["arrivals"]
        factors["m"] = post["m"] = rules.bounded(m_sum, FACTOR.lo, FACTOR.hi)
        saturated += rules.saturates(m_sum, FACTOR.lo, FACTOR.hi)
        moves = moves or post["m"] != 0
    if tables:
        factors["graded"] = graded
    return {"factors": factors, "post": post, "awake": int(bool(case["awake"] or moves)),
            "saturated": saturated}


def not_negative(x):
    return x if x >= 0 else ~x


def random_classes(rng, config):
    """All of `Memory.CLASSES`; only traces of mode ADD are graded."""
    classes = []
    for _ in range(config.post_classes + 1):
        c = {f.name: draw(rng, f) for f in class_layout(config).fields}
        for name in NAMES:
            keep = config.formats.keep.hi
            c[f"{name}_keep"] = rng.choice((0, 1, keep - 1, keep, rng.randint(0, keep)))
            if c[f"{name}_mode"] == TraceMode.COUNTDOWN:
                c[f"{name}_amount"] = not_negative(c[f"{name}_amount"])
            if config.tables and c[f"{name}_mode"] != TraceMode.ADD:
                c[f"{name}_graded"] = 0
        c |= {name: value % config.tables for name, value in c.items() if name.endswith("table")
              and name != "has_table"}
        if config.third_factors:
            c["keep_m"] = rng.choice((0, 1, keep, rng.randint(0, keep)))
        classes.append(c)
    return classes


def random_case(rng, config, classes):
    """A neuron with its ``class``."""
    number = rng.randrange(len(classes))
    state, zeros = config.formats.state, rng.random() < 0.2
    case = {"class": number, **{name: rng.randrange(2) for name in ("spike", "awake", "flipped")}}
    case |= {f.name: 0 if zeros else draw(rng, f) for f in post_layout(config).fields}
    for name in NAMES:
        mode = classes[number][f"{name}_mode"]
        if mode in (TraceMode.COUNTDOWN, TraceMode.HISTORY):
            case[name] = not_negative(case[name]) if mode == TraceMode.COUNTDOWN else case[name] & 255
    threshold = rng.randint(state.lo, state.hi)
    near = min(max(threshold + rng.randint(-300, 300), state.lo), state.hi)
    case |= {"threshold": threshold, "fired_at": rng.choice((0, near, rng.randint(state.lo, state.hi)))}
    reach = min(rng.choice((0, 1 << 10, 1 << 16, 1 << 31)), config.formats.drive.hi)
    return case | {"arrivals": rng.randint(-reach, reach)} | ({"spike": 0, "awake": 0} if zeros else {})


def rtl_posts(config, classes, tables, cases):
    """What the pipeline says of all cases, with gaps now and then."""
    dut, out = PostPipeline(config), []
    rng = random.Random(0)

    async def feed(ctx):
        for neuron, case in enumerate(cases):
            ctx.set(dut.i_neuron, neuron)
            ctx.set(dut.post_class, case["class"])
            for name in ("spike", "awake", "flipped", *(("fired_at", "threshold") if tables else ())):
                ctx.set(getattr(dut, name), case[name])
            ctx.set(dut.i_valid, 1)
            await ctx.tick()
            ctx.set(dut.i_valid, 0)
            if rng.random() < 0.1:
                await ctx.tick().repeat(rng.randrange(1, 4))
        await ctx.tick().repeat(dut.latency)
        assert not ctx.get(dut.busy)

    async def watch(ctx):
        ports = dut.o_valid, dut.o_neuron, dut.factors, dut.o_post, dut.o_awake, dut.saturated
        while True:
            _, _, valid, neuron, factors, post, awake, saturated = await ctx.tick().sample(*ports)
            if valid:
                assert neuron == len(out)
                out.append({
                    "factors": {name: factors[name] for name in factors.shape().members},
                    "post": {f.name: post[f.name] for f in post_layout(config).fields},
                    "awake": awake, "saturated": saturated})
            else:
                assert saturated == 0

    async def memories(ctx):
        """Each word a clock after its address."""
        ports = [dut.i_neuron, dut.class_address, *([dut.table_address] if tables else [])]
        while True:
            _, _, neuron, number, *addresses = await ctx.tick().sample(*ports)
            case = cases[neuron]
            ctx.set(dut.post, {f.name: case[f.name] for f in post_layout(config).fields})
            if config.third_factors:
                ctx.set(dut.arrivals, case["arrivals"])
            ctx.set(dut.class_data, classes[min(number, len(classes) - 1)])
            for k, address in enumerate(addresses[0] if tables else ()):
                ctx.set(dut.table_data[k], tables[address // TABLE_SIZE][address % TABLE_SIZE])

    run_component(dut, feed, watch, memories)
    return out


@pytest.mark.parametrize("config", [
    CoreConfig.with_learning(tables=2, post_classes=12, **SIZES),
    CoreConfig.with_learning(formats=Formats(8, 12, 8, 3, 24, 8), tables=1, post_classes=12, **SIZES),
    CoreConfig.with_learning(tables=0, post_classes=12, **SIZES),
    CoreConfig.with_learning(tables=0, third_factors=0, post_classes=12, **SIZES),
])
def test_pipeline_equals_the_rules(config):
    rng = random.Random(5)
    classes = random_classes(rng, config)
    tables = [[rng.randint(FACTOR.lo, FACTOR.hi) for _ in range(TABLE_SIZE)] for _ in range(config.tables)]
    cases = [random_case(rng, config, classes) for _ in range(1500)]
    expected = [ref_post(config, classes[case["class"]], tables, case) for case in cases]
    assert {e["awake"] for e in expected} == {0, 1}
    assert {e["saturated"] for e in expected} >= {0, 1, 2}
    modes = {c[f"{name}_mode"] for c in classes for name in NAMES}
    assert modes == set(TraceMode)
    assert rtl_posts(config, classes, tables, cases) == expected


def test_factors_are_read_in_all_lanes_at_once():
    config = CoreConfig(neurons=24, inputs=8, lanes=4, rows=64, plastic_rows=1)
    dut, rng = PostFactors(config), random.Random(2)
    written = {}

    async def body(ctx):
        for neuron in rng.sample(range(24), 24) + rng.sample(range(24), 5):  # some of them twice
            written[neuron] = {"post": rng.randrange(2), "flipped": rng.randrange(2),
                               **{name: rng.randint(FACTOR.lo, FACTOR.hi) for name in NAMES}}
            ctx.set(dut.w_neuron, neuron)
            ctx.set(dut.w_data, written[neuron])
            ctx.set(dut.w_en, 1)
            await ctx.tick()
        ctx.set(dut.w_en, 0)
        for _ in range(50):
            index = [rng.randrange(6) for _ in range(4)]
            for lane in range(4):
                ctx.set(dut.r_index[lane], index[lane])
            await ctx.tick()
            for lane in range(4):
                found = ctx.get(dut.r_data[lane])
                expected = written[index[lane] * 4 + lane]
                assert {name: found[name] for name in expected} == expected

    run_component(dut, body)
