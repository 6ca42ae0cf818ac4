"""How many bytes something takes, counted by its arrays."""

from dataclasses import fields, is_dataclass

import numpy as np

#: What may hold arrays in its attributes is of this package.
_PACKAGE = __name__.partition(".")[0]


def nbytes(thing, besides=None):
    """Bytes of the arrays that ``thing`` refers to, itself or through what it refers to.

    Memory that several share counts once, that of arrays of ``besides`` not at all.
    """
    excluded = {} if besides is None else dict(_memories(besides, set()))
    return sum(size for key, size in dict(_memories(thing, set())).items() if key not in excluded)


def text(size):
    """``4.02 MB``"""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.3g} {unit}"
        size /= 1000


def _memories(thing, seen):
    """``(identity, bytes)`` of each memory."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        while isinstance(thing.base, np.ndarray):
            thing = thing.base
        yield id(thing), thing.nbytes
        return
    for part in _parts(thing):
        yield from _memories(part, seen)


def _parts(thing):
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple):
        return list(thing)
    if is_dataclass(thing):  # what it has worked out and kept is no part of it
        return [getattr(thing, f.name) for f in fields(thing)]
    if type(thing).__module__.partition(".")[0] == _PACKAGE and hasattr(thing, "__dict__"):
        return list(vars(thing).values())
    return []
