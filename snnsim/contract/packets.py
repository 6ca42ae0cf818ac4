"""The packets of the host link, one description for the driver and for the gateware.

A packet is a sequence of 32-bit words, sent least significant byte first: a header, the payload, and
the CRC-32 (that of zlib and Ethernet) of all bytes before it. On the wire each packet is COBS-encoded
and ended by a zero byte; an empty frame is ignored.

Every packet whose `To` type is below `FIRST_UNSEQUENCED` carries the next sequence number (8 bits,
`To.HELLO` restarts it at its own number + 1) and is executed once, in order:

* the number that is expected: it is executed and answered;
* a number of the last 128: it has been executed, the answer was lost. `To.READ` is answered again,
  everything else with `From.ACK`, nothing is executed;
* any other number, a wrong CRC, a malformed length: nothing is executed and the answer is
  `From.NACK` with the number that is expected; the host goes back to it.

Spikes flow back in `From.SPIKES` packets, numbered from 0 in each run. They stay in the core's spike
buffer until the host has acknowledged them with `To.TAKEN`; while the buffer is full the core waits.
`To.AGAIN` makes the core send again from the first spike that was not acknowledged. Input events flow
in `To.EVENTS` packets into a buffer of ``event_buffer`` events; the host may have that many on their
way beyond those which the core has reported as consumed. So neither side can lose or repeat an event,
and a run of many steps needs no turnaround per step.
"""

from dataclasses import fields
from enum import IntEnum

from .config import CONTRACT_VERSION, CoreConfig, Formats
from .layout import Field, Layout

PROTOCOL_VERSION = 2
MAGIC = int.from_bytes(b"SNN1", "little")

#: Payload words of the largest packet in either direction.
LARGEST_PAYLOAD = 66
#: Data words of a `To.WRITE`, a `To.EVENTS`, a `From.DATA` or a `From.SPIKES` packet.
LARGEST_DATA = 64
#: Words of the receive buffer that a packet takes beside its payload: its length and its header.
RECEIVE_OVERHEAD = 2
#: Steps of one `To.RUN`: time stamps are 16 bits, relative to its first step.
LARGEST_RUN = (1 << 16) - 1

HEADER = Layout((Field("type", 8), Field("sequence", 8), Field("argument", 16)))
#: An input event or a spike: who, and in which step of the run. In a core that learns, an input event of
#: number ``inputs`` is none, but the command to learn in this step.
EVENT = Layout((Field("step", 16), Field("id", 16)))


class To(IntEnum):
    """Packets from the host to the core: payload words in brackets."""

    #: [] -> `From.HELLO`. Accepted in any state, with any sequence number.
    HELLO = 0x01
    #: argument: `Memory`; [address, data ...]: whole memory words, `columns` data words each -> ACK.
    WRITE = 0x02
    #: argument: `Memory`; [address, words] -> `From.DATA`.
    READ = 0x03
    #: [] Zero state, ring, traces, tags and time -> ACK when it is done.
    CLEAR = 0x04
    #: [steps, events] Start a run that will be given ``events`` events -> ACK, at its end `From.DONE`.
    RUN = 0x05
    #: [event ...] in order of steps -> ACK.
    EVENTS = 0x06
    #: [] End the run after the step it is in, or if it waits for events, at once -> ACK.
    STOP = 0x07

    # Not sequenced, may be lost or repeated: no answer but what they ask for.
    #: argument: number of the first spike not yet received, modulo 2**16.
    TAKEN = 0x40
    #: [] -> `From.SPIKES` from the first spike not yet taken on.
    AGAIN = 0x41
    #: [] -> `From.STATUS`.
    STATUS = 0x42


FIRST_UNSEQUENCED = 0x40


class From(IntEnum):
    """Packets from the core to the host. ``sequence`` repeats that of the packet answered."""

    ACK = 0x81
    #: argument: `Nack`; ``sequence`` is the number that is expected.
    NACK = 0x82
    #: [words of `CAPABILITY`]
    HELLO = 0x83
    #: [data ...]
    DATA = 0x84
    #: argument: number of the first spike in it, modulo 2**16; [event ...].
    SPIKES = 0x85
    #: [words of `report_words`] Sent once when a run has ended and all its spikes were sent.
    DONE = 0x86
    #: [words of `report_words`] The same on request, in the middle of a run or after it.
    STATUS = 0x87
    #: argument: input events consumed in this run, modulo 2**16.
    CREDIT = 0x88


class Nack(IntEnum):
    """Why a packet was not executed."""

    #: Wrong CRC, COBS code or length, or no room for it.
    CORRUPT = 1
    #: Not the sequence number that is expected.
    SEQUENCE = 2
    #: Not a packet type of this protocol, or a payload that does not fit its type.
    UNKNOWN = 3
    #: A memory or run command while a run is active, events without a run.
    STATE = 4
    #: More events than there is room for.
    OVERFLOW = 5
    #: An address outside its memory, or no such memory.
    ADDRESS = 6


class Flag(IntEnum):
    """Bits of the ``flags`` word of a report."""

    #: The run is active.
    RUNNING = 0
    #: The run was ended by `To.STOP`.
    STOPPED = 1
    #: An input event named an input that the core does not have, or a step already past. It was skipped.
    BAD_EVENT = 2


#: The words of `From.DONE` and `From.STATUS`, all unsigned, counted from the start of the run.
REPORT = (
    "flags",
    "steps",          # steps completed
    "spikes",         # spikes of neurons
    "events",         # input events consumed
    "clocks_low",     # clocks in which the core worked ...
    "clocks_high",
    "clocks_max",     # ... and those of its longest step
    "waited_low",     # clocks in which it waited for the host: for events, or for room for spikes
    "waited_high",
    "i_saturations",  # neuron steps in which i left its range
    "v_saturations",  # neuron steps in which v left its range
)

#: Those of a core that learns or adapts, behind the others.
LEARNING_REPORT = (
    "learn_clocks_low",   # those of the clocks in which it learned
    "learn_clocks_high",
    "weight_clips_low",   # synapse steps in which learning took a weight beyond its bounds
    "weight_clips_high",
    "learning_saturations_low",  # how often a tag, trace, modulator, third factor or adaptation was saturated
    "learning_saturations_high",
)


def report_words(config):
    """The names of the words that a core of this configuration reports."""
    return REPORT + LEARNING_REPORT if config.learns or config.adaptive else REPORT


def capability_words(config, identity=0):
    """The words of `From.HELLO` for a core, in the order of `CAPABILITY`.

    ``identity`` is the 64-bit id of the bitstream or of the compiled model, 0 if it has none.
    """
    digest = int(config.digest[:16], 16)
    values = {
        "magic": MAGIC, "protocol_version": PROTOCOL_VERSION, "contract_version": CONTRACT_VERSION,
        "identity_low": identity & 0xFFFFFFFF, "identity_high": identity >> 32,
        "digest_low": digest & 0xFFFFFFFF, "digest_high": digest >> 32,
    }
    for name in _FORMAT_FIELDS:
        values[name] = getattr(config.formats, name)
    for name in CoreConfig.size_fields():
        values[name] = getattr(config, name)
    return [values[name] for name in CAPABILITY]


_FORMAT_FIELDS = tuple(f.name for f in fields(Formats))

#: The words of `From.HELLO`. The first three keep their place in every version of the protocol.
CAPABILITY = (
    "magic", "protocol_version", "contract_version", "identity_low", "identity_high",
    "digest_low", "digest_high", *_FORMAT_FIELDS, *CoreConfig.size_fields(),
)


def config_of(capability):
    """The `CoreConfig` that a core described in its `From.HELLO`; ``capability`` maps names to words."""
    formats = Formats(**{name: capability[name] for name in _FORMAT_FIELDS})
    sizes = {name: capability[name] for name in CoreConfig.size_fields()}
    return CoreConfig(formats=formats, **sizes)
