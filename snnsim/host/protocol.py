"""Packets to bytes and back; no input or output. The layouts are those of `snnsim.contract.packets`."""

import struct
import zlib
from dataclasses import dataclass

from cobs import cobs

from snnsim.contract.packets import CAPABILITY, HEADER, LARGEST_PAYLOAD, LEARNING_REPORT, REPORT, Flag

#: The zero byte that ends a frame. Sent alone it closes whatever a noisy line has begun.
END = b"\0"

_LARGEST_BODY = 4 * (1 + LARGEST_PAYLOAD + 1)
#: Bytes between two zeros: COBS adds one byte, and one more for each 254.
LARGEST_FRAME = _LARGEST_BODY + 1 + _LARGEST_BODY // 254


@dataclass(frozen=True)
class Packet:
    """A packet in either direction; ``payload`` is a tuple of 32-bit words."""

    type: int
    sequence: int = 0
    argument: int = 0
    payload: tuple = ()

    @property
    def words(self):
        """Words of it: header and payload."""
        return 1 + len(self.payload)


@dataclass(frozen=True)
class Corrupt:
    """A frame that is no packet: its length, its COBS code or its CRC is wrong."""

    reason: str


def encode(packet):
    """The bytes of a packet on the wire: COBS-encoded, with the zero that ends it."""
    header = HEADER.pack(type=packet.type, sequence=packet.sequence, argument=packet.argument)
    if len(packet.payload) > LARGEST_PAYLOAD:
        raise ValueError(f"a packet has at most {LARGEST_PAYLOAD} payload words, not {len(packet.payload)}")
    body = struct.pack(f"<{packet.words}I", header, *packet.payload)
    return cobs.encode(body + struct.pack("<I", zlib.crc32(body))) + END


def decode(frame):
    """The `Packet` in the bytes between two zeros, or `Corrupt`."""
    if len(frame) > LARGEST_FRAME:
        return Corrupt(f"a frame of {len(frame)} bytes; the largest has {LARGEST_FRAME}")
    try:
        body = cobs.decode(frame)
    except cobs.DecodeError as error:
        return Corrupt(f"no COBS code: {error}")
    if len(body) < 8 or len(body) % 4 or len(body) > _LARGEST_BODY:
        return Corrupt(f"a body of {len(body)} bytes")
    *words, crc = struct.unpack(f"<{len(body) // 4}I", body)
    if crc != zlib.crc32(body[:-4]):
        return Corrupt("wrong CRC")
    return Packet(**HEADER.unpack(words[0]), payload=tuple(words[1:]))


class FrameDecoder:
    """Cuts a stream of bytes into packets."""

    def __init__(self):
        self._partial = b""

    def feed(self, data):
        """The `Packet` and `Corrupt` that ``data`` completes, in order. Empty frames are ignored."""
        *frames, self._partial = (self._partial + data).split(END)
        # Endless garbage without a zero must not fill the memory; one byte too many marks it as corrupt.
        self._partial = self._partial[:LARGEST_FRAME + 1]
        return [decode(frame) for frame in frames if frame]


@dataclass(frozen=True)
class Report:
    """What `From.DONE` and `From.STATUS` say of a run, counted from its start."""

    running: bool
    stopped: bool
    bad_event: bool
    steps: int
    spikes: int
    events: int
    clocks: int
    clocks_max: int
    waited: int
    i_saturations: int
    v_saturations: int
    learn_clocks: int
    weight_clips: int
    learning_saturations: int


def report_of(packet):
    """The `Report` in a `From.DONE` or `From.STATUS`; None if the packet is too short to be one."""
    if len(packet.payload) < len(REPORT):
        return None
    words = dict.fromkeys(LEARNING_REPORT, 0)
    words |= zip(REPORT + LEARNING_REPORT, packet.payload, strict=False)
    flags = words.pop("flags")
    for name in ("clocks", "waited", "learn_clocks", "weight_clips", "learning_saturations"):
        words[name] = words.pop(f"{name}_low") | words.pop(f"{name}_high") << 32
    return Report(running=bool(flags >> Flag.RUNNING & 1), stopped=bool(flags >> Flag.STOPPED & 1),
                  bad_event=bool(flags >> Flag.BAD_EVENT & 1), **words)


def capability_of(packet):
    """The words of a `From.HELLO` by name, as many as there are: another version may have fewer or more."""
    return dict(zip(CAPABILITY, packet.payload, strict=False))
