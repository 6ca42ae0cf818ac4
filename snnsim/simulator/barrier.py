"""A barrier at which threads of compiled code wait asleep for each other, for as long as they must.

Each counts what it has done; whoever is ahead waits for the others. To wait for what they did a while ago
is seldom to sleep.
"""

import ctypes
import os

import numpy as np
from numba import types

from snnsim.errors import UserError

from .rules import inner

#: Where the counts begin.
DONE = 2
#: Bytes in which a mutex or a condition of any system fits.
_ROOM = 256


class Barrier:
    """For ``size`` threads. ``memory`` is what compiled code knows of it: an array of 64-bit integers.

    Raises `UserError` for more than one thread where there are no POSIX threads.
    """

    def __init__(self, size):
        self.memory = np.zeros(DONE + size, np.int64)  # mutex, condition, what each thread has done
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
        self.memory[:DONE] = mutex, condition


@inner()
def least_done(barrier):
    """What the thread has done that is last."""
    least = barrier[DONE]
    for thread in range(DONE + 1, barrier.size):
        least = min(least, barrier[thread])
    return least


if os.name == "posix":
    _lock = types.ExternalFunction("pthread_mutex_lock", types.int32(types.intp))
    _unlock = types.ExternalFunction("pthread_mutex_unlock", types.int32(types.intp))
    _wait = types.ExternalFunction("pthread_cond_wait", types.int32(types.intp, types.intp))
    _wake_all = types.ExternalFunction("pthread_cond_broadcast", types.int32(types.intp))

    @inner()
    def arrive(barrier, thread):
        """Say that this ``thread`` has done one thing more; ``barrier`` is the memory of a `Barrier`."""
        mutex, condition = barrier[0], barrier[1]
        _lock(mutex)
        barrier[DONE + thread] += 1
        _wake_all(condition)
        _unlock(mutex)

    @inner()
    def wait_for(barrier, done):
        """Wait until every thread has ``done`` so many."""
        mutex, condition = barrier[0], barrier[1]
        _lock(mutex)
        while least_done(barrier) < done:
            _wait(condition, mutex)
        _unlock(mutex)
else:
    @inner()
    def arrive(barrier, thread):
        """There is one thread."""

    @inner()
    def wait_for(barrier, done):
        """There is one thread."""
