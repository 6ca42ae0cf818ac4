"""A barrier at which threads of compiled code wait asleep, for as long as they must."""

import ctypes
import os

import numpy as np
from numba import types

from snnsim.errors import UserError

from .rules import inner

#: Bytes in which a mutex or a condition of any system fits.
_ROOM = 256


class Barrier:
    """For ``size`` threads. ``memory`` is what compiled code knows of it: an array of 64-bit integers.

    Raises `UserError` for more than one thread where there are no POSIX threads.
    """

    def __init__(self, size):
        self.memory = np.zeros(5, np.int64)  # mutex, condition, size, waiting, round
        self._room = np.zeros(2 * _ROOM, np.uint8)
        if size > 1:
            self._make(size)

    def _make(self, size):
        if os.name != "posix":
            raise UserError("this system has no POSIX threads, so the simulator runs on one thread only")
        library = ctypes.CDLL(None)
        mutex, condition = self._room.ctypes.data, self._room.ctypes.data + _ROOM
        library.pthread_mutex_init(ctypes.c_void_p(mutex), None)
        library.pthread_cond_init(ctypes.c_void_p(condition), None)
        self.memory[:3] = mutex, condition, size


if os.name == "posix":
    _lock = types.ExternalFunction("pthread_mutex_lock", types.int32(types.intp))
    _unlock = types.ExternalFunction("pthread_mutex_unlock", types.int32(types.intp))
    _wait = types.ExternalFunction("pthread_cond_wait", types.int32(types.intp, types.intp))
    _wake_all = types.ExternalFunction("pthread_cond_broadcast", types.int32(types.intp))

    @inner()
    def meet(barrier):
        """Wait until all threads have come; ``barrier`` is the memory of a `Barrier`."""
        mutex, condition = barrier[0], barrier[1]
        _lock(mutex)
        this_round = barrier[4]
        barrier[3] += 1
        if barrier[3] == barrier[2]:
            barrier[3] = 0
            barrier[4] = this_round + 1
            _wake_all(condition)
        while barrier[4] == this_round:
            _wait(condition, mutex)
        _unlock(mutex)
else:
    @inner()
    def meet(barrier):
        """There is one thread."""
