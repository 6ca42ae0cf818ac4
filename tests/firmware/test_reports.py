"""What is read from the reports and logs of nextpnr, from samples that it has written."""

from pathlib import Path

import pytest

from firmware.platforms.board import ECP5, GOWIN, ICE40
from firmware.reports import CELLS, NAMES, describe_misfits, read_misfits, read_report

SAMPLES = Path(__file__).parent / "nextpnr"


def sample(name):
    return (SAMPLES / name).read_text()


def test_the_clock_and_the_slowest_path_are_those_of_the_report():
    routed = read_report(sample("gowin.report.json"), GOWIN)
    assert routed.fmax == pytest.approx(61.222e6, rel=1e-4)
    assert routed.constraint == 27e6
    assert routed.slowest == (
        "top.core.command.run_events_DFFRE_Q_22.Q", "top.core.command.report_DFFR_Q_175.D")


def test_adders_and_small_memories_count_as_the_tables_whose_places_they_take():
    assert read_report(sample("gowin.report.json"), GOWIN).use == {
        "LUT": (6037 + 1874 + 4 * 40, 8640), "FF": (3731, 6480), "RAM": (21, 26), "DSP": (2, 20)}


def test_what_does_not_fit_is_told_with_how_much_of_how_much_and_what_to_reduce():
    misfits = read_misfits(sample("does_not_fit_ice40.log"), ICE40)
    assert misfits == {"LUT": (8555, 7680), "RAM": (37, 32)}
    assert describe_misfits(misfits) == (
        "it takes 8,555 of 7,680 logic cells and 37 of 32 block RAMs: reduce lanes, neurons or state_width")


def test_a_log_of_something_else_tells_of_no_misfit():
    log = sample("does_not_fit_ice40.log").replace("8555/", "7555/").replace("37/", "27/")
    assert read_misfits(log, ICE40) == {}
    assert read_misfits("ERROR: cannot open top.pcf\n", ECP5) == {}


def test_every_kind_of_cell_has_a_name():
    assert {name for cells in CELLS.values() for name, _ in cells.values()} == set(NAMES)
