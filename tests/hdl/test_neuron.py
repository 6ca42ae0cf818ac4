"""The neuron pipeline against the contract's rules in plain Python, one neuron per clock."""

import random

import pytest

from hdl.neuron import NeuronPipeline
from snnsim.contract import CoreConfig, Formats, noise, plasticity
from snnsim.contract import neuron as rules
from snnsim.contract.layout import noise_layout, parameter_layout, state_layout
from tests.helpers import run_component

FLAGS = ("spike", "awake", "i_saturates", "v_saturates")
#: Ports that only a core has that adapts or learns.
MORE = {"adaptive": ("z_saturates",), "plastic_rows": ("o_class", "o_flipped"),
        "tables": ("fired_at", "threshold")}


def outputs(config):
    """The names of all ports that say something of a neuron, beside its state."""
    return [*FLAGS, *(name for part, names in MORE.items() if getattr(config, part) for name in names)]


def ref_neuron(config, p, s, drive, h=0, columns=()):
    formats = config.formats
    draws = bool(config.draws and p["noise_source"])
    if draws:
        drive += noise.drawn(noise.lot(h), **columns[64 * (p["noise_source"] - 1) + noise.column(h)])
    lo, hi = formats.state.lo, formats.state.hi
    i_sum = rules.current_sum(rules.decayed(rules.product(s["i"], p["keep_i"]), formats.decay_bits), drive)
    i = rules.bounded(i_sum, lo, hi)
    v_decayed = rules.decayed(rules.product(s["v"], p["keep_v"]), formats.decay_bits)
    v_sum = rules.membrane_sum(rules.leaked(v_decayed, p["leak"]), i, p["bias"])
    v = rules.floored(rules.bounded(v_sum, lo, hi), p["v_min"])
    more, z, threshold = {}, 0, p["v_threshold"]
    if config.adaptive:
        z = rules.decayed(rules.product(s["z"], p["keep_z"]), formats.decay_bits)
        threshold = plasticity.effective_threshold(threshold, z)
    fired_at, amplitude = v, p.get("amplitude", 0)
    moved = noise.threshold_noise(noise.threshold_product(noise.mixed(h), amplitude))
    spike = rules.fires(v, s["r"], noise.noisy_threshold(threshold, moved))
    if config.adaptive:
        z_sum = plasticity.adapted(z, spike, p["jump"])
        z = rules.bounded(z_sum, 0, hi)
        more = {"z": z, "z_saturates": int(rules.saturates(z_sum, 0, hi))}
    if config.learns:
        more |= {"o_class": p["post_class"], "o_flipped": p["flipped"]}
    if config.tables:
        more |= {"fired_at": fired_at, "threshold": threshold}
    r = rules.reset_r(spike, s["r"], p["refractory"])
    v = rules.reset_v(v, spike, s["r"], p["v_threshold"], p["v_reset"], p["subtract"], p["hold"])
    lowest = noise.lowest_threshold(p["v_threshold"], amplitude)
    tonic = draws or rules.is_tonic(p["bias"], lowest, p["v_min"])
    return {
        "v": v, "i": i, "r": r, "spike": int(spike),
        "awake": int(not rules.at_rest(v, i, r, tonic) or z != 0),
        "i_saturates": int(rules.saturates(i_sum, lo, hi)),
        "v_saturates": int(rules.saturates(v_sum, lo, hi)), **more,
    }


def draw(rng, field):
    """Mostly corners: the ends of the range, their neighbours, 0 and its neighbours."""
    lo, hi = field.format.lo, field.format.hi
    corners = [x for x in (lo, lo + 1, -1, 0, 1, hi - 1, hi) if lo <= x <= hi]
    return rng.choice(corners) if rng.random() < 0.6 else rng.randint(lo, hi)


def random_case(rng, config):
    f = config.formats
    p = {field.name: draw(rng, field) for field in parameter_layout(config).fields}
    p |= {name: rng.choice((0, 1, f.keep.hi - 1, f.keep.hi, rng.randint(0, f.keep.hi)))
          for name in p if name.startswith("keep_")}
    p["subtract"] &= p["v_threshold"] >= 0
    s = {field.name: draw(rng, field) for field in state_layout(config).fields}
    s["r"] = rng.choice((0, 0, s["r"]))
    if config.draws:
        p |= {name: rng.choice((0, p[name])) for name in ("noise_source", "amplitude")}
    drive = rng.choice((0, f.drive.lo, f.drive.hi, rng.randint(f.drive.lo, f.drive.hi)))
    if rng.random() < 0.1:  # nearly at rest
        s, drive, p["bias"] = dict.fromkeys(s, 0), 0, 0
    return p, s, drive, rng.choice((0, 0xFFFFFFFF, rng.getrandbits(32), rng.getrandbits(32)))


def random_columns(rng, config):
    """Contents of the memory of noise sources."""
    fields = noise_layout(config).fields
    return [{field.name: draw(rng, field) for field in fields} for _ in range(64 * config.noise_sources)]


def rtl_neurons(config, cases, columns):
    """All cases, each a neuron, one a clock, with gaps now and then; the outputs in order."""
    dut, out = NeuronPipeline(config), []
    rng = random.Random(0)

    async def feed(ctx):
        for neuron in range(len(cases)):
            ctx.set(dut.i_neuron, neuron)
            ctx.set(dut.i_valid, 1)
            await ctx.tick()
            ctx.set(dut.i_valid, 0)
            if rng.random() < 0.1:
                await ctx.tick().repeat(rng.randrange(1, 4))
        await ctx.tick().repeat(dut.latency)
        assert not ctx.get(dut.busy)

    async def watch(ctx):
        names = outputs(config)
        ports = (dut.o_state, *(getattr(dut, name) for name in names))
        while True:
            _, _, valid, neuron, state, *flags = await ctx.tick().sample(dut.o_valid, dut.o_neuron, *ports)
            if valid:
                assert neuron == len(out)
                out.append({f.name: state[f.name] for f in state_layout(config).fields}
                           | dict(zip(names, flags, strict=True)))

    async def memories(ctx):
        """The words of each neuron a clock after its address."""
        packed = [parameter_layout(config).pack(**p) for p, *_ in cases]
        while True:
            _, _, neuron, addresses = await ctx.tick().sample(dut.i_neuron, dut.p_address)
            _, s, drive, h = cases[neuron]
            ctx.set(dut.state, s)
            ctx.set(dut.drive, drive)
            if config.draws:
                ctx.set(dut.hash, h)
            ctx.set(dut.parameters.as_value(), sum(
                packed[address] & (0xFFFFFFFF << 32 * k) for k, address in enumerate(addresses)))

    async def sources(ctx):
        """The columns of noise sources, each a clock after its address."""
        while True:
            _, _, address = await ctx.tick().sample(dut.column_address)
            ctx.set(dut.column, columns[address] if address < len(columns) else {})

    run_component(dut, feed, watch, memories, *([sources] if config.draws else []))
    return out


SIZES = {"neurons": 4096, "rows": 8192}
NARROW = Formats(state_width=16, decay_bits=12, drive_width=12, refractory_width=4)
WIDE = Formats(state_width=32, drive_width=32, refractory_width=16)


@pytest.mark.parametrize("config", [
    *(CoreConfig(formats=formats, read_registers=registers, **SIZES)
      for formats in (Formats(), NARROW, WIDE) for registers in (0, 1)),
    CoreConfig(formats=NARROW, adaptive=1, **SIZES),
    CoreConfig(formats=WIDE, adaptive=1, plastic_rows=1, tables=1, read_registers=0, **SIZES),
    CoreConfig(plastic_rows=1, tables=1, post_classes=16, **SIZES),
    CoreConfig(noise_sources=3, read_registers=0, **SIZES),
    CoreConfig(formats=WIDE, noise_sources=1, **SIZES),
    CoreConfig(formats=NARROW, adaptive=1, plastic_rows=1, tables=1, noise_sources=15, **SIZES),
])
def test_pipeline_equals_the_rules(config):
    rng = random.Random(3)
    cases, columns = [random_case(rng, config) for _ in range(3000)], random_columns(rng, config)
    expected = [ref_neuron(config, *case, columns) for case in cases]
    for name in outputs(config):
        assert len({case[name] for case in expected}) > 1, f"no case decides {name}"
    assert rtl_neurons(config, cases, columns) == expected
