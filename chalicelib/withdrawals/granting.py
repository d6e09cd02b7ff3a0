"""The return that a withdrawal makes: nobody approves what the law gives.

Lines that the law plainly covers are approved at once. Of those that it may except, or that came
too late, a person decides; their units are held all the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Record
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs, size
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, Order
from chalicelib.orders.value import paid_by_line
from chalicelib.policy.document import Deadlines, Review
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.returns import deadlines
from chalicelib.returns.drafting import new_return, papers_of
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.handover import tasks_of_submission
from chalicelib.returns.model import (
    Authorization,
    Deadline,
    DeadlineKind,
    Logistics,
    Return,
    ReturnLine,
    ReturnType,
    UnitGroup,
)
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.policy_facts import Asked, PolicyReader
from chalicelib.returns.quoting import judged
from chalicelib.returns.requesting import trace_of
from chalicelib.returns.sold_units import line_of_sale
from chalicelib.returns.units import units_where
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.settlement.agreeing import with_agreed
from chalicelib.withdrawals import law
from chalicelib.withdrawals.model import Law, Withdrawal
from chalicelib.withdrawals.statement import UnitsOfOrder

REASON = "CHANGED_MIND"
"""A withdrawal needs no reason; where returns are counted by reason, this is where it stands."""
_REMIND = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The return, and all that is written with it."""

    ret: Return
    records: tuple[Record, ...]
    events: tuple[Event, ...]


def granted(
    reads: PolicyReader,
    withdrawal: Withdrawal,
    order: Order,
    units: UnitsOfOrder,
    terms: Deadlines,
    context: Context,
) -> Granted:
    """A return of these units, which must be free; measured when the withdrawal was declared."""
    declared_at = withdrawal.declared_at
    assert declared_at is not None, "only what is confirmed has an effect"
    known = law.law_of(order.region)
    ret = new_return(
        RequestReturn(
            lines=(),
            order_no=order.order_no,
            type=ReturnType.WITHDRAWAL,
            requested_at=declared_at,
        ),
        order,
        context,
        terms=law.with_refund_days(known, terms),
    )
    verdicts = [
        law.judged(order, sold, str(place), declared_at)
        for place, sold in enumerate(
            (line for line in order.lines if line.line_no in units), start=1
        )
    ]
    verdicts = _with_money(reads, order, units, verdicts, declared_at)
    ret = replace(
        ret,
        lines=_lines(order, units, verdicts),
        decision=_decision(known, verdicts),
        submissions=1,
        withdrawal_id=withdrawal.withdrawal_id,
        withdrawal_declared_at=declared_at,
        refund_due_at=law.refund_due_at(known, declared_at),
    )
    ret = replace(
        ret,
        documents=papers_of(ret, order),
        deadline=_deadline(ret, known, context),
    )
    for line in ret.lines:
        assert line.order_line_no is not None, "made from lines of the order"
        order = returnable.reserve(
            order,
            line.order_line_no,
            holder_id=ret.return_id,
            kind=HolderKind.RETURN,
            units=units[line.order_line_no],
        )
    ret = with_agreed(ret, order)
    order = replace(order, version=order.version + 1, updated_at=context.now)
    journal = _told(ret, context)
    ret = replace(ret, chain=journal.chain)
    claim = NumberClaim(number=ret.number, return_id=ret.return_id)
    tasks = () if _is_plain(verdicts) else tuple(tasks_of_submission(ret, None, context))
    return Granted(ret=ret, records=(ret, claim, order, *tasks), events=tuple(journal.events))


def _with_money(
    reads: PolicyReader,
    order: Order,
    units: UnitsOfOrder,
    verdicts: list[LineDecision],
    declared_at: datetime,
) -> list[LineDecision]:
    """The verdicts of the law with what the policy says of money beside the price of units: the law
    raises that, and does not replace it. Whether they may come back is no matter of policy.
    """
    wishes = tuple(
        RequestedLine(order_line_no=line.line_no, quantity=size(units[line.line_no]), reason=REASON)
        for line in order.lines
        if line.line_no in units
    )
    asked = Asked(requested_at=declared_at, type=ReturnType.WITHDRAWAL, evidence_due=False)
    said = judged(reads, order, wishes, asked).lines
    return [
        replace(one, giving=policy.giving, second_refunder_above=policy.second_refunder_above)
        for one, policy in zip(verdicts, said, strict=True)
    ]


def _lines(
    order: Order, units: UnitsOfOrder, verdicts: list[LineDecision]
) -> tuple[ReturnLine, ...]:
    lines, paid = [], paid_by_line(order)
    sold_lines = [line for line in order.lines if line.line_no in units]
    for verdict, sold in zip(verdicts, sold_lines, strict=True):
        place = UnitGroup(
            units=(),
            authorization=Authorization.APPROVED
            if verdict.eligible
            else Authorization.UNDER_REVIEW,
            logistics=Logistics.AWAITING if verdict.eligible else Logistics.NONE,
        )
        taken = units[sold.line_no]
        whole = paid[sold.line_no]
        lines.append(line_of_sale(order, sold, verdict.line_no, REASON, taken, place, whole))
    return tuple(lines)


def _is_plain(verdicts: list[LineDecision]) -> bool:
    return all(verdict.eligible for verdict in verdicts)


def _decision(known: Law | None, verdicts: list[LineDecision]) -> Decision:
    return Decision(
        policy_version="none" if known is None else known.value,
        review=Review.AUTOMATIC if _is_plain(verdicts) else Review.PERSON,
        lines=tuple(verdicts),
    )


def _deadline(ret: Return, known: Law | None, context: Context) -> Deadline | None:
    """Until when the goods are to be sent: as the law says, else by the terms of the order."""
    terms = deadlines.deadline_for(ret, context.now)
    days = law.RULE_SETS[known].send_days if known is not None else None
    if terms is None or days is None:
        return terms
    due_at = context.now + timedelta(days=days)
    return Deadline(kind=DeadlineKind.SHIP, due_at=due_at, remind_at=due_at - _REMIND)


def _told(ret: Return, context: Context) -> Journal:
    journal = Journal(ret.subject, ret.chain, context)
    assert ret.decision is not None, "judged before"
    lines: list[Json] = [
        line_facts(line, _all(line), trace=trace_of(verdict))
        for line, verdict in zip(ret.lines, ret.decision.lines, strict=True)
    ]
    quote = Money.total((line.value_of(_all(line)) for line in ret.lines), ret.currency)
    journal.record(
        "return.submitted",
        {
            **header(ret),
            "requested_at": rfc3339(ret.requested_at),
            "policy_version": ret.decision.policy_version,
            "review": ret.decision.review.value,
            "quote": money(quote),
            "withdrawal_id": ret.withdrawal_id,
            "refund_due_at": rfc3339(ret.refund_due_at) if ret.refund_due_at else None,
            "lines": lines,
        },
    )
    approved: list[Json] = [
        line_facts(line, _all(line))
        for line, verdict in zip(ret.lines, ret.decision.lines, strict=True)
        if verdict.eligible
    ]
    if approved:
        facts: dict[str, Json] = {**header(ret), "lines": approved, "by_rule": True}
        journal.record("return.approved", facts)
    return journal


def _all(line: ReturnLine) -> Runs:
    return units_where(line, lambda _: True)
