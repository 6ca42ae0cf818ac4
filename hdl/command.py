"""The host's commands: checks a packet, executes it, answers it, and announces what the core has."""

from amaranth import Array, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.layout import COLUMN_WIDTH, Memory, columns, memories_of, memory_shape
from snnsim.contract.packets import (
    CAPABILITY,
    EVENT,
    FIRST_UNSEQUENCED,
    HEADER,
    LARGEST_DATA,
    LARGEST_RUN,
    REPORT,
    From,
    Nack,
    To,
    capability_words,
    report_words,
)

from .memory import address_width
from .sequencer import event_count_width
from .shapes import struct_of

#: Sequence numbers this far back name packets that were executed.
DUPLICATES = 128
#: Memories that `To.CLEAR` fills with 0, as far as the core has them.
CLEARED = (Memory.STATE, Memory.DRIVE, Memory.POST, Memory.TRACES, Memory.TAGS, Memory.THIRD)


class Command(wiring.Component):
    """Executes the packets of `snnsim.contract.packets`, one at a time.

    ``i`` is the output of a `FrameReceiver`, ``corrupt`` its report of a dropped frame; ``o`` goes to a
    `FrameTransmitter`. The core's memories are on the ``host_*`` ports: ``host_r_data`` follows
    ``host_address`` by three clocks, ``host_clear`` zeroes a word of each memory of `CLEARED`.
    ``event_room`` and ``spikes_*`` belong to the buffers of events and spikes, ``run_*`` to the
    `Sequencer`.
    """

    def __init__(self, config, identity):
        self._config = config
        self._capability = capability_words(config, identity)
        numbers = range(max(memories_of(config)) + 1)
        # A memory that is missing among those of a core that learns has no words, and so no address.
        self._columns = [max(1, columns(config, Memory(k))) for k in numbers]
        self._depths = [memory_shape(config, Memory(k))[0] for k in numbers]
        word = data.StructLayout({"word": 32, "last": 1})
        super().__init__({
            "i": In(stream.Signature(32)), "corrupt": In(1),
            "o": Out(stream.Signature(word)),
            "host_memory": Out(range(len(self._depths))),
            "host_address": Out(address_width(max(self._depths) + 1)),
            "host_column": Out(range(max(self._columns))),
            "host_w_en": Out(1), "host_w_data": Out(COLUMN_WIDTH), "host_clear": Out(1),
            "host_r_data": In(COLUMN_WIDTH),
            "events": Out(stream.Signature(struct_of(EVENT))),
            "event_room": In(range(config.event_buffer + 1)),
            "spikes": In(stream.Signature(32)), "spikes_written": In(16), "spikes_sent": In(16),
            "spikes_take": Out(1), "spikes_take_number": Out(16), "spikes_again": Out(1),
            "run_start": Out(1), "run_steps": Out(16), "run_events": Out(event_count_width(config)),
            "run_stop": Out(1), "run_rewind": Out(1),
            "running": In(1), "waiting": In(1), "report": In(data.ArrayLayout(32, len(report_words(config)))),
            "busy": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        self._header = Signal(struct_of(HEADER))
        self._left = Signal(8)               # payload words of the packet still to come
        self._expected = Signal(8)
        self._answer = Signal(struct_of(HEADER))
        self._index = Signal(8)              # words sent of the answer's payload
        self._count = Signal(8)              # spikes that it has
        self._size = Signal(range(LARGEST_DATA + 1))  # memory words to read
        self._end = Signal(len(self.host_address) + 1)  # the address behind them
        self._is_inside = Signal()           # the memory has the address
        self._too_large = Signal()           # the last word that was taken is more than its register holds
        self._age = Signal(8)                # how far back the packet's number lies
        self._has_room = Signal()            # for its events
        self._has_memory = Signal()          # of its number
        self._unsent = Signal(8)             # spikes that can be sent in one packet
        self._corrupt = Signal()
        self._reported = Signal(16)          # consumed events that the host knows of
        self._owes_done = Signal()
        self._last_column = Signal.like(self.host_column)
        m.d.comb += self.busy.eq(1)
        m.d.comb += self._last_column.eq(Array(n - 1 for n in self._columns)[self.host_memory])
        with m.If(self.corrupt):
            m.d.sync += self._corrupt.eq(1)
        with m.FSM():
            self._elaborate_idle(m)
            self._elaborate_dispatch(m)
            self._elaborate_write(m)
            self._elaborate_read(m)
            self._elaborate_clear(m)
            self._elaborate_run(m)
            self._elaborate_answers(m)
        return m

    # What to do next

    def _elaborate_idle(self, m):
        consumed = self.report[REPORT.index("events")][:16]
        # What is decided from is a clock old: the way from the buffers to the answer is long, and all of
        # it stays true for a clock.
        unsent, has_spikes, owes_spikes, owes_credit = Signal(16), Signal(), Signal(), Signal()
        m.d.comb += unsent.eq(self.spikes_written - self.spikes_sent)
        flush = ~self.running | self.waiting
        m.d.sync += [
            has_spikes.eq(unsent != 0),
            owes_spikes.eq((unsent >= min(LARGEST_DATA, self._config.spike_buffer // 2))
                           | ((unsent != 0) & flush)),
            self._unsent.eq(Mux(unsent > LARGEST_DATA, LARGEST_DATA, unsent)),
            owes_credit.eq((consumed - self._reported)[:16] >= self._config.event_buffer // 2),
        ]
        with m.State("IDLE"):
            m.d.sync += [self._index.eq(0), self.host_column.eq(0)]
            with m.If(self.i.valid):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += self._left.eq(self.i.payload - 1)
                m.next = "HEADER"
            with m.Elif(self._corrupt):
                m.d.sync += self._corrupt.eq(0)
                self._refuse(m, Nack.CORRUPT)
            # Before the spikes, of which there may be more without end: the host waits for it.
            with m.Elif(self.running & owes_credit):
                m.d.sync += self._reported.eq(consumed)
                self._say(m, From.CREDIT, argument=consumed)
            with m.Elif(owes_spikes):
                m.d.sync += self._count.eq(self._unsent)
                self._say(m, From.SPIKES, argument=self.spikes_sent, then="ANSWER SPIKES")
            with m.Elif(self._owes_done & ~self.running & ~has_spikes):
                m.d.sync += self._owes_done.eq(0)
                self._say(m, From.DONE, then="ANSWER REPORT")
            with m.Else():
                m.d.comb += self.busy.eq(0)

    def _elaborate_dispatch(self, m):
        header = self._header
        with m.State("HEADER"):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += header.eq(self.i.payload)
            with m.If(self.i.valid):
                m.next = "CHECK"
        with m.State("CHECK"):
            m.d.sync += [
                self._age.eq(self._expected - header.sequence),
                self._has_room.eq(self._left <= self.event_room),
                self._has_memory.eq(header.argument < len(self._depths)),
            ]
            m.next = "DISPATCH"
        with m.State("DISPATCH"):
            age = self._age
            m.d.comb += self.spikes_take_number.eq(header.argument)
            m.d.sync += self.host_memory.eq(header.argument)
            m.next = "SKIP"
            with m.If(header.type == To.HELLO):
                m.d.sync += self._expected.eq(header.sequence + 1)
                self._say(m, From.HELLO, then="ANSWER CAPABILITY")
            with m.Elif(header.type == To.TAKEN):
                m.d.comb += self.spikes_take.eq(1)
            with m.Elif(header.type == To.AGAIN):
                m.d.comb += self.spikes_again.eq(1)
                m.d.sync += self._owes_done.eq(1)
            with m.Elif(header.type == To.STATUS):
                self._say(m, From.STATUS, then="ANSWER REPORT")
            with m.Elif((header.type >= FIRST_UNSEQUENCED) | (header.type == 0)):
                self._refuse(m, Nack.UNKNOWN)
            with m.Elif((age != 0) & (age > DUPLICATES)):
                self._refuse(m, Nack.SEQUENCE)
            with m.Elif((age != 0) & (header.type != To.READ)):
                self._say(m, From.ACK)
            with m.Else():
                self._execute(m)
        with m.State("SKIP"):
            with m.If(self._left == 0):
                m.next = "IDLE"
            with m.Else():
                self._take(m)

    def _execute(self, m):
        """The first state of each command, or the reason why it is refused."""
        header, left = self._header, self._left
        commands = (
            # type, state, payload fits, only while no run is active
            (To.WRITE, "WRITE ADDRESS", left >= 2, True),
            (To.READ, "READ ADDRESS", left == 2, True),
            (To.CLEAR, "CLEAR", left == 0, True),
            (To.RUN, "RUN STEPS", left == 2, True),
            (To.EVENTS, "EVENTS", left >= 1, False),
            (To.STOP, "STOP", left == 0, None),
        )
        uses_memory = (header.type == To.WRITE) | (header.type == To.READ)
        with m.If(uses_memory & ~self._has_memory):
            self._refuse(m, Nack.ADDRESS)
        with m.Else():
            self._refuse(m, Nack.UNKNOWN)
            for type, state, fits, idle in commands:
                with m.If((header.type == type) & fits):
                    m.next = state
                    if idle is not None:
                        with m.If(self.running == idle):
                            self._refuse(m, Nack.STATE)
            with m.If((header.type == To.EVENTS) & self.running & ~self._has_room):
                self._refuse(m, Nack.OVERFLOW)

    # The commands

    def _elaborate_write(self, m):
        with m.State("WRITE ADDRESS"):
            self._take(m, self.host_address)
            with m.If(self.i.valid):
                m.next = "WRITE CHECK"
        with m.State("WRITE CHECK"):
            m.d.sync += self._is_inside.eq(~self._too_large & (self.host_address < self._depth_of_memory()))
            m.next = "WRITE DATA"
        with m.State("WRITE DATA"):
            m.d.comb += self.host_w_data.eq(self.i.payload)
            with m.If((self._left == 0) & (self.host_column == 0)):
                self._acknowledge(m)
            with m.Elif(self._left == 0):
                self._refuse(m, Nack.UNKNOWN)
            with m.Elif(~self._is_inside):
                self._refuse(m, Nack.ADDRESS)
            with m.Else():
                self._take(m)
                with m.If(self.i.valid):
                    m.d.comb += self.host_w_en.eq(1)
                    self._next_column(m)
                    m.next = "WRITE CHECK"

    def _elaborate_read(self, m):
        with m.State("READ ADDRESS"):
            self._take(m, self.host_address)
            with m.If(self.i.valid):
                m.next = "READ ADDRESS CHECK"
        with m.State("READ ADDRESS CHECK"):
            m.next = "READ SIZE"
            with m.If(self._too_large):
                self._refuse(m, Nack.ADDRESS)
        most = Array(LARGEST_DATA // n for n in self._columns)[self.host_memory]
        # What is to be read is checked in steps: address, size and depth meet in no single clock.
        with m.State("READ SIZE"):
            self._take(m, self._size)
            with m.If(self.i.valid):
                m.next = "READ END"
        with m.State("READ END"):
            m.d.sync += self._end.eq(self.host_address + self._size)
            m.next = "READ CHECK"
        with m.State("READ CHECK"):
            with m.If(self._too_large | (self._size == 0) | (self._size > most)):
                self._refuse(m, Nack.UNKNOWN)
            with m.Elif(self._end > self._depth_of_memory()):
                self._refuse(m, Nack.ADDRESS)
            with m.Else():
                with m.If(self._header.sequence == self._expected):
                    m.d.sync += self._expected.eq(self._expected + 1)
                self._say(m, From.DATA, then="ANSWER DATA")

    def _next_column(self, m):
        m.d.sync += self.host_column.eq(self.host_column + 1)
        with m.If(self.host_column == self._last_column):
            m.d.sync += [self.host_column.eq(0), self.host_address.eq(self.host_address + 1),
                         self._size.eq(self._size - 1)]

    def _depth_of_memory(self):
        return Array(self._depths)[self.host_memory]

    def _elaborate_clear(self, m):
        with m.State("CLEAR"):
            m.d.sync += self.host_address.eq(0)
            m.next = "CLEAR WORDS"
        with m.State("CLEAR WORDS"):
            m.d.comb += self.host_clear.eq(1)
            m.d.sync += self.host_address.eq(self.host_address + 1)
            deepest = max(self._depths[memory] for memory in CLEARED if memory < len(self._depths))
            with m.If(self.host_address == deepest - 1):
                m.d.comb += self.run_rewind.eq(1)
                self._acknowledge(m)

    def _elaborate_run(self, m):
        with m.State("RUN STEPS"):
            self._take(m, self.run_steps)
            with m.If(self.i.valid):
                m.next = "RUN EVENTS"
                with m.If(self.i.payload > LARGEST_RUN):
                    self._refuse(m, Nack.UNKNOWN)
        with m.State("RUN EVENTS"):
            self._take(m, self.run_events)
            with m.If(self.i.valid):
                m.next = "START"
        with m.State("START"):
            with m.If(self._too_large):
                self._refuse(m, Nack.UNKNOWN)
            with m.Else():
                m.d.comb += self.run_start.eq(1)
                m.d.sync += [self._reported.eq(0), self._owes_done.eq(1)]
                self._acknowledge(m)
        with m.State("EVENTS"):
            m.d.comb += self.events.payload.eq(self.i.payload)
            with m.If(self._left == 0):
                self._acknowledge(m)
            with m.Elif(self.i.valid):
                m.d.comb += self.events.valid.eq(1)
                with m.If(self.events.ready):
                    self._take(m)
        with m.State("STOP"):
            m.d.comb += self.run_stop.eq(1)
            self._acknowledge(m)

    # Answers

    def _elaborate_answers(self, m):
        header, index = self._answer.as_value(), self._index
        capability = Array(Const(word, 32) for word in self._capability)
        with m.State("ANSWER"):
            m.d.comb += [self.o.valid.eq(1), self.o.p.word.eq(header), self.o.p.last.eq(1)]
            with m.If(self.o.ready):
                m.next = "SKIP"
        for name in ("CAPABILITY", "REPORT", "SPIKES", "DATA"):
            with m.State(f"ANSWER {name}"):
                m.d.comb += [self.o.valid.eq(1), self.o.p.word.eq(header)]
                with m.If(self.o.ready):
                    m.next = f"SEND {name}"
        with m.State("SEND CAPABILITY"):
            self._send_word(m, capability[index], index == len(CAPABILITY) - 1)
        with m.State("SEND REPORT"):
            self._send_word(m, Array(self.report)[index], index == len(self.report) - 1)
        with m.State("SEND SPIKES"):
            self._send_word(m, self.spikes.payload, index == self._count - 1, valid=self.spikes.valid)
            m.d.comb += self.spikes.ready.eq(self.o.ready)
        with m.State("SEND DATA"):  # the memory answers a clock after the address,
            m.next = "SELECT COLUMN"
        with m.State("SELECT COLUMN"):  # the selected column of each memory is there another clock later,
            m.next = "SELECT MEMORY"
        with m.State("SELECT MEMORY"):  # that of the selected memory a third
            m.next = "SEND COLUMN"
        with m.State("SEND COLUMN"):
            is_last = (self._size == 1) & (self.host_column == self._last_column)
            self._send_word(m, self.host_r_data, is_last)
            with m.If(self.o.ready):
                self._next_column(m)
                with m.If(~is_last):
                    m.next = "SEND DATA"

    def _send_word(self, m, word, is_last, valid=1):
        """Send a payload word of the answer; after the last one, skip to the next packet."""
        m.d.comb += [self.o.valid.eq(valid), self.o.p.word.eq(word), self.o.p.last.eq(is_last)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self._index.eq(self._index + 1)
            with m.If(is_last):
                m.next = "SKIP"

    def _take(self, m, target=None):
        """Take a payload word of the packet."""
        m.d.comb += self.i.ready.eq(1)
        with m.If(self.i.valid):
            m.d.sync += self._left.eq(self._left - 1)
            if target is not None:
                m.d.sync += [target.eq(self.i.payload),
                             self._too_large.eq(self.i.payload[len(target):].any())]

    def _say(self, m, type, *, argument=0, then="ANSWER"):
        m.d.sync += [
            self._answer.type.eq(type), self._answer.sequence.eq(self._header.sequence),
            self._answer.argument.eq(argument),
        ]
        m.next = then

    def _acknowledge(self, m):
        """The packet was executed."""
        m.d.sync += self._expected.eq(self._header.sequence + 1)
        self._say(m, From.ACK)

    def _refuse(self, m, reason):
        """The packet was not executed."""
        self._say(m, From.NACK, argument=reason)
        m.d.sync += self._answer.sequence.eq(self._expected)
