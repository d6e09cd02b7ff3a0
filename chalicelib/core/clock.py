"""Time: aware UTC, milliseconds, RFC 3339 with Z. The clock is an argument, never a global."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now in UTC, cut to milliseconds, which is what is stored and shown."""
    return to_millis(datetime.now(tz=UTC))


def to_millis(moment: datetime) -> datetime:
    """The moment in UTC, cut (not rounded) to milliseconds. Naive times are refused."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is not a moment")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def rfc3339(moment: datetime) -> str:
    """`2026-11-21T09:28:00.000Z`: sorts as text in order of time."""
    return to_millis(moment).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def from_rfc3339(text: str) -> datetime:
    """The moment that `rfc3339` wrote; other RFC 3339 forms with an offset are read too."""
    return to_millis(datetime.fromisoformat(text))
