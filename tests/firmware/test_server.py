"""The pseudo-terminal of the virtual board, with a stand-in for the model."""

import os
import select
import threading
import tty
from contextlib import contextmanager

from firmware.virtual.server import Server

ANSWER = bytes(range(256)) * 4096


class Talker:
    """Answers every byte with a megabyte, far more than a pseudo-terminal holds."""

    def __init__(self):
        self.heard, self._output = b"", b""

    def write(self, data):
        self.heard += data
        self._output += ANSWER * len(data)

    def read(self):
        output, self._output = self._output, b""
        return output

    def run(self, clocks):
        return 0


@contextmanager
def serving(model):
    """A server in a thread; yields its port."""
    server = Server(model)
    readable, writable = os.pipe()
    thread = threading.Thread(target=server.serve, args=(readable,))
    thread.start()
    try:
        yield server.port
    finally:
        os.write(writable, b"!")
        thread.join()
        server.close()
        os.close(readable)
        os.close(writable)


@contextmanager
def host(port):
    handle = os.open(port, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(handle)
    try:
        yield handle
    finally:
        os.close(handle)


def receive(handle, count):
    data = b""
    while len(data) < count:
        assert select.select([handle], [], [], 10)[0], f"only {len(data)} of {count} bytes came"
        data += os.read(handle, 1 << 16)
    return data


def test_output_that_a_host_is_slow_to_read_is_kept_whole():
    model = Talker()
    with serving(model) as port, host(port) as handle:
        os.write(handle, b"?")
        first = receive(handle, 1000)
        os.write(handle, b"?")  # heard although the first answer is not read
        rest = receive(handle, 2 * len(ANSWER) - len(first))
    assert first + rest == 2 * ANSWER
    assert model.heard == b"??"


def test_all_bytes_pass_unchanged_in_both_directions():
    model = Talker()
    with serving(model) as port, host(port) as handle:
        special = bytes([*range(32), 0x7F, 0x80, 0xFF])  # what a terminal would swallow or change
        for byte in special:
            os.write(handle, bytes([byte]))
            assert receive(handle, len(ANSWER)) == ANSWER
        assert model.heard == special


def test_a_host_may_leave_with_answers_unread_and_another_come():
    model = Talker()
    with serving(model) as port:
        with host(port) as handle:
            os.write(handle, b"a")
        with host(port) as handle:
            os.write(handle, b"b")
            assert len(receive(handle, len(ANSWER))) >= len(ANSWER)
    assert model.heard == b"ab"
