"""The memory of a network that learns or adapts, between the runs of its kernel."""

import numpy as np

from snnsim.contract.plasticity import readout
from snnsim.contract.terms import MODULATORS, ONE
from snnsim.plasticity import LearningState

from .alike import Alike
from .learn_terms import Workspace
from .learning_kernel import RUN, Learning, Post
from .notes import Notes
from .plastic_rows import gather, pack_plastic, rest, scatter
from .replay import Ahead
from .rule_tables import NEURON_FACTORS, OF_M, OF_SIGN, OF_Y1, Modulators, Program


class LearningMemory:
    """Weights, tags and traces of an image, and how the kernel finds them.

    ``replay``: whether rules that allow it learn when a row is visited instead of when its targets fire.
    """

    def __init__(self, image, slots, replay):
        self.image, self._slots = image, slots
        self._program = Program.of(image, replay)
        self.packed, self._rows = pack_plastic(image, self._program.rules, slots)
        self.clear()

    @property
    def is_adaptive(self):
        """Whether blocks of neurons need their adaptive fields."""
        return self.image.adaptation is not None or self._has_grades

    @property
    def _has_grades(self):
        p = self.image.plasticity
        return p is not None and any(c.table is not None for c in p.classes)

    def clear(self):
        """Traces and tags 0, third factors and modulators as they begin; weights stay."""
        rows = self._rows
        rest(rows)
        self.packed.synapses.tag[:] = 0
        self.learning = Learning(
            self.image.plasticity is not None, self._has_grades, self._program, rows,
            self.packed.synapses, self._post(), Modulators.of(self.image), self._notes(rows.table),
            Workspace.empty(), self._alike(rows.targets), Ahead.empty(self._program.rules))

    def read(self):
        """The `LearningState` of now."""
        learning, post, n = self.learning, self.learning.post, self.image.n_neurons
        zeros = [np.zeros(p.n_synapses, np.int64) for p in self.image.projections]
        tags = tuple(zeros)
        if self._has_tags:
            tags = gather(self.image, self.packed, learning.synapses.tag, zeros)
        begun = [p.weights() for p in self.image.projections]
        weights = gather(self.image, self.packed, learning.synapses.weight, begun)
        y1, y2, m = (np.array(values[:n], dtype=np.int64) for values in (*post.y, post.factors[OF_M]))
        return LearningState(weights, tags, *learning.rows.table["x"].T.copy(), y1, y2, m,
                             learning.modulators.table["value"].copy())

    def write_weights(self, weights):
        """Replace all weights by ``weights``, an array for each projection."""
        scatter(self.image, self.packed, weights, self.packed.synapses.weight)

    def write_modulators(self, modulators):
        """Set the global modulators."""
        self.learning.modulators.table["value"] = modulators

    def write_third_factors(self, m):
        """Set the third factors of all neurons."""
        self.learning.post.factors[OF_M] = m
        self.learning.post.m_touched[-1] = 1

    @property
    def _has_tags(self):
        return any(rule.has_tag for rule in self.image.rules)

    def _post(self):
        n, plasticity = self.image.n_neurons, self.image.plasticity
        factors, runs = np.zeros((NEURON_FACTORS, n), np.int16), np.zeros(0, RUN)
        if plasticity is not None:
            factors[OF_SIGN] = ONE * plasticity.sign
            factors[OF_M] = plasticity.initial_m
            factors[OF_Y1:OF_Y1 + 2] = self._traces_at_rest()[:, plasticity.neuron_class]
            begins = np.flatnonzero(np.diff(plasticity.neuron_class, prepend=-1))
            runs = np.zeros(begins.size, RUN)
            runs["first"], runs["last"] = begins, np.append(begins[1:], n)
            runs["post_class"] = plasticity.neuron_class[begins]
        arrivals = np.zeros((self._slots, n if any(p.to_m for p in self.image.projections) else 0), np.int32)
        touched = np.zeros(self._slots + 1, np.uint8)
        touched[-1] = 1
        return Post(factors, np.zeros((2, n), np.int16), runs.view(np.recarray), arrivals, touched)

    def _alike(self, targets):
        some = targets if self._program.rules["alike"].any() else targets[:0]
        return Alike.empty(some, self.image.n_neurons, self.packed.synapses.target.dtype)

    def _traces_at_rest(self):
        """What the traces of each class are as factors before any spike, shape (2, classes)."""
        tables = self._program.tables
        traces = self._program.traces[:, self._program.classes["traces"]]
        return np.array([[readout(0, int(trace["mode"]), int(tables[trace["table"], 0])) for trace in row]
                         for row in traces], dtype=np.int64)

    def _notes(self, rows):
        rules = self._program.rules
        wanted = np.zeros(self.image.n_neurons, bool)
        for row in rows[(rules["has_post"] * rules["replays"])[rows["rule"]] != 0]:
            wanted[self.packed.synapses.target[row["first"]:row["last"]]] = True
        return Notes.empty(wanted, bool(np.any(rules["notes"] & rules["replays"])))


def unlearned(image):
    """The `LearningState` of an image of which nothing learns."""
    zeros = np.zeros(image.n_neurons, np.int64)
    return LearningState(
        tuple(p.weights().astype(np.int64) for p in image.projections),
        tuple(np.zeros(p.n_synapses, np.int64) for p in image.projections),
        np.zeros(0, np.int64), np.zeros(0, np.int64), zeros, zeros, zeros, np.zeros(MODULATORS, np.int64))


def learns_or_adapts(image):
    """Whether an image has anything that `kernel` leaves out."""
    return image.plasticity is not None or image.adaptation is not None
