"""Telling people of vendor claims that wait for an answer, and of drafts that miss their time.

Part of the daily run over what is due. Why it may repeat: sweeping.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib import telemetry
from chalicelib.core.clock import Clock
from chalicelib.core.events import Actor, Context
from chalicelib.store.execution import Commands
from chalicelib.store.pages import Page
from chalicelib.store.supplier_lists import SupplierLists
from chalicelib.store.supplier_rows import VendorDueRow
from chalicelib.store.views import Views
from chalicelib.suppliers.chasing import Outcome, chase
from chalicelib.workers.sweeping import Sweep

WORKER = Actor(id="chase_deadlines", role="machine")


@dataclass(slots=True, kw_only=True)
class ChasingVendors(Sweep[VendorDueRow]):
    """One run over what suppliers let lie."""

    lists: SupplierLists

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[VendorDueRow]:
        return self.lists.due(until, cursor)

    def facts(self, row: VendorDueRow) -> dict[str, str]:
        return {"subject": row.subject}

    def take(self, row: VendorDueRow, context: Context) -> StrEnum:
        return self.commands.run(lambda reads: chase(reads, row.subject, context), context=context)


def sweep_vendor_claims(
    *,
    commands: Commands,
    views: Views,
    lists: SupplierLists,
    clock: Clock,
    correlation_id: str,
    remaining_s: Callable[[], float],
) -> dict[str, int]:
    """What became of those that were due, what failed, and what there was no time for."""
    run = ChasingVendors(
        commands=commands,
        views=views,
        lists=lists,
        clock=clock,
        correlation_id=correlation_id,
        remaining_s=remaining_s,
    )
    run.work()
    told = {
        Outcome.REMINDED.value: run.done[Outcome.REMINDED],
        "vendor_claims_failed": run.failed,
        "vendor_claims_remaining": run.remaining,
    }
    for name, count in told.items():
        telemetry.count(name, count)
    return told
