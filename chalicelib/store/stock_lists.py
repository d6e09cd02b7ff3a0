"""Lists of stock: the history of a serial number, transfers, alerts, what is on its way back."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.inventory.alerts import AlertKind, AlertState, StockAlert
from chalicelib.inventory.model import Movement
from chalicelib.inventory.transferring import StockTransfer, TransferState
from chalicelib.store.codec import record_in
from chalicelib.store.pages import LIMIT_DEFAULT, LIMIT_MAX, Ask, Page, page_of
from chalicelib.store.row import list_name
from chalicelib.store.stock_rows import (
    STOCK_DUE,
    IncomingRow,
    StockDueRow,
    incoming_list,
    serial_list,
)
from chalicelib.store.table import Table

INCOMING_MAX = 500
"""Returns of one SKU to one warehouse that are added up; beyond them the sum is too low."""


@dataclass(frozen=True, slots=True)
class StockLists:
    """On the table of views."""

    table: Table

    def serial_history(
        self,
        sku: str,
        serial: str,
        *,
        within: frozenset[str] | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Movement]:
        """The movements that named a unit, newest first, each as if it moved this unit only.

        `within`: those that touch one of these warehouses.
        """
        ask = Ask(
            serial_list(sku, serial),
            Movement,
            keep=lambda movement: movement.touches(within),
            said=_said(within) if within is not None else "",
        )
        return page_of(self.table, ask, limit, cursor)

    def transfers(
        self,
        warehouse: str,
        state: TransferState | None,
        *,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[StockTransfer]:
        """From and to a warehouse, newest first."""
        ask = Ask(
            list_name("TRANSFERS", warehouse=warehouse),
            StockTransfer,
            keep=lambda one: state in (None, one.state),
            said=str(state),
        )
        return page_of(self.table, ask, limit, cursor)

    def alerts(
        self,
        state: AlertState,
        warehouse: str | None,
        *,
        kind: AlertKind | None = None,
        within: frozenset[str] | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[StockAlert]:
        """Newest first; `within`: the warehouses the caller may see."""
        ask = Ask(
            list_name("ALERTS", state=state.value, warehouse=warehouse),
            StockAlert,
            keep=lambda one: (
                kind in (None, one.cause.kind) and (within is None or one.warehouse in within)
            ),
            said=f"{kind}#{_said(within)}",
            is_bucketed=True,
        )
        return page_of(self.table, ask, limit, cursor)

    def due(self, until: datetime, cursor: str | None = None) -> Page[StockDueRow]:
        """What there is to look at before this moment, the longest due first."""
        ask = Ask(
            STOCK_DUE, StockDueRow, is_bucketed=True, newest_first=False, until=rfc3339(until)
        )
        return page_of(self.table, ask, LIMIT_MAX, cursor)

    def incoming(self, warehouse: str, sku: str) -> int:
        """Units that approved returns are still to bring; one query, and it may lag a little."""
        items = self.table.query(
            incoming_list(warehouse, sku), limit=INCOMING_MAX, consistent=False
        )
        return sum(record_in(item, IncomingRow).units for item in items)


def _said(within: frozenset[str] | None) -> str:
    return "*" if within is None else ",".join(sorted(within))
