"""What is known of a board: its platform, the core that fills it, its clock, its link."""

from collections.abc import Callable
from dataclasses import dataclass

from firmware.clocks import OscillatorClock
from hdl.memory import ColumnMemory
from snnsim.contract import CoreConfig

#: The toolchains; each names the programs that make a bitstream for a family of FPGAs.
ICE40, ECP5, GOWIN, VIVADO = "ice40", "ecp5", "gowin", "vivado"

#: The last bit of a byte is sampled half a bit from its edge, so 5 % would be too much for both ends
#: together, and the receiver's rounding to clocks takes its share.
LARGEST_BAUD_ERROR = 0.015


@dataclass(frozen=True)
class Board:
    """A board that a core can be built for.

    ``make_platform()`` gives its Amaranth platform. ``config`` is the `CoreConfig` that fills it.
    ``clock`` is the core's clock in Hz, ``baud`` the rate of its serial link in bits per second.
    ``programmer`` is the command that loads a bitstream, to which the bitstream's path is added, such as
    ``("openFPGALoader", "-b", "icebreaker")``; empty where none is known.
    ``clock_source`` is the class of `firmware.clocks` that makes the clock of the board's oscillator.
    ``synapse_memory`` is as for `hdl.core.Core`; ``check_synapses(depth, width)`` raises `UserError` if
    there is not enough of it. ``led`` is the platform's name of the light that shows activity, "" where
    there is none. ``synthesis`` has options for the synthesis of this device.

    Raises `ValueError` if the clock cannot be divided to the baud rate closely enough.
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
    clock_source: Callable = OscillatorClock
    synapse_memory: Callable = ColumnMemory
    check_synapses: Callable = lambda depth, width: None
    led: str = "led"
    synthesis: str = ""

    def __post_init__(self):
        error = abs(self.clock / self.divisor / self.baud - 1)
        if error > LARGEST_BAUD_ERROR:
            raise ValueError(
                f"{self.name}: a clock of {self.clock} Hz makes {self.clock / self.divisor:.0f} baud and not "
                f"{self.baud}: {error:.1%} off, where at most {LARGEST_BAUD_ERROR:.1%} are good")

    @property
    def divisor(self):
        """Clocks a bit of the serial link."""
        return round(self.clock / self.baud)
