"""Networks by the names of their files, and cores by the text of an option."""

from dataclasses import asdict, fields, replace

import typer

from ..contract import ConfigError, CoreConfig, Formats
from ..contract.config import MOST_NOISE_SOURCES
from ..errors import UserError
from ..image import FORMAT, Image
from ..storage import format_of


def load_image(path, formats):
    """The `Image` in a file, or the one that the description in it compiles to in these `Formats`.

    Says what the compiler noted, as nothing that is lost may be lost silently.
    """
    if format_of(path) == FORMAT:
        return Image.load(path)
    compilation = compiled(path, formats)
    for note in compilation.report.notes():
        typer.echo(f"note: {note}")
    return compilation.image


def compiled(path, target):
    """The `Compilation` of the description in a file."""
    from ..compiler import compile
    return compile(load_network(path), target)


def load_network(path):
    """The `Network` that a file describes."""
    from ..network import Network

    if format_of(path) == FORMAT:
        raise UserError(f"{path} is compiled already: give the description that it was compiled from")
    return Network.load(path)


def core_config(text):
    """The `CoreConfig` that ``neurons=512,lanes=8`` describes; None or "" is the built-in one."""
    return changed_core(text, CoreConfig())


def changed_core(text, config):
    """``config`` with the settings that a text such as ``neurons=512,lanes=8`` names changed."""
    settings = dict(_setting(item) for item in (text or "").split(",") if item.strip())
    formats = {f.name: settings.pop(f.name) for f in fields(Formats) if f.name in settings}
    unknown = [name for name in settings if name not in CoreConfig.size_fields()]
    if unknown:
        raise UserError(f"a core has no setting {unknown[0]!r}; it has {', '.join(_names())}")
    try:
        return replace(config, formats=replace(config.formats, **formats), **settings)
    except ConfigError as error:
        raise UserError(f"no such core: {error}") from None


def core_for(path, core, board):
    """The `CoreConfig` to run a network on: that of the options, or without them, one that can do what the
    network needs."""
    if core is not None or board is not None:
        return chosen_core(core, board)
    if format_of(path) == FORMAT:
        image = Image.load(path)
        sources = 0 if image.noise is None else max(1, image.noise.n_sources)
        needed = _needed(image.plasticity is not None, image.adaptation is not None, sources)
        return replace(needed, formats=image.formats) if needed != CoreConfig() else needed
    network = load_network(path)
    return _needed(network.learns or any(p.port is not None for p in network.projections),
                   any(p.neuron.adapts for p in network.populations),
                   MOST_NOISE_SOURCES if network.draws else 0)


def _needed(learns, adapts, noise_sources):
    more = {"noise_sources": min(noise_sources, MOST_NOISE_SOURCES)}
    return CoreConfig.with_learning(**more) if learns else CoreConfig(adaptive=int(adapts), **more)


def chosen_core(core, board):
    """The `CoreConfig` of the options ``--core`` and ``--board``, of which at most one is given."""
    if board is None:
        return core_config(core)
    if core is not None:
        raise UserError("--core and --board both say what the core is: give one of them")
    from firmware.platforms import find_board
    return find_board(board).config


def settings_of(config):
    """Every setting of a `CoreConfig`: name to integer."""
    return {name: getattr(config, name) for name in CoreConfig.size_fields()} | asdict(config.formats)


def _setting(item):
    name, _, value = item.strip().partition("=")
    try:
        return name.strip(), int(value)
    except ValueError:
        raise UserError(f"a setting of a core reads like neurons=512, not {item.strip()!r}") from None


def _names():
    return (*CoreConfig.size_fields(), *(f.name for f in fields(Formats)))
