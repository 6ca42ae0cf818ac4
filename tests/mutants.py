"""Faulty copies of gateware modules, made by changing their text."""

import importlib
import types
from pathlib import Path


def mutant(name, text, fault):
    """A copy of the module ``name`` in which ``text``, which occurs once, is ``fault``."""
    original = importlib.import_module(name)
    source = Path(original.__file__).read_text()
    assert source.count(text) == 1, f"{text!r} occurs {source.count(text)} times in {name}"
    copy = types.ModuleType(name)
    copy.__package__, copy.__file__ = original.__package__, original.__file__
    exec(compile(source.replace(text, fault), original.__file__, "exec"), vars(copy))
    return copy


def plant(monkeypatch, target, faulty):
    """Let the module ``target`` use what ``faulty`` has wherever it imported the originals."""
    planted = [name for name, value in vars(target).items()
               if getattr(value, "__module__", None) == faulty.__name__]
    assert planted, f"{target.__name__} imports nothing from {faulty.__name__}"
    for name in planted:
        monkeypatch.setattr(target, name, getattr(faulty, name))
