"""What a simulated build is asked, and what it must answer."""

import itertools
import json
import os
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from firmware.flow import TOP
from hdl.memory import ColumnMemory
from snnsim.contract import CoreConfig
from snnsim.contract.layout import Memory, columns, memories_of, memory_shape
from snnsim.errors import UserError
from snnsim.host.driver import Driver
from snnsim.random_learning import random_commands, random_learning_image
from snnsim.random_networks import full_image, random_image, random_stimulus
from snnsim.result import first_difference, first_learning_difference
from snnsim.simulator import Simulator

from .bad_line import BadLine
from .link import memory_images
from .netlist import read_netlist

#: Of the board's time: the simulation takes some hundred times as long.
_PATIENCE = 0.1
#: How many times as long as its words a stage may take, and beside that for its steps, in the board's time.
_ALLOWANCE, _RUN_SECONDS = 5, 0.3
_STEPS = 20
#: On the bad line: how rare faults are, and for how many words the driver tries; a tenth of it is about what
#: may be on its way, and what a lost packet costs.
_BYTES_BETWEEN_FAULTS, _BAD_LINE_WORDS = 1000, 40_000
#: Seeds that a network may be chosen from, so that no two are the same.
_SEEDS = 10_000
_FILE = "proofs.json"


@dataclass(frozen=True)
class Finding:
    """What of a build is not as it must be: where, and both values."""

    where: str
    what: str

    def __str__(self):
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Proof:
    """What was tried without finding anything."""

    networks: int
    steps: int
    spikes: int
    clocks: int


@dataclass(frozen=True)
class Expected:
    """What a build must be: its ``identity``, its core's ``config``, and what its memories begin with.

    ``images`` are the contents of the netlist's memories, as `memory_images` gives them; the memories of the
    core that are named in ``cleared`` read as zeros.
    """

    identity: int
    config: CoreConfig
    images: list
    cleared: tuple


def expected_of(build, board, config):
    """What a `Build` of a core of ``config`` for ``board`` must be."""
    logic, _ = read_netlist(build.folder / f"{TOP}.json", board.toolchain, TOP)
    # A memory of the device's own kind promises nothing at power-up.
    cleared = tuple(memory for memory in memories_of(config)
                    if memory != Memory.SYNAPSES or board.synapse_memory is ColumnMemory)
    return Expected(build.identity, config, memory_images(logic), cleared)


def prove(link, expected, networks, progress=lambda done, total: None):
    """A `Proof`, or the first `Finding`, of the core behind ``link`` (of `open_level`), just powered up.

    It must be what is ``expected``, and run ``networks`` random networks, the first of which fills it, like
    the simulator: spikes, states, saturations, weights and all else that learning changes; and one more over
    a line that flips bits.
    ``progress(done, total)`` hears how far it is.
    """
    if link.images != expected.images:
        return Finding("memory images", "not those of the netlist")
    stages = _stages(link, expected, networks)
    total, done = sum(cost for _, _, cost in stages), 0
    where, steps, spikes = "greeting", 0, 0
    try:
        driver = Driver(link, timeout=_PATIENCE)
        if driver.identity != expected.identity:
            return Finding(where, f"identity {driver.identity:016x}, not {expected.identity:016x}")
        if driver.config != expected.config:
            return Finding(where, "the core is of another configuration")
        for where, stage, cost in stages:
            link.deadline = link.now() + _ALLOWANCE * cost * link.word_seconds + _RUN_SECONDS
            ran, spiked, found = stage(driver, _within(progress, done, cost, total))
            if found:
                return Finding(where, found)
            steps, spikes, done = steps + ran, spikes + spiked, done + cost
    except UserError as error:
        return Finding(where, str(error))
    return Proof(networks + 1, steps, spikes, link.clocks)


def _within(progress, done, cost, total):
    """What a stage tells its progress, a part of 1, to."""
    return lambda part: progress(done + part * cost, total)


def _stages(link, expected, networks):
    """What is done, in order: ``(name, function, cost in words on the line)``.

    Each function takes the driver and a function that hears which part is done; it returns steps, spikes and
    what it has found, or None.
    """
    config = expected.config
    words = {memory: memory_shape(config, memory)[0] * columns(config, memory)
             for memory in memories_of(config)}
    stages = [(f"{memory.name} after power-up", partial(_not_zero, memory), words[memory])
              for memory in expected.cleared]
    whole = 2 * words[Memory.SYNAPSES] + words[Memory.PARAMETERS] + words[Memory.ROWS]
    further = random_learning_image if config.learns else random_image
    for number, make in enumerate([full_image] + [further] * (networks - 1)):
        run = partial(_run, partial(_lively, make, config, number))
        stages.append((f"network {number}", run, whole // 4 if number else whole))
    on_bad_line = partial(_run_on_bad_line, link, config, networks)
    stages.append(("a network over a bad line", on_bad_line, _BAD_LINE_WORDS // 2))
    return stages


def _not_zero(memory, driver, progress):
    depth, part = memory_shape(driver.config, memory)[0], 512
    for first in range(0, depth, part):
        words = driver.read_memory(memory, first, min(part, depth - first))
        wrong = np.argwhere(words)
        if wrong.size:
            word, column = (int(k) for k in wrong[0])
            return 0, 0, f"word {first + word}, column {column} is {int(words[word, column]):#x}, not 0"
        progress(first / depth)
    return 0, 0, None


def _lively(make, config, number):
    """``(image, stimulus)`` of a seed of its own, such that there are spikes to compare."""
    for seed in itertools.count(_SEEDS * number):
        image = make(seed, config)
        stimulus = random_stimulus(seed, image, _STEPS)
        if image.n_synapses and len(Simulator(image).run(stimulus).raster) > image.n_neurons:
            return image, stimulus


def _run(make_network, driver, progress):
    """Two runs, the second from where the first ended, then what was learned."""
    image, stimulus = make_network()
    simulator, spikes = Simulator(image), 0
    commands = random_commands(0, _STEPS)
    driver.load(image, progress=lambda done, total: progress(0.5 * done / max(total, 1)))
    for first in range(0, _STEPS, _STEPS // 2):
        window = stimulus.window(first, first + _STEPS // 2)
        commanded = commands[(commands >= first) & (commands < first + window.steps)] - first
        ran, expected = (machine.run(window, commands=commanded) for machine in (driver, simulator))
        spikes += len(ran.raster)
        found = first_difference(expected, ran)
        if found:
            return 0, 0, f"counted from step {first}, the simulator and this at {found}"
        progress(0.5 + 0.25 * first / _STEPS)
    found = first_learning_difference(image, simulator.read_learning(), driver.read_learning())
    return _STEPS, spikes, found and f"the simulator and this at {found}"


def _run_on_bad_line(link, config, number, driver, progress):
    """The same, with bits flipped on the way: what is lost is refused, and sent again."""
    driver = Driver(BadLine(link, _BYTES_BETWEEN_FAULTS), timeout=_BAD_LINE_WORDS * link.word_seconds)
    return _run(partial(_lively, random_image, config, number), driver, progress)


def record(build, level, proof):
    """Keep a `Proof` beside the build, for `read_proofs`."""
    path = build.folder / _FILE
    proofs = {**read_proofs(build), level: proof}
    text = json.dumps({level: asdict(proof) for level, proof in proofs.items()}, indent=2) + "\n"
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


def read_proofs(build):
    """The proofs that a build has passed: level to `Proof`."""
    try:
        proofs = json.loads((build.folder / _FILE).read_text())
        return {level: Proof(**proof) for level, proof in proofs.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
