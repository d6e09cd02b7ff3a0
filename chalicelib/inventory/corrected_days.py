"""What one person corrected alone on one day: a large correction in small pieces is a large one.

Goods that never arrived count as well, where the same person sent them.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol

from chalicelib.core.commands import Record
from chalicelib.core.errors import NotAllowed
from chalicelib.core.events import Context

NeedsSecond = Callable[[Mapping[str, int]], bool]
"""Judges a value in minor units by currency."""


def nobody_else(_: Mapping[str, int]) -> bool:
    """One person may always do it alone."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedDay:
    """Of a day in UTC, in minor units by currency; what took goods out and put in, both counted."""

    person: str
    day: date
    minor: dict[str, int] = field(default_factory=dict)
    version: int = 0

    def with_more(self, value: Mapping[str, int]) -> "CorrectedDay":
        """At its next version."""
        together = Counter(self.minor) + Counter(value)
        return replace(self, minor=dict(together), version=self.version + 1)


class CorrectedReader(Protocol):
    """Reads what a person corrected on a day; nothing yet: version 0."""

    def corrected_day(self, person: str, day: date) -> CorrectedDay: ...


def corrected_on(reads: CorrectedReader, person: str, moment: datetime) -> CorrectedDay:
    return reads.corrected_day(person, moment.astimezone(UTC).date())


def corrected_alone(
    reads: CorrectedReader, value: Mapping[str, int], context: Context, needs_second: NeedsSecond
) -> tuple[Record, ...]:
    """The day with this value more. Raises NotAllowed where it takes a second person."""
    if not value:
        return ()
    today = corrected_on(reads, context.actor.id, context.now).with_more(value)
    if needs_second(today.minor):
        raise NotAllowed(
            "second_person_needed",
            "Who sent so much does not say alone that it is missing: say what arrived, and let"
            " somebody else end the transfer.",
        )
    return (today,)
