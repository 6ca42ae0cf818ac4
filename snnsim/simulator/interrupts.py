"""An interrupt from the keyboard waits until what was computed is kept."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def held_back():
    """Yields a function that raises the `KeyboardInterrupt` that came since the block began, if one did.

    A second one is raised at once. Where interrupts do not arrive (in other threads), or somebody else looks
    after them, nothing changes.
    """
    came = []

    def hold(number, frame):
        if came:
            signal.default_int_handler(number, frame)
        came.append(number)

    def let_go():
        if came:
            raise KeyboardInterrupt

    if (threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield let_go
        return
    signal.signal(signal.SIGINT, hold)
    try:
        yield let_go
        let_go()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
