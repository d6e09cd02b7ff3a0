"""Lists of what is there, a page at a time.

Derived from core by the stream, so a list may lag a little behind; who needs the truth reads by id.
"""

from dataclasses import dataclass

from chalicelib.inventory.model import Balance, Movement
from chalicelib.jobs.model import Job, JobKind
from chalicelib.returns.exceptions import ExceptionState, ReturnException
from chalicelib.returns.lifecycle import Status
from chalicelib.store.pages import LIMIT_DEFAULT, LIMIT_MAX, Ask, Page, page_of
from chalicelib.store.rows import OrderRow, ReturnRow, list_name
from chalicelib.store.table import Table
from chalicelib.tasks.model import Task, TaskState

__all__ = ["LIMIT_DEFAULT", "LIMIT_MAX", "Page", "ReturnFilters", "ReturnRow", "Views"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFilters:
    """Which returns: all that is given must fit. `within`: the warehouses the caller may see."""

    status: Status | None = None
    warehouse: str | None = None
    customer_id: str | None = None
    order_no: str | None = None
    within: frozenset[str] | None = None

    def fit(self, row: ReturnRow) -> bool:
        return (
            self.status in (None, row.status)
            and self.warehouse in (None, row.warehouse)
            and self.customer_id in (None, row.customer_id)
            and self.order_no in (None, row.order_no)
            and _is_within(row.warehouse, self.within)
        )

    @property
    def said(self) -> str:
        """The filters as text, the same in every process."""
        given = (self.status, self.warehouse, self.customer_id, self.order_no)
        return "#".join([*(str(value) for value in given), _said(self.within)])


class Views:
    """The lists. Cursors are opaque; one of another list or filter raises Invalid `bad_cursor`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def returns(
        self, filters: ReturnFilters, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[ReturnRow]:
        """Newest request first, read from the shortest list that the filters allow."""
        is_bucketed = False
        if filters.order_no is not None:
            name = list_name("RETURNS", order=filters.order_no)
        elif filters.customer_id is not None:
            name = list_name("RETURNS", customer=filters.customer_id)
        else:
            status = filters.status.value if filters.status is not None else None
            name = list_name("RETURNS", status=status, warehouse=filters.warehouse)
            is_bucketed = True
        ask = Ask(name, ReturnRow, keep=filters.fit, said=filters.said, is_bucketed=is_bucketed)
        return page_of(self._table, ask, limit, cursor)

    def exceptions(
        self,
        state: ExceptionState = ExceptionState.OPEN,
        *,
        warehouse: str | None = None,
        within: frozenset[str] | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[ReturnException]:
        """Newest first. Notes are left out: they may say anything."""
        ask = Ask(
            list_name("EXCEPTIONS", state=state.value, warehouse=warehouse),
            ReturnException,
            keep=lambda row: _is_within(row.warehouse, within),
            said=_said(within),
            is_bucketed=True,
        )
        return page_of(self._table, ask, limit, cursor)

    def tasks(
        self,
        state: TaskState = TaskState.OPEN,
        *,
        role: str | None = None,
        within: frozenset[str] | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Task]:
        """What is due first comes first."""
        ask = Ask(
            list_name("TASKS", state=state.value, role=role),
            Task,
            keep=lambda row: _is_within(row.warehouse, within),
            said=_said(within),
            is_bucketed=True,
            newest_first=False,
        )
        return page_of(self._table, ask, limit, cursor)

    def jobs(
        self, kind: JobKind, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[Job]:
        """Newest first, without their parameters."""
        ask = Ask(list_name("JOBS", kind=kind.value), Job, is_bucketed=True)
        return page_of(self._table, ask, limit, cursor)

    def movements(
        self, warehouse: str, sku: str, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[Movement]:
        """Newest first, each with the entries of this SKU only."""
        ask = Ask(list_name("MOVEMENTS", warehouse=warehouse, sku=sku), Movement)
        return page_of(self._table, ask, limit, cursor)

    def stock(
        self,
        warehouse: str | None = None,
        sku: str | None = None,
        *,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Balance]:
        """Balances of a warehouse by SKU, of a SKU by warehouse, or of a SKU in a warehouse."""
        assert warehouse is not None or sku is not None, "a warehouse, a SKU or both"
        name, prefix = list_name("STOCK", sku=sku), ""
        if warehouse is not None:
            name = list_name("STOCK", warehouse=warehouse)
            prefix = f"{sku}#" if sku is not None else ""
        ask = Ask(name, Balance, prefix=prefix, newest_first=False)
        return page_of(self._table, ask, limit, cursor)

    def orders(
        self, customer_id: str, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[OrderRow]:
        """Newest first."""
        ask = Ask(list_name("ORDERS", customer=customer_id), OrderRow)
        return page_of(self._table, ask, limit, cursor)


def _is_within(warehouse: str | None, within: frozenset[str] | None) -> bool:
    """What has no warehouse yet is everybody's."""
    return within is None or warehouse is None or warehouse in within


def _said(within: frozenset[str] | None) -> str:
    return "all" if within is None else ",".join(sorted(within))
