"""`make demo` and `make test` install once, then go straight to work."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines()
                   if "==" in line)

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def project(tmp_path):
    """The set-up files in a folder of their own, with a .venv that looks installed."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
        os.utime(tmp_path / name, (1000, 1000))
    for name in (".venv/bin/python", ".venv/.demo", ".venv/.test", ".venv/.boards"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def dry_run(project, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", "-n", *arguments], cwd=project, env=environment, check=True,
                          capture_output=True, text=True).stdout


@needs_make
@pytest.mark.parametrize(("target", "command"), [
    ("demo", ".venv/bin/snnsim demo\n"), ("test", '.venv/bin/python -m pytest -n 2 -m "not slow"\n'),
    ("test-slow", ".venv/bin/python -m pytest -n 2 -m slow\n"),
])
def test_a_second_call_goes_straight_to_work(project, target, command):
    assert dry_run(project, target) == command


@needs_make
@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_dependencies_are_installed(project, name):
    (project / name).touch()
    os.utime(project / ".venv/.demo", (2000, 2000))
    assert "pip install" in dry_run(project, "demo")


@needs_make
def test_only_the_slow_tests_need_the_tools_that_make_bitstreams(project):
    (project / ".venv/.boards").unlink()
    assert "-e '.[test,torch,boards]'" in dry_run(project, "test-slow", "COMPILER=c++")
    assert "pip install" not in dry_run(project, "test")


@needs_make
def test_a_first_call_makes_the_environment(project):
    shutil.rmtree(project / ".venv")
    commands = dry_run(project, "demo", "PYTHON=python3")
    places = [commands.index(part) for part in ("python3 -m venv .venv", "pip install", "snnsim demo")]
    assert places == sorted(places)


@needs_make
def test_a_machine_without_a_compiler_gets_one_from_the_package_index(project):
    (project / ".venv/.demo").unlink()
    assert "-e '.[compiler]'" in dry_run(project, "demo", "COMPILER=")
    assert "-e '.'" in dry_run(project, "demo", "COMPILER=c++")


def test_every_direct_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.match(r"[\w.-]+", line)[0].lower() for line in wanted}
    assert names - {name.lower() for name in CONSTRAINTS} == set()
    assert CONSTRAINTS["torch"] == "2.13.0"
