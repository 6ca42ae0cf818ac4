"""Which serial ports have a core behind them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from snnsim.contract import CoreConfig
from snnsim.errors import UserError

from .discovery import find_rate
from .handshake import greet
from .serial_link import SerialLink
from .transport import Transport

#: Seconds for a core that has been found to describe itself.
_TIMEOUT = 2.0


@dataclass(frozen=True)
class Answer:
    """What is behind a port: the core's ``config`` and ``identity`` and the rate of its line in bits per
    second, or None for these and the reason why no core answers."""

    port: str
    config: CoreConfig | None = None
    identity: int | None = None
    baudrate: int | None = None
    reason: str = ""


def survey(ports):
    """An `Answer` for each of the ``ports``, by name and in order; all are asked at the same time.

    A run that goes on in a core is not disturbed.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(ports))) as threads:
        return list(threads.map(ask, ports))


def ask(port):
    """The `Answer` of one port."""
    try:
        with SerialLink(port) as link:
            find_rate(link)
            config, identity = greet(Transport(link, _TIMEOUT))
            return Answer(port, config, identity, link.baudrate)
    except UserError as error:
        return Answer(port, reason=str(error).removeprefix(f"{port} "))
