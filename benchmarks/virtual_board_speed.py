"""Speed of the virtual board through its serial port: steps per second, upload, time to compile.

    python benchmarks/virtual_board_speed.py

256 neurons, all to all, about 2 % of them firing in each step, driven by inputs. Prints the machine and
medians; takes some minutes, most of them for the compilers.
"""

import os
import platform
import shutil
import statistics
import tempfile
import time
from unittest import mock

import numpy as np

from firmware.virtual import byte_level_board, compile_byte_level, pin_level_board
from hdl import native
from snnsim.contract import CoreConfig, Formats
from snnsim.host import Driver, SerialLink
from snnsim.image import Image, ImageProjection, Parameters, Part, State
from snnsim.placement import place
from snnsim.raster import SpikeRaster
from snnsim.simulator import Simulator

NEURONS, STEPS, RATE, REPEATS = 256, 2000, 0.02, 5


def network():
    """All to all with small weights: the firing is set by one strong input for each neuron."""
    rng = np.random.default_rng(1)
    zeros, ones = np.zeros(NEURONS, np.int64), np.ones(NEURONS, np.int64)
    parameters = Parameters(
        keep_i=0 * ones, keep_v=52_000 * ones, leak=zeros, bias=zeros, v_threshold=1_000_000 * ones,
        v_reset=zeros, v_min=-8_000_000 * ones, refractory=zeros, subtract=zeros, hold=zeros)
    numbers = np.arange(NEURONS)
    recurrent = ImageProjection(
        "recurrent", 0, NEURONS, 0, NEURONS, 4, NEURONS * np.arange(NEURONS + 1), np.tile(numbers, NEURONS),
        rng.integers(-128, 128, NEURONS ** 2), rng.integers(1, 33, NEURONS ** 2))
    inputs = ImageProjection("input", NEURONS, NEURONS, 0, NEURONS, 14, np.arange(NEURONS + 1), numbers,
                             127 * ones, ones)
    return Image(Formats(), (Part("neurons", 0, NEURONS),), (Part("input", 0, NEURONS),), parameters,
                 State(zeros, zeros, zeros), (recurrent, inputs))


def median_seconds(action):
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure_board(name, make_board, image, stimulus):
    with make_board(CoreConfig()) as board, Driver(SerialLink(board.port)) as driver:
        upload = median_seconds(lambda: driver.load(image))
        result = driver.run(stimulus)
        assert result.raster == Simulator(image).run(stimulus).raster
        run = median_seconds(lambda: driver.run(stimulus))
        size = sum(words.nbytes for words in place(image, CoreConfig()).memories.values())
    print(f"{name}: {STEPS / run:,.0f} steps/s, {result.clocks / STEPS:,.0f} clocks a step, "
          f"{result.clocks / run / 1e6:.2f} M clocks/s, upload {size / upload / 1e6:.2f} MB/s")


def measure_compilers():
    system = shutil.which("c++") or shutil.which("g++")
    compilers = {"ziglang": native.ZIG} | ({"system": native.Compiler((system,))} if system else {})
    for name, compiler in compilers.items():
        with (tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, SNNSIM_CACHE=folder),
              mock.patch.object(native, "find_compiler", lambda compiler=compiler: compiler)):
            start = time.perf_counter()
            compile_byte_level(CoreConfig())
            print(f"compiling with {name}, nothing cached: {time.perf_counter() - start:.0f} s")


def main():
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{platform.system()}, Python {platform.python_version()}")
    image = network()
    stimulus = SpikeRaster.from_dense(np.random.default_rng(2).random((STEPS, NEURONS)) < RATE)
    spikes = len(Simulator(image).run(stimulus).raster)
    print(f"{NEURONS} neurons all to all, {100 * spikes / STEPS / NEURONS:.2f} % firing per step")
    measure_board("byte level", byte_level_board, image, stimulus)
    measure_board("pin level", pin_level_board, image, stimulus)
    measure_compilers()


if __name__ == "__main__":
    main()
