"""What a process spares itself before its first step."""

from importlib import import_module
from importlib.util import find_spec

from numba.np import linalg


def spare_scipy():
    """Let numba know whether scipy is there without importing it, which takes as long as numba itself.

    numba asks as it loads what computes with arrays. What needs scipy, products of matrices, asks again when
    it is compiled.
    """
    ask = linalg.ensure_blas
    linalg.ensure_blas = _look_for_scipy
    try:
        import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = ask


def _look_for_scipy():
    if find_spec("scipy") is None:
        raise ImportError("there is no scipy")
