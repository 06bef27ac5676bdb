"""The one exception that users see."""


class CotnerError(ValueError):
    """Bad input, in one clear line: what is wrong, where, and what to do.

    Commands print the line and exit with status 1; from Python it is an ordinary `ValueError`.
    """
