"""Exit codes of the commands that compare."""

IDENTICAL, DIFFERENT, COULD_NOT_TELL = 0, 1, 2
