"""The gateware inside this process, behind the same interface as a board.

`CompiledLink` runs it as native code, `SimulatorLink` in Amaranth's own simulator, which needs no
compiler and is a thousand times slower.
"""

import time
from collections import deque
from pathlib import Path

from amaranth.sim import Simulator

from snnsim.host.link import AbstractLink

from .core import Core
from .native import NativeModel, compile_model, model_digest

SHIM = Path(__file__).parent / "byte_level.cc"

#: Clocks between looks at the output and at the time.
_SLICE = 1000


def compile_core(config, announce=lambda message: None):
    """The path of the library with a `Core` of this configuration, compiled if it is not in the cache.

    ``announce(message)`` hears of work that takes long. Raises `UserError` without a C++ compiler.
    """
    digest = model_digest(SHIM, ("core", config.digest))
    return compile_model(lambda: Core(config, identity=int(digest[:16], 16)), SHIM, digest, announce)


class _InProcessLink(AbstractLink):
    """Runs the model while somebody reads."""

    def __init__(self, model):
        self._model = model

    def write(self, data):
        self._model.write(bytes(data))

    def read(self, timeout):
        deadline = time.monotonic() + timeout
        while True:
            is_idle = self._model.run(_SLICE) < _SLICE
            data = self._model.read()
            left = deadline - time.monotonic()
            if data or left <= 0:
                return data
            if is_idle:  # nothing will come until something is written
                time.sleep(left)

    def close(self):
        self._model.close()


class CompiledLink(_InProcessLink):
    """A core of ``config``, compiled to native code. Compiles it first if needed; see `compile_core`."""

    name = "the gateware in this process"

    def __init__(self, config, announce=lambda message: None):
        super().__init__(NativeModel(compile_core(config, announce)))


class SimulatorLink(_InProcessLink):
    """A core of ``config`` in Amaranth's simulator: some thousand clocks a second."""

    name = "the gateware in Amaranth's simulator"

    def __init__(self, config):
        super().__init__(_SimulatedModel(Core(config)))


class _SimulatedModel:
    """The interface of `NativeModel` around Amaranth's simulator."""

    _PERIOD = 1e-6

    def __init__(self, core):
        self._core = core
        self._input, self._output = deque(), bytearray()
        self._clocks, self._is_working = 0, False
        self._simulator = Simulator(core)
        self._simulator.add_clock(self._PERIOD)
        self._simulator.add_testbench(self._testbench, background=True)

    def write(self, data):
        self._input.extend(data)

    def read(self):
        data = bytes(self._output)
        self._output.clear()
        return data

    def run(self, clocks):
        first, self._is_working = self._clocks, True
        while self._is_working and self._clocks - first < clocks:
            self._simulator.advance()
        return self._clocks - first

    def close(self):
        pass

    async def _testbench(self, ctx):
        i, o, busy = self._core.i, self._core.o, self._core.busy
        ctx.set(o.ready, 1)
        while True:
            offers = bool(self._input)
            ctx.set(i.valid, offers)
            if offers:
                ctx.set(i.payload, self._input[0])
            *_, ready, valid, byte, works = await ctx.tick().sample(i.ready, o.valid, o.payload, busy)
            if offers and ready:
                self._input.popleft()
            if valid:
                self._output.append(byte)
            self._clocks += 1
            self._is_working = bool(self._input) or bool(works)
