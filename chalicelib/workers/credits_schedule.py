"""The daily expiring of store credit, and the reminder before. Why it may repeat: sweeping.py.

Expired credit cannot be spent even before it is booked here, so a run that is late costs nobody
anything.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalice.app import Blueprint, CloudWatchEvent, Cron

from chalicelib import telemetry, wiring
from chalicelib.core.clock import utc_now
from chalicelib.core.events import Actor, Context
from chalicelib.credits.ageing import Outcome, age
from chalicelib.store.credit_rows import CreditDueRow
from chalicelib.store.pages import Page
from chalicelib.workers.sweeping import Sweep, time_left

WORKER = Actor(id="expire_credits", role="machine")
bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.schedule(Cron(20, 0, "*", "*", "?", "*"), name="expire_credits")
def expire_credits(event: CloudWatchEvent) -> dict[str, int]:
    """Every day at 00:20 UTC; in how many accounts something expired, was reminded of, and so on.

    `detail.seconds` of an event that a person sends is how long one run may take.
    """
    telemetry.configure()
    told = event.to_dict()
    with telemetry.bound(correlation_id=str(told.get("id", "")), function="expire_credits"):
        run = Ageing(
            commands=wiring.commands(),
            views=wiring.views(),
            clock=utc_now,
            correlation_id=str(told.get("id", "")),
            remaining_s=time_left(event.context, told.get("detail")),
        )
        run.work()
        return _told(run)


@dataclass(slots=True, kw_only=True)
class Ageing(Sweep[CreditDueRow]):
    """One run over the accounts that are due."""

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[CreditDueRow]:
        return self.views.credits_due(until, cursor=cursor)

    def facts(self, row: CreditDueRow) -> dict[str, str]:
        return {"account_id": row.account_id}

    def take(self, row: CreditDueRow, context: Context) -> StrEnum:
        return self.commands.run(
            lambda reads: age(reads, row.account_id, context), context=context
        ).outcome


def _told(run: Ageing) -> dict[str, int]:
    counts = {outcome.value: run.done[outcome] for outcome in Outcome}
    counts |= {"failed": run.failed, "remaining": run.remaining}
    for name in ("reminded", "expired", "failed"):
        telemetry.count(f"credits_{name}", counts[name])
    level = log.error if run.failed else log.info
    level("credits aged", extra=counts)
    return counts
