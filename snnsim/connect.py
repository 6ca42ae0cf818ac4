"""Connection rules: which neurons of two populations a projection joins, and in which order.

Unless a rule says otherwise its synapses are in the order of the pre-synaptic, then of the
post-synaptic neuron. Values given per synapse follow that order.
"""

from dataclasses import dataclass

import numpy as np

from .sampling import INDEX, all_unravelled, chosen_with, distinct, unravelled
from .values import Description, DescriptionError, array, integer, number, read_only, whole


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
        pre = np.repeat(np.arange(n_pre, dtype=INDEX), n_post)
        post = np.tile(np.arange(n_post, dtype=INDEX), n_pre)
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
        index = np.arange(n_pre, dtype=INDEX)
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
        chosen = chosen_with(np.random.default_rng(self.seed), self.p, n_pre * n_post)
        parts = [_without_self(self, *unravelled(some, n_post)) for some in chosen]
        parts = parts or [(np.empty(0, INDEX),) * 2]
        return tuple(np.concatenate(ends) for ends in zip(*parts, strict=True))


class _FixedDegree(Rule):
    """Base of the rules that draw ``k`` different neurons for each neuron of one end."""

    def __post_init__(self):
        self._normalise(whole, "k")
        self._normalise(whole, "seed")
        self._normalise(_flag, "self_connections")

    def _others(self, n, n_from):
        """For each of ``n`` neurons its sorted ``k`` of ``n_from``: shape (n, k)."""
        others = distinct(np.random.default_rng(self.seed), self._choices(n_from), self.k, n)
        if not self.self_connections:
            others += others >= np.arange(n, dtype=INDEX)[:, None]  # step over the neuron itself
        return others

    def _choices(self, n_from):
        return n_from if self.self_connections else n_from - 1

    def _check(self, n, n_from):
        choices = self._choices(n_from)
        if self.k > choices and n:
            raise DescriptionError(f"{type(self).__name__} k must be at most the {max(choices, 0)} neurons "
                                   f"there are to choose from, not {self.k}")


@dataclass(frozen=True, eq=False)
class FixedInDegree(_FixedDegree):
    """Each post-synaptic neuron from ``k`` different pre-synaptic ones, drawn at random."""

    k: int
    seed: int
    self_connections: bool = True

    def count(self, n_pre, n_post):
        return self.k * n_post

    def check(self, n_pre, n_post):
        self._check(n_post, n_pre)

    def pairs(self, n_pre, n_post):
        self.check(n_pre, n_post)
        flat = np.multiply(self._others(n_post, n_pre), n_post, dtype=np.int64)
        flat += np.arange(n_post)[:, None]
        flat = flat.ravel()
        flat.sort(kind="stable")  # which merges runs, as the sets of sources are
        return all_unravelled(flat, n_post)


@dataclass(frozen=True, eq=False)
class FixedOutDegree(_FixedDegree):
    """Each pre-synaptic neuron to ``k`` different post-synaptic ones, drawn at random."""

    k: int
    seed: int
    self_connections: bool = True

    def count(self, n_pre, n_post):
        return self.k * n_pre

    def check(self, n_pre, n_post):
        self._check(n_pre, n_post)

    def pairs(self, n_pre, n_post):
        self.check(n_pre, n_post)
        return np.repeat(np.arange(n_pre, dtype=INDEX), self.k), self._others(n_pre, n_post).ravel()


@dataclass(frozen=True, eq=False)
class FixedTotal(Rule):
    """``n`` synapses, each between a pair drawn at random: a pair may be drawn more than once."""

    n: int
    seed: int
    self_connections: bool = True

    def __post_init__(self):
        self._normalise(whole, "n")
        self._normalise(whole, "seed")
        self._normalise(_flag, "self_connections")

    def count(self, n_pre, n_post):
        return self.n

    def check(self, n_pre, n_post):
        if self.n and not n_pre * self._targets(n_post):
            raise DescriptionError(f"FixedTotal n must be 0 between {n_pre} and {n_post} neurons, which have "
                                   f"no pair to draw, not {self.n}")

    def _targets(self, n_post):
        """Targets of each source."""
        return n_post if self.self_connections else max(n_post - 1, 0)

    def pairs(self, n_pre, n_post):
        self.check(n_pre, n_post)
        targets = self._targets(n_post)
        flat = np.random.default_rng(self.seed).integers(0, n_pre * targets, self.n) if self.n \
            else np.zeros(0, np.int64)
        flat.sort()
        pre, post = all_unravelled(flat, targets)
        if not self.self_connections:
            post += post >= pre  # step over the neuron itself
        return pre, post


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
        return pre.astype(INDEX), post.astype(INDEX)

    def count(self, n_pre, n_post):
        return int(np.count_nonzero(self.mask))


def _check_shape(what, shape, n_pre, n_post):
    if shape != (n_pre, n_post):
        raise DescriptionError(f"{what} must have shape {(n_pre, n_post)}, pre- by post-synaptic neurons, "
                               f"not {shape}; transpose or resize it")
