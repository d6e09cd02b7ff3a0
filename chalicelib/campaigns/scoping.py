"""Searching all orders for what a campaign asks: the job behind a campaign's scope.

The truth is searched, not a list: who is called back must not depend on how far a list is. Orders
come page by page, and what is found goes to a growing list, so memory does not grow with sales.
A search is no snapshot: what is sold while it runs may be missed, which a second campaign finds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar
from zlib import crc32

from chalicelib.campaigns import service
from chalicelib.campaigns.finding import FoundUnits, Tally, found_in
from chalicelib.campaigns.model import Campaign, CampaignState, Scope, scope_prefix
from chalicelib.campaigns.service import CampaignReader
from chalicelib.campaigns.sheets import GrowingSheet, ReportFiles, rows_of
from chalicelib.core import runs
from chalicelib.core.commands import Decided
from chalicelib.core.events import Context, Json
from chalicelib.jobs.running import Outcome, Run, Succeeded, Unfinished
from chalicelib.orders.model import Order

T = TypeVar("T")
HEADER = (
    "order_no", "customer_id", "line_no", "sku", "lot", "warehouse", "shipped", "held",
    "returnable", "units", "serials", "value", "currency",
)  # fmt: skip
KEEP_EVERY_S = 10.0
"""How much of a search is done again at most after a worker died. The list is written each time."""
CUSTOMERS_AT_ONCE = 100_000
"""Customers are counted in so many passes over the list that no more are held in memory."""


class Sales(Protocol):
    """Every order of the store, page by page, in an order of the store's own."""

    def orders(self, *, after: str | None) -> Iterator[tuple[str, Order | None]]:
        """Each order by its number, None where it cannot be read, those after `after`."""
        ...


class ScopingRunner(Protocol):
    """Runs one decision as one transaction; reads for what is only asked."""

    def run(self, decide: Callable[[CampaignReader], Decided[T]], *, context: Context) -> T: ...

    def reads(self) -> CampaignReader: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoping:
    """Handler of jobs that search for a campaign."""

    commands: ScopingRunner
    sales: Sales
    files: ReportFiles
    keep_every_s: float = KEEP_EVERY_S

    def __call__(self, run: Run) -> Outcome:
        campaign = service.known(self.commands.reads(), campaign_id_of(run))
        if campaign.state is CampaignState.SCOPING:
            search = _Search(run, campaign, self.files, self.keep_every_s)
            if not search.through(self.sales):
                return Unfinished()
            campaign = self._reported(run, campaign, search)
        return Succeeded(result=_result(campaign))

    def _reported(self, run: Run, campaign: Campaign, search: "_Search") -> Campaign:
        scope = search.tally.scope(search.customers())
        context = run.context("scoped")
        return self.commands.run(
            lambda reads: service.scoped(
                reads, campaign.campaign_id, scope, parts=search.sheet.parts, context=context
            ),
            context=context,
        )


def campaign_id_of(run: Run) -> str:
    """The campaign that a job works for."""
    campaign_id = run.job.parameters.get("campaign_id")
    assert isinstance(campaign_id, str), "the job was made for a campaign"
    return campaign_id


class _Search:
    """One walk through all orders, from where an earlier one noted that it was."""

    def __init__(
        self, run: Run, campaign: Campaign, files: ReportFiles, keep_every_s: float
    ) -> None:
        self.run = run
        self.query = campaign.query
        self.files = files
        self.keep_every_s = keep_every_s
        told = run.job.checkpoint
        self.tally = Tally.of(told.get("tally"))
        self.sheet = GrowingSheet(
            files=files, prefix=scope_prefix(campaign.campaign_id), header=HEADER
        )
        self.sheet.restore(told.get("sheet"))
        after = told.get("after")
        self.after = after if isinstance(after, str) else None
        self._kept: dict[str, Json] = dict(told)
        self._kept_at = run.monotonic()

    def through(self, sales: Sales) -> bool:
        """False where time ran out before the end."""
        for order_no, order in sales.orders(after=self.after):
            if order is None:
                self.tally.unreadable += 1
            else:
                found = found_in(order, self.query)
                self.sheet.add(_rows(order, found))
                self.tally.take(found)
            self.after = order_no
            if self.run.time_is_up:
                self.run.save(self.tally.searched, 0, self._keep())
                return False
            self.run.progress(self.tally.searched, 0, self._noted)
        self.run.save(self.tally.searched, 0, self._keep())
        return True

    def customers(self) -> int:
        """How many different customers are in the list, counted exactly."""
        passes = self.tally.orders // CUSTOMERS_AT_ONCE + 1
        place = HEADER.index("customer_id")
        count = 0
        for number in range(passes):
            seen: set[str] = set()
            for part in range(1, self.sheet.parts + 1):
                for row in rows_of(self.files, self.sheet.key(part)):
                    if crc32(row[place].encode()) % passes == number:
                        seen.add(row[place])
                self.run.progress(self.tally.searched, 0, lambda: self._kept)
            count += len(seen)
        return count

    def _noted(self) -> dict[str, Json]:
        """Holding the job needs no new note each time: the list would be written each time."""
        if self.run.monotonic() - self._kept_at >= self.keep_every_s:
            return self._keep()
        return self._kept

    def _keep(self) -> dict[str, Json]:
        self._kept = {
            "after": self.after,
            "sheet": self.sheet.keep(),
            "tally": self.tally.as_json(),
        }
        self._kept_at = self.run.monotonic()
        return self._kept


def _rows(order: Order, found: tuple[FoundUnits, ...]) -> list[tuple[str, ...]]:
    return [
        (
            order.order_no,
            order.customer_id,
            units.line_no,
            units.sku,
            units.lot or "",
            units.warehouse,
            str(runs.size(units.shipped)),
            str(units.held),
            str(runs.size(units.left)),
            runs.as_text(units.left),
            ";".join(units.serials),
            units.value.amount,
            units.value.currency,
        )
        for units in found
    ]


def _result(campaign: Campaign) -> dict[str, Json]:
    """Of a campaign that was cancelled meanwhile nothing is told."""
    return {
        "campaign_id": campaign.campaign_id,
        "scope": service.scope_facts(campaign.scope or Scope()),
        "parts": campaign.scope_parts,
        "csv_key": campaign.scope_key(1) if campaign.scope_parts else None,
    }
