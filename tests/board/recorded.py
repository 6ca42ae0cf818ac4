"""Recording exchanges with a board, and replaying them; and the session that is kept here, made anew.

    python -m tests.board.recorded

records it from the pin-level virtual board of an iCEBreaker. Needed when the host writes other bytes than
before: after a change of the driver, of the layout of memories, or of the random networks.
"""

from pathlib import Path

from firmware.platforms import find_board
from firmware.virtual import pin_level_board
from snnsim.host import Driver, SerialLink
from snnsim.host.recording import RecordingLink, ReplayLink, description

from .exchanges import EXCHANGES

SESSIONS = Path(__file__).parents[1] / "host" / "sessions"
KEPT = SESSIONS / "pin_level_icebreaker.npz"
NAME = "the pin-level virtual board of an iCEBreaker"


class Recorder:
    """A driver over ``link`` that is recorded; `run` is an exchange, `session` the `Session` of all."""

    def __init__(self, link):
        self._link = RecordingLink(link)
        self.driver = Driver(self._link)
        self._exchanges = []

    def run(self, name, seed):
        """The first difference in an exchange, or None."""
        self._exchanges.append([name, seed])
        return EXCHANGES[name](self.driver, seed)

    def session(self, recorded_from):
        about = {**description(self.driver, recorded_from), "exchanges": self._exchanges}
        return self._link.session(about)


def replay(session):
    """Run all exchanges of a `Session` again: ``(link, differences that are not None by exchange)``."""
    link = ReplayLink(session)
    driver = Driver(link)
    found = {f"{name} {seed}": EXCHANGES[name](driver, seed) for name, seed in session.about["exchanges"]}
    return link, {name: difference for name, difference in found.items() if difference is not None}


def main():
    with pin_level_board(find_board("icebreaker").config, print) as board, SerialLink(board.port) as link:
        recorder = Recorder(link)
        for name, seeds in {"random network": range(12), "every state": range(0, 60, 20)}.items():
            for seed in seeds:
                assert recorder.run(name, seed) is None, (name, seed)
        recorder.session(NAME).save(KEPT)
    print(f"{KEPT}: {KEPT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
