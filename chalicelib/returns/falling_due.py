"""What becomes payable before it was inspected, what the customer keeps, and when money is due.

A line's decision says when its refund falls due. Whatever approves or moves units asks here, in its
own write, what follows from where they stand now; asking twice changes nothing. Money that went
back before its goods is not taken back by a rule: where they disappoint, a person is told.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Record
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.policy.document import RefundDue
from chalicelib.policy.verdict import LineDecision
from chalicelib.returns import deadlines
from chalicelib.returns.facts import header
from chalicelib.returns.lifecycle import NEVER_PAID, is_payable
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    InspectionResult,
    Logistics,
    Resolution,
    Return,
    ReturnLine,
    ShipmentState,
    UnitGroup,
)
from chalicelib.returns.selection import UnitsByLine, all_that, facts_of
from chalicelib.returns.shipments import own_units
from chalicelib.returns.units import ON_THE_WAY, move, units_where
from chalicelib.settlement.model import SettlementState
from chalicelib.tasks.model import Grounds, TaskKind, open_task

_AFTER_APPROVAL = ON_THE_WAY | {Logistics.RECEIVED}
_REACHED: dict[RefundDue, frozenset[Logistics]] = {
    RefundDue.APPROVAL: _AFTER_APPROVAL,
    RefundDue.CARRIER_SCAN: frozenset({Logistics.ARRIVED, Logistics.RECEIVED}),
    RefundDue.RECEIPT: frozenset({Logistics.RECEIVED}),
    RefundDue.INSPECTION: frozenset(),
}
"""Where units of such a line are payable; on their way they are once a carrier has scanned them."""
_NOT_GOING = frozenset({ShipmentState.RETURNED, ShipmentState.REFUSED, ShipmentState.VOIDED})


REFUNDED_BEFORE_RETURN = "refunded_before_return"
"""Why a person looks at goods that were paid back early, and are lost, late or not as they were."""


def fallen_due(ret: Return, at: datetime, journal: Journal) -> Return:
    """The return with what is payable now, and until when; `at` is when its units got there."""
    before = ret
    decisions = {one.line_no: one for one in (ret.decision.lines if ret.decision else ())}
    for line in ret.lines:
        decision = decisions.get(line.line_no)
        if decision is not None and line.order_line_no is not None:
            ret = ret.with_line(_due(ret, _kept(line, decision), decision.refund_due))
    ret = _dated(deadlines.after(ret), at)
    for event_type, where in (("return.item_kept", is_kept), ("return.refund_fell_due", is_early)):
        earlier = all_that(before, where)
        units = {
            line_no: fresh
            for line_no, part in all_that(ret, where).items()
            if (fresh := runs.minus(part, earlier.get(line_no, ())))
        }
        if units:
            due_at = ret.refund_due_at
            told = {"refund_due_at": rfc3339(due_at) if due_at is not None else None}
            journal.record(event_type, {**header(ret), **told, "lines": facts_of(ret, units)})
    return ret


def is_kept(group: UnitGroup) -> bool:
    """Approved, and never to come."""
    return group.logistics is Logistics.NOT_NEEDED


def is_early(group: UnitGroup) -> bool:
    """Payable, or paid back, though nobody has inspected it and it is neither lost nor kept."""
    is_to_come_or_here = group.logistics in _AFTER_APPROVAL
    is_unseen = group.inspection is InspectionResult.PENDING
    return group.credit is True and is_to_come_or_here and is_unseen


def refunded_early(ret: Return, among: UnitsByLine) -> dict[str, Runs]:
    """Those units whose money has at least started to move, though nobody has inspected them."""
    early = {
        one.line_no
        for one in (ret.decision.lines if ret.decision else ())
        if one.refund_due is not RefundDue.INSPECTION
    }
    moved = all_that(
        ret, lambda group: is_early(group) and group.settlement is not SettlementState.NONE
    )
    return {
        line.line_no: part
        for line in ret.lines
        if line.line_no in early
        and line.resolution is not Resolution.EXCHANGE
        and (part := runs.common(moved.get(line.line_no, ()), among.get(line.line_no, ())))
    }


def questioned(
    ret: Return, units: UnitsByLine, why: str, journal: Journal, context: Context
) -> tuple[Record, ...]:
    """Tell of refunded units that are `why` (lost, failed, overdue), with a task; none: nothing."""
    lines = facts_of(ret, units)
    if not lines:
        return ()
    journal.record("return.refund_questioned", {**header(ret), "why": why, "lines": lines})
    value = Money.total(
        (line.value_of(units.get(line.line_no, ())) for line in ret.lines), ret.currency
    )
    task = open_task(
        TaskKind.INVESTIGATION,
        ret.subject,
        occasion=f"{REFUNDED_BEFORE_RETURN}-{why}-{context.command_id}",
        now=context.now,
        warehouse=ret.warehouse,
        grounds=Grounds(reasons=(REFUNDED_BEFORE_RETURN,), amount=value),
    )
    return (task,)


def _kept(line: ReturnLine, decision: LineDecision) -> ReturnLine:
    """Approved units of a line that the customer keeps never travel, and are paid back at once."""
    if not decision.keep_item:
        return line
    return move(
        line,
        units_where(line, _is_approved_only),
        logistics=Logistics.NOT_NEEDED,
        disposition=Disposition.KEPT_BY_CUSTOMER,
        credit=True,
    )


def _is_approved_only(group: UnitGroup) -> bool:
    is_approved = group.authorization is Authorization.APPROVED
    is_waiting = group.logistics is Logistics.AWAITING
    return is_approved and is_waiting and group.settlement is SettlementState.NONE


def _due(ret: Return, line: ReturnLine, due: RefundDue) -> ReturnLine:
    """Units that got where the refund falls due; and those that a carrier brought back from there.

    Only units that nobody has decided about: what an inspection or a loss said stays said.
    """
    reached = units_where(line, lambda group: _is_open(group) and group.logistics in _REACHED[due])
    if due is RefundDue.CARRIER_SCAN:
        moving = units_where(
            line, lambda group: _is_open(group) and group.logistics is Logistics.IN_TRANSIT
        )
        reached = runs.merged((*reached, *runs.common(moving, _scanned(ret, line.line_no))))
    line = move(line, reached, credit=True) if reached else line
    back = units_where(
        line,
        lambda group: (
            is_early(group)
            and group.settlement is SettlementState.NONE
            and group.logistics is Logistics.AWAITING
            and due is not RefundDue.APPROVAL
        ),
    )
    return move(line, back, credit=None) if back else line


def _is_open(group: UnitGroup) -> bool:
    return (
        group.authorization is Authorization.APPROVED
        and group.credit is None
        and group.inspection is InspectionResult.PENDING
        and group.disposition is None
        and group.settlement is SettlementState.NONE
    )


def _scanned(ret: Return, line_no: str) -> Runs:
    """Units in parcels that a carrier has seen: what a customer says of them is not enough."""
    return runs.merged(
        run
        for shipment in ret.shipments
        if shipment.scanned_at is not None and shipment.state not in _NOT_GOING
        for run in own_units(ret, shipment).get(line_no, ())
    )


def _dated(ret: Return, at: datetime) -> Return:
    """The return with the day by which the money is due, once that is known.

    After a declared withdrawal the law counts: from the declaration, which has said so already, or
    from when goods are back.
    """
    if ret.refund_due_at is not None:
        return ret
    if ret.withdrawal_id is not None:
        has_begun = any(group.logistics is Logistics.RECEIVED for group in ret.groups())
    else:
        has_begun = any(
            is_payable(group)
            for line in ret.lines
            if line.resolution not in NEVER_PAID
            for group in line.groups
        )
    if not has_begun:
        return ret
    return replace(ret, refund_due_at=at + timedelta(days=ret.deadline_terms.refund_days))
