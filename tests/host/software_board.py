"""A stand-in for a board, the packets of the contract on top of the reference simulator; links that fail."""

import time
from collections import deque

import numpy as np

from snnsim.contract.layout import Memory, columns, memories_of, memory_shape
from snnsim.contract.packets import (
    EVENT,
    FIRST_UNSEQUENCED,
    LARGEST_DATA,
    Flag,
    From,
    Nack,
    To,
    capability_words,
    report_words,
)
from snnsim.host import AbstractLink, LinkError
from snnsim.host.protocol import END, Corrupt, FrameDecoder, Packet, encode
from snnsim.placement import pack_state, place, unpack_state
from snnsim.raster import SpikeRaster
from snnsim.simulator import ReferenceSimulator

_COUNTS = ("i_saturations", "v_saturations", "weight_clips", "learning_saturations")


class SoftwareBoard(AbstractLink):
    """A core with ``config`` that can run ``image`` and nothing else: it insists on its memories.

    ``capability`` is what it says in `From.HELLO`; ``executed`` lists the numbered packets it executed.
    Of what learning changes, only the weights are in its memories.
    """

    name = "the software board"

    def __init__(self, config, image=None, identity=0):
        self.config = config
        self.capability = capability_words(config, identity)
        self.executed = []
        self._out = bytearray()
        self._decoder = FrameDecoder()
        self._expected = 0
        self._memories = {m: np.zeros((memory_shape(config, m)[0], columns(config, m)), np.uint32)
                          for m in memories_of(config)}
        self._image = image
        self._simulator = ReferenceSimulator(image) if image else None
        self._start_run(0, 0)
        self._running = self._owes_done = False

    # The link

    def write(self, data):
        for item in self._decoder.feed(bytes(data)):
            if isinstance(item, Corrupt):
                self._send(From.NACK, self._expected, Nack.CORRUPT)
            else:
                self._receive(item)
            self._work()

    def read(self, timeout):
        if not self._out:
            time.sleep(timeout)
        data, self._out = bytes(self._out), bytearray()
        return data

    def close(self):
        pass

    def _send(self, type, sequence, argument=0, payload=()):
        self._out += encode(Packet(type, sequence, argument % (1 << 16), tuple(payload)))

    # Packets

    def _receive(self, packet):
        if packet.type == To.HELLO:
            self._expected = (packet.sequence + 1) % 256
            self._send(From.HELLO, packet.sequence, payload=self.capability)
        elif packet.type == To.TAKEN:
            taken = (packet.argument - self._taken) % (1 << 16)
            if taken <= self._sent - self._taken:
                self._taken += taken
        elif packet.type == To.AGAIN:
            self._sent, self._owes_done = self._taken, True
        elif packet.type == To.STATUS:
            self._send(From.STATUS, packet.sequence, payload=self._report())
        elif packet.type >= FIRST_UNSEQUENCED:
            self._send(From.NACK, self._expected, Nack.UNKNOWN)
        else:
            self._receive_numbered(packet)

    def _receive_numbered(self, packet):
        age = (self._expected - packet.sequence) % 256
        if age > 128:
            self._send(From.NACK, self._expected, Nack.SEQUENCE)
        elif age and packet.type != To.READ:
            self._send(From.ACK, packet.sequence)
        else:
            refusal = self._execute(packet)
            if refusal:
                self._send(From.NACK, self._expected, refusal)
            elif not age:
                self.executed.append(packet)
                self._expected = (self._expected + 1) % 256

    def _execute(self, packet):
        """Execute and answer; the `Nack` if it cannot be executed."""
        if self._running == (packet.type not in (To.EVENTS, To.STOP)) and packet.type != To.STOP:
            return Nack.STATE
        match packet.type:
            case To.READ:
                first, count = packet.payload
                self._send(From.DATA, packet.sequence,
                           payload=self._memories[packet.argument][first:first + count].ravel().tolist())
                return None
            case To.WRITE:
                memory, first = self._memories[packet.argument], packet.payload[0]
                words = np.array(packet.payload[1:], np.uint32).reshape(-1, memory.shape[1])
                if first + len(words) > len(memory):
                    return Nack.ADDRESS
                memory[first:first + len(words)] = words
            case To.CLEAR:
                self._memories[Memory.STATE][:] = 0
                if self._simulator:
                    self._simulator.clear()
            case To.RUN:
                self._check_memories()
                self._start_run(*packet.payload)
            case To.EVENTS:
                if len(self._events) + len(packet.payload) > self.config.event_buffer:
                    return Nack.OVERFLOW
                self._events.extend(EVENT.unpack(word) for word in packet.payload)
            case To.STOP:
                self._stopping = True
            case _:
                return Nack.UNKNOWN
        self._send(From.ACK, packet.sequence)
        return None

    def _check_memories(self):
        placement = place(self._image, self.config)
        changing = {Memory.STATE}
        if self._image.plasticity is not None:
            changing |= {Memory.SYNAPSES}
            words = self._memories[Memory.SYNAPSES][:len(placement.memories[Memory.SYNAPSES])]
            self._simulator.write_weights(placement.weights(words))
        for memory, words in placement.memories.items():
            if memory not in changing:
                assert np.array_equal(self._memories[memory][:len(words)], words), memory
        state = unpack_state(self.config, self._memories[Memory.STATE][:self._image.n_neurons])
        for name in self._image.initial.names if self._image.adaptation is None else "virz":
            setattr(self._simulator, name, getattr(state, name).tolist())

    # The run

    def _start_run(self, steps, events):
        self._running = self._owes_done = True
        self._stopping = self._bad_event = False
        self._run_steps, self._run_events = steps, events
        self._steps = self._consumed = self._credited = self._sent = self._taken = 0
        self._counts = dict.fromkeys(_COUNTS, 0)
        self._events, self._fired, self._spikes, self._inputs = deque(), deque(), [], []
        self._commanded = False

    def clocks(self):
        return 10 * self._steps

    def _report(self):
        names = report_words(self.config)
        values = dict.fromkeys(names, 0)
        values |= {"steps": self._steps, "spikes": len(self._spikes), "events": self._consumed,
                   "clocks_low": self.clocks(), "clocks_max": 10 if self._steps else 0,
                   "i_saturations": self._counts["i_saturations"],
                   "v_saturations": self._counts["v_saturations"],
                   "weight_clips_low": self._counts["weight_clips"],
                   "learning_saturations_low": self._counts["learning_saturations"],
                   "flags": self._running << Flag.RUNNING | self._bad_event << Flag.BAD_EVENT}
        return [values[name] for name in names]

    def _work(self):
        while self._running and self._can_step():
            self._step()
        if self._running and self._consumed - self._credited >= self.config.event_buffer // 2:
            self._credited = self._consumed
            self._send(From.CREDIT, 0, self._consumed)
        while self._sent < len(self._spikes):
            part = self._spikes[self._sent:self._sent + LARGEST_DATA]
            self._send(From.SPIKES, 0, self._sent, part)
            self._sent += len(part)
        if self._owes_done and not self._running:
            self._owes_done = False
            self._send(From.DONE, 0, payload=self._report())

    def _can_step(self):
        """Whether spikes have room and the next step's events are there; ends a run that is over."""
        while self._fired and len(self._spikes) - self._taken < self.config.spike_buffer:
            self._spikes.append(self._fired.popleft())
        if self._fired:
            return False
        if self._steps == self._run_steps or self._stopping:
            self._end_run()
            return False
        while self._events and self._events[0]["step"] <= self._steps:
            event = self._events.popleft()
            self._consumed += 1
            if event["step"] == self._steps and event["id"] < self.config.inputs:
                self._inputs.append(event["id"])
            elif event["step"] == self._steps and event["id"] == self.config.inputs and self.config.learns:
                self._commanded = True
            else:
                self._bad_event = True
        return self._events or self._consumed == self._run_events

    def _end_run(self):
        self._running = False
        if self._steps:
            self._memories[Memory.STATE][:self._image.n_neurons] = pack_state(self.config, self._result.state)
        if self._image.plasticity is not None:
            words = place(self._image, self.config).with_weights(self._simulator.read_weights())
            self._memories[Memory.SYNAPSES][:len(words)] = words

    def _step(self):
        stimulus = SpikeRaster.from_events([0] * len(self._inputs), self._inputs, steps=1,
                                           neurons=self._image.n_inputs)
        commands = [0] if self._commanded else []
        self._inputs, self._commanded = [], False
        self._result = self._simulator.run(stimulus, commands=commands)
        for name in _COUNTS:
            self._counts[name] += getattr(self._result, name)
        self._fired.extend(EVENT.pack(step=self._steps, id=n) for n in self._result.raster.neuron.tolist())
        self._steps += 1


class FaultyLink(AbstractLink):
    """A link whose frames pass through ``there`` and ``back``: functions from a frame to a list of frames."""

    def __init__(self, link, *, there=lambda frame: [frame], back=lambda frame: [frame]):
        self.name = link.name
        self._link, self._there, self._back = link, there, back
        self._partial = {"there": b"", "back": b""}

    def write(self, data):
        self._link.write(self._pass("there", data, self._there))

    def read(self, timeout):
        return self._pass("back", self._link.read(timeout), self._back)

    def close(self):
        self._link.close()

    def _pass(self, way, data, fault):
        *frames, self._partial[way] = (self._partial[way] + data).split(END)
        return b"".join(out + END for frame in frames for out in fault(frame))


class VanishingLink(FaultyLink):
    """A link that is unplugged when the host has written ``writes`` times."""

    def __init__(self, link, writes):
        super().__init__(link)
        self._left = writes

    def write(self, data):
        self._left -= 1
        self._check()
        super().write(data)

    def read(self, timeout):
        self._check()
        return super().read(timeout)

    def _check(self):
        if self._left < 0:
            raise LinkError(f"the board on {self.name} is gone: plug it in again")
