"""Networks in files: TOML written by hand, or ``.npz`` written by `save`; one form for both.

A file is a table of tables. Those that stand for a description have its fields as keys, and one key
more that says which it is: ``model`` of a neuron, ``rule`` of a connection, ``distribution`` of values.
Arrays are lists in TOML; ``{file = "f.npz", array = "name"}`` is an array of a file beside it.
``docs/description.md`` has the form with examples.
"""

import tomllib
import zipfile
from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path

import numpy as np

from .connect import AllToAll, Dense, FixedInDegree, FixedProbability, OneToOne, Pairs
from .distributions import Normal, Uniform
from .errors import UserError
from .network import LIF, Input, IntegerLIF, Network, Population, Projection
from .storage import load_arrays, save_arrays
from .values import Description, DescriptionError, about

FORMAT = "snnsim network"
FORMAT_VERSION = 1

_MODELS = {c.__name__: c for c in (LIF, IntegerLIF)}
_RULES = {c.__name__: c for c in (AllToAll, OneToOne, FixedProbability, FixedInDegree, Pairs, Dense)}
_DISTRIBUTIONS = {c.__name__: c for c in (Uniform, Normal)}
_TAGS = {"model": _MODELS, "rule": _RULES, "distribution": _DISTRIBUTIONS}
_KEYS = ("format", "version", "name", "dt", "population", "input", "projection")


def save(network, path):
    """Write ``network`` to ``path``, one ``.npz`` file. Raises `UserError` for a ``.toml`` path."""
    if _is_toml(path):
        raise UserError(f"cannot write {path}: TOML is for networks written by hand; save to a .npz file")
    arrays = {}
    header = {"name": network.name, "dt": network.dt}
    for key, parts in (("population", network.populations), ("input", network.inputs),
                       ("projection", network.projections)):
        header[key] = [_record(part, arrays) for part in parts]
    save_arrays(path, FORMAT, FORMAT_VERSION, header, arrays)


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
    parts = {key: _tables(record, key) for key in ("population", "input", "projection")}
    return Network(
        dt=record["dt"],
        populations=[_part(Population, table, _what("population", table), fetch)
                     for table in parts["population"]],
        inputs=[_part(Input, table, _what("input", table), fetch) for table in parts["input"]],
        projections=[_part(Projection, table, _what("projection", table), fetch)
                     for table in parts["projection"]],
        **{key: record[key] for key in ("name",) if key in record})


def _tables(record, key):
    tables = record.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DescriptionError(f"{key} must be a list of tables, each begun with [[{key}]]")
    return tables


def _what(key, table):
    """What to call a part in messages, however incomplete it is."""
    name = table.get("name")
    if name is None and key == "projection":
        name = f"{table.get('pre')}->{table.get('post')}"
    return f"{key} {name!r}" if name is not None else key


def _part(cls, table, what, fetch):
    """A population, an input or a projection: the one place where its name comes before a message."""
    keys = [f.name for f in fields(cls)]
    _check_keys(table, keys, _required(cls), what)
    values = {}
    for key, value in table.items():
        with about(f"{what}: {key}"):
            values[key] = _value(key, value, fetch)
    return cls(**values)


def _value(key, value, fetch):
    if key == "neuron":
        return _tagged("model", value, fetch)
    if key == "connect":
        return _tagged("rule", {"rule": value} if isinstance(value, str) else value, fetch)
    if isinstance(value, dict):
        return _tagged("distribution", value, fetch) if "distribution" in value else fetch(value)
    return value


def _tagged(tag, table, fetch):
    """The description that ``table`` stands for; its key ``tag`` says which."""
    classes = _TAGS[tag]
    kind = table.get(tag) if isinstance(table, dict) else None
    if not isinstance(kind, str) or kind not in classes:
        raise DescriptionError(f"{tag} must be one of {', '.join(classes)}, not {kind!r}")
    cls = classes[kind]
    values = {key: value for key, value in table.items() if key != tag}
    _check_keys(values, [f.name for f in fields(cls)], _required(cls), kind)
    for key, value in values.items():
        if isinstance(value, dict):
            with about(key):
                values[key] = fetch(value)
    return cls(**values)


def _required(cls):
    return [f.name for f in fields(cls) if f.default is MISSING]


def _check_keys(table, known, required, what):
    for key in table:
        if key not in known:
            raise DescriptionError(f"{what}: unknown key {key!r}; there are {', '.join(known)}")
    for key in required:
        if key not in table:
            raise DescriptionError(f"{what}: key {key!r} is missing")


def _record(description, arrays):
    """The table that stands for ``description``; its arrays are added to ``arrays``."""
    table = {tag: type(description).__name__ for tag, classes in _TAGS.items()
             if type(description).__name__ in classes}
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
