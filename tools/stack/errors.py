"""The one error of the local stack: a sentence that says what happened and what to do about it."""


class StackError(Exception):
    """Shown to the person as it is, without a traceback; the exit code is 1."""
