"""The notebooks run from top to bottom, and stay notebooks: no functions, no stored outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert {"describe", "simulate", "learn", "gateware", "board"} <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# The kernel's own machinery warns about the event loop and the platform's paths.
@pytest.mark.filterwarnings("default")
def test_a_notebook_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = [output.text for cell in code_of(notebook) for output in cell.outputs
               if output.output_type == "stream"]
    assert printed
    assert not any("Warning" in text or "Traceback" in text for text in printed)
    if path.stem != "describe":
        assert any("first difference: None" in text for text in printed)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_defines_no_functions_and_stores_no_outputs(path):
    for cell in code_of(nbformat.read(path, as_version=4)):
        assert "def " not in cell.source and "lambda" not in cell.source
        assert cell.outputs == [] and cell.execution_count is None
