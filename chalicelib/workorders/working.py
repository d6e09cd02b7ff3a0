"""The way of a work order until its units come back: opened, sent, called off.

An order is about units of one warehouse that wait for one kind of work, of one return or of many.
Every command writes the order and all its returns together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account
from chalicelib.returns.facts import money
from chalicelib.returns.losing import check_reason
from chalicelib.returns.model import Return, ReturnLine, UnitGroup
from chalicelib.returns.units import units_where
from chalicelib.tasks.model import Task, TaskKind, finished, open_task
from chalicelib.workorders.model import GOING_ON, WorkKind, WorkLine, WorkOrder, WorkState
from chalicelib.workorders.on_returns import given_back_undone, is_customers, taken_into_work

LINES_MAX = 100
RETURNS_MAX = 30
"""All of them change in one write."""
AT_ONCE = 25
"""So many returns are read together."""
CANCEL_REASONS = frozenset({"BY_MISTAKE", "TOO_EXPENSIVE", "NO_PARTS", "NOT_NEEDED", "OTHER"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedUnits:
    """So many units of a line of a return that wait for the work; None: all of them."""

    return_id: str
    line_no: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWorkOrder:
    """`workshop`: the reference of the party that does the work; None: we do it ourselves."""

    kind: WorkKind
    warehouse: str
    units: tuple[WantedUnits, ...]
    workshop: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOut:
    """By whom the goods travel to the workshop; nothing, where the work begins in the house."""

    carrier: str | None = None
    tracking_no: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWork:
    reason: str
    note: str | None = None


class WorkReader(Protocol):
    """Reads an order with its task, and the returns that it is about."""

    def work_order(self, work_order_id: str) -> tuple[WorkOrder | None, Task | None]: ...

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...


def open_work(reads: WorkReader, command: OpenWorkOrder, context: Context) -> Decided[WorkOrder]:
    """Put waiting units into a new order; raises Conflict `not_waiting_for_work` for others."""
    work_order_id = derived_id("wo", context.command_id)
    before, _ = reads.work_order(work_order_id)
    if before is not None:
        return Decided(result=before)
    returns = _asked_for(reads, command)
    lines: list[WorkLine] = []
    for place, wanted in enumerate(command.units):
        ret = returns[wanted.return_id]
        lines.extend(_lines(ret, wanted, command, place, lines))
    lines = [replace(line, line_no=str(number)) for number, line in enumerate(lines, start=1)]
    order = WorkOrder(
        work_order_id=work_order_id,
        kind=command.kind,
        warehouse=command.warehouse,
        lines=tuple(lines),
        opened_at=context.now,
        opened_by=context.actor.id,
        updated_at=context.now,
        workshop=command.workshop,
        due_at=command.due_at,
    )
    changes = Changes()
    for return_id in order.return_ids:
        units = units_of(order, return_id)
        changes += taken_into_work(returns[return_id], units, context, source=order.subject).changes
    return told(order, "work_order.opened", context, changes)


def send_out(
    reads: WorkReader, work_order_id: str, command: SendOut, context: Context
) -> Decided[WorkOrder]:
    """The work begins: from now on somebody is to look after it when it is due."""
    order, task = found(reads, work_order_id, context)
    if order.state is not WorkState.OPEN:
        raise not_now(order, "send")
    order = replace(
        order,
        state=WorkState.SENT,
        sent_at=context.now,
        due_at=command.due_at or order.due_at,
        carrier=command.carrier,
        tracking_no=command.tracking_no,
        version=order.version + 1,
    )
    if order.due_at is not None and order.due_at <= context.now:
        raise _invalid("/due_at", "due_in_past", "Work is due in the future.")
    assert task is None, "an order is sent once"
    due = open_task(
        TaskKind.WORK_ORDER,
        order.subject,
        occasion="sent",
        now=context.now,
        warehouse=order.warehouse,
    )
    due = replace(due, due_at=order.due_at or due.due_at)
    order = replace(order, due_at=due.due_at)
    return told(order, "work_order.sent", context, Changes(records=(due,)))


def cancel_work(
    reads: WorkReader, work_order_id: str, command: CancelWork, context: Context
) -> Decided[WorkOrder]:
    """Call the rest off: what is not back from the work is on hold, as it was."""
    order, task = found(reads, work_order_id, context)
    check_reason(command.reason, command.note, CANCEL_REASONS)
    if order.state not in GOING_ON:
        raise not_now(order, "cancel")
    returns = _returns(reads, [line.return_id for line in order.lines if line.waiting])
    changes = Changes()
    for return_id, ret in returns.items():
        units = units_of(order, return_id, only_waiting=True)
        changes += given_back_undone(ret, units, context, source=order.subject).changes
    order = replace(
        order,
        state=WorkState.CANCELLED,
        lines=tuple(replace(line, called_off=line.waiting) for line in order.lines),
        reason=command.reason,
        ended_at=context.now,
        version=order.version + 1,
    )
    changes += Changes(records=with_task_done(task, context))
    return told(order, "work_order.cancelled", context, changes)


def found(reads: WorkReader, work_order_id: str, context: Context) -> tuple[WorkOrder, Task | None]:
    """The order that a command is about, at the version its caller looked at, and its task."""
    order, task = reads.work_order(work_order_id)
    if order is None:
        raise NotFound("work_order_not_found", f"There is no work order {work_order_id}.")
    if context.expected_version not in (None, order.version):
        raise Stale(
            "stale_version",
            f"The work order is at version {order.version}, not {context.expected_version}.",
            subject=order.subject,
            expected=context.expected_version,
            actual=order.version,
        )
    return order, task


_ADMITTED = {
    WorkState.OPEN: ("send", "cancel"),
    WorkState.SENT: ("back", "cancel"),
    WorkState.PARTLY_BACK: ("back", "cancel"),
}


def not_now(order: WorkOrder, what: str) -> Conflict:
    """The refusal of a command that its state does not admit."""
    return Conflict(
        "work_order_not_now",
        f"A work order that is {order.state.value} admits no {what}.",
        state=order.state.value,
        allowed=list(_ADMITTED.get(order.state, ())),
    )


def too_many(possible: int, asked: int, how_to_go_on: str) -> Invalid:
    """The refusal of what is about more returns than change in one write."""
    return Invalid(
        "too_many_returns",
        f"At most {possible} returns change at once, and these are {asked}: {how_to_go_on}.",
        possible=possible,
        asked=asked,
    )


def units_of(order: WorkOrder, return_id: str, *, only_waiting: bool = False) -> dict[str, Runs]:
    """The units that the order has of a return, by the return's line."""
    units: dict[str, Runs] = {}
    for line in order.lines:
        part = line.waiting if only_waiting else line.units
        if line.return_id == return_id and part:
            before = units.get(line.return_line_no, ())
            units[line.return_line_no] = runs.merged((*before, *part))
    return units


def with_task_done(task: Task | None, context: Context) -> tuple[Record, ...]:
    """The task of the order, done by what was done to it; nothing, where it has none."""
    if task is None:
        return ()
    return (finished(task, by=context.actor.id, now=context.now),)


def told(
    order: WorkOrder,
    event_type: str,
    context: Context,
    changes: Changes,
    **facts: Any,  # Any: JSON, as Journal takes it
) -> Decided[WorkOrder]:
    """The order with its event, written with what it changed beside itself."""
    order = replace(order, updated_at=context.now)
    journal = Journal(order.subject, order.chain, context)
    journal.record(event_type, {**facts_of(order), **facts})
    order = replace(order, chain=journal.chain)
    events: tuple[Event, ...] = tuple(journal.events)
    return Decided(result=order, changes=changes + Changes(records=(order,), events=events))


def facts_of(order: WorkOrder) -> dict[str, Json]:
    """References, quantities and money of an order, as its events tell of it."""
    return {
        "work_order_id": order.work_order_id,
        "kind": order.kind.value,
        "warehouse": order.warehouse,
        "workshop": order.workshop,
        "state": order.state.value,
        "quantity": order.size,
        "waiting": order.waiting,
        "cost": money(order.cost) if order.cost is not None else None,
        "costs": [money(cost) for cost in order.costs],
        "lines": [
            {
                "line_no": line.line_no,
                "return_id": line.return_id,
                "return_line_no": line.return_line_no,
                "sku": line.sku,
                "lot": line.lot,
                "quantity": runs.size(line.units),
                "units": runs.as_text(line.units),
            }
            for line in order.lines
        ],
        "version": order.version,
    }


def _asked_for(reads: WorkReader, command: OpenWorkOrder) -> dict[str, Return]:
    if not command.units or len(command.units) > LINES_MAX:
        raise Invalid("line_count", f"A work order has 1 to {LINES_MAX} lines.")
    wanted = list(dict.fromkeys(one.return_id for one in command.units))
    if len(wanted) > RETURNS_MAX:
        raise too_many(RETURNS_MAX, len(wanted), "put the others into another order")
    returns = _returns(reads, wanted)
    for one in command.units:
        if one.return_id not in returns:
            raise NotFound("return_not_found", f"There is no return {one.return_id}.")
    return returns


def _returns(reads: WorkReader, return_ids: Iterable[str]) -> dict[str, Return]:
    """Those of these returns that are there. Each is guarded by its version when it is written, so
    they need not be of one moment.
    """
    wanted = list(dict.fromkeys(return_ids))
    parts = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return {ret.return_id: ret for part in parts for ret in reads.returns_of(part)}


def _lines(
    ret: Return,
    wanted: WantedUnits,
    command: OpenWorkOrder,
    place: int,
    before: Iterable[WorkLine],
) -> list[WorkLine]:
    """The units, one line for each lot; those of earlier lines of the order are spoken for."""
    line = ret.line(wanted.line_no)
    if line is None:
        raise _invalid(f"/units/{place}/line_no", "unknown_line", f"No line {wanted.line_no}.")
    if wanted.quantity is not None and wanted.quantity < 1:
        raise _invalid(f"/units/{place}/quantity", "not_positive", "A quantity is at least 1.")
    spoken_for = runs.merged(
        run
        for one in before
        if (one.return_id, one.return_line_no) == (ret.return_id, line.line_no)
        for run in one.units
    )
    there = runs.minus(units_where(line, Waits(command.kind, command.warehouse)), spoken_for)
    asked = runs.size(there) if wanted.quantity is None else wanted.quantity
    if not there or runs.size(there) < asked:
        raise Conflict(
            "not_waiting_for_work",
            f"Return {ret.number}, line {line.line_no}: {runs.size(there)} units wait for "
            f"{command.kind.value} in {command.warehouse}, {asked} were asked.",
            return_id=ret.return_id,
            line_no=line.line_no,
            possible=runs.size(there),
        )
    chosen = runs.lowest(there, asked)
    lots = dict.fromkeys(g.lot for g in line.groups if runs.common(g.units, chosen))
    return [_line(ret, line, lot, chosen) for lot in lots]


@dataclass(frozen=True, slots=True)
class Waits:
    """Whether units wait for this work in this warehouse, and no order has them yet."""

    kind: WorkKind
    warehouse: str | None = None

    def __call__(self, group: UnitGroup) -> bool:
        return (
            group.disposition is self.kind.disposition
            and group.account is Account.REPAIR
            and group.held_by is None
            and self.warehouse in (None, group.warehouse)
        )


def _line(ret: Return, line: ReturnLine, lot: str | None, chosen: Runs) -> WorkLine:
    of_lot = units_where(line, lambda group: group.lot == lot)
    units = runs.common(of_lot, chosen)
    named = {
        int(ordinal): serial
        for ordinal, serial in line.serials.items()
        if runs.holds(units, int(ordinal))
    }
    return WorkLine(
        line_no="",
        return_id=ret.return_id,
        return_line_no=line.line_no,
        units=units,
        sku=line.goods,
        lot=lot,
        serials=tuple(named.values()),
        serial_ordinals=tuple(named),
        unit_cost=line.unit_cost,
        is_customers=is_customers(ret, line.line_no, units),
    )


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
