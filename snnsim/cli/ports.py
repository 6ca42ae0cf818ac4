"""`snnsim ports`."""

import typer

from ..contract import CONTRACT_VERSION
from ..host import serial_ports, survey


def ports(further):
    """Print this machine's serial ports and the ``further`` ones, and what answers there."""
    described = {**serial_ports(), **dict.fromkeys(further, "")}
    if not described:
        typer.echo("no serial ports: plug a board in, or name a port that is not listed, such as that of a "
                   "virtual board: snnsim ports PORT")
    for answer in survey(list(described)):
        description = described[answer.port]
        typer.echo(answer.port + (f": {description}" if description not in ("", "n/a") else ""))
        typer.echo(f"  {said(answer)}")


def said(answer):
    """One line about what is behind a port."""
    if answer.config is None:
        return answer.reason
    core = answer.config
    return (f"a core of {core.neurons:,} neurons, {core.inputs:,} inputs, "
            f"{core.synapse_words * core.lanes:,} synapses; identity {answer.identity:016x}, "
            f"contract version {CONTRACT_VERSION}, {answer.baudrate:,} baud")
