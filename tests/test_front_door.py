"""``import snnsim`` offers the main names, and is light."""

import re
import subprocess
import sys
from pathlib import Path

import snnsim

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_every_public_name_is_there():
    assert {"Network", "LIF", "Projection", "compile", "Simulator", "SpikeRaster"} <= set(snnsim.__all__)
    assert all(getattr(snnsim, name).__name__ == name for name in snnsim.__all__)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(snnsim, "Networks")


def test_importing_it_imports_nothing_heavy():
    heavy = {"numba", "amaranth", "torch", "serial", "matplotlib", "typer", "sklearn"}
    code = f"import sys, snnsim; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def blocks(language):
    text = (DOCS / "description.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_python_of_the_description_page_runs(capsys):
    for block in blocks("python"):
        exec(block, {})
    assert capsys.readouterr().out.startswith("network network: dt 0.001 s")


def test_the_toml_of_the_description_page_loads(tmp_path):
    assert blocks("toml")
    for block in blocks("toml"):
        (tmp_path / "page.toml").write_text(block)
        assert snnsim.compile(snnsim.Network.load(tmp_path / "page.toml")).image.n_neurons == 3
