"""Lists about suppliers, a page at a time; each is read from the list that holds no more than that.

Cursors are opaque; one of another list raises Invalid `bad_cursor`.
"""

from collections.abc import Callable
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.store.pages import LIMIT_DEFAULT, LIMIT_MAX, Ask, Page, page_of
from chalicelib.store.supplier_rows import (
    SUPPLIERS,
    VENDOR_DUE,
    RtvRow,
    SuppliedReturnRow,
    SupplierRow,
    VendorClaimRow,
    VendorDueRow,
    WaitingRow,
    claim_list,
    rtv_list,
    supplied_list,
    waiting_list,
)
from chalicelib.store.table import Table
from chalicelib.suppliers.exporting import ExportReader, ReportFiles, SupplierExport


def supplier_export(
    reads: Callable[[], ExportReader], views: Table, files: ReportFiles
) -> SupplierExport:
    """What carries out the exports of suppliers."""
    return SupplierExport(reads=reads, lists=SupplierLists(views), files=files)


class SupplierLists:
    def __init__(self, table: Table) -> None:
        self._table = table

    def suppliers(
        self, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[SupplierRow]:
        """By id."""
        return page_of(self._table, Ask(SUPPLIERS, SupplierRow, newest_first=False), limit, cursor)

    def waiting(
        self,
        supplier_id: str | None,
        warehouse: str | None,
        *,
        within: frozenset[str] | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[WaitingRow]:
        """Units that wait for a supplier, the oldest requests first."""
        ask = Ask(
            waiting_list(supplier_id, warehouse),
            WaitingRow,
            keep=lambda row: within is None or row.warehouse in within,
            said=",".join(sorted(within)) if within is not None else "",
            is_bucketed=True,
            newest_first=False,
        )
        return page_of(self._table, ask, limit, cursor)

    def rtvs(
        self,
        supplier_id: str,
        *,
        told: bool,
        within: frozenset[str] | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[RtvRow]:
        """Documents of a supplier, the newest first; `told`: those that it knows of."""
        ask = Ask(
            rtv_list(supplier_id, told=told),
            RtvRow,
            keep=lambda row: within is None or row.warehouse in within,
            said=",".join(sorted(within)) if within is not None else "",
            is_bucketed=True,
        )
        return page_of(self._table, ask, limit, cursor)

    def claims(
        self,
        supplier_id: str | None,
        *,
        told: bool,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[VendorClaimRow]:
        """Claims on a supplier, or all that are going on; the newest first."""
        ask = Ask(claim_list(supplier_id, told=told), VendorClaimRow, is_bucketed=True)
        return page_of(self._table, ask, limit, cursor)

    def supplied(
        self, supplier_id: str, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[SuppliedReturnRow]:
        """Returns with goods of a supplier that arrived, the newest requests first."""
        ask = Ask(supplied_list(supplier_id), SuppliedReturnRow, is_bucketed=True)
        return page_of(self._table, ask, limit, cursor)

    def due(self, until: datetime, cursor: str | None = None) -> Page[VendorDueRow]:
        """Claims and drafts of which somebody is to be told before this moment."""
        ask = Ask(
            VENDOR_DUE,
            VendorDueRow,
            is_bucketed=True,
            newest_first=False,
            until=rfc3339(until),
        )
        return page_of(self._table, ask, LIMIT_MAX, cursor)
