"""Numbered packets, each executed once and in order, over a link that may lose or change bytes."""

from collections import deque
from itertools import islice

from snnsim.contract.packets import FIRST_UNSEQUENCED, LARGEST_PAYLOAD, RECEIVE_OVERHEAD, From, Nack, To
from snnsim.errors import UserError

from .protocol import END, Corrupt, FrameDecoder, Packet, encode

#: How often a packet is sent, or a question asked, before the board is given up.
ATTEMPTS = 10
#: Packets on their way at once: far fewer than the 128 numbers that the core takes for old ones.
LARGEST_WINDOW = 64
#: Words of the receive buffer left to the packets without a number, which may come at any time.
RESERVED_WORDS = 8
#: The room for a packet where not even one without payload may be sent.
NO_ROOM = -1

_REFUSALS = {
    Nack.UNKNOWN: "it does not know this packet",
    Nack.STATE: "a run is active, or none is",
    Nack.OVERFLOW: "more events than it has room for",
    Nack.ADDRESS: "an address outside the memory",
}


class DriverError(UserError):
    """A board that does not answer, answers wrongly, or is not the one that is needed."""


class Window:
    """The numbered packets on their way: sent, and not yet answered. No input or output.

    They are answered in order. An answer also stands for all packets before it, except that `To.READ`
    needs its own: the data are in it.

    ``capacity``: words that may be on their way to the receive buffer. A `To.WRITE` is executed faster than
    the line brings the next, so writes behind writes never fill the buffer, however many there are.
    """

    def __init__(self, capacity):
        self.capacity = capacity
        self._next = 0
        self._outstanding = deque()

    def __len__(self):
        return len(self._outstanding)

    def restart(self, sequence):
        """Forget everything; the next packet gets number ``sequence``."""
        self._outstanding.clear()
        self._next = sequence & 0xFF

    def room(self, type):
        """Payload words of the largest packet of this type that may be sent now; negative for none."""
        if len(self) >= LARGEST_WINDOW:
            return NO_ROOM
        if type == To.WRITE and all(packet.type == To.WRITE for packet in self._outstanding):
            return LARGEST_PAYLOAD
        used = sum(RECEIVE_OVERHEAD + len(packet.payload) for packet in self._outstanding)
        return min(self.capacity - used - RECEIVE_OVERHEAD, LARGEST_PAYLOAD)

    def add(self, type, argument, payload):
        """The new `Packet`, now outstanding."""
        packet = Packet(type, self._next, argument, tuple(payload))
        self._next = (self._next + 1) & 0xFF
        self._outstanding.append(packet)
        return packet

    def holds(self, packet):
        return any(packet is other for other in self._outstanding)

    def find(self, sequence):
        """The outstanding packet of this number, or None."""
        return next((p for p in self._outstanding if p.sequence == sequence), None)

    def answered(self, packet):
        """Retire ``packet`` and those before it; False, retiring only what it may, if a READ is before it."""
        while self._outstanding[0] is not packet:
            if self._outstanding[0].type == To.READ:
                return False
            self._outstanding.popleft()
        self._outstanding.popleft()
        return True

    def expected(self, sequence):
        """Retire what the board has executed if it now expects ``sequence``. True if any was retired.

        An executed READ stays: its data were lost, it is sent again.
        """
        before = self.find((sequence - 1) & 0xFF)
        if before is None:
            return False
        count = len(self)
        if before.type != To.READ:
            self.answered(before)
        return len(self) < count

    def frames(self, count=None):
        """The first ``count`` outstanding packets again, or all of them, as bytes."""
        return b"".join(encode(packet) for packet in islice(self._outstanding, count))


class Transport:
    """Exchanges packets with the core at the other end of ``link``.

    ``timeout``: seconds without an answer after which the board is given up with a `DriverError`.
    What is not answered within a tenth of it is sent again.
    """

    def __init__(self, link, timeout):
        self.link = link
        self.timeout = timeout
        self.patience = timeout / ATTEMPTS
        self.corrupt_frames = 0
        self._decoder = FrameDecoder()
        self._window = Window(capacity=RECEIVE_OVERHEAD + LARGEST_PAYLOAD)
        self._hello_sequence = 0
        self._progress = self._resent = self.now()
        self._has_resent = False  # since the last progress

    def now(self):
        """Seconds, by the clock of the link."""
        return self.link.now()

    def hello(self, attempts=ATTEMPTS):
        """Restart the numbering. The `From.HELLO` packet, or `DriverError` if there is none in time."""
        heard = False
        for _ in range(attempts):
            self._hello_sequence = (self._hello_sequence + 1) & 0xFF
            # The zero ends whatever noise or a host that died has left on the line.
            self.link.write(END + encode(Packet(To.HELLO, self._hello_sequence)))
            deadline = self.now() + self.patience
            while (left := deadline - self.now()) > 0:
                data = self.link.read(left)
                heard = heard or bool(data)
                for packet in self._decoder.feed(data):
                    if self._is_greeting(packet):
                        self._window.restart(self._hello_sequence + 1)
                        return packet
        if heard:
            raise DriverError(f"{self.link.name} sends bytes, but not the greeting of a core: check the baud "
                              "rate, and that the board holds a bitstream of this project")
        raise DriverError(f"{self.link.name} does not answer within {self.timeout:g} s: check the port, the "
                          "baud rate, and that the board holds a bitstream of this project")

    def _is_greeting(self, packet):
        return (isinstance(packet, Packet) and packet.type == From.HELLO
                and packet.sequence == self._hello_sequence)

    def set_receive_words(self, words):
        """Let as many packets be on their way as a receive buffer of ``words`` holds."""
        self._window.capacity = words - RESERVED_WORDS

    def room(self, type):
        """Payload words of the largest packet for which the core's receive buffer has room now."""
        return self._window.room(type)

    def submit(self, type, argument=0, payload=()):
        """Send a numbered packet, which needs `room`. Returns it; it is resent until answered."""
        is_first = not len(self._window)
        packet = self._window.add(type, argument, payload)
        self.link.write(encode(packet))
        if is_first:
            self._note_progress(True)
        return packet

    def post(self, type, argument=0):
        """Send a packet without a number. It may be lost."""
        assert type >= FIRST_UNSEQUENCED
        self.link.write(encode(Packet(type, 0, argument)))

    def is_outstanding(self, packet):
        """Whether a submitted packet still waits for its answer."""
        return self._window.holds(packet)

    def receive(self, wait):
        """Yield the packets that arrive, after waiting for at most ``wait`` seconds for the first bytes.

        Answers are taken in order as they come: when a packet is yielded, those before it have been
        seen, those after it have not. A `Corrupt` is yielded too. ACK and NACK are not.
        """
        data = self.link.read(min(wait, self.patience))
        for packet in self._decoder.feed(data):
            if isinstance(packet, Corrupt):
                self.corrupt_frames += 1
                yield packet
            elif packet.type == From.NACK:
                self._nacked(packet)
            elif packet.type in (From.ACK, From.DATA):
                if self._is_answer(packet) and packet.type == From.DATA:
                    yield packet
            else:
                yield packet
        self._resend_if_late()

    def flush(self):
        """Wait until everything submitted is answered; other packets are dropped."""
        while len(self._window):
            for _ in self.receive(self.patience):
                pass

    def request(self, type, argument=0, payload=()):
        """Submit one packet and wait for its answer; other packets are dropped. Returns the payload."""
        self.flush()
        asked = self.submit(type, argument, payload)
        answer = ()
        while self.is_outstanding(asked):
            for packet in self.receive(self.patience):
                if isinstance(packet, Packet) and packet.type == From.DATA:
                    answer = packet.payload
        return answer

    def _is_answer(self, packet):
        asked = self._window.find(packet.sequence)
        if asked is None or (asked.type == To.READ) != (packet.type == From.DATA):
            return False
        count = len(self._window)
        taken = self._window.answered(asked)
        self._note_progress(len(self._window) < count)
        if not taken:
            self._go_back()
        return taken

    def _nacked(self, packet):
        self._note_progress(self._window.expected(packet.sequence))
        refused = self._window.find(packet.sequence)
        if refused is None:
            return
        if packet.argument in _REFUSALS:
            raise DriverError(f"{self.link.name} refused packet {To(refused.type).name}: "
                              f"{_REFUSALS[packet.argument]}; load the network again, and report this if it "
                              "happens twice")
        self._go_back()

    def _go_back(self):
        # One loss makes the board refuse the whole rest of the window: resend it once, not for each.
        if not self._has_resent:
            self._resend()

    def _note_progress(self, progressed):
        if progressed:
            self._has_resent, self._progress = False, self.now()

    def _resend_if_late(self):
        if not len(self._window):
            return
        now = self.now()
        if now - self._progress > self.timeout:
            raise DriverError(f"{self.link.name} does not answer within {self.timeout:g} s: check the cable, "
                              "reset the board and open the port anew")
        if now - max(self._progress, self._resent) > self.patience:
            self._resend()

    def _resend(self):
        # After all was sent again in vain, only the first: what disturbs the line may keep time with all.
        self.link.write(self._window.frames(1 if self._has_resent else None))
        self._has_resent, self._resent = True, self.now()
