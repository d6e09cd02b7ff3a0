"""Which lists say what waits for work, which work orders there are, and what shall be scrapped."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.money import Money
from chalicelib.returns.model import Disposition, Return
from chalicelib.returns.scrap_proposals import ProposalState, ScrapProposal
from chalicelib.store.codec import record_in
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item
from chalicelib.workorders.model import WorkKind, WorkOrder, WorkState
from chalicelib.workorders.on_returns import is_customers
from chalicelib.workorders.working import Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """Units of one line and lot of a return that wait for one kind of work in one warehouse."""

    return_id: str
    number: str
    line_no: str
    kind: WorkKind
    warehouse: str
    sku: str
    lot: str | None
    quantity: int
    is_customers: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrderRow:
    """A work order in a list, without its lines."""

    work_order_id: str
    kind: WorkKind
    state: WorkState
    warehouse: str
    workshop: str | None
    quantity: int
    waiting: int
    opened_at: datetime
    due_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapRow:
    """A proposal in a list: how many units of a return shall go which ways, and their worth."""

    proposal_id: str
    state: ProposalState
    return_id: str
    warehouse: str
    quantity: int
    dispositions: tuple[Disposition, ...]
    worth: tuple[Money, ...]
    document: str | None
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    version: int


def waiting_list(warehouse: str) -> str:
    return list_name("WORK_WAITING", warehouse=warehouse)


def orders_list(warehouse: str | None) -> str:
    return list_name("WORKORDERS", warehouse=warehouse)


def scrap_list(state: ProposalState | None, warehouse: str | None) -> str:
    return list_name("SCRAP_PROPOSALS", state=state, warehouse=warehouse)


def waiting_rows(ret: Return) -> Iterator[Row]:
    """A row for each line, lot, warehouse and kind of work of which something waits."""
    for line in ret.lines:
        for kind in WorkKind:
            waits = [group for group in line.groups if Waits(kind)(group)]
            for warehouse, lot in dict.fromkeys((g.warehouse, g.lot) for g in waits):
                here = [g for g in waits if (g.warehouse, g.lot) == (warehouse, lot)]
                units = runs.merged(run for group in here for run in group.units)
                assert warehouse is not None, "goods in repair lie somewhere"
                yield Row(
                    list_name=waiting_list(warehouse),
                    bucket="",
                    sort=f"{kind.value}#{ret.return_id}#{line.line_no}#{lot or ''}",
                    body=WaitingRow(
                        return_id=ret.return_id,
                        number=ret.number,
                        line_no=line.line_no,
                        kind=kind,
                        warehouse=warehouse,
                        sku=line.goods,
                        lot=lot,
                        quantity=runs.size(units),
                        is_customers=is_customers(ret, line.line_no, units),
                        updated_at=ret.updated_at,
                    ),
                )


def work_order_rows(item: Item) -> Iterator[Row]:
    """By when it was opened, of its warehouse and of all."""
    order = record_in(item, WorkOrder)
    body = WorkOrderRow(
        work_order_id=order.work_order_id,
        kind=order.kind,
        state=order.state,
        warehouse=order.warehouse,
        workshop=order.workshop,
        quantity=order.size,
        waiting=order.waiting,
        opened_at=order.opened_at,
        due_at=order.due_at,
        version=order.version,
    )
    sort = f"{rfc3339(order.opened_at)}#{order.work_order_id}"
    for name in (orders_list(None), orders_list(order.warehouse)):
        yield Row(list_name=name, bucket=f"{order.opened_at:%Y-%m}", sort=sort, body=body)


def scrap_rows(item: Item) -> Iterator[Row]:
    """By when it was proposed: of all and of its state, each of its warehouse and of every one."""
    proposal = record_in(item, ScrapProposal)
    body = ScrapRow(
        proposal_id=proposal.proposal_id,
        state=proposal.state,
        return_id=proposal.return_id,
        warehouse=proposal.warehouse,
        quantity=sum(runs.size(part.units) for part in proposal.parts),
        dispositions=tuple(sorted({part.disposition for part in proposal.parts})),
        worth=proposal.worth,
        document=proposal.source,
        proposed_at=proposal.proposed_at,
        proposed_by=proposal.proposed_by,
        decided_at=proposal.decided_at,
        decided_by=proposal.decided_by,
        version=proposal.version,
    )
    sort = f"{rfc3339(proposal.proposed_at)}#{proposal.proposal_id}"
    for state in (None, proposal.state):
        for warehouse in (None, proposal.warehouse):
            name = scrap_list(state, warehouse)
            yield Row(list_name=name, bucket=f"{proposal.proposed_at:%Y-%m}", sort=sort, body=body)
