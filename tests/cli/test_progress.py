"""The bar is for people: on a terminal, on stderr, and nowhere else."""

import io

import pytest

from snnsim.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "shows"), [(Terminal, True), (io.StringIO, False)])
def test_a_bar_is_drawn_on_a_terminal_only(monkeypatch, capsys, stream, shows):
    stderr = stream()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    with progress("working", 10) as advance:
        advance(5)
        advance(10, 10)
    assert ("working" in stderr.getvalue()) == shows
    assert capsys.readouterr().out == ""
