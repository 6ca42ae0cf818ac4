"""A line that changes bits now and then: what makes a core refuse, repeat and recover."""

import random

from snnsim.host.link import AbstractLink


class BadLine(AbstractLink):
    """``link``, an `AbstractLink`, with about one bit in ``bytes`` bytes flipped in either direction."""

    def __init__(self, link, bytes, seed=0):
        self._link, self._bytes, self._rng = link, bytes, random.Random(seed)
        self.name = link.name
        self.flipped = 0

    def write(self, data):
        self._link.write(self._disturbed(data))

    def read(self, timeout):
        return self._disturbed(self._link.read(timeout))

    def now(self):
        return self._link.now()

    def close(self):
        self._link.close()

    def _disturbed(self, data):
        data = bytearray(data)
        for k in range(len(data)):
            if not self._rng.randrange(self._bytes):
                data[k] ^= 1 << self._rng.randrange(8)
                self.flipped += 1
        return bytes(data)
