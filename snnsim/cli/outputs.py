"""Finding out before long work, not after it, that its result could not be written."""

from contextlib import suppress

from ..storage import replacing


class _Abandoned(Exception):
    """Ends a write before it takes effect."""


def check_output(path):
    """Raise `UserError` if ``path`` cannot be written; leaves no trace."""
    with suppress(_Abandoned), replacing(path):
        raise _Abandoned


def check_picture(path):
    """The same for a picture, whose suffix must be one of a picture too."""
    from ..report import picture_format

    picture_format(path)
    check_output(path)
