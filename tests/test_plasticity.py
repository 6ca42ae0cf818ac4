"""Learning in integers: every number is checked, with a message, and counts in the digest."""

from dataclasses import replace

import numpy as np
import pytest

from snnsim.contract import Formats
from snnsim.contract.terms import FACTOR, ONE, Condition, Factor, Target, TraceMode
from snnsim.drive import drive_bounds
from snnsim.errors import UserError
from snnsim.image import Image
from snnsim.plasticity import LearningRows, Modulator, PostClass, Term, Trace
from snnsim.raster import SpikeRaster
from snnsim.simulator import ReferenceSimulator
from tests.generator import random_learning_image
from tests.learning_images import OTHER_RULE, RULE, image, plasticity
from tests.spoiled import assert_refused_when_spoiled


def terms(**changes):
    """The terms of the rule, the first with ``changes``."""
    return {"terms": (replace(RULE.terms[0], **changes), RULE.terms[1])}


def classes(**changes):
    return {"classes": (replace(plasticity().classes[0], **changes), plasticity().classes[1])}


def one(shape, where, value, dtype=np.int64):
    array = np.zeros(shape, dtype)
    array[where] = value
    return array


REFUSED = [
    ({"rule": {"terms": RULE.terms * 5}}, "projection 'first': a rule has at most 8 terms, not 10"),
    ({"rule": terms(coefficient=1 << 15)},
     "projection 'first': term 1: coefficient must be an integer between -32768 and 32767, not 32768"),
    ({"rule": terms(coefficient=0.5)}, "coefficient must be an integer between -32768 and 32767, not 0.5"),
    ({"rule": terms(shift=32)}, "term 1: shift must be an integer between 0 and 31, not 32"),
    ({"rule": terms(shift=True)}, "term 1: shift must be an integer between 0 and 31, not True"),
    ({"rule": terms(factors=(Factor.X1,) * 5)}, "term 1 has 5 factors, at most 4 are possible"),
    ({"rule": terms(factors=(Factor.Y1, Factor.X1))}, "term 1: factors must be in ascending order"),
    ({"rule": {"x1": Trace(keep=4097)}}, "x1: keep must be an integer between 0 and 4096, not 4097"),
    ({"rule": {"x2": Trace(amount=-32769)}}, "x2: amount must be an integer between -32768 and 32767"),
    ({"rule": {"x1": Trace(TraceMode.COUNTDOWN, amount=-1)}}, "x1: a countdown cannot begin at -1 steps"),
    ({"rule": {"x2": Trace(TraceMode.HISTORY, table=2)}}, "x2: there is no table 2, only 2"),
    ({"rule": {"x2": Trace(graded=True)}}, "x2 cannot be graded; only y1 and y2 can"),
    ({"rule": {"w_min": -129}}, "w_min must be an integer between -128 and 127, not -129"),
    ({"rule": {"w_max": 128}}, "w_max must be an integer between -128 and 127, not 128"),
    ({"rule": {"w_min": 51}}, "bounds 51 .. 50 are empty; give the lower one first"),
    ({"rule": {"w_min": -28, "w_max": 100, **terms(factors=(Factor.DOWN,))}},
     "bounds -28 .. 100 are too far apart for a rule that uses the distance to them: at most 127"),
    ({"rule": {"keep_e": -1}}, "projection 'first': keep_e must be an integer between 0 and 4096, not -1"),
    ({"learning": {"enabled": np.array([1, 0, 1])}}, "projection 'first': enabled must be True or False"),
    ({"learning": {"enabled": np.array([True, False])}}, "one for each synapse or one for all"),
    ({"q_weight": np.array([5, -60, 51])},
     r"projection 'first': weight\[2\] is 51, outside the bounds of its learning rule, -20 .. 50"),
    ({"plasticity": {"classes": ()}}, "there must be at least one class of post-synaptic neurons"),
    ({"plasticity": classes(y1=Trace(TraceMode.SET, graded=True))},
     "class 0: y1 is graded, so its mode must be ADD"),
    ({"plasticity": classes(y2=Trace(amount=40000))}, "class 0: y2: amount must be an integer between"),
    ({"plasticity": classes(keep_m=4097)}, "class 0: keep_m must be an integer between 0 and 4096, not 4097"),
    ({"plasticity": classes(grade_shift=32)}, "class 0: grade_shift must be an integer between 0 and 31"),
    ({"plasticity": classes(table=2)}, "class 0: there is no table 2, only 2"),
    ({"plasticity": {"neuron_class": np.array([0, 2, 0])}},
     r"neuron_class\[1\] must be between 0 and 1, not 2"),
    ({"plasticity": {"neuron_class": np.zeros(2, int)}}, r"neuron_class must have shape \(3,\), not \(2,\)"),
    ({"plasticity": {"sign": np.array([1, 0, 1])}}, "sign must be 1 or -1 for each neuron"),
    ({"plasticity": {"sign": np.array([1, 2, 1])}}, r"sign\[1\] must be between -1 and 1, not 2"),
    ({"plasticity": {"initial_m": one(3, 2, 1 << 15)}}, r"initial_m\[2\] must be between -32768 and 32767"),
    ({"plasticity": {"initial_m": np.zeros(3)}}, "initial_m must be integers, not float64"),
    ({"plasticity": {"counts": one((5, 4), (4, 3), 2)}}, r"counts\[4, 3\] must be between -1 and 1, not 2"),
    ({"plasticity": {"counts": np.zeros((3, 4), int)}}, r"counts must have shape \(5, 4\), not \(3, 4\)"),
    ({"plasticity": {"modulators": (Modulator(),)}}, "there are 4 modulators, not 1"),
    ({"plasticity": {"modulators": (Modulator(), Modulator(1 << 15), Modulator(), Modulator())}},
     "modulator M1 must be an integer between -32768 and 32767, not 32768"),
    ({"plasticity": {"modulators": (Modulator(keep=4097),) * 4}}, "modulator M0: keep must be an integer"),
    ({"plasticity": {"modulators": (Modulator(gain=1.0),) * 4}}, "modulator M0: gain must be an integer"),
    ({"plasticity": {"tables": one((2, 256), (1, 255), 1 << 15)}}, r"entries\[1, 255\] must be between"),
    ({"plasticity": {"tables": np.zeros((2, 9), int)}}, r"tables must have shape \(n, 256\), not \(2, 9\)"),
    ({"plasticity": {"seed": 1 << 32}}, "the seed must be an integer between 0 and 4294967295"),
    ({"adaptation": {"keep_z": one(3, 1, 4097)}}, r"keep_z\[1\] must be between 0 and 4096, not 4097"),
    ({"adaptation": {"jump": one(3, 1, -1)}}, r"jump\[1\] must be between 0 and 8388607, not -1"),
    ({"adaptation": {"initial": one(3, 0, 1 << 23)}}, r"initial z\[0\] must be between 0 and 8388607"),
    ({"adaptation": {"jump": np.zeros(2, int)}}, r"jump must have shape \(3,\), not \(2,\)"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_numbers_that_cannot_be_learned_with_are_refused_in_one_line(change, message):
    with pytest.raises(UserError, match=message) as caught:
        image(**change)
    assert "\n" not in str(caught.value)


def test_what_learns_or_adds_to_third_factors_needs_a_plasticity():
    learning = image().projections
    with pytest.raises(UserError, match="projections learn, so the image needs a Plasticity"):
        image(fields={"plasticity": None})
    with pytest.raises(UserError, match="adds to third factors, so the image needs a Plasticity"):
        image(fields={"plasticity": None, "projections": learning[2:]})
    assert not image(fields={"plasticity": None, "projections": learning[2:3]}).learns
    assert image().learns


@pytest.mark.parametrize(("field", "number"), [("target", 2), ("condition", 4), ("factors", (17,))])
def test_a_term_is_made_of_what_there_is(field, number):
    fields = {"target": 0, "condition": 0, "coefficient": 1, "shift": 0, "factors": ()}
    with pytest.raises(ValueError, match="is not a valid"):
        Term(**fields | {field: number})


def test_numbers_of_a_term_become_what_they_name():
    term = Term(1, 2, ONE, 0, (1, 14))
    assert term == Term(Target.TAG, Condition.STEP, ONE, 0, (Factor.X1, Factor.E))
    assert isinstance(term.target, Target) and isinstance(term.condition, Condition)


def test_a_rule_has_a_tag_if_a_term_reads_or_changes_one():
    assert RULE.has_tag and not OTHER_RULE.has_tag
    reads = replace(OTHER_RULE, terms=(Term(Target.WEIGHT, Condition.STEP, 1, 0, (Factor.E,)),))
    changes = replace(OTHER_RULE, terms=(Term(Target.TAG, Condition.STEP, 1, 0, ()),))
    assert reads.has_tag and changes.has_tag
    assert RULE.terms_of(Condition.POST) == RULE.terms[1:]
    assert RULE.uses(Factor.X2) and not RULE.uses(Factor.W)


def test_rules_are_those_of_the_projections_each_once():
    made = image()
    assert made.rules == (RULE, OTHER_RULE)
    first, second, *others = made.projections
    alike = replace(first, learning=replace(first.learning, arrival=False))
    assert image(fields={"projections": (alike, second, first, *others)}).rules == (RULE, OTHER_RULE)


def test_rows_that_learn_are_ordered_by_projection_source_and_delay():
    rows = image().learning_rows
    # The first projection learns on arrival: input 0 (source 3) after 1 and 2 steps, input 1 after 2.
    assert rows.projection.tolist() == [0, 0, 0, 1, 1]
    assert rows.source.tolist() == [3, 3, 4, 1, 2]
    assert rows.lag.tolist() == [1, 2, 2, 0, 0]
    assert [None if r is None else r.tolist() for r in rows.row] == [[1, 0, 2], [3, 4, 4], None, None]
    assert rows.size == 5
    assert LearningRows.of(()).size == 0


@pytest.mark.parametrize("seed", range(20))
def test_each_synapse_that_learns_belongs_to_the_row_of_its_source_and_delay(seed):
    made = random_learning_image(seed)
    rows = made.learning_rows
    for k, (p, row) in enumerate(zip(made.projections, rows.row, strict=True)):
        if p.learning is None:
            assert row is None
            continue
        assert (rows.projection[row] == k).all() and (rows.source[row] == p.sources()).all()
        assert (rows.lag[row] == (p.delays() if p.learning.arrival else 0)).all()
    keys = list(zip(rows.projection.tolist(), rows.source.tolist(), rows.lag.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert rows.size == sum(np.unique(row).size for row in rows.row if row is not None)


def test_weights_that_learn_count_with_their_bounds_in_the_sums_of_arrivals():
    first = image().projections[:1]
    # Bounds -20 .. 50 with the exponent 2, but the synapse onto neuron 2 keeps its weight of -60.
    highest, lowest = drive_bounds(3, first)
    assert highest.tolist() == [200, 200, 0]
    assert lowest.tolist() == [-80, -80, -240]


def test_bounds_beyond_the_drive_are_refused_where_the_weights_would_fit():
    narrow = replace(image().formats, drive_width=10)
    image(rule={"w_max": 50}, fields={"formats": narrow, "projections": image().projections[:1]})
    wide = image(rule={"w_max": 127}).projections[:1]
    assert image(fields={"formats": replace(narrow, drive_width=12), "projections": wide})
    with pytest.raises(UserError, match="arrivals of one step at neuron 0 could sum to 508"):
        image(fields={"formats": replace(narrow, drive_width=9), "projections": wide})


def test_sums_of_third_factors_are_proved_by_themselves():
    formats = replace(image().formats, drive_width=10)
    *others, third = image().projections
    large = replace(third, weight=np.array([100, 0, 0]))
    image(fields={"formats": replace(formats, drive_width=12), "projections": (*others, large)})
    with pytest.raises(UserError, match="third factors that arrive in one step at neuron 0 could sum to 400"):
        image(fields={"formats": replace(formats, drive_width=9), "projections": (large,)})


CHANGES = [
    *[{"rule": change} for change in (
        terms(target=Target.TAG), terms(condition=Condition.POST), terms(coefficient=-101), terms(shift=3),
        terms(factors=(Factor.X2,)), terms(factors=(Factor.X2, Factor.Y2)), {"terms": RULE.terms[:1]},
        {"terms": RULE.terms[::-1]}, {"x1": replace(RULE.x1, mode=TraceMode.SET)},
        {"x1": replace(RULE.x1, keep=4001)}, {"x1": replace(RULE.x1, amount=1001)},
        {"x2": replace(RULE.x2, table=0)}, {"w_min": -21}, {"w_max": 51}, {"keep_e": 1},
        {"stochastic": False})],
    {"learning": {"arrival": False}}, {"learning": {"enabled": np.array([True, False, False])}},
    {"q_learning": None, "q_weight": np.array([5, -60, 7])}, {"q_to_m": True},
    *[{"plasticity": change} for change in (
        classes(y1=Trace(amount=8, keep=5)), classes(y2=Trace(TraceMode.COUNTDOWN, amount=4)),
        classes(keep_m=10), classes(table=1), classes(table=None), classes(grade_shift=5),
        {"classes": (plasticity().classes[0], PostClass(Trace(amount=6)))},
        {"neuron_class": np.array([0, 0, 0])}, {"sign": np.array([1, 1, 1])},
        {"initial_m": np.array([0, 5, -7])}, {"counts": np.zeros((5, 4), int)},
        {"modulators": (Modulator(2, 2, 3), *plasticity().modulators[1:])},
        {"modulators": (Modulator(1, 1, 3), *plasticity().modulators[1:])},
        {"modulators": (Modulator(1, 2, 2), *plasticity().modulators[1:])},
        {"modulators": plasticity().modulators[::-1]},
        {"tables": np.arange(512).reshape(2, 256)[:, ::-1]}, {"tables": np.zeros((3, 256), int)},
        {"seed": 18})],
    *[{"adaptation": change} for change in (
        {"keep_z": np.array([1, 4096, 7])}, {"jump": np.array([3, 0, 2])}, {"initial": np.array([1, 2, 0])})],
    {"fields": {"adaptation": None}},
]


def test_every_number_of_learning_changes_the_digest():
    digests = [image().digest, *(image(**change).digest for change in CHANGES)]
    assert len(set(digests)) == len(digests)


def test_the_same_said_otherwise_leaves_the_digest():
    assert image(q_name="other").digest == image().digest
    within = np.array([5, -20, 7])
    each, once = (image(q_weight=within, learning={"enabled": np.ones(n, bool)}) for n in (3, 1))
    assert each.digest == once.digest != image(q_weight=within).digest


@pytest.mark.parametrize("made", [image(), *(image(**change) for change in CHANGES[::7]),
                                  *map(random_learning_image, range(8))])
def test_a_saved_image_comes_back_and_learns_alike(tmp_path, made):
    made.save(tmp_path / "image.npz")
    back = Image.load(tmp_path / "image.npz")
    assert back.digest == made.digest
    assert back.rules == made.rules
    assert [p.to_m for p in back.projections] == [p.to_m for p in made.projections]
    a, b = ReferenceSimulator(made).read_learning(), ReferenceSimulator(back).read_learning()
    assert [w.tolist() for w in a.weights] == [w.tolist() for w in b.weights]
    assert isinstance(back.rules[0].x1.mode, TraceMode) if back.rules else True


def test_an_image_without_learning_has_the_digest_that_it_would_have_had(tmp_path):
    fixed = image(fields={"projections": image().projections[2:3], "plasticity": None, "adaptation": None})
    assert fixed.rules == () and fixed.learning_rows.size == 0
    fixed.save(tmp_path / "image.npz")
    back = Image.load(tmp_path / "image.npz")
    assert (back.plasticity, back.adaptation, back.digest) == (None, None, fixed.digest)


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda h, arrays: h.pop("learning"), "is not a whole snnsim image file: 'learning'"),
    (lambda h, arrays: h["learning"]["rules"][0]["terms"][0].update(target=2), "is not a whole snnsim image"),
    (lambda h, arrays: h["learning"]["rules"][0]["terms"][0].update(shift=99), "shift must be an integer"),
    (lambda h, arrays: h["learning"]["rules"][0]["x1"].update(mode=4), "is not a whole snnsim image file"),
    (lambda h, arrays: h["learning"]["rules"].pop(), "is not a whole snnsim image file"),
    (lambda h, arrays: h["learning"]["plasticity"].update(seed=-1), "the seed must be an integer between 0"),
    (lambda h, arrays: arrays.pop("plasticity_sign"), "is not a whole snnsim image file: 'plasticity_sign'"),
    (lambda h, arrays: arrays.pop("projection0_enabled"), "'projection0_enabled'"),
    (lambda h, arrays: arrays.pop("adaptation_jump"), "'adaptation_jump'"),
    (lambda h, arrays: arrays["plasticity_sign"].__setitem__(0, 0), "sign must be 1 or -1 for each neuron"),
])
def test_a_spoiled_file_is_refused_in_one_line_with_its_name(tmp_path, spoil, message):
    assert_refused_when_spoiled(image(), tmp_path / "image.npz", spoil, message)


@pytest.mark.parametrize(("trace", "lifetime"), [
    (Trace(TraceMode.COUNTDOWN, amount=5), 5), (Trace(TraceMode.COUNTDOWN), 0), (Trace(TraceMode.HISTORY), 8),
    (Trace(TraceMode.SET, keep=0, amount=-9), 1), (Trace(TraceMode.SET, keep=2048, amount=8), 4),
    (Trace(TraceMode.ADD, keep=2048, amount=1), 16), (Trace(TraceMode.ADD, keep=4096, amount=1), None),
    (Trace(TraceMode.SET, keep=4096, amount=1), None), (Trace(TraceMode.SET, keep=4095, amount=3), 3)])
def test_the_lifetime_of_a_trace_is_how_long_its_largest_value_is_not_0(trace, lifetime):
    assert trace.lifetime(12) == lifetime
    assert trace.is_used == (lifetime != 0)


@pytest.mark.parametrize("trace", [
    Trace(TraceMode.COUNTDOWN, amount=5), Trace(TraceMode.HISTORY), Trace(TraceMode.SET, 3000, -77),
    Trace(TraceMode.SET, 0, 5), Trace(TraceMode.ADD, 3000, FACTOR.lo), Trace(TraceMode.ADD, 1, FACTOR.lo)])
def test_the_reference_keeps_a_trace_for_its_lifetime(trace):
    made = image(rule={"x1": trace}, learning={"arrival": False})
    one_event = SpikeRaster.from_events([0], [1], steps=1, neurons=2)
    machine, silence = ReferenceSimulator(made), SpikeRaster.from_events([], [], steps=1, neurons=2)
    machine.run(one_event)
    lifetime = trace.lifetime(made.formats.decay_bits)
    for _ in range(lifetime):
        assert machine.read_learning().x1[1] != 0
        machine.run(silence)
    assert machine.read_learning().x1[1] == 0


def test_the_default_formats_can_learn():
    assert image(fields={"formats": Formats()}).formats.weight.width == 8
