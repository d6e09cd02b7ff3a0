"""The daily look at stock that grows old or expires though nothing moves. Repeating: sweeping.py.

What moves is looked at when it moves (deliveries_queue.py).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalice.app import Blueprint, CloudWatchEvent, Cron

from chalicelib import telemetry, wiring
from chalicelib.core.clock import utc_now
from chalicelib.core.events import Actor, Context
from chalicelib.inventory.alerting import Looked
from chalicelib.store.pages import Page
from chalicelib.store.stock_rows import StockDueRow
from chalicelib.workers.stock_watching import WORKER, look
from chalicelib.workers.sweeping import Sweep, time_left

bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.schedule(Cron(40, 0, "*", "*", "?", "*"), name="watch_stock")
def watch_stock(event: CloudWatchEvent) -> dict[str, int]:
    """Every day at 00:40 UTC; of how many SKUs there was something new to say.

    `detail.seconds` of an event that a person sends is how long one run may take.
    """
    telemetry.configure()
    told = event.to_dict()
    with telemetry.bound(correlation_id=str(told.get("id", "")), function="watch_stock"):
        run = Watching(
            commands=wiring.commands(),
            views=wiring.views(),
            clock=utc_now,
            correlation_id=str(told.get("id", "")),
            remaining_s=time_left(event.context, told.get("detail")),
        )
        run.work()
        counts = {outcome.value: run.done[outcome] for outcome in Looked}
        counts |= {"failed": run.failed, "remaining": run.remaining}
        level = log.error if run.failed else log.info
        level("stock watched", extra=counts)
        return counts


@dataclass(slots=True, kw_only=True)
class Watching(Sweep[StockDueRow]):
    """One run over the SKUs of which there is something to say."""

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[StockDueRow]:
        return wiring.stock_lists().due(until, cursor)

    def facts(self, row: StockDueRow) -> dict[str, str]:
        return {"place": f"{row.warehouse}#{row.sku}"}

    def take(self, row: StockDueRow, context: Context) -> StrEnum:
        return look(self.commands, row.warehouse, row.sku, context)
