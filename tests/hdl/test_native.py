"""Gateware to native code: the compiler that is found, the cache, the messages."""

import shutil
from pathlib import Path

import pytest
from amaranth import Module, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from hdl import native
from hdl.cosim import SHIM
from snnsim.errors import UserError


class Table(wiring.Component):
    """Answers every byte with the entry of a table, which has contents and so is not a memory of zeros."""

    i: In(stream.Signature(8))
    o: Out(stream.Signature(8))
    busy: Out(1)

    def elaborate(self, platform):
        m = Module()
        contents = [(7 * k + 3) % 256 for k in range(256)]
        m.submodules.table = table = memory.Memory(shape=8, depth=256, init=contents)
        m.submodules.zeros = zeros = memory.Memory(shape=8, depth=256, init=[])
        read, nothing = table.read_port(), zeros.read_port()
        write = zeros.write_port()
        m.d.comb += [
            read.addr.eq(self.i.payload), nothing.addr.eq(self.i.payload), write.addr.eq(0), write.en.eq(0),
            self.o.payload.eq(read.data ^ nothing.data), self.i.ready.eq(1), self.busy.eq(self.o.valid),
        ]
        m.d.sync += self.o.valid.eq(self.i.valid)
        return m


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache, monkeypatch):
    monkeypatch.setenv("SNNSIM_CACHE", str(cache))


@pytest.fixture
def no_system_compiler(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)


def build(key="table", component=Table, announce=lambda message: None):
    return native.compile_model(component, SHIM, native.model_digest(SHIM, key), announce)


def test_a_component_runs_as_native_code():
    model = native.NativeModel(build())
    data = bytes(range(256))
    model.write(data)
    assert model.run(10_000) < 10_000  # it stops when there is nothing left to do
    assert model.read() == bytes((7 * k + 3) % 256 for k in data)
    assert model.read() == b""
    model.close()
    model.close()


def test_the_second_time_nothing_is_elaborated_or_announced():
    build()

    def never():
        raise AssertionError("elaborated again")

    announced = []
    assert build(component=never, announce=announced.append).exists()
    assert announced == []


def test_what_determines_the_model_determines_the_digest(tmp_path):
    shim = tmp_path / SHIM.name
    shim.write_bytes(SHIM.read_bytes())
    assert native.model_digest(shim, "a") == native.model_digest(SHIM, "a") != native.model_digest(SHIM, "b")
    shim.write_bytes(SHIM.read_bytes() + b"// changed\n")
    assert native.model_digest(shim, "a") != native.model_digest(SHIM, "a")
    assert native.model_digest(SHIM, "a", sources=[__file__]) != native.model_digest(SHIM, "a")


def test_a_failed_compilation_leaves_nothing_and_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNSIM_CACHE", str(tmp_path))
    broken = tmp_path / "broken.cc"
    broken.write_text("this is not C++\n")
    with pytest.raises(UserError, match=r"the C\+\+ compiler .* failed \(.*error.*\)") as failure:
        native.compile_model(Table, broken, "0" * 64)
    assert "\n" not in str(failure.value)
    assert list(tmp_path.glob("model-*")) == list(tmp_path.glob(".build-*")) == []


def test_the_compiler_of_the_environment_comes_first(monkeypatch):
    monkeypatch.setenv("CXX", "ccache g++-12")
    assert native.find_compiler() == native.Compiler(("ccache", "g++-12"))


def test_a_compiler_that_is_not_there_is_reported(monkeypatch):
    monkeypatch.setenv("CXX", "/nowhere/c++")
    with pytest.raises(UserError, match=r"cannot run the C\+\+ compiler /nowhere/c\+\+: No such file"):
        build("another")


def test_without_a_system_compiler_that_of_the_package_index_is_used(no_system_compiler, monkeypatch):
    monkeypatch.setattr(native.util, "find_spec", lambda name: name == "ziglang")
    assert native.find_compiler() is native.ZIG


@pytest.mark.slow
def test_the_compiler_of_the_package_index_makes_a_model_that_runs(no_system_compiler):
    pytest.importorskip("ziglang", reason="the extra `compiler` is not installed")
    model = native.NativeModel(build("zig"))
    model.write(b"\x01\x02")
    model.run(100)
    assert model.read() == bytes((10, 17))
    model.close()


def test_without_any_compiler_the_remedy_is_named(no_system_compiler, monkeypatch):
    monkeypatch.setattr(native.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'there is none: .*pip install "snnsim\[compiler\]"'):
        native.find_compiler()


def test_a_cache_that_cannot_be_written_is_reported(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SNNSIM_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match="cannot keep compiled models in .*; set SNNSIM_CACHE"):
        native.cache_folder()


def test_the_cache_is_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("SNNSIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert native.cache_folder() == tmp_path / "snnsim"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert native.cache_folder() == tmp_path / ".cache" / "snnsim"


class Entangled(Table):
    """A signal of which one bit depends on another: no loop of bits, but one of signals."""

    def elaborate(self, platform):
        m = super().elaborate(platform)
        chain = Signal(3)
        m.d.comb += [chain[0].eq(self.i.valid), chain[1].eq(chain[0] ^ self.o.ready), chain[2].eq(~chain[1])]
        m.d.sync += self.o.valid.eq(chain[2])
        return m


def test_gateware_that_one_evaluation_a_clock_does_not_do_justice_is_refused():
    assert "converged = true" in native.to_cxx(Table())
    with pytest.raises(RuntimeError, match="one part depends on another"):
        native.to_cxx(Entangled())
