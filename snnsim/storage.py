"""Files of the project: a zip of plain arrays with a header, written whole or not at all."""

import json
import os
import struct
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from .errors import UserError

#: What reading a file can raise that is not such a zip of arrays, or a damaged one.
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, EOFError, IndexError, NotImplementedError,
              RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)
#: Of compression: the numbers of neurons, most of a large file, do not get smaller with more effort.
FASTEST = 1


@contextmanager
def replacing(path, mode="wb"):
    """Open a temporary file that takes the place of ``path`` only if the body succeeds.

    Raises `UserError` if the folder cannot be written to.
    """
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}; choose another place") from None
    try:
        with os.fdopen(handle, mode) as file:
            yield file
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def save_arrays(path, format, version, header, arrays):
    """Write ``arrays`` and a JSON ``header`` to ``path``, as ``numpy.savez_compressed`` does."""
    text = json.dumps({"format": format, "version": version, **header}, sort_keys=True)
    with replacing(path) as file, ZipFile(file, "w", ZIP_DEFLATED, compresslevel=FASTEST) as archive:
        for name, array in {"header": np.array(text), **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def format_of(path):
    """The name of the format of a file that `save_arrays` wrote, None for any other file."""
    try:
        with open(path, "rb") as handle, np.load(handle, allow_pickle=False) as file:
            return json.loads(str(file["header"]))["format"]
    except (OSError, *_MALFORMED):
        return None


def load_arrays(path, format, version, names):
    """Read ``(header, arrays)`` of a file that `save_arrays` wrote.

    Raises `UserError` for a missing or malformed file, another format, a newer version, or one of
    ``names`` that is missing.
    """
    try:
        with open(path, "rb") as handle, np.load(handle, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(str(arrays.pop("header")))
        found, found_version = header.pop("format"), header.pop("version")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except _MALFORMED as error:
        raise UserError(f"{path} is not a {format} file: {error}") from None
    if found != format:
        raise UserError(f"{path} is a {found} file, not a {format} file")
    if not isinstance(found_version, int) or found_version > version:
        raise UserError(f"{path} has version {found_version} of the {format} format; this snnsim reads "
                        f"up to {version}: install a newer snnsim")
    missing = [name for name in names if name not in arrays]
    if missing:
        raise UserError(f"{path} is not a whole {format} file: {missing[0]} is missing")
    return header, arrays
