"""What is known of a board: its platform, the core that fills it, its clock, its link."""

from collections.abc import Callable
from dataclasses import dataclass

from snnsim.contract import CoreConfig

#: The toolchains; each names the programs that make a bitstream for a family of FPGAs.
ICE40, ECP5, GOWIN, VIVADO = "ice40", "ecp5", "gowin", "vivado"


@dataclass(frozen=True)
class Board:
    """A board that a core can be built for.

    ``make_platform()`` gives its Amaranth platform. ``config`` is the `CoreConfig` that fills it.
    ``clock`` is the core's clock in Hz, ``baud`` the rate of its serial link in bits per second.
    ``programmer`` is the command that loads a bitstream, to which the bitstream's path is added, such as
    ``("openFPGALoader", "-b", "icebreaker")``; empty where none is known.
    """

    name: str
    title: str
    device: str
    toolchain: str
    make_platform: Callable
    config: CoreConfig
    clock: int
    baud: int
    programmer: tuple[str, ...] = ()

    @property
    def divisor(self):
        """Clocks a bit of the serial link."""
        return round(self.clock / self.baud)
