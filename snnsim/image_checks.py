"""The checks of an `Image`: every number against its format, every index against what there is."""

import numpy as np

from .contract import Format
from .errors import UserError
from .noise import check_noise
from .plasticity_checks import check_plasticity, check_rule
from .slices import first_outside

_FLAGS = ("subtract", "hold")


class ImageError(UserError):
    """Numbers that are not an image: out of format, of unequal length, or with sums that overflow."""


def check_image(image):
    """Raise `ImageError` for the first number of ``image`` that cannot be."""
    _check_parts(image.populations, "population")
    _check_parts(image.inputs, "input")
    if image.n_neurons == 0:
        raise ImageError("the network has no neurons; give it a population with at least one")
    _check_neurons(image)
    for projection in image.projections:
        _check_projection(image, projection)
    _check_learning(image)
    if image.noise is not None:
        check_noise(image.noise, image.formats, image.n_neurons)


def _check_parts(parts, kind):
    first = 0
    for part in parts:
        if part.first != first or part.size < 0:
            raise ImageError(f"{kind} {part.name!r} must begin at {first}, not {part.first}")
        first += part.size


def _check_array(values, shape, format, what):
    if not isinstance(values, np.ndarray) or not np.issubdtype(values.dtype, np.integer):
        raise ImageError(f"{what} must be an array of integers")
    if values.shape != shape:
        raise ImageError(f"{what} must have shape {shape}, not {values.shape}")
    k = first_outside(values, format.lo, format.hi)
    if k is not None:
        raise ImageError(f"{what}[{k}] must be between {format.lo} and {format.hi}, not {values[k]}")


def _check_neurons(image):
    f, p, shape = image.formats, image.parameters, (image.n_neurons,)
    formats = {"keep_i": f.keep, "keep_v": f.keep, "leak": f.leak, "refractory": f.refractory}
    for name in p.names():
        if name not in _FLAGS:
            _check_array(getattr(p, name), shape, formats.get(name, f.state), name)
    for name in _FLAGS:
        flags = getattr(p, name)
        if flags.shape != shape or not np.isin(flags, (0, 1)).all():
            raise ImageError(f"{name} must be 0 or 1 for each of the {shape[0]} neurons")
    wrong = np.flatnonzero((p.subtract == 1) & (p.v_threshold < 0))
    if wrong.size:
        raise ImageError(f"neuron {wrong[0]} resets by subtraction and so needs a v_threshold of at least "
                         f"0, not {p.v_threshold[wrong[0]]}; let it reset to v_reset instead")
    _check_array(image.initial.v, shape, f.state, "initial v")
    _check_array(image.initial.i, shape, f.state, "initial i")
    _check_array(image.initial.r, shape, f.refractory, "initial r")


def _check_projection(image, p):
    what = f"projection {p.name!r}"
    sources = image.n_neurons + image.n_inputs
    if not (0 <= p.first_source and p.n_sources >= 0 and p.first_source + p.n_sources <= sources):
        raise ImageError(f"{what}: sources {p.first_source} .. {p.first_source + p.n_sources - 1} do not "
                         f"all exist; there are {sources}")
    if not (0 <= p.first_target and p.n_targets >= 0
            and p.first_target + p.n_targets <= image.n_neurons):
        raise ImageError(f"{what}: neurons {p.first_target} .. {p.first_target + p.n_targets - 1} do not "
                         f"all exist; there are {image.n_neurons}")
    if (p.indptr.shape != (p.n_sources + 1,) or p.indptr[0] != 0 or np.any(np.diff(p.indptr) < 0)
            or p.indptr[-1] != p.target.size):
        raise ImageError(f"{what}: indptr must rise from 0 to {p.target.size} in {p.n_sources + 1} entries")
    exponent = image.formats.exponent
    if not exponent.lo <= p.exponent <= exponent.hi:
        raise ImageError(f"{what}: exponent must be between {exponent.lo} and {exponent.hi}, "
                         f"not {p.exponent}")
    shape = p.target.shape
    if p.n_synapses and not (0 <= p.target.min() and p.target.max() < p.n_targets):
        raise ImageError(f"{what}: target {p.target.max()} does not exist; there are {p.n_targets}")
    one_or_each = shape if p.weight.shape != (1,) else (1,)
    _check_array(p.weight, one_or_each, image.formats.weight, f"{what}: weight")
    if p.delay.shape not in (shape, (1,)):
        raise ImageError(f"{what}: delay must have one entry per synapse or one for all")
    if p.delay.size and p.delay.min() < 1:
        raise ImageError(f"{what}: a delay is at least 1 step, not {p.delay.min()}")


def _check_learning(image):
    if image.learns and image.plasticity is None:
        raise ImageError("projections learn, so the image needs a Plasticity")
    if image.plasticity is not None:
        check_plasticity(image.plasticity, image.formats, image.n_neurons, image.n_inputs)
    elif any(p.to_m for p in image.projections):
        raise ImageError("a projection adds to third factors, so the image needs a Plasticity")
    tables = len(image.plasticity.tables) if image.plasticity else 0
    for p in image.projections:
        if p.learning is not None:
            _check_projection_learning(p, image.formats, tables)
    if image.adaptation is not None:
        a, shape, f = image.adaptation, (image.n_neurons,), image.formats
        _check_array(a.keep_z, shape, f.keep, "keep_z")
        _check_array(a.jump, shape, Format(0, f.state.hi), "jump")
        _check_array(a.initial, shape, Format(0, f.state.hi), "initial z")


def _check_projection_learning(p, formats, n_tables):
    what, rule = f"projection {p.name!r}", p.learning.rule
    check_rule(rule, formats, n_tables, what)
    enabled = p.learning.enabled
    if enabled.dtype != bool or enabled.shape not in ((p.n_synapses,), (1,)):
        raise ImageError(f"{what}: enabled must be True or False, one for each synapse or one for all")
    outside = p.learning.mask(p.n_synapses) & ((p.weight < rule.w_min) | (p.weight > rule.w_max))
    if outside.any():
        k = int(np.flatnonzero(outside)[0])
        raise ImageError(f"{what}: weight[{k}] is {p.weights()[k]}, outside the bounds of its learning rule, "
                         f"{rule.w_min} .. {rule.w_max}")
