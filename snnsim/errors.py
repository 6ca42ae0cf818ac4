"""The one error type that a user's mistake becomes."""


class UserError(Exception):
    """Something the user can mend: the message names the thing, the limit and the remedy.

    The command line prints the message on one line and exits with 2; no traceback.
    """
