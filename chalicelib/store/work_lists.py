"""What waits for work, work orders, and proposals to scrap, a page at a time.

As all lists, they may lag behind.
"""

from dataclasses import dataclass

from chalicelib.returns.scrap_proposals import ProposalState
from chalicelib.store.pages import LIMIT_DEFAULT, Ask, Page, page_of
from chalicelib.store.table import Table
from chalicelib.store.work_rows import (
    ScrapRow,
    WaitingRow,
    WorkOrderRow,
    orders_list,
    scrap_list,
    waiting_list,
)
from chalicelib.workorders.model import WorkKind, WorkState


@dataclass(frozen=True, slots=True)
class WorkLists:
    """On the table of views."""

    table: Table

    def waiting(
        self,
        warehouse: str,
        kind: WorkKind | None,
        *,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[WaitingRow]:
        """What no order has yet, by kind of work and return."""
        ask = Ask(
            waiting_list(warehouse),
            WaitingRow,
            keep=lambda row: kind in (None, row.kind),
            said=str(kind),
            newest_first=False,
        )
        return page_of(self.table, ask, limit, cursor)

    def orders(
        self,
        warehouse: str | None,
        within: frozenset[str] | None,
        state: WorkState | None,
        *,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[WorkOrderRow]:
        """Those opened last first; `within`: the warehouses the caller may see."""
        ask = Ask(
            orders_list(warehouse),
            WorkOrderRow,
            keep=lambda row: (
                state in (None, row.state) and (within is None or row.warehouse in within)
            ),
            said=f"{state}#{'*' if within is None else ','.join(sorted(within))}",
            is_bucketed=True,
        )
        return page_of(self.table, ask, limit, cursor)

    def scrap_proposals(
        self,
        warehouse: str | None,
        within: frozenset[str] | None,
        state: ProposalState | None,
        *,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[ScrapRow]:
        """Those proposed last first; `within`: the warehouses the caller may see."""
        ask = Ask(
            scrap_list(state, warehouse),
            ScrapRow,
            keep=lambda row: within is None or row.warehouse in within,
            said="*" if within is None else ",".join(sorted(within)),
            is_bucketed=True,
        )
        return page_of(self.table, ask, limit, cursor)
