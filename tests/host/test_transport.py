"""The sliding window: what is retired, what stays, what is sent again."""

from snnsim.contract.packets import LARGEST_PAYLOAD, From, Nack, To
from snnsim.host.link import AbstractLink
from snnsim.host.protocol import FrameDecoder, Packet, encode
from snnsim.host.transport import LARGEST_WINDOW, Transport, Window


def window_of(*types, first=0):
    window = Window(capacity=1000)
    window.restart(first)
    return window, [window.add(type, 0, (0,)) for type in types]


def test_numbers_count_up_and_wrap():
    _, packets = window_of(*[To.WRITE] * 3, first=254)
    assert [packet.sequence for packet in packets] == [254, 255, 0]


def test_an_answer_retires_all_before_it():
    window, packets = window_of(To.WRITE, To.WRITE, To.WRITE)
    assert window.answered(packets[1])
    assert [window.holds(packet) for packet in packets] == [False, False, True]


def test_a_read_is_retired_by_nothing_but_its_own_answer():
    window, packets = window_of(To.WRITE, To.READ, To.WRITE)
    assert not window.answered(packets[2])
    assert [window.holds(packet) for packet in packets] == [False, True, True]


def test_the_expected_number_retires_what_was_executed():
    window, packets = window_of(To.WRITE, To.WRITE, To.WRITE)
    assert window.expected(2)
    assert [window.holds(packet) for packet in packets] == [False, False, True]
    assert not window.expected(2)


def test_the_expected_number_retires_no_read():
    window, packets = window_of(To.WRITE, To.READ, To.WRITE)
    window.expected(2)
    assert window.holds(packets[1])


def test_room_counts_what_the_receive_buffer_takes_for_all_that_is_on_its_way():
    window = Window(capacity=12)
    window.add(To.EVENTS, 0, (1, 2, 3))
    assert window.room(To.EVENTS) == window.room(To.WRITE) == 5


def test_writes_behind_writes_need_no_room_as_they_are_executed_while_they_come():
    window = Window(capacity=100)
    for _ in range(LARGEST_WINDOW):
        assert window.room(To.WRITE) == LARGEST_PAYLOAD
        window.add(To.WRITE, 0, range(LARGEST_PAYLOAD))
    assert window.room(To.WRITE) < 0
    assert window.room(To.STOP) < 0


def test_fewer_packets_are_on_their_way_than_the_core_takes_for_old():
    window = Window(capacity=10**6)
    while window.room(To.STOP) >= 0:
        window.add(To.STOP, 0, ())
    assert len(window) == LARGEST_WINDOW < 128


class ScriptedLink(AbstractLink):
    """Records what is written and gives what the test puts into ``incoming``."""

    name = "the scripted link"

    def __init__(self):
        self.incoming, self._decoder, self.sent, self.seconds = b"", FrameDecoder(), [], 0.0

    def write(self, data):
        self.sent += self._decoder.feed(data)

    def read(self, timeout):
        data, self.incoming = self.incoming, b""
        return data

    def now(self):
        return self.seconds

    def close(self):
        pass


def transport_with(count):
    link = ScriptedLink()
    transport = Transport(link, timeout=1000)
    transport.set_receive_words(1024)
    return link, transport, [transport.submit(To.STOP) for _ in range(count)]


def receive(link, transport, *packets):
    link.incoming = b"".join(encode(packet) for packet in packets)
    return list(transport.receive(0))


def test_one_loss_sends_the_rest_of_the_window_once_however_many_complain():
    link, transport, packets = transport_with(5)
    link.sent.clear()
    lost = packets[2].sequence
    nack = Packet(From.NACK, lost, Nack.SEQUENCE)
    receive(link, transport, Packet(From.ACK, 0), Packet(From.ACK, 1), nack, nack)
    assert link.sent == packets[2:]


def test_a_second_loss_after_progress_sends_again():
    link, transport, packets = transport_with(4)
    receive(link, transport, Packet(From.NACK, 1, Nack.CORRUPT))
    link.sent.clear()
    receive(link, transport, Packet(From.ACK, 1), Packet(From.NACK, 2, Nack.CORRUPT))
    assert link.sent == packets[2:]


def test_after_a_resend_in_vain_only_the_first_is_sent_again():
    link, transport, packets = transport_with(4)
    for expected in (packets, packets[:1], packets[:1]):
        link.sent.clear()
        link.seconds += transport.patience * 1.1
        receive(link, transport)
        assert link.sent == expected


def test_answers_to_unknown_numbers_are_ignored():
    link, transport, packets = transport_with(2)
    assert receive(link, transport, Packet(From.ACK, 77), Packet(From.DATA, 0, 0, (1,))) == []
    assert all(transport.is_outstanding(packet) for packet in packets)


def test_packets_come_in_the_order_of_their_answers():
    """What stands before an ACK is yielded while the packet it answers is still outstanding."""
    link, transport, (packet,) = transport_with(1)
    link.incoming = b"".join(encode(p) for p in (
        Packet(From.SPIKES), Packet(From.ACK, packet.sequence), Packet(From.SPIKES)))
    assert [transport.is_outstanding(packet) for _ in transport.receive(0)] == [True, False]
