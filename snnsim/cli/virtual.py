"""`snnsim virtual`."""

import typer

from .machines import announce


def virtual(pins, config):
    from firmware.virtual import compile_byte_level, compile_pin_level, serve_until_signal

    make = compile_pin_level if pins else compile_byte_level
    library = make(config, announce)
    # The port alone on the first line of stdout, for scripts.
    serve_until_signal(library, typer.echo)
