"""The command line. It may import everything; nothing imports it."""

from .app import app

__all__ = ["app", "main"]


def main():
    """Run the command in ``sys.argv``."""
    app(prog_name="snnsim")
