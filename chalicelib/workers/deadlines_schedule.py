"""The daily reminding and expiring of what customers let lie.

EventBridge may start it twice, late or not at all, and the list of what is due may lag. All that is
harmless: each return is one command that decides on what is stored now. One that cannot be done is
told and left to the next run; so is what there was no time for.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, Cron

from chalicelib import telemetry, wiring
from chalicelib.core.clock import Clock, rfc3339, utc_now
from chalicelib.core.errors import DomainError
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.returns.reminding import Outcome, chase
from chalicelib.store.execution import Commands
from chalicelib.store.rows import DeadlineRow
from chalicelib.store.views import Views

TIME_RESERVE_S = 20.0
"""What is left of the function's time when it stops; enough to count what is left to do."""
COUNTED_MAX = 10_000
WORKER = Actor(id="chase_deadlines", role="machine")
bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.schedule(Cron(30, 5, "*", "*", "?", "*"), name="chase_deadlines")
def chase_deadlines(event: CloudWatchEvent) -> dict[str, int]:
    """Every day at 05:30 UTC; how many returns were reminded, expired, failed, and are left.

    `detail.seconds` of an event that a person sends is how long one run may take.
    """
    telemetry.configure()
    told = event.to_dict()
    with telemetry.bound(correlation_id=str(told.get("id", "")), function="chase_deadlines"):
        run = Chasing(
            commands=wiring.commands(),
            views=wiring.views(),
            clock=utc_now,
            correlation_id=str(told.get("id", "")),
            remaining_s=_time_left(event.context, told.get("detail")),
        )
        run.work()
        return _told(run)


@dataclass(slots=True, kw_only=True)
class Chasing:
    """One run. `failed` were not done; `remaining` are due and were not tried (counted so far)."""

    commands: Commands
    views: Views
    clock: Clock
    correlation_id: str
    remaining_s: Callable[[], float]
    done: Counter[Outcome] = field(default_factory=Counter)
    failed: int = 0
    remaining: int = 0

    def work(self) -> None:
        """Take what is due, the longest first, as far as there is time."""
        for row in self._due(self.clock()):
            if self.remaining or self.remaining_s() < TIME_RESERVE_S:
                self.remaining += 1
                if self.remaining >= COUNTED_MAX:
                    return
                continue
            self._take(row)

    def _due(self, now: datetime) -> Iterator[DeadlineRow]:
        """Rows vanish from the list while it is read, but only behind the reader."""
        cursor: str | None = None
        while True:
            page = self.views.deadlines(now + timedelta(milliseconds=1), cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _take(self, row: DeadlineRow) -> None:
        now = self.clock()
        context = Context(
            actor=WORKER,
            now=now,
            command_id=derived_id("cmd", "chase", row.return_id, rfc3339(now)),
            correlation_id=self.correlation_id,
        )
        facts = {"return_id": row.return_id, "step": row.step.value}
        try:
            outcome = self.commands.run(
                lambda reads: chase(reads, row.return_id, context), context=context
            )
        except DomainError as error:
            self.failed += 1
            log.warning("deadline not met", extra={**facts, "code": error.code})
        except Exception:  # one return must not stop the others
            self.failed += 1
            log.exception("unexpected error", extra=facts)
        else:
            self.done[outcome] += 1


def _time_left(context: Any, detail: Any) -> Callable[[], float]:
    """Any: Lambda's own context object, and JSON of whoever sent the event.

    Until the function ends, or until the time that was asked for is used up.
    """
    asked = detail.get("seconds") if isinstance(detail, dict) else None
    if not isinstance(asked, int) or isinstance(asked, bool):
        return lambda: float(context.get_remaining_time_in_millis()) / 1000
    began = utc_now()
    return lambda: min(
        float(context.get_remaining_time_in_millis()) / 1000,
        TIME_RESERVE_S + asked - (utc_now() - began).total_seconds(),
    )


def _told(run: Chasing) -> dict[str, int]:
    counts = {outcome.value: run.done[outcome] for outcome in Outcome}
    counts |= {"failed": run.failed, "remaining": run.remaining}
    for name in ("reminded", "expired", "overdue", "failed"):
        telemetry.count(f"deadlines_{name}", counts[name])
    level = log.error if run.failed else log.info
    level("deadlines chased", extra=counts)
    return counts
