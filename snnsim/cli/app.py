"""The commands, their arguments and their help. Each imports what it needs when it is called."""

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from ..errors import UserError
from .exits import COULD_NOT_TELL

#: A missing argument, an unknown option, a number out of range. Typer exports only its subclass.
USAGE_ERROR = typer.BadParameter.__base__


class Commands(TyperGroup):
    """Turns what a user can mend into one line and exit code 2."""

    def make_context(self, *args, **settings):
        with _in_one_line():
            return super().make_context(*args, **settings)

    def invoke(self, ctx):
        with _in_one_line():
            return super().invoke(ctx)


@contextmanager
def _in_one_line():
    try:
        yield
    except UserError as error:
        message = " ".join(str(error).split())
    except USAGE_ERROR as error:
        command = error.ctx.command_path if error.ctx else "snnsim"
        message = f"{error.format_message().rstrip('.')}; see {command} --help"
    except KeyboardInterrupt:
        message = "interrupted"
    else:
        return
    typer.echo(f"snnsim: {message}", err=True)
    raise typer.Exit(COULD_NOT_TELL)


app = typer.Typer(
    cls=Commands, add_completion=False, pretty_exceptions_enable=False,
    help="Spiking networks on a simulator and on an FPGA core, with identical spikes.",
    epilog="A machine is simulator, reference (slow and obvious), gateware (the compiled core in this "
           "process), virtual (a virtual board behind a serial port), virtual-pins (the same with its UART "
           "pins) or the serial port of a board. Exit codes: 0 done or identical, 1 different, 2 a mistake "
           "that the message names, or an interrupt.",
)

NetworkFile = Annotated[Path, typer.Argument(
    metavar="NETWORK", help="A description, .toml or .npz, or a compiled image.")]
RasterFile = Annotated[Path, typer.Argument(metavar="RASTER")]
Machine = Annotated[str, typer.Option("--on", metavar="MACHINE", help="The machine to run it on.")]
Machines = Annotated[list[str], typer.Option("--on", metavar="MACHINE", help="At least two machines.")]
InputFile = Annotated[Path, typer.Option(
    "--input", metavar="RASTER", help="Input spikes; random ones without it.")]
Steps = Annotated[int, typer.Option(min=0, help="Steps to run; by default those of the input, else 1000.")]
Rate = Annotated[float, typer.Option(min=0, max=1, help="Random input: spikes per step and input.")]
Seed = Annotated[int, typer.Option(min=0, help="Random input: the same seed gives the same spikes.")]
Core = Annotated[str, typer.Option(
    metavar="NAME=VALUE,...", help="Sizes and formats of the core, such as neurons=512,lanes=8.")]
CoreOfBoard = Annotated[str, typer.Option(
    "--board", metavar="BOARD", help="The core that fills this board, instead of --core; see snnsim boards.")]
FiringRate = Annotated[float, typer.Option(
    "--rate", min=0, max=1, help="Predict the speed for so many spikes per step, neuron and input (0.02).")]
JsonOutput = Annotated[Path, typer.Option("--json", metavar="FILE", help="Write the report as JSON too.")]
ImageOutput = Annotated[Path, typer.Option("-o", "--output", metavar="IMAGE", help="The image to write.")]
RasterOutput = Annotated[Path, typer.Option("-o", "--output", metavar="RASTER", help="The spikes to write.")]
StreamedOutput = Annotated[Path, typer.Option(
    "--stream", metavar="FOLDER", help="Write the spikes to a new folder as they come, for long runs.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads of the simulator; the same spikes, sooner.")]
ShowDelivery = Annotated[bool, typer.Option(
    "--delivery", help="Show how the simulator delivers spikes, and what it predicts that to cost.")]
LearnedOutput = Annotated[Path, typer.Option(
    "--learned", metavar="FILE", help="Write the network with the weights that it learned, .npz.")]
CommandEvery = Annotated[int, typer.Option(
    "--command-every", min=1, metavar="STEPS", help="Command learning, for rules with @command.")]
Picture = Annotated[Path, typer.Option(metavar="FILE", help="Draw both rasters, .png or .svg.")]
Samples = Annotated[int, typer.Option(min=1, max=594, help="Images to run on the virtual board.")]
EveryState = Annotated[bool, typer.Option(
    "--every-state", help="Compare v and i after every step, not only the last; slow on a board.")]
Pins = Annotated[bool, typer.Option("--pins", help="Shift every bit through the UART's pins; slower.")]
Port = Annotated[str, typer.Argument(metavar="PORT", help="Such as /dev/ttyUSB1 or COM3.")]
FurtherPorts = Annotated[list[str], typer.Argument(
    metavar="[PORT]...", help="Ports that this machine does not list, such as those of virtual boards.")]
PortOfBoard = Annotated[str, typer.Option(
    "--port", metavar="PORT", help="Where the board must answer; by default on any port.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the command that would load it.")]
Board = Annotated[str, typer.Argument(metavar="BOARD", help="One of those that snnsim boards lists.")]
Neurons = Annotated[int, typer.Option(min=1, help="Neurons; by default as many as the board's own core has.")]
Inputs = Annotated[int, typer.Option(min=1, help="Inputs.")]
Synapses = Annotated[int, typer.Option(min=1, help="Synapses, all slots of all words filled.")]
Lanes = Annotated[int, typer.Option(min=1, help="Synapses delivered in a clock: 1, 2, 4 or 8.")]
DelaySlots = Annotated[int, typer.Option(min=1, help="The longest delay in steps, a power of two.")]
BuildOutput = Annotated[Path, typer.Option(
    "-o", "--output", metavar="FOLDER", help="A new folder for a copy of all files.")]
Level = Annotated[str, typer.Option(
    metavar="LEVEL", help="netlist (after synthesis), bitstream (the file itself, iCE40) or all.")]
Networks = Annotated[int, typer.Option(min=1, help="Random networks to run; the first fills the core.")]
Version = Annotated[bool, typer.Option("--version", help="Print the version.")]


@app.callback(invoke_without_command=True)
def options(ctx: typer.Context, version: Version = False):
    if version:
        from importlib.metadata import version as version_of
        typer.echo(f"snnsim {version_of('snnsim')}")
    elif ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@app.command()
def demo(samples: Samples = 100, picture: Picture = Path("digits.png")):
    """Classify handwritten digits on the simulator and on the virtual board, and compare every spike."""
    from .demo import demo
    raise typer.Exit(demo(samples, picture))


@app.command()
def compile(
    network: NetworkFile,
    output: ImageOutput = None,
    core: Core = None,
    board: CoreOfBoard = None,
    rate: FiringRate = None,
    json: JsonOutput = None,
    delivery: ShowDelivery = False,
):
    """Turn a description into integers, and report what that costs.

    With --board or --core, also prove that the network fits there, and predict its speed. Writes nothing
    without -o or --json.
    """
    from .compile import compile
    compile(network, output, core, board, rate, json, delivery)


@app.command()
def run(
    network: NetworkFile,
    on: Machine,
    output: RasterOutput = None,
    stream: StreamedOutput = None,
    input: InputFile = None,
    steps: Steps = None,
    rate: Rate = 0.05,
    seed: Seed = 0,
    command_every: CommandEvery = None,
    learned: LearnedOutput = None,
    core: Core = None,
    board: CoreOfBoard = None,
    threads: Threads = 1,
):
    """Run a network on one machine and write its spikes; with --learned, also what it has become.

    An interrupt leaves what the simulator has done until then.
    """
    if (output is None) == (stream is None):
        raise typer.BadParameter("give one of --output and --stream")
    from .networks import core_for
    from .run import Outputs, run
    from .stimulus import Request
    request = Request(input, steps, rate, seed, command_every)
    run(network, on, request, Outputs(output, stream, learned), core_for(network, core, board), threads)


@app.command()
def compare(
    network: NetworkFile,
    on: Machines,
    input: InputFile = None,
    steps: Steps = None,
    rate: Rate = 0.05,
    seed: Seed = 0,
    command_every: CommandEvery = None,
    core: Core = None,
    board: CoreOfBoard = None,
    every_state: EveryState = False,
    picture: Picture = None,
):
    """Run a network on several machines and find the first difference.

    Exit code 0: there is none. 1: there is one. 2: could not tell.
    """
    from .compare import compare
    from .networks import core_for
    from .stimulus import Request
    request = Request(input, steps, rate, seed, command_every)
    config = core_for(network, core, board)
    raise typer.Exit(compare(network, on, request, config, every_state, picture))


@app.command()
def diff(a: RasterFile, b: RasterFile):
    """Find the first difference between two rasters.

    Exit code 0: there is none. 1: there is one. 2: could not tell.
    """
    from .compare import diff
    raise typer.Exit(diff(a, b))


@app.command()
def virtual(pins: Pins = False, core: Core = None, board: CoreOfBoard = None):
    """Serve a virtual board: prints its port, then answers there until it is stopped."""
    from .networks import chosen_core
    from .virtual import virtual
    virtual(pins, chosen_core(core, board))


@app.command()
def info(port: Port):
    """Show what the board on a serial port says of itself."""
    from .info import info
    info(port)


@app.command()
def boards():
    """List the boards, each with the core that fills it, its speed, and what has been proven of it."""
    from .boards import boards
    boards()


@app.command()
def build(
    board: Board,
    neurons: Neurons = None,
    inputs: Inputs = None,
    synapses: Synapses = None,
    lanes: Lanes = None,
    delay_slots: DelaySlots = None,
    core: Core = None,
    output: BuildOutput = None,
):
    """Make the bitstream of a core for a board; it is kept, and made again only if anything has changed.

    Without options it is the core that fills the board. For boards of Vivado's, its project is written.
    """
    from .build import Sizes, build
    build(board, Sizes(neurons, inputs, synapses, lanes, delay_slots), core, output)


@app.command()
def verify(board: Board, core: Core = None, level: Level = "all", networks: Networks = 5):
    """Simulate the netlist and the bitstream of a board's core, and compare them with the simulator.

    Built first if need be. Exit code 0: identical. 1: a difference, which is named. 2: could not tell.
    """
    from .verify import verify
    raise typer.Exit(verify(board, core, level, networks))


@app.command()
def flash(board: Board, port: PortOfBoard = None, core: Core = None, dry_run: DryRun = False):
    """Load the core for a board into it, built first if need be, and check that it answers.

    With ECP5, Gowin and Xilinx it is there until power is switched off; with iCE40, until it is replaced.
    """
    from .flash import flash
    flash(board, port, core, dry_run)


@app.command()
def ports(further: FurtherPorts = None):
    """List the serial ports, and the cores that answer there."""
    from .ports import ports
    ports(further or [])
