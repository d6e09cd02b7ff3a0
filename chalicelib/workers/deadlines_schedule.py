"""The daily reminding and expiring of what customers let lie. Why it may repeat: sweeping.py.

Before it, what has to do with papers: credit notes that missed their number, forms that lapsed; and
exchanges that wait for a payment or for goods; and claims on suppliers that nobody answered.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalice.app import Blueprint, CloudWatchEvent, Cron

from chalicelib import telemetry, wiring
from chalicelib.core.clock import utc_now
from chalicelib.core.events import Actor, Context
from chalicelib.returns.reminding import Outcome, chase
from chalicelib.store.pages import Page
from chalicelib.store.summaries import DeadlineRow
from chalicelib.store.supplier_lists import SupplierLists
from chalicelib.workers.exchanges import sweep_exchanges
from chalicelib.workers.notes import sweep_notes
from chalicelib.workers.sweeping import Sweep, time_left
from chalicelib.workers.vendor_claims import sweep_vendor_claims

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
    correlation_id = str(told.get("id", ""))
    with telemetry.bound(correlation_id=correlation_id, function="chase_deadlines"):
        remaining_s = time_left(event.context, told.get("detail"))
        papers = sweep_notes(
            commands=wiring.commands(),
            views=wiring.views(),
            clock=utc_now,
            correlation_id=correlation_id,
            remaining_s=remaining_s,
        )
        swapped = sweep_exchanges(
            commands=wiring.commands(),
            views=wiring.views(),
            desk=wiring.payment_desk(),
            clock=utc_now,
            correlation_id=correlation_id,
            remaining_s=remaining_s,
        )
        owed = sweep_vendor_claims(
            commands=wiring.commands(),
            views=wiring.views(),
            lists=SupplierLists(wiring.views_table()),
            clock=utc_now,
            correlation_id=correlation_id,
            remaining_s=remaining_s,
        )
        run = Chasing(
            commands=wiring.commands(),
            views=wiring.views(),
            clock=utc_now,
            correlation_id=correlation_id,
            remaining_s=remaining_s,
        )
        run.work()
        return _told(run, papers | swapped | owed)


@dataclass(slots=True, kw_only=True)
class Chasing(Sweep[DeadlineRow]):
    """One run over the returns that are due."""

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[DeadlineRow]:
        return self.views.deadlines(until, cursor=cursor)

    def facts(self, row: DeadlineRow) -> dict[str, str]:
        return {"return_id": row.return_id, "step": row.step.value}

    def take(self, row: DeadlineRow, context: Context) -> StrEnum:
        return self.commands.run(
            lambda reads: chase(reads, row.return_id, context), context=context
        )


_SWEPT = ("notes", "exchanges", "vendor_claims")


def _told(run: Chasing, others: dict[str, int]) -> dict[str, int]:
    counts = {outcome.value: run.done[outcome] for outcome in Outcome}
    counts |= {"failed": run.failed, "remaining": run.remaining, **others}
    for name in ("reminded", "expired", "overdue", "failed"):
        telemetry.count(f"deadlines_{name}", counts[name])
    has_failed = run.failed or any(others[f"{name}_failed"] for name in _SWEPT)
    level = log.error if has_failed else log.info
    level("deadlines chased", extra=counts)
    return counts
