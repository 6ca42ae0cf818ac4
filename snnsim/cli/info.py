"""`snnsim info`."""

import typer

from ..contract import CONTRACT_VERSION
from ..host import open_core
from .networks import settings_of


def info(port):
    with open_core(port) as board:
        config, identity = board.config, board.identity
    rows = {"port": port, "identity": f"{identity:016x}", "contract version": CONTRACT_VERSION,
            "configuration": config.digest[:16], **settings_of(config)}
    for name, value in rows.items():
        typer.echo(f"{name:<18} {value}")
