"""Asking to return something: as a draft, or submitted at once.

Submitting evaluates the request as a quote does, and reserves the units on the order in the same
write.
"""

from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import DomainError, PolicyRefused
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Run
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, Order
from chalicelib.orders.value import paid_by_line
from chalicelib.policy.model import Decision, LineDecision, Review
from chalicelib.returns.blind import create_blind
from chalicelib.returns.drafting import asked_facts, draft_lines, new_return, review_task
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.lifecycle import Command, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Authorization, Logistics, Return, ReturnLine, UnitGroup
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.quoting import Quote, QuotedLine, evaluate, order_for
from chalicelib.returns.units import joined, units_where
from chalicelib.returns.wishes import RequestedLine, RequestReturn, check_lines, merged

__all__ = ["RequestReturn", "RequestedLine", "create", "submit"]


def create(reads: ReturnReader, command: RequestReturn, context: Context) -> Decided[Return]:
    """A new return, as a draft or submitted at once. The command id fixes the return's id."""
    check_lines(command)
    if command.order_no is None:
        return create_blind(command, context)
    order = order_for(reads, command)
    lines = merged(command.lines)
    ret = new_return(command, order, context)
    ret = replace(ret, lines=draft_lines(order, lines))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.drafted", {**header(ret), "lines": [asked_facts(line) for line in ret.lines]}
    )
    claim = NumberClaim(number=ret.number, return_id=ret.return_id)
    if not command.submit:
        ret = replace(ret, chain=journal.chain)
        return Decided(
            result=ret, changes=Changes(records=(ret, claim), events=tuple(journal.events))
        )
    ret, order, more = _submit(ret, order, context, journal)
    return Decided(
        result=ret,
        changes=Changes(records=(ret, claim, order, *more), events=tuple(journal.events)),
    )


def submit(reads: ReturnReader, return_id: str, context: Context) -> Decided[Return]:
    """Submit a draft: evaluated anew, reserved, and handed to review."""
    ret, order = reads.return_and_order(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.SUBMIT)
    assert order is not None, "a draft always names its order"
    journal = Journal(ret.subject, ret.chain, context)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    ret, order, more = _submit(ret, order, context, journal)
    return Decided(
        result=ret, changes=Changes(records=(ret, order, *more), events=tuple(journal.events))
    )


def _submit(
    ret: Return, order: Order, context: Context, journal: Journal
) -> tuple[Return, Order, tuple[Record, ...]]:
    """Evaluate, reserve and hand over; raises PolicyRefused with the whole trace."""
    wishes = tuple(_wish(line) for line in ret.lines)
    quoted = evaluate(order, wishes, ret.requested_at)
    if not quoted.eligible:
        raise _refused(quoted.decision)
    authorization = (
        Authorization.UNDER_REVIEW
        if quoted.decision.review is Review.PERSON
        else Authorization.APPROVED
    )
    lines = []
    for line, entry in zip(ret.lines, quoted.lines, strict=True):
        order = returnable.reserve(
            order,
            entry.order_line_no,
            holder_id=ret.return_id,
            kind=HolderKind.RETURN,
            units=entry.units,
        )
        lines.append(_with_units(order, line, entry, authorization))
    ret = replace(
        ret,
        lines=tuple(lines),
        decision=quoted.decision,
        submissions=ret.submissions + 1,
    )
    order = replace(order, version=order.version + 1, updated_at=context.now)
    journal.record("return.submitted", _submitted(ret, quoted))
    more: tuple[Record, ...] = ()
    if authorization is Authorization.UNDER_REVIEW:
        more = (review_task(ret, context),)
    else:
        journal.record(
            "return.approved",
            {**header(ret), "lines": [_approved(line) for line in ret.lines], "by_rule": True},
        )
    return replace(ret, chain=journal.chain), order, more


def _wish(line: ReturnLine) -> RequestedLine:
    return RequestedLine(
        order_line_no=line.order_line_no,
        quantity=line.requested,
        reason=line.reason,
        serials=tuple(line.serials.values()),
    )


def _with_units(
    order: Order, line: ReturnLine, entry: QuotedLine, authorization: Authorization
) -> ReturnLine:
    """The line as sold now, with the ordinals it holds, split by the lot each unit left in.

    A draft may be older than the last change of its order: nothing of the order is taken from it.
    """
    groups = []
    assert line.order_line_no is not None, "lines of an order name its lines"
    sold = order.line(line.order_line_no)
    assert sold is not None, "evaluated before"
    logistics = Logistics.AWAITING if authorization is Authorization.APPROVED else Logistics.NONE
    for run, lot in returnable.lots_by_run(order, line.order_line_no):
        units = runs.common(entry.units, (run,))
        if units:
            groups.append(
                UnitGroup(units=units, lot=lot, authorization=authorization, logistics=logistics)
            )
    by_ordinal = returnable.serials_by_ordinal(order, line.order_line_no)
    held = {
        str(ordinal): serial
        for ordinal, serial in by_ordinal.items()
        if runs.common(entry.units, (Run(ordinal, 1),))
    }
    return replace(
        line,
        sku=sold.sku,
        name=sold.name,
        gtin=sold.gtin,
        category=sold.category,
        supplier_id=sold.supplier_id,
        unit_cost=sold.unit_cost,
        paid=paid_by_line(order)[sold.line_no],
        sold=sold.quantity,
        serials=held,
        groups=joined(groups),
    )


def _refused(decision: Decision) -> DomainError:
    refusals: list[Json] = [
        {"line_no": line.line_no, "code": line.code, "trace": trace_of(line)}
        for line in decision.lines
        if not line.eligible
    ]
    first = next(line for line in decision.lines if not line.eligible)
    return PolicyRefused(
        first.code,
        f"Policy {decision.policy_version} does not allow this return.",
        policy_version=decision.policy_version,
        lines=refusals,
    )


def trace_of(line: LineDecision) -> list[Json]:
    """The rules that were asked about a line, as answers and events write them."""
    return [
        {"rule": s.rule, "facts": dict(s.facts), "passed": s.passed, "code": s.code}
        for s in line.trace
    ]


def _submitted(ret: Return, quoted: Quote) -> dict[str, Json]:
    return {
        **header(ret),
        "requested_at": ret.requested_at.isoformat(),
        "policy_version": quoted.decision.policy_version,
        "review": quoted.decision.review.value,
        "quote": money(quoted.total),
        "lines": [
            line_facts(line, entry.units, trace=trace_of(entry.decision))
            for line, entry in zip(ret.lines, quoted.lines, strict=True)
        ],
    }


def _approved(line: ReturnLine) -> Json:
    return line_facts(line, units_where(line, lambda group: group.size > 0))
