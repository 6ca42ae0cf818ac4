"""Published learning rules, as programs in integers, against the same rules written down in floats."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim import (
    STDP,
    Exponential,
    Graded,
    Modulator,
    RectangularSTDP,
    RewardSTDP,
    SumOfProducts,
    Surrogate,
    SymmetricSTDP,
    ThirdFactor,
    TripletSTDP,
    WindowSTDP,
)
from tests.approximate import exact
from tests.float_rules import N_POST, N_PRE, W_MAX, W_MIN, Case, FloatRun, c, integer_run

TAU, TAU_2 = 20e-3, 50e-3
NOTHING = exact(np.zeros((N_PRE, N_POST)))
BOUNDS = {"w_min": W_MIN, "w_max": W_MAX}
A, B = 2e-3, 1.5e-3


def products(program, **others):
    return SumOfProducts(program, **{**BOUNDS, **others})


def taps(s):
    """SuperNeuroMAT: each lag strengthens if both spiked, and else weakens."""
    return s.x1 * s.post - c(float(np.sum(MINUS))), NOTHING


PLUS, MINUS = np.array([4.0, 2.0, 1.0]) * A, np.array([0.5, 0.25, 0.125]) * 2e-4
TRIPLET = {"a2_plus": A, "a2_minus": B, "a3_plus": A / 2, "a3_minus": B / 2}
G = Surrogate.triangle(2.0)
#: v itself, whose threshold is 1.
V = Surrogate([-1.0, 0.5], [0.0, 1.5])

CASES = {
    "pair STDP": Case(
        STDP(A, B, TAU, TAU_2, **BOUNDS),
        lambda s: (c(A) * s.x1 * s.post - c(B) * s.y1 * s.pre, NOTHING), 2),
    "nearest-spike STDP, rounded by chance": Case(
        products("@post w += a * x1; @pre w -= a * y1", x1=Exponential(TAU), y1=Exponential(TAU),
                 parameters={"a": A}, rounding="stochastic"),
        lambda s: (c(A) * s.x1 * s.post - c(A) * s.y1 * s.pre, NOTHING), 2),
    "NeuroCoreX": Case(
        RectangularSTDP(A, B, 10e-3, 15e-3, **BOUNDS),
        lambda s: (c(A) * s.x1 * s.post - c(B) * s.y1 * s.pre, NOTHING), 2),
    "SuperNeuroMAT": Case(WindowSTDP(PLUS, MINUS, **BOUNDS), taps, 2),
    "NALSM": Case(
        products("@post w += a * x1; @pre w -= b * M0 * y1", x1=Exponential(TAU), y1=Exponential(TAU),
                 parameters={"a": A, "b": B}),
        lambda s: (c(A) * s.x1 * s.post - c(B) * s.modulators[0] * s.y1 * s.pre, NOTHING), 2,
        modulators=(Modulator({"out": 1, "in": -1}, 0.1, 0.125),)),
    "symmetric STDP": Case(
        SymmetricSTDP(A / 4, TAU, TAU_2, **BOUNDS),
        lambda s: (c(A / 4) * s.x1 * s.post + c(A / 4) * s.y1 * s.pre, NOTHING), 2),
    "triplets": Case(
        TripletSTDP(**TRIPLET, tau_plus=17e-3, tau_minus=34e-3, tau_y=114e-3, tau_x=101e-3, **BOUNDS),
        lambda s: (s.x1 * s.post * (c(A) + c(A / 2) * s.y2)
                   - s.y1 * s.pre * (c(B) + c(B / 2) * s.x2), NOTHING), 4),
    "R-STDP": Case(
        RewardSTDP(0.1, 0.03, TAU, TAU, 0.1, 4e-3, **BOUNDS),
        lambda s: (c(4e-3) * s.modulators[0] * s.e, c(0.1) * s.x1 * s.post - c(0.03) * s.y1 * s.pre), 2,
        modulators=(Modulator({"in": 1}, 20e-3, 0.125, initial=0.5),)),
    "TESS": Case(
        products("w += m * (a * g * x1 + b * pre * y2)", x1=Exponential(TAU), y2=Graded(TAU),
                 parameters={"a": 3e-4, "b": 2e-4}),
        lambda s: (s.m * (c(3e-4) * s.g * s.x1 + c(2e-4) * s.pre * s.y2), NOTHING), 2,
        population={"third_factor": ThirdFactor(0.02), "surrogate": G}, tau_m=0.02),
    "e-prop": Case(
        products("e += g * x1 / 64; w += 2**-6 * m * e", x1=Exponential(TAU), tau_e=20e-3),
        lambda s: (c(2 ** -6) * s.m * s.e, c(1 / 64) * s.g * s.x1), 1,
        population={"third_factor": ThirdFactor(0.02), "surrogate": G}, tau_m=0.02),
    "what and when": Case(
        products("w += 4e-4 * m * M1 * x1", x1=Exponential(TAU)),
        lambda s: (c(4e-4) * s.m * s.modulators[1] * s.x1, NOTHING), 1,
        modulators=(Modulator(), Modulator({"out": 1}, 20e-3, 0.125)),
        population={"third_factor": ThirdFactor(0.02)}, tau_m=0.02),
    "HLOP, transposed": Case(
        products("w -= 1e-3 * x1 * g", x1=Exponential(TAU)),
        lambda s: (-c(1e-3) * s.x1 * s.g, NOTHING), 1, population={"surrogate": V}),
    "equilibrium propagation": Case(
        products("w += 2e-3 * M0 * x1 * y1", x1=Exponential(TAU), y1=Exponential(TAU)),
        lambda s: (c(2e-3) * s.modulators[0] * s.x1 * s.y1, NOTHING), 1,
        modulators=(Modulator(initial=-0.5),), written={300: (0.5, 0, 0, 0)}),
    "Oja": Case(
        products("w += 2e-3 * x1 * y1 - 0.02 * y1 * y1 * w", x1=Exponential(TAU), y1=Exponential(TAU)),
        lambda s: (c(2e-3) * s.x1 * s.y1, NOTHING), 2, forgets=lambda s: c(0.02) * s.y1 * s.y1),
    "soft bounds": Case(
        products("@post w += 0.02 * x1 * (w_max - w); @pre w -= 0.02 * y1 * (w - w_min)", x1=Exponential(TAU),
                 y1=Exponential(TAU)),
        lambda s: (c(0.02) * (s.x1 * s.post * W_MAX + s.y1 * s.pre * W_MIN), NOTHING), 2,
        forgets=lambda s: c(0.02) * (s.x1 * s.post + s.y1 * s.pre)),
    "synchrony": Case(
        products("e += x1 * y1 / 256", x1=Exponential(TAU), y1=Exponential(TAU), tau_e=0.1),
        lambda s: (NOTHING, c(1 / 256) * s.x1 * s.y1), 1),
}


def compared(case, rule, seed=1):
    """``(largest error as a share of its bound, largest bound as a share of what was learned)``."""
    compilation, results, w, e = integer_run(case, rule, seed)
    assert sum(r.learning_saturations for r in results) == 0
    floats = FloatRun(case, case.rule, compilation)
    begin = floats.w.value
    exact_w, exact_e = floats.run(seed)
    shares, bounds = [], []
    changed = np.abs(exact_w.value - begin).max()
    for integers, f, size in ((w, exact_w, changed), (e, exact_e, floats.largest_e)):
        if size:
            shares.append((np.abs(integers - f.value) / np.maximum(f.error, 1e-30)).max())
            bounds.append(f.error.max() / size)
    return max(shares), max(bounds)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_in_integers_is_the_rule_in_floats_within_what_rounding_allows(name):
    case = CASES[name]
    share, bound = compared(case, case.rule)
    assert share <= 1
    assert bound < 0.1  # or the line above would say nothing


def other_amplitude(rule):
    """The rule with its first coefficient a quarter larger."""
    program = rule.sum_of_products()
    first = program.products[0]
    text = f"@{first.condition} {first.target} += {0.25 * first.coefficient!r} * {' * '.join(first.factors)}"
    return replace(program, program=f"{program.program}\n{text.rstrip(' *')}")


@pytest.mark.parametrize("name", CASES)
def test_a_rule_with_an_amplitude_that_is_wrong_by_a_quarter_is_caught(name):
    case = CASES[name]
    assert compared(case, other_amplitude(case.rule))[0] > 1
