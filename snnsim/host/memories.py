"""Memories of the core, read and written in packets, many of them on their way at once."""

import numpy as np

from snnsim.contract.layout import columns
from snnsim.contract.packets import LARGEST_DATA, From, To


def write_memory(transport, config, memory, address, words, progress):
    """Write ``words``, a uint32 array of shape (words, columns), from word ``address`` on.

    ``progress(words)`` hears how many have been sent. They are written when the transport is flushed.
    """
    per_packet = LARGEST_DATA // columns(config, memory)
    for first in range(0, len(words), per_packet):
        part = words[first:first + per_packet]
        while transport.room(To.WRITE) < 1 + part.size:
            _drop(transport)
        transport.submit(To.WRITE, memory, (address + first, *part.ravel().tolist()))
        progress(first + len(part))


def read_memory(transport, config, memory, address, count):
    """``count`` words from word ``address`` on: a uint32 array of shape (count, columns)."""
    width = columns(config, memory)
    per_packet = LARGEST_DATA // width
    data = []
    for first in range(0, count, per_packet):
        while transport.room(To.READ) < 2:
            data += _arrived(transport)
        transport.submit(To.READ, memory, (address + first, min(per_packet, count - first)))
    while len(data) < count * width:
        data += _arrived(transport)
    return np.array(data, dtype=np.uint32).reshape(count, width)


def _drop(transport):
    for _ in transport.receive(transport.patience):
        pass


def _arrived(transport):
    return [word for packet in transport.receive(transport.patience)
            if getattr(packet, "type", None) == From.DATA for word in packet.payload]

