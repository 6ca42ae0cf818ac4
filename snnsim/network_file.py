"""Networks in files: TOML written by hand, or ``.npz`` written by `save`; one form for both.

A file is a table of tables. Those that stand for a description have its fields as keys, and one key more
that says which it is: ``model`` of a neuron, ``rule`` of a connection or of learning, ``trace`` of a trace,
``distribution`` of values. Arrays are lists in TOML; ``{file = "f.npz", array = "name"}`` is an array of a
file beside it. ``docs/description.md`` has the form with examples.
"""

import tomllib
import zipfile
from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path

import numpy as np

from .background import Poisson
from .connect import (
    AllToAll,
    Dense,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotal,
    OneToOne,
    Pairs,
)
from .distributions import Normal, Uniform
from .errors import UserError
from .learning import (
    STDP,
    Countdown,
    Exponential,
    Graded,
    History,
    IntegerTrace,
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
from .learning.program import TRACES
from .network import LIF, Input, IntegerLIF, Network, PoissonSource, Population, Projection
from .storage import load_arrays, save_arrays
from .values import Description, DescriptionError, about

FORMAT = "snnsim network"
FORMAT_VERSION = 2


def _by_name(*classes):
    return {c.__name__: c for c in classes}


_TRACES = _by_name(Exponential, Countdown, History, Graded, IntegerTrace)
_DISTRIBUTIONS = _by_name(Uniform, Normal)
#: Keys of values that are descriptions: the key that says which one, and those that there are by its value.
_KINDS = {
    "neuron": ("model", _by_name(LIF, IntegerLIF, PoissonSource)),
    "connect": ("rule", _by_name(AllToAll, OneToOne, FixedProbability, FixedInDegree, FixedOutDegree,
                                  FixedTotal, Pairs, Dense)),
    "learning": ("rule", _by_name(STDP, SymmetricSTDP, RectangularSTDP, WindowSTDP, RewardSTDP, TripletSTDP,
                                  SumOfProducts)),
    **{name: ("trace", _TRACES) for name in TRACES},
}
#: Keys of values that can be only one description, and of tables of numbers by name.
_SINGLE = {"third_factor": ThirdFactor, "surrogate": Surrogate, "background": Poisson}
_NUMBERS = ("counts", "parameters")
_TAGS = {cls: (tag, name) for tag, classes in (*_KINDS.values(), ("distribution", _DISTRIBUTIONS))
         for name, cls in classes.items()}
#: Fields of a network: the key of their tables, and what each table describes.
_PARTS = {"populations": ("population", Population), "inputs": ("input", Input),
          "projections": ("projection", Projection), "modulators": ("modulator", Modulator)}
_PLAIN = ("name", "seed")
_KEYS = ("format", "version", "dt", *_PLAIN, *(key for key, _ in _PARTS.values()))


def save(network, path):
    """Write ``network`` to ``path``, one ``.npz`` file. Raises `UserError` for a ``.toml`` path."""
    check_path(path)
    arrays = {}
    header = {name: getattr(network, name) for name in ("dt", *_PLAIN)}
    for field, (key, _) in _PARTS.items():
        header[key] = [_record(part, arrays) for part in getattr(network, field)]
    save_arrays(path, FORMAT, FORMAT_VERSION, header, arrays)


def check_path(path):
    """Raise `UserError` for a path that `save` refuses."""
    if _is_toml(path):
        raise UserError(f"cannot write {path}: TOML is for networks written by hand; save to a .npz file")


def load(path):
    """The `Network` in a file. Raises `UserError` naming the file and the key that is wrong."""
    record, fetch = _read_toml(path) if _is_toml(path) else _read_npz(path)
    try:
        return _network(record, fetch)
    except DescriptionError as error:
        raise UserError(f"{path}: {error}") from None


def _is_toml(path):
    return Path(path).suffix.lower() == ".toml"


def _read_npz(path):
    header, arrays = load_arrays(path, FORMAT, FORMAT_VERSION, ())
    return header, partial(_own_array, arrays)


def _read_toml(path):
    try:
        with open(path, "rb") as file:
            record = tomllib.load(file)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} is not TOML: {error}") from None
    found, version = record.get("format", FORMAT), record.get("version", FORMAT_VERSION)
    if found != FORMAT:
        raise UserError(f"{path}: format must be {FORMAT!r}, not {found!r}")
    if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
        raise UserError(f"{path} has version {version!r} of the {FORMAT} format; this snnsim reads up to "
                        f"{FORMAT_VERSION}: install a newer snnsim")
    return record, partial(_array_beside, Path(path).parent)


def _own_array(arrays, reference):
    """The array of the same file that ``reference`` names."""
    name = reference.get("array")
    if set(reference) != {"array"} or not isinstance(name, str) or name not in arrays:
        raise DescriptionError(f"must be an array of this file, not {reference!r}")
    return arrays[name]


def _array_beside(folder, reference):
    """The array of another file, beside the TOML file in ``folder``."""
    if set(reference) != {"file", "array"} or not all(isinstance(v, str) for v in reference.values()):
        raise DescriptionError("must be a number, a list, a distribution, or an array as { file = \"f.npz\", "
                               f"array = \"name\" }}, not {reference!r}")
    try:
        with np.load(folder / reference["file"], allow_pickle=False) as file:
            return file[reference["array"]]
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        message = str(error).splitlines()[0]
        raise DescriptionError(f"array {reference['array']!r} of {reference['file']} cannot be read: "
                               f"{message}") from None


def _network(record, fetch):
    _check_keys(record, _KEYS, ("dt",), "the file")
    tables = {key: _tables(record, key) for key, _ in _PARTS.values()}
    parts = {field: [_part(cls, table, _what(key, k, table), fetch) for k, table in enumerate(tables[key])]
             for field, (key, cls) in _PARTS.items()}
    return Network(dt=record["dt"], **parts, **{key: record[key] for key in _PLAIN if key in record})


def _tables(record, key):
    tables = record.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DescriptionError(f"{key} must be a list of tables, each begun with [[{key}]]")
    return tables


def _what(key, k, table):
    """What to call part ``k`` in messages, however incomplete it is."""
    name = f"M{k}" if key == "modulator" else table.get("name")
    if name is None and key == "projection":
        name = f"{table.get('pre')}->{table.get('post')}"
    return f"{key} {name!r}" if name is not None else key


def _part(cls, table, what, fetch):
    """A part of a network: the one place where its name comes before a message."""
    _check_keys(table, [f.name for f in fields(cls)], _required(cls), what)
    values = {}
    for key, value in table.items():
        with about(f"{what}: {key}"):
            values[key] = _value(key, value, fetch)
    return cls(**values)


def _value(key, value, fetch):
    if key in _KINDS:
        tag, classes = _KINDS[key]
        return _tagged(tag, classes, {tag: value} if isinstance(value, str) else value, fetch)
    if not isinstance(value, dict) or key in _NUMBERS:
        return value
    if key in _SINGLE:
        return _described(_SINGLE[key], value, fetch)
    return _tagged("distribution", _DISTRIBUTIONS, value, fetch) if "distribution" in value else fetch(value)


def _tagged(tag, classes, table, fetch):
    """The description that ``table`` stands for; its key ``tag`` says which."""
    kind = table.get(tag) if isinstance(table, dict) else None
    if not isinstance(kind, str) or kind not in classes:
        raise DescriptionError(f"{tag} must be one of {', '.join(classes)}, not {kind!r}")
    return _described(classes[kind], {key: value for key, value in table.items() if key != tag}, fetch)


def _described(cls, table, fetch):
    """The description of this class that ``table`` stands for."""
    _check_keys(table, [f.name for f in fields(cls)], _required(cls), cls.__name__)
    values = {}
    for key, value in table.items():
        with about(key):
            values[key] = _value(key, value, fetch)
    return cls(**values)


def _required(cls):
    return [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]


def _check_keys(table, known, required, what):
    for key in table:
        if key not in known:
            raise DescriptionError(f"{what}: unknown key {key!r}; there are {', '.join(known)}")
    for key in required:
        if key not in table:
            raise DescriptionError(f"{what}: key {key!r} is missing")


def _record(description, arrays):
    """The table that stands for ``description``; its arrays are added to ``arrays``."""
    table = dict([_TAGS[type(description)]] if type(description) in _TAGS else [])
    for f in fields(description):
        value = getattr(description, f.name)
        if value is not None:
            table[f.name] = _recorded(value, arrays)
    return table


def _recorded(value, arrays):
    if isinstance(value, Description):
        return _record(value, arrays)
    if isinstance(value, np.ndarray):
        name = f"array{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    return value
