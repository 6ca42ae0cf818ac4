"""A run on the core: input events out, spikes in, neither lost nor repeated."""

import numpy as np

from snnsim.contract.packets import EVENT, LARGEST_DATA, From, To

from .protocol import Corrupt, report_of
from .transport import ATTEMPTS, DriverError

_MODULUS = 1 << 16


class CoreRun:
    """One `To.RUN` of ``steps`` steps, at most `LARGEST_RUN`.

    ``events``: words of `EVENT` in order of steps. After `finish`, ``report`` is the core's account and
    ``spikes`` the words of `EVENT` that came back.
    """

    def __init__(self, transport, config, steps, events):
        self.report = None
        self._transport = transport
        self._event_buffer = config.event_buffer
        self._steps = steps
        self._events = events.tolist()
        self._sent = self._consumed = 0
        self._spikes = []
        self._asked_again = (None, 0.0)  # number of spikes received, time

    @property
    def spikes(self):
        return np.array(self._spikes, dtype=np.int64)

    def finish(self, progress):
        """Run to the end. ``progress(steps)`` hears how many steps are known to be done.

        Raises `DriverError` if the board falls silent, stands still or gives a wrong account.
        """
        self._start = self._transport.submit(To.RUN, payload=(self._steps, len(self._events)))
        self._heard = self._polled = self._progress = self._transport.now()
        while not self._is_complete():
            self._send_events()
            for packet in self._transport.receive(self._transport.patience):
                self._heard = self._transport.now()
                self._accept(packet, progress)
            self._poll_if_silent()
        self._transport.flush()
        self._check_account()

    def _is_complete(self):
        return (self.report is not None and not self.report.running
                and len(self._spikes) >= self.report.spikes)

    def _send_events(self):
        """As many as there are credit and room for, but no tiny packets while larger ones can follow."""
        while self._sent < len(self._events):
            credit = self._event_buffer - (self._sent - self._consumed)
            wanted = min(LARGEST_DATA, len(self._events) - self._sent)
            count = min(wanted, credit, self._transport.room(To.EVENTS))
            if count < min(wanted, LARGEST_DATA // 4):
                return
            self._transport.submit(To.EVENTS, payload=self._events[self._sent:self._sent + count])
            self._sent += count

    def _accept(self, packet, progress):
        if self._transport.is_outstanding(self._start):
            return  # it belongs to an earlier run
        if isinstance(packet, Corrupt):
            self._ask_again()
        elif packet.type == From.SPIKES:
            self._take(packet)
            if self._spikes:
                progress(EVENT.unpack(self._spikes[-1])["step"])
        elif packet.type == From.CREDIT:
            self._credit(packet.argument)
        elif packet.type in (From.DONE, From.STATUS):
            self._note_report(report_of(packet), progress)

    def _take(self, packet):
        """Keep what is new of a `From.SPIKES`, and acknowledge all that was received."""
        ahead = (packet.argument - len(self._spikes)) % _MODULUS
        if 0 < ahead < _MODULUS // 2:
            self._ask_again()
            return
        new = packet.payload[-ahead % _MODULUS:]
        if new:
            self._spikes.extend(new)
            self._progress = self._transport.now()
        self._transport.post(To.TAKEN, len(self._spikes) % _MODULUS)

    def _credit(self, consumed):
        more = (consumed - self._consumed) % _MODULUS
        if 0 < more <= self._sent - self._consumed:
            self._consumed += more
            self._progress = self._transport.now()

    def _note_report(self, report, progress):
        if report is None:
            return
        # Not the clocks: a core that never ends its step counts them too.
        if self.report is None or _reached(report) != _reached(self.report):
            self._progress = self._transport.now()
        self.report = report
        self._credit(report.events % _MODULUS)
        progress(report.steps)
        if report.spikes > len(self._spikes):
            self._ask_again()

    def _ask_again(self):
        """Have the spikes sent again, once for each gap, and once more for each silence."""
        count, when = self._asked_again
        if count == len(self._spikes) and self._transport.now() - when < self._transport.patience:
            return
        self._asked_again = (len(self._spikes), self._transport.now())
        self._transport.post(To.AGAIN)

    def _poll_if_silent(self):
        now = self._transport.now()
        if now - max(self._heard, self._polled) >= self._transport.patience:
            self._polled = now
            # Whatever was lost, one of these brings the run forward: room for spikes, credit, the end.
            self._transport.post(To.TAKEN, len(self._spikes) % _MODULUS)
            self._transport.post(To.STATUS)
        if now - self._progress > self._transport.timeout:
            self._give_up()

    def _give_up(self):
        link, timeout = self._transport.link, self._transport.timeout
        if self._heard <= self._progress:
            raise DriverError(f"{link.name} fell silent in mid-run for {timeout:g} s: check the cable, reset "
                              "the board and open the port anew")
        steps = self.report.steps if self.report else 0
        raise DriverError(f"{link.name} stands still in step {steps} for {timeout:g} s, although it answers: "
                          "reset the board and load the network again")

    def _check_account(self):
        report, link = self.report, self._transport.link
        if report.bad_event:
            raise DriverError(f"{link.name} skipped an input event as unknown or too late: load the network "
                              "again, and report this if it happens twice")
        said = {"steps": report.steps, "spikes": report.spikes, "input events": report.events}
        seen = {"steps": self._steps, "spikes": len(self._spikes), "input events": len(self._events)}
        for what, count in said.items():
            if count != seen[what]:
                raise DriverError(f"{link.name} counts {count} {what} in this run, the host {seen[what]}: "
                                  "load the network again, and report this if it happens twice")


def _reached(report):
    """How far a run has come: steps, spikes and input events."""
    return report.steps, report.spikes, report.events


def ask_status(transport):
    """The core's `Report` of now. Raises `DriverError` if there is no answer."""
    report = None
    for _ in range(ATTEMPTS):
        transport.post(To.STATUS)
        deadline = transport.now() + transport.patience
        while report is None and transport.now() < deadline:
            for packet in transport.receive(deadline - transport.now()):
                if not isinstance(packet, Corrupt) and packet.type == From.STATUS:
                    report = report_of(packet)
        if report is not None:
            return report
    raise DriverError(f"{transport.link.name} does not answer within {transport.timeout:g} s: check the "
                      "cable, reset the board and open the port anew")


def end_run(transport):
    """End a run that is still active, whoever began it; its spikes are thrown away."""
    if not ask_status(transport).running:
        return
    transport.submit(To.STOP)
    asked, progress, running = -transport.patience, transport.now(), True
    while running:
        now = transport.now()
        if now - progress > transport.timeout:
            raise DriverError(f"{transport.link.name} does not end its run within {transport.timeout:g} s: "
                              "reset the board and open the port anew")
        if now - asked > transport.patience:
            asked = now
            transport.post(To.AGAIN)
            transport.post(To.STATUS)
        for packet in transport.receive(transport.patience):
            if isinstance(packet, Corrupt):
                continue
            if packet.type == From.SPIKES:
                transport.post(To.TAKEN, (packet.argument + len(packet.payload)) % _MODULUS)
                progress = transport.now()
            elif packet.type in (From.DONE, From.STATUS):
                report = report_of(packet)
                running = running and (report is None or report.running)
    transport.flush()
