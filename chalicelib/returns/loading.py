"""The return that a command is about, as its caller last saw it."""

from chalicelib.core.errors import NotFound, Stale
from chalicelib.core.events import Context
from chalicelib.returns.model import Return


def found(ret: Return | None, return_id: str, context: Context) -> Return:
    """The return that a command is about, at the version its caller looked at."""
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    if context.expected_version is not None and ret.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"The return is at version {ret.version}, not {context.expected_version}.",
            subject=ret.subject,
            expected=context.expected_version,
            actual=ret.version,
        )
    return ret
