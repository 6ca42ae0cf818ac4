"""Netlists in Yosys' format, their pins, and the line of bits at them."""

import json

import pytest

from firmware.verify.link import NetlistLink
from firmware.verify.logic import FIRST_NET, Logic, NetlistError
from firmware.verify.models import models_of
from firmware.verify.netlist import logic_of, read_netlist
from firmware.verify.pins import Pins, pins_of
from snnsim.host.link import LinkError

from .circuits import CLOCK, SlowCircuit


def cell(type, connections, **parameters):
    return {"type": type, "parameters": parameters, "connections": connections}


def module(cells, **ports):
    return {"ports": {name: {"bits": bits} for name, bits in ports.items()},
            "cells": {f"c{k}": cell for k, cell in enumerate(cells)}}


def test_cells_for_constants_are_constants():
    cells = [cell("LUT2", {"I0": [4], "I1": [5], "F": [6]}, INIT="1000"),
             cell("VCC", {"V": [5]}), cell("GND", {"G": [7]}),
             cell("LUT2", {"I0": [6], "I1": [7], "F": [8]}, INIT="1110"), cell("$scopeinfo", {})]
    logic, ports = logic_of(module(cells, a=[4], y=[8]), models_of("gowin"))
    assert logic.resolve(ports["y"][0]) == 4  # a and 1 or 0
    assert not logic.tables


def test_what_is_left_open_reads_as_0_and_undefined_bits_as_in_the_bitstream():
    inputs = {"I0": [2], "I1": ["x"], "I2": ["0"], "I3": ["1"]}
    cells = [cell("SB_LUT4", {**inputs, "O": [3]}, LUT_INIT="x" * 6 + "10" * 5)]
    logic, ports = logic_of(module(cells, a=[2], y=[3]), models_of("ice40"))
    bits = [SlowCircuit(logic).step({2: bit}).get(logic.resolve(3), 0) for bit in (0, 1)]
    assert bits == [0, 1]


def test_a_cell_without_a_model_is_named():
    with pytest.raises(NetlistError, match="cell c0 is a FLUX, of which there is no model"):
        logic_of(module([cell("FLUX", {})]), models_of("ecp5"))


def test_a_file_without_the_top_module_is_refused(tmp_path):
    (tmp_path / "top.json").write_text(json.dumps({"modules": {"other": {}}}))
    with pytest.raises(NetlistError, match="holds no module 'top'"):
        read_netlist(tmp_path / "top.json", "ice40")


def test_pins_are_found_by_the_names_of_the_platform():
    ports = {"clk12_0__io": (5,), "uart_0__rx__io": (6,), "uart_0__tx__io": (7,), "led_0__io": (8,)}
    assert pins_of(ports, "clk12") == Pins(clock=5, rx=6, tx=7)
    with pytest.raises(NetlistError, match="there is no pin clk25_0__io, only clk12_0__io, uart_0__rx__io"):
        pins_of(ports, "clk25")


@pytest.fixture
def echo():
    """A link to a wire from rx to tx, through a register."""
    rx, tx = FIRST_NET + 1, FIRST_NET + 2
    logic = Logic(FIRST_NET + 3)
    logic.inputs = {rx}
    logic.register(CLOCK, rx, tx, init=1)
    return NetlistLink(logic, Pins(CLOCK, rx, tx), divisor=7, frequency=7000)


def test_bytes_go_to_the_pins_and_back_bit_by_bit(echo):
    data = bytes(range(256))
    echo.write(data[:100])
    echo.write(data[100:])
    came = b""
    while part := echo.read(1.0):
        came += part
    assert came == data
    assert echo.clocks >= 256 * 10 * 7


def test_the_time_of_the_link_is_that_of_the_board(echo):
    assert echo.now() == 0
    assert echo.read(2.0) == b""
    assert echo.now() == 2.0


def test_a_board_that_talks_beyond_the_deadline_is_stopped(echo):
    echo.deadline = 3.0
    assert echo.read(4.0) == b""
    with pytest.raises(LinkError, match="the netlist is not ready in time"):
        echo.read(1.0)


def test_a_byte_without_a_stop_bit_is_dropped():
    rx, tx = FIRST_NET + 1, FIRST_NET + 2
    logic = Logic(FIRST_NET + 3)
    logic.inputs = {rx}
    logic.table((rx,), 0b01, tx)  # inverted: the line rests at 0
    link = NetlistLink(logic, Pins(CLOCK, rx, tx), divisor=7, frequency=7000)
    link.write(b"\x55")
    assert link.read(1.0) == b""
