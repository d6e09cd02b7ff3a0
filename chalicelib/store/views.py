"""Lists of what is there, a page at a time.

Derived from core by the stream, so a list may lag a little behind; who needs the truth reads by id.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.credits.model import CreditEntry
from chalicelib.inventory.model import Balance, Movement
from chalicelib.jobs.model import Job, JobKind
from chalicelib.policy.document import Review
from chalicelib.returns.exceptions import ExceptionKind, ExceptionState, ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.standing import Status
from chalicelib.store.campaign_rows import CampaignRow
from chalicelib.store.credit_rows import CreditDueRow, CreditRow
from chalicelib.store.exchange_rows import EXCHANGES_DUE, ExchangeDueRow
from chalicelib.store.note_rows import DRAFTS, FORMS, DraftRow, FormRow
from chalicelib.store.pages import LIMIT_DEFAULT, LIMIT_MAX, Ask, Page, page_of
from chalicelib.store.policy_rows import PolicyRow
from chalicelib.store.row import list_name
from chalicelib.store.summaries import DeadlineRow, OrderRow, ReturnRow, summary_of
from chalicelib.store.table import Table
from chalicelib.tasks.model import Task, TaskState

__all__ = [
    "LIMIT_DEFAULT",
    "LIMIT_MAX",
    "ExceptionFilters",
    "OrderFilters",
    "Page",
    "ReturnFilters",
    "ReturnRow",
    "TaskFilters",
    "Views",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFilters:
    """Which returns: all that is given must fit. `within`: the warehouses the caller may see."""

    status: Status | None = None
    warehouse: str | None = None
    customer_id: str | None = None
    order_no: str | None = None
    sku: str | None = None
    tracking_no: str | None = None
    within: frozenset[str] | None = None

    def fit(self, row: ReturnRow) -> bool:
        """A row says nothing of SKUs and parcels: those are told by the list it was found by."""
        return (
            self.status in (None, row.status)
            and self.warehouse in (None, row.warehouse)
            and self.customer_id in (None, row.customer_id)
            and self.order_no in (None, row.order_no)
            and _is_within(row.warehouse, self.within)
        )

    def fit_return(self, ret: Return) -> bool:
        """Whether a return itself fits."""
        skus = {sku for line in ret.lines for sku in (line.sku, line.goods)}
        return self.fit(summary_of(ret)) and self.sku in (None, *skus)

    @property
    def said(self) -> str:
        """The filters as text, the same in every process."""
        given = (self.status, self.warehouse, self.customer_id, self.order_no)
        return "#".join([*(str(value) for value in given), _said(self.within)])


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilters:
    """Which orders: all that is given must fit."""

    customer_id: str | None = None
    sku: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilters:
    """Which tasks: all that is given must fit. `state` None: every state, of a subject only.

    `due_before` is a moment for what is overdue, which a task that is done never is.
    """

    state: TaskState | None = TaskState.OPEN
    role: str | None = None
    assignee: str | None = None
    subject: str | None = None
    due_before: datetime | None = None
    tier: Review | None = None
    risk_min: int = 0
    within: frozenset[str] | None = None

    def fit(self, row: Task) -> bool:
        return (
            self.state in (None, row.state)
            and self.role in (None, row.role)
            and self.assignee in (None, row.assignee)
            and self.subject in (None, row.subject)
            and (self.due_before is None or row.state is not TaskState.DONE)
            and self.tier in (None, row.tier)
            and row.risk >= self.risk_min
            and _is_within(row.warehouse, self.within)
        )

    @property
    def said(self) -> str:
        """Not the moment itself: from page to page it moves on."""
        is_overdue = str(self.due_before is not None)
        weight = (self.tier, self.risk_min)
        given = (self.state, self.role, self.assignee, self.subject, is_overdue, *weight)
        return "#".join([*(str(value) for value in given), _said(self.within)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionFilters:
    """Which exceptions: all that is given must fit. `state` None: both, of a return only."""

    state: ExceptionState | None = ExceptionState.OPEN
    kind: ExceptionKind | None = None
    warehouse: str | None = None
    return_id: str | None = None
    within: frozenset[str] | None = None

    def fit(self, row: ReturnException) -> bool:
        return (
            self.state in (None, row.state)
            and self.kind in (None, row.kind)
            and self.warehouse in (None, row.warehouse)
            and self.return_id in (None, row.return_id)
            and _is_within(row.warehouse, self.within)
        )

    @property
    def said(self) -> str:
        given = (self.state, self.kind, self.warehouse, self.return_id)
        return "#".join([*(str(value) for value in given), _said(self.within)])


class Views:
    """The lists. Cursors are opaque; one of another list or filter raises Invalid `bad_cursor`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def returns(
        self,
        filters: ReturnFilters,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
        *,
        oldest_first: bool = False,
    ) -> Page[ReturnRow]:
        """By the time of the request, read from the shortest list that the filters allow."""
        name, is_bucketed = _list_of_returns(filters)
        ask = Ask(
            name,
            ReturnRow,
            keep=filters.fit,
            said=filters.said,
            is_bucketed=is_bucketed,
            newest_first=not oldest_first,
            is_pointed_to=filters.sku is not None or filters.tracking_no is not None,
        )
        return page_of(self._table, ask, limit, cursor)

    def orders(
        self,
        filters: OrderFilters,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[OrderRow]:
        """Newest first."""
        customer_id, sku = filters.customer_id, filters.sku
        if sku is None:
            name = list_name("ORDERS", customer=customer_id)
            ask = Ask(name, OrderRow, is_bucketed=customer_id is None)
            return page_of(self._table, ask, limit, cursor)
        ask = Ask(
            list_name("ORDERS", sku=sku),
            OrderRow,
            keep=lambda row: customer_id in (None, row.customer_id),
            said=str(customer_id),
            is_bucketed=True,
            is_pointed_to=True,
        )
        return page_of(self._table, ask, limit, cursor)

    def exceptions(
        self,
        filters: ExceptionFilters,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[ReturnException]:
        """Newest first. Notes are left out: they may say anything."""
        is_bucketed = filters.return_id is None
        if filters.return_id is not None:
            name = list_name("EXCEPTIONS", return_id=filters.return_id)
        else:
            assert filters.state is not None, "in every state only those of a return are listed"
            state = filters.state.value
            name = list_name("EXCEPTIONS", state=state, warehouse=filters.warehouse)
            if filters.kind is not None:
                name = list_name("EXCEPTIONS", state=state, kind=filters.kind.value)
        ask = Ask(
            name, ReturnException, keep=filters.fit, said=filters.said, is_bucketed=is_bucketed
        )
        return page_of(self._table, ask, limit, cursor)

    def tasks(
        self,
        filters: TaskFilters,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Task]:
        """What is due first comes first, without what was written about it."""
        is_bucketed = filters.subject is None
        if filters.subject is not None:
            name = list_name("TASKS", subject=filters.subject)
        else:
            assert filters.state is not None, "in every state only those of a subject are listed"
            state = filters.state.value
            name = list_name("TASKS", state=state, role=filters.role)
            if filters.assignee is not None:
                name = list_name("TASKS", state=state, assignee=filters.assignee)
        ask = Ask(
            name,
            Task,
            keep=filters.fit,
            said=filters.said,
            is_bucketed=is_bucketed,
            newest_first=False,
            until=rfc3339(filters.due_before) if filters.due_before is not None else None,
        )
        return page_of(self._table, ask, limit, cursor)

    def deadlines(
        self, until: datetime, limit: int = LIMIT_MAX, cursor: str | None = None
    ) -> Page[DeadlineRow]:
        """Returns to which something is to happen before this moment, the longest due first."""
        ask = Ask(
            list_name("DEADLINES"),
            DeadlineRow,
            is_bucketed=True,
            newest_first=False,
            until=rfc3339(until),
        )
        return page_of(self._table, ask, limit, cursor)

    def credits(
        self,
        currency: str | None = None,
        *,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[CreditRow]:
        """Accounts of store credit in which something is left, those that changed last first."""
        ask = Ask(
            list_name("CREDITS"),
            CreditRow,
            keep=lambda row: bool(row.booked) and currency in (None, row.booked.currency),
            said=str(currency),
            is_bucketed=True,
        )
        return page_of(self._table, ask, limit, cursor)

    def credits_due(
        self, until: datetime, limit: int = LIMIT_MAX, cursor: str | None = None
    ) -> Page[CreditDueRow]:
        """Accounts to which something happens before this moment, the longest due first."""
        ask = Ask(
            list_name("CREDITS_DUE"),
            CreditDueRow,
            is_bucketed=True,
            newest_first=False,
            until=rfc3339(until),
        )
        return page_of(self._table, ask, limit, cursor)

    def credit_entries(
        self, account_id: str, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[CreditEntry]:
        """What changed an account, the newest first."""
        ask = Ask(list_name("CREDIT_ENTRIES", account=account_id), CreditEntry)
        return page_of(self._table, ask, limit, cursor)

    def exchanges_due(self, until: datetime, cursor: str | None = None) -> Page[ExchangeDueRow]:
        """Exchanges to which something happens before this moment, the longest due first."""
        ask = Ask(
            EXCHANGES_DUE,
            ExchangeDueRow,
            is_bucketed=True,
            newest_first=False,
            until=rfc3339(until),
        )
        return page_of(self._table, ask, LIMIT_MAX, cursor)

    def note_drafts(self, until: datetime, cursor: str | None = None) -> Page[DraftRow]:
        """Credit notes without a number, drafted before this moment, the oldest first."""
        ask = Ask(DRAFTS, DraftRow, is_bucketed=True, newest_first=False, until=rfc3339(until))
        return page_of(self._table, ask, LIMIT_MAX, cursor)

    def red_letter_forms(self, until: datetime, cursor: str | None = None) -> Page[FormRow]:
        """Forms that nobody confirmed before this moment, the longest due first."""
        ask = Ask(FORMS, FormRow, is_bucketed=True, newest_first=False, until=rfc3339(until))
        return page_of(self._table, ask, LIMIT_MAX, cursor)

    def jobs(
        self,
        kind: JobKind,
        *,
        subject: str | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Job]:
        """Newest first, without their parameters; of one subject where that is given."""
        ask = Ask(
            list_name("JOBS", kind=kind.value),
            Job,
            keep=lambda job: subject in (None, job.subject),
            said=str(subject),
            is_bucketed=True,
        )
        return page_of(self._table, ask, limit, cursor)

    def campaigns(
        self, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[CampaignRow]:
        """Newest first."""
        ask = Ask(list_name("CAMPAIGNS"), CampaignRow, is_bucketed=True)
        return page_of(self._table, ask, limit, cursor)

    def policies(
        self, policy: str | None, *, limit: int = LIMIT_DEFAULT, cursor: str | None = None
    ) -> Page[PolicyRow]:
        """The merchant's own versions, by policy and beginning."""
        ask = Ask(list_name("POLICIES", policy=policy), PolicyRow, newest_first=False)
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
        within: frozenset[str] | None = None,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Balance]:
        """Balances of a warehouse by SKU, of a SKU by warehouse, or of a SKU in a warehouse."""
        assert warehouse is not None or sku is not None, "a warehouse, a SKU or both"
        name, prefix = list_name("STOCK", sku=sku), ""
        if warehouse is not None:
            name = list_name("STOCK", warehouse=warehouse)
            prefix = f"{sku}#" if sku is not None else ""
        ask = Ask(
            name,
            Balance,
            keep=lambda one: within is None or one.warehouse in within,
            said=",".join(sorted(within or ())),
            prefix=prefix,
            newest_first=False,
        )
        return page_of(self._table, ask, limit, cursor)


def _list_of_returns(filters: ReturnFilters) -> tuple[str, bool]:
    """Which list to read, and whether it is cut into months."""
    if filters.tracking_no is not None:
        return list_name("RETURNS", tracking=filters.tracking_no), False
    if filters.sku is not None:
        return list_name("RETURNS", sku=filters.sku), True
    if filters.order_no is not None:
        return list_name("RETURNS", order=filters.order_no), False
    if filters.customer_id is not None:
        return list_name("RETURNS", customer=filters.customer_id), False
    status = filters.status.value if filters.status is not None else None
    return list_name("RETURNS", status=status, warehouse=filters.warehouse), True


def _is_within(warehouse: str | None, within: frozenset[str] | None) -> bool:
    """What has no warehouse yet is everybody's."""
    return within is None or warehouse is None or warehouse in within


def _said(within: frozenset[str] | None) -> str:
    return "all" if within is None else ",".join(sorted(within))
