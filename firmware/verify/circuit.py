"""Logic, clock for clock, as native code: `circuit.cc` on the arrays of `plan`."""

import ctypes
from functools import cache
from pathlib import Path

import numpy as np

from hdl.native import compile_source

from .plan import plan

SOURCE = Path(__file__).parent / "circuit.cc"


@cache
def _library():
    library = ctypes.CDLL(str(compile_source(SOURCE)))
    library.circuit_run.restype = ctypes.c_int64
    return library


class _Uart(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in (
        "rx", "tx", "divisor", "sending", "send_bits", "send_clocks", "receiving", "received_bits",
        "sample_clocks")]


class Circuit:
    """A `Logic` from power-up on; ``clock`` is the net of its clock. Needs a C++ compiler once a machine.

    Raises `NetlistError` if it is not of one clock and free of loops.
    """

    def __init__(self, logic, clock):
        self._resolve, self._n_nets = logic.resolve, logic.nets
        self._arrays, counts = plan(logic, clock)
        fields = [(name, ctypes.c_void_p) for name in self._arrays]
        fields += [(name, ctypes.c_int32) for name in counts]
        structure = type("_Circuit", (ctypes.Structure,), {"_fields_": fields})
        pointers = [array.ctypes.data for array in self._arrays.values()]
        self._circuit = ctypes.byref(structure(*pointers, *counts.values()))

    def step(self, inputs):
        """One clock with ``inputs`` (net to 0 or 1): the values of all nets before its edge, uint8."""
        nets = np.array([self._resolve(net) for net in inputs], np.int32)
        bits, before = np.array(list(inputs.values()), np.uint8), np.empty(self._n_nets, np.uint8)
        _library().circuit_step(self._circuit, _pointer(nets), _pointer(bits), nets.size, _pointer(before),
                                self._n_nets)
        return before

    def uart(self, rx, tx, divisor):
        """The host's end of a UART at two nets, for `run`; ``divisor`` clocks a bit."""
        return _Uart(self._resolve(rx), self._resolve(tx), divisor)

    def run(self, uart, data, clocks):
        """At most ``clocks`` clocks, fewer if a byte comes, with ``data`` to be sent.

        Returns the clocks, how many bytes of ``data`` were taken, and the byte that came, as ``bytes``.
        """
        sent, byte = ctypes.c_int32(), ctypes.c_int32()
        ran = _library().circuit_run(self._circuit, ctypes.byref(uart), data, len(data), ctypes.byref(sent),
                                     ctypes.byref(byte), ctypes.c_int64(clocks))
        return ran, sent.value, bytes([byte.value]) if byte.value >= 0 else b""


def _pointer(array):
    return ctypes.c_void_p(array.ctypes.data)
