"""Sessions: kept whole, replayed byte for byte, and refused by any other host."""

import numpy as np
import pytest

from snnsim.contract import CONTRACT_VERSION, CoreConfig
from snnsim.contract.packets import PROTOCOL_VERSION, From, To
from snnsim.errors import UserError
from snnsim.host import Driver, LinkError
from snnsim.host.protocol import END, Packet, decode, encode
from snnsim.host.recording import RecordingLink, ReplayLink, Session, description
from snnsim.result import first_difference
from snnsim.simulator import ReferenceSimulator

from .networks import busy_image, busy_stimulus
from .software_board import FaultyLink, SoftwareBoard

CONFIG = CoreConfig(event_buffer=64, spike_buffer=64, receive_words=128)
IMAGE, STIMULUS = busy_image(), busy_stimulus(60)
EXPECTED = ReferenceSimulator(IMAGE).run(STIMULUS)
#: A tenth of it is waited for what does not come.
TIMEOUT = 0.5


def host(link, stimulus=STIMULUS):
    """What is recorded, and does the same again."""
    return Driver(link, TIMEOUT).load(IMAGE).run(stimulus)


def recorded(link):
    recording = RecordingLink(link)
    host(recording)
    return recording.session({"recorded_from": "the software board"})


@pytest.fixture(scope="module")
def session():
    return recorded(SoftwareBoard(CONFIG, IMAGE))


def test_a_session_replays_to_its_end_with_the_same_spikes(session):
    link = ReplayLink(session)
    assert first_difference(host(link), EXPECTED) is None
    assert link.is_over


def test_a_session_on_a_bad_line_with_all_its_repetitions_replays_too():
    """What is sent again after some time is a matter of time, which is recorded as well."""
    numbers = iter(range(10**9))

    def lose(frame):
        return [frame] if next(numbers) % 12 != 5 else []

    faulty = FaultyLink(SoftwareBoard(CONFIG, IMAGE), there=lose, back=lose)
    session = recorded(faulty)
    assert len(session.to_board) > 1.2 * len(recorded(SoftwareBoard(CONFIG, IMAGE)).to_board)
    link = ReplayLink(session)
    assert first_difference(host(link), EXPECTED) is None
    assert link.is_over


def test_a_session_is_saved_and_loaded_whole(session, tmp_path):
    session.save(tmp_path / "session.npz")
    loaded = Session.load(tmp_path / "session.npz")
    assert (loaded.about, loaded.to_board, loaded.from_board) == (
        session.about, session.to_board, session.from_board)
    assert np.array_equal(loaded.turns, session.turns)


def test_another_file_is_refused(tmp_path):
    STIMULUS.save(tmp_path / "raster.npz")
    with pytest.raises(UserError, match="is a snnsim raster file, not a snnsim session file"):
        Session.load(tmp_path / "raster.npz")


def test_a_session_says_what_it_was_recorded_from():
    driver = Driver(SoftwareBoard(CONFIG, identity=0x1234))
    about = description(driver, "a board")
    assert about.pop("date").startswith("20")
    assert about.pop("snnsim_version")
    assert about == {"recorded_from": "a board", "config_digest": CONFIG.digest,
                     "identity": "0000000000001234", "contract_version": CONTRACT_VERSION,
                     "protocol_version": PROTOCOL_VERSION}


# Another host

def refusal(link, action):
    with pytest.raises(LinkError) as refusal:
        action(link)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def place_of(type, session):
    """The offsets of the first packet of this type in the bytes to the board, and of what follows it."""
    offset = 0
    for frame in session.to_board.split(END):
        if frame and decode(frame).type == type:
            return offset, offset + len(frame) + 1
        offset += len(frame) + 1


def test_a_host_that_writes_something_else_is_refused_at_the_first_byte_that_differs(session):
    shorter = STIMULUS.window(0, STIMULUS.steps - 1)
    line = refusal(ReplayLink(session), lambda link: host(link, shorter))
    run, after = place_of(To.RUN, session)
    assert line.startswith("the session recorded from the software board, byte ")
    assert run < int(line.split("byte ")[1].split()[0]) < after
    assert "record it again" in line


@pytest.mark.parametrize("at", [0, 1, 100, 1000])
def test_a_changed_byte_is_refused_at_its_offset(session, at):
    changed = bytearray(session.to_board)
    changed[at] ^= 0x40
    other = Session(session.about, bytes(changed), session.from_board, session.turns)
    line = refusal(ReplayLink(other), host)
    assert (f"byte {at} to the board: the host writes {session.to_board[at]:#04x} "
            f"where it wrote {changed[at]:#04x}") in line


def test_a_host_that_goes_on_beyond_the_end_is_refused(session):
    def go_on(link):
        Driver(link, TIMEOUT).load(IMAGE).run(STIMULUS)
        link.write(b"\0")

    line = refusal(ReplayLink(session), go_on)
    assert f"byte {len(session.to_board)} to the board: the host writes 0x00 where it wrote nothing" in line


def test_a_host_that_reads_where_it_wrote_is_refused(session):
    line = refusal(ReplayLink(session), lambda link: link.read(1.0))
    assert "byte 0 to the board: the host reads where it wrote " in line


def test_a_host_that_writes_where_it_read_is_refused(session):
    def write_twice(link):
        first = session.turns[0][1]
        link.write(session.to_board[:first])
        link.write(session.to_board[first:first + 4])

    assert "the host writes 4 bytes where it read" in refusal(ReplayLink(session), write_twice)


def test_a_host_that_cuts_its_bytes_otherwise_is_refused(session):
    line = refusal(ReplayLink(session), lambda link: link.write(session.to_board[:3]))
    assert "the host writes 3 bytes at once, where it wrote" in line


# Another board

def with_another_spike(session, number=0):
    """The session with a spike of another neuron in its ``number``-th SPIKES packet; the CRC is right."""
    frames = session.from_board.split(END)
    packets = [k for k, frame in enumerate(frames) if frame and decode(frame).type == From.SPIKES]
    packet = decode(frames[packets[number]])
    payload = (packet.payload[0] ^ 1 << 16, *packet.payload[1:])
    frames[packets[number]] = encode(Packet(packet.type, packet.sequence, packet.argument, payload))[:-1]
    changed = END.join(frames)
    assert len(changed) == len(session.from_board)
    return Session(session.about, session.to_board, changed, session.turns), packet.payload[0]


def test_one_spike_of_another_neuron_is_found_and_named(session):
    faulty, spike = with_another_spike(session)
    step, neuron = spike & 0xFFFF, spike >> 16
    difference = first_difference(host(ReplayLink(faulty)), EXPECTED)
    assert (difference.step, difference.quantity) == (step, "spike")
    assert difference.neuron in (neuron, neuron ^ 1)
