"""A model behind a pseudo-terminal, which programs open like a serial port."""

import os
import pty
import select
import signal
import tty
from contextlib import contextmanager

from hdl.native import NativeModel

#: Clocks between looks at the pseudo-terminal: about a millisecond.
_SLICE = 1000
_LARGEST_READ = 1 << 16


class Server:
    """Serves ``model``, a `NativeModel`, at ``port``, the name of a pseudo-terminal."""

    def __init__(self, model):
        self._model = model
        # The host's end stays open here too: so hosts may come and go.
        self._ours, self._hosts = pty.openpty()
        tty.setraw(self._hosts)
        os.set_blocking(self._ours, False)
        self.port = os.ttyname(self._hosts)
        self._output = b""

    def serve(self, stop):
        """Until the file descriptor ``stop`` is readable or at its end. Sleeps while it has no work."""
        works = False
        while True:
            to_write = [self._ours] if self._output else []
            readable, _, _ = select.select([self._ours, stop], to_write, [], 0 if works else None)
            if stop in readable:
                return
            if self._ours in readable:
                self._model.write(os.read(self._ours, _LARGEST_READ))
            works = self._model.run(_SLICE) == _SLICE
            self._output += self._model.read()
            if self._output:
                self._send()

    def _send(self):
        """As much as the pseudo-terminal takes; a host that does not read must not stop the model."""
        try:
            self._output = self._output[os.write(self._ours, self._output):]
        except BlockingIOError:
            pass

    def close(self):
        os.close(self._ours)
        os.close(self._hosts)


def serve(library, announce_port, stop):
    """Serve the model in the library at path ``library`` until ``stop`` is readable or at its end.

    ``announce_port(name)`` is called when the port can be opened.
    """
    model = NativeModel(library)
    server = Server(model)
    try:
        announce_port(server.port)
        server.serve(stop)
    finally:
        server.close()
        model.close()


def serve_until_signal(library, announce_port):
    """`serve` until SIGINT (Ctrl-C) or SIGTERM."""
    with _pipe_for_signals() as stop:
        serve(library, announce_port, stop)


@contextmanager
def _pipe_for_signals():
    """A file descriptor that becomes readable when one of the signals comes."""
    readable, writable = os.pipe()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: os.write(writable, b"!")) for number in signals]
    try:
        yield readable
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
        os.close(readable)
        os.close(writable)
