"""Connection rules: which neurons of two populations a projection joins, and in which order.

Unless a rule says otherwise its synapses are in the order of the pre-synaptic, then of the
post-synaptic neuron. Values given per synapse follow that order.
"""

from dataclasses import dataclass

import numpy as np

from .values import Description, DescriptionError, array, integer, number, read_only, whole

_INDEX = np.int32


class Rule(Description):
    """Base of the connection rules. A rule with random parts gives the same synapses every time."""

    #: False: no neuron is joined to itself; only for a population projecting to itself.
    self_connections = True

    def pairs(self, n_pre, n_post):
        """The pre- and the post-synaptic neuron of each synapse: two integer arrays of one shape.

        Raises `DescriptionError` if the rule cannot join populations of these sizes.
        """
        raise NotImplementedError

    def check(self, n_pre, n_post):
        """Raise `DescriptionError` if the rule cannot join populations of these sizes."""

    def count(self, n_pre, n_post):
        """The number of synapses."""
        return self.pairs(n_pre, n_post)[0].size

    def for_weights(self, weight):
        """The rule itself, or where it depends on the ``weight`` array, the rule that this makes it."""
        return self


def _flag(value, what):
    if not isinstance(value, bool | np.bool_):
        raise DescriptionError(f"{what} must be True or False, not {value!r}")
    return bool(value)


def _without_self(rule, pre, post):
    if rule.self_connections:
        return pre, post
    other = pre != post
    return pre[other], post[other]


@dataclass(frozen=True, eq=False)
class AllToAll(Rule):
    """Every neuron to every neuron."""

    self_connections: bool = True

    def __post_init__(self):
        self._normalise(_flag, "self_connections")

    def pairs(self, n_pre, n_post):
        pre = np.repeat(np.arange(n_pre, dtype=_INDEX), n_post)
        post = np.tile(np.arange(n_post, dtype=_INDEX), n_pre)
        return _without_self(self, pre, post)

    def count(self, n_pre, n_post):
        return n_pre * n_post - (0 if self.self_connections else min(n_pre, n_post))


@dataclass(frozen=True, eq=False)
class OneToOne(Rule):
    """Neuron k to neuron k, of two populations of one size."""

    def check(self, n_pre, n_post):
        if n_pre != n_post:
            raise DescriptionError(f"OneToOne joins populations of one size, not of {n_pre} and {n_post}; "
                                   "use another rule, such as Pairs")

    def pairs(self, n_pre, n_post):
        self.check(n_pre, n_post)
        index = np.arange(n_pre, dtype=_INDEX)
        return index, index


@dataclass(frozen=True, eq=False)
class FixedProbability(Rule):
    """Each pair of neurons with probability ``p``, independently."""

    p: float
    seed: int
    self_connections: bool = True

    def __post_init__(self):
        self._normalise(number, "p", lo=0, hi=1)
        self._normalise(whole, "seed")
        self._normalise(_flag, "self_connections")

    def pairs(self, n_pre, n_post):
        if self.p == 1:
            return AllToAll(self.self_connections).pairs(n_pre, n_post)
        flat = self._chosen(n_pre * n_post)
        pre = flat // max(n_post, 1)
        post = flat - pre * n_post
        return _without_self(self, pre.astype(_INDEX), post.astype(_INDEX))

    def _chosen(self, pairs):
        """The numbers of the chosen pairs, found by drawing the gaps between them."""
        if self.p == 0 or pairs == 0:
            return np.empty(0, np.int64)
        rng = np.random.default_rng(self.seed)
        blocks, last = [], -1
        while last < pairs:
            expected = (pairs - last) * self.p
            gaps = rng.geometric(self.p, int(expected + 4 * np.sqrt(expected)) + 16)
            # A gap beyond the end ends the search; limited so that sums of gaps cannot overflow.
            blocks.append(last + np.cumsum(np.minimum(gaps, pairs + 1)))
            last = blocks[-1][-1]
        chosen = np.concatenate(blocks)
        return chosen[:np.searchsorted(chosen, pairs)]


@dataclass(frozen=True, eq=False)
class FixedInDegree(Rule):
    """Each post-synaptic neuron from ``k`` different pre-synaptic ones, drawn at random."""

    k: int
    seed: int
    self_connections: bool = True

    def __post_init__(self):
        self._normalise(whole, "k")
        self._normalise(whole, "seed")
        self._normalise(_flag, "self_connections")

    def count(self, n_pre, n_post):
        return self.k * n_post

    def check(self, n_pre, n_post):
        choices = self._choices(n_pre)
        if self.k > choices and n_post:
            raise DescriptionError(f"FixedInDegree k must be at most the {max(choices, 0)} neurons there are "
                                   f"to choose from, not {self.k}")

    def _choices(self, n_pre):
        return n_pre if self.self_connections else n_pre - 1

    def pairs(self, n_pre, n_post):
        self.check(n_pre, n_post)
        pre = _distinct(np.random.default_rng(self.seed), self._choices(n_pre), self.k, n_post)
        post = np.broadcast_to(np.arange(n_post, dtype=_INDEX)[:, None], pre.shape)
        if not self.self_connections:
            pre = pre + (pre >= post)  # step over the neuron itself
        pre, post = pre.ravel(), post.ravel()
        order = np.argsort(pre, kind="stable")
        return pre[order].astype(_INDEX), post[order]


def _distinct(rng, choices, k, rows):
    """``rows`` sorted sets of ``k`` distinct integers below ``choices``, shape (rows, k)."""
    if not rows * k:
        return np.empty((rows, k), _INDEX)
    if 2 * k > choices:
        return _complement(_distinct(rng, choices, choices - k, rows), choices)
    sets = np.sort(rng.integers(0, choices, (rows, k), dtype=_INDEX), axis=1)
    open_rows = np.arange(rows)
    while open_rows.size:
        some = sets[open_rows]
        twice = some[:, 1:] == some[:, :-1]
        again = twice.any(axis=1)
        open_rows, some, twice = open_rows[again], some[again], twice[again]
        # By symmetry between the neurons, replacing repetitions leaves all sets equally likely.
        some[:, 1:][twice] = rng.integers(0, choices, int(twice.sum()), dtype=_INDEX)
        sets[open_rows] = np.sort(some, axis=1)
    return sets


def _complement(sets, choices):
    """The integers below ``choices`` that are missing from each row."""
    rows, k = sets.shape
    missing = np.ones((rows, choices), bool)
    missing[np.arange(rows)[:, None], sets] = False
    return np.nonzero(missing)[1].astype(_INDEX).reshape(rows, choices - k)


@dataclass(frozen=True, eq=False)
class Pairs(Rule):
    """Synapse s joins neuron ``pre[s]`` to neuron ``post[s]``, in the order given.

    A pair may occur more than once: each is a synapse of its own. ``shape`` (n_pre, n_post), where
    given, must be that of the populations.
    """

    pre: np.ndarray
    post: np.ndarray
    shape: tuple = None

    def __post_init__(self):
        for what in ("pre", "post"):
            self._normalise(integer, what, lo=0)
            if np.ndim(getattr(self, what)) != 1:
                raise DescriptionError(f"Pairs {what} must be a list of neuron numbers, one per synapse")
        if self.pre.shape != self.post.shape:
            raise DescriptionError("Pairs needs as many pre- as post-synaptic neurons, "
                                   f"not {self.pre.size} and {self.post.size}")
        if self.shape is not None:
            shape = tuple(self.shape) if isinstance(self.shape, list | tuple) else (self.shape,)
            if len(shape) != 2:
                raise DescriptionError(f"Pairs shape must be (n_pre, n_post), not {self.shape!r}")
            object.__setattr__(self, "shape", tuple(whole(n, "Pairs shape") for n in shape))

    def check(self, n_pre, n_post):
        if self.shape is not None:
            _check_shape("the matrix", self.shape, n_pre, n_post)
        for what, index, n in (("pre", self.pre, n_pre), ("post", self.post, n_post)):
            if index.size and index.max() >= n:
                raise DescriptionError(f"Pairs {what}[{index.argmax()}] must be between 0 and {n - 1}, the "
                                       f"last neuron, not {index.max()}")

    def pairs(self, n_pre, n_post):
        self.check(n_pre, n_post)
        return self.pre, self.post

    def count(self, n_pre, n_post):
        return self.pre.size


@dataclass(frozen=True, eq=False)
class Dense(Rule):
    """A synapse wherever ``mask``, of shape (n_pre, n_post), is not zero.

    Without a mask the weight matrix is its own: weight 0 means no synapse.
    """

    mask: np.ndarray = None

    def __post_init__(self):
        if self.mask is None:
            return
        mask = array(self.mask, "Dense mask", "numbers")
        if mask.ndim != 2 or mask.dtype.kind not in "biuf":
            raise DescriptionError(f"Dense mask must be numbers of shape (n_pre, n_post), not {mask.dtype} "
                                   f"of shape {mask.shape}")
        object.__setattr__(self, "mask", read_only(mask != 0))

    def for_weights(self, weight):
        if self.mask is not None:
            return self
        if np.ndim(weight) != 2:
            raise DescriptionError("Dense without a mask needs a weight matrix of shape (n_pre, n_post); "
                                   "give one, or use AllToAll")
        return Dense(weight)

    def check(self, n_pre, n_post):
        _check_shape("the matrix", self.mask.shape, n_pre, n_post)

    def pairs(self, n_pre, n_post):
        self.check(n_pre, n_post)
        pre, post = np.nonzero(self.mask)
        return pre.astype(_INDEX), post.astype(_INDEX)

    def count(self, n_pre, n_post):
        return int(np.count_nonzero(self.mask))


def _check_shape(what, shape, n_pre, n_post):
    if shape != (n_pre, n_post):
        raise DescriptionError(f"{what} must have shape {(n_pre, n_post)}, pre- by post-synaptic neurons, "
                               f"not {shape}; transpose or resize it")
