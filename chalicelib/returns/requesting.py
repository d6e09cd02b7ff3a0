"""Asking to return something: quote, create, submit.

Quote and submit share one evaluation, so a quote equals what submit then decides. Submitting
reserves the units on the order in the same write.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import (
    Conflict,
    DomainError,
    FieldError,
    Invalid,
    NotFound,
    PolicyRefused,
    Stale,
)
from chalicelib.core.events import Chain, Context, Event, Journal, Json
from chalicelib.core.ids import derived_id, new_return_number
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, LineKind, Order, OrderLine
from chalicelib.orders.value import Paid, paid_by_line, value_of_units
from chalicelib.policy.catalogue import published
from chalicelib.policy.decision import LineFacts, decide
from chalicelib.policy.model import Decision, LineDecision, Review
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    exception_id_for,
    opened_event,
)
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.lifecycle import Command, require
from chalicelib.returns.model import (
    Authorization,
    LinkedDocument,
    Logistics,
    Method,
    Resolution,
    Return,
    ReturnLine,
    ReturnType,
    UnitGroup,
)
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.reasons import REASONS
from chalicelib.returns.units import joined, units_where
from chalicelib.tasks.model import TaskKind, open_task

LINES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedLine:
    """One wish. `order_line_no` names what was bought; without it (blind) the SKU does."""

    quantity: int
    reason: str
    order_line_no: str | None = None
    sku: str | None = None
    serials: tuple[str, ...] = ()
    note: str | None = None
    resolution: Resolution = Resolution.REFUND


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReturn:
    """A request to return units of one order, or without an order (blind)."""

    lines: tuple[RequestedLine, ...]
    order_no: str | None = None
    customer_id: str | None = None
    type: ReturnType = ReturnType.CUSTOMER_RETURN
    method: Method = Method.COURIER
    warehouse: str | None = None
    requested_at: datetime | None = None
    submit: bool = True
    documents: tuple[LinkedDocument, ...] = ()
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """What one line would bring: the units it would take, their value, and the verdict."""

    order_line_no: str
    sku: str
    quantity: int
    returnable_quantity: int
    units: Runs
    amount: Money
    decision: LineDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The whole request, evaluated; nothing is written."""

    lines: tuple[QuotedLine, ...]
    total: Money
    decision: Decision

    @property
    def eligible(self) -> bool:
        return self.decision.eligible


def quote(reads: ReturnReader, command: RequestReturn, context: Context) -> Quote:
    """Evaluate a request on an order; the same function decides at submit."""
    order = _order_for(reads, command)
    return _evaluate(order, _merged(command.lines), command.requested_at or context.now)


def create(reads: ReturnReader, command: RequestReturn, context: Context) -> Decided[Return]:
    """A new return, as a draft or submitted at once. The command id fixes the return's id."""
    _check_lines(command)
    if command.order_no is None:
        return _create_blind(command, context)
    order = _order_for(reads, command)
    lines = _merged(command.lines)
    ret = _new_return(command, order, context)
    ret = replace(ret, lines=_draft_lines(order, lines))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.drafted", {**header(ret), "lines": [_asked(line) for line in ret.lines]}
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


def found(ret: Return | None, return_id: str, context: Context) -> Return:
    """The return that a command is about, at the version its caller looked at."""
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    if context.expected_version is not None and ret.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"The return is at version {ret.version}, not {context.expected_version}.",
            version=ret.version,
        )
    return ret


def _order_for(reads: ReturnReader, command: RequestReturn) -> Order:
    _check_lines(command)
    if command.order_no is None:
        raise Invalid("order_required", "A quote needs the order that was bought.")
    order = reads.order(command.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {command.order_no}.")
    return order


def _check_lines(command: RequestReturn) -> None:
    errors: list[FieldError] = []
    if not command.lines or len(command.lines) > LINES_MAX:
        errors.append(_fault("/lines", "line_count", f"1 to {LINES_MAX} lines are allowed."))
    for place, line in enumerate(command.lines):
        at = f"/lines/{place}"
        if line.quantity < 1:
            errors.append(_fault(f"{at}/quantity", "not_positive", "A quantity is at least 1."))
        if line.reason not in REASONS:
            known = ", ".join(sorted(REASONS))
            errors.append(_fault(f"{at}/reason", "unknown_reason", f"Known: {known}."))
        if line.reason == "OTHER" and not line.note:
            errors.append(_fault(f"{at}/note", "note_required", "OTHER needs a note."))
        if len(line.serials) > line.quantity:
            errors.append(_fault(f"{at}/serials", "serial_count", "More serials than units."))
        if (line.order_line_no is None) != (command.order_no is None):
            message = "With an order, lines name its lines; without one, they name SKUs."
            errors.append(_fault(f"{at}/order_line_no", "line_reference", message))
        if command.order_no is None and not line.sku:
            errors.append(_fault(f"{at}/sku", "sku_required", "A blind line names a SKU."))
    if errors:
        raise Invalid("invalid_request", "The request has faults.", errors=errors)


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)


def _merged(lines: tuple[RequestedLine, ...]) -> tuple[RequestedLine, ...]:
    """Entries that name the same order line made one, before anything is checked."""
    together: dict[str, RequestedLine] = {}
    for line in lines:
        assert line.order_line_no is not None, "checked before"
        before = together.get(line.order_line_no)
        if before is None:
            together[line.order_line_no] = line
            continue
        together[line.order_line_no] = replace(
            before,
            quantity=before.quantity + line.quantity,
            serials=before.serials + line.serials,
            note=before.note or line.note,
        )
    return tuple(together.values())


def _evaluate(
    order: Order, lines: tuple[RequestedLine, ...], requested_at: datetime
) -> Quote:
    policy = published(order.policy_version)
    paid = paid_by_line(order)
    sold = [_sold_line(order, line) for line in lines]
    facts = [_line_facts(order, line, requested_at) for line in sold]
    decision = decide(policy, facts)
    quoted = []
    for asked, line, verdict in zip(lines, sold, decision.lines, strict=True):
        units = _units(order, line, asked, verdict)
        value = value_of_units(paid[line.line_no], line.quantity, units)
        quoted.append(
            QuotedLine(
                order_line_no=line.line_no,
                sku=line.sku,
                quantity=asked.quantity,
                returnable_quantity=returnable.returnable_quantity(order, line),
                units=units,
                amount=value.total,
                decision=verdict,
            )
        )
    total = Money.total((line.amount for line in quoted), order.currency)
    return Quote(lines=tuple(quoted), total=total, decision=decision)


def _units(
    order: Order, line: OrderLine, asked: RequestedLine, verdict: LineDecision
) -> Runs:
    """The units the request would take; a line that is refused anyway takes none."""
    if not verdict.eligible:
        return ()
    return returnable.choose(order, line, asked.quantity, asked.serials)


def _sold_line(order: Order, asked: RequestedLine) -> OrderLine:
    line = order.line(asked.order_line_no or "")
    if line is None:
        raise NotFound(
            "order_line_not_found",
            f"Order {order.order_no} has no line {asked.order_line_no}.",
            order_line_no=asked.order_line_no,
        )
    return line


def _line_facts(order: Order, line: OrderLine, requested_at: datetime) -> LineFacts:
    deliveries = [
        delivery
        for delivery in order.deliveries
        if any(item.line_no == line.line_no for item in delivery.items)
    ]
    delivered = [d.delivered_at for d in deliveries if d.delivered_at is not None]
    last_known = len(delivered) == len(deliveries) and delivered
    return LineFacts(
        line_no=line.line_no,
        is_goods=line.kind is LineKind.GOODS,
        is_final_sale=line.final_sale,
        shipped_at=max((d.shipped_at for d in deliveries), default=None),
        delivered_at=max(delivered) if last_known else None,
        requested_at=requested_at,
    )


def _new_return(command: RequestReturn, order: Order | None, context: Context) -> Return:
    return Return(
        return_id=derived_id("ret", context.command_id),
        number=new_return_number(context.now),
        type=command.type,
        method=command.method,
        currency=order.currency if order else command.currency,
        lines=(),
        requested_at=command.requested_at or context.now,
        created_at=context.now,
        updated_at=context.now,
        requested_by=context.actor.id,
        order_no=order.order_no if order else None,
        customer_id=order.customer_id if order else command.customer_id,
        contact_ref=order.contact_ref if order else None,
        warehouse=command.warehouse or (_home_of(order) if order else None),
        channel=order.channel if order else None,
        region=order.region if order else None,
        customer_class=order.customer_class if order else None,
        documents=command.documents,
        chain=Chain(),
    )


def _home_of(order: Order) -> str | None:
    """Goods go back to where they came from, unless told otherwise."""
    return order.deliveries[-1].warehouse if order.deliveries else None


def _draft_lines(order: Order, asked: tuple[RequestedLine, ...]) -> tuple[ReturnLine, ...]:
    """Lines of a draft: the wish is kept, but units are only chosen when it is submitted."""
    paid = paid_by_line(order)
    lines = []
    for place, wish in enumerate(asked, start=1):
        sold = _sold_line(order, wish)
        serials = {str(no): serial for no, serial in enumerate(wish.serials, start=1)}
        lines.append(
            ReturnLine(
                line_no=str(place),
                order_line_no=sold.line_no,
                sku=sold.sku,
                name=sold.name,
                gtin=sold.gtin,
                category=sold.category,
                supplier_id=sold.supplier_id,
                reason=wish.reason,
                note=wish.note,
                resolution=wish.resolution,
                unit_cost=sold.unit_cost,
                paid=paid[sold.line_no],
                sold=max(sold.quantity, wish.quantity),
                serials=serials,
                groups=(UnitGroup(units=(Run(1, wish.quantity),)),),
            )
        )
    return tuple(lines)


def _submit(
    ret: Return, order: Order, context: Context, journal: Journal
) -> tuple[Return, Order, tuple[Record, ...]]:
    """Evaluate, reserve and hand over; raises PolicyRefused with the whole trace."""
    wishes = tuple(_wish(line) for line in ret.lines)
    quoted = _evaluate(order, wishes, ret.requested_at)
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
        more = (_review_task(ret, context),)
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
    """The line with the ordinals it holds, split by the lot each unit left in."""
    groups = []
    assert line.order_line_no is not None, "lines of an order name its lines"
    sold = order.line(line.order_line_no)
    assert sold is not None, "evaluated before"
    logistics = (
        Logistics.AWAITING if authorization is Authorization.APPROVED else Logistics.NONE
    )
    for run, lot in returnable.lots_by_run(order, line.order_line_no):
        units = runs.common(entry.units, (run,))
        if units:
            groups.append(
                UnitGroup(
                    units=units, lot=lot, authorization=authorization, logistics=logistics
                )
            )
    by_ordinal = returnable.serials_by_ordinal(order, line.order_line_no)
    held = {
        str(ordinal): serial
        for ordinal, serial in by_ordinal.items()
        if runs.common(entry.units, (Run(ordinal, 1),))
    }
    return replace(line, groups=joined(groups), serials=held, sold=sold.quantity)


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


def _asked(line: ReturnLine) -> Json:
    return {
        "line_no": line.line_no,
        "order_line_no": line.order_line_no,
        "sku": line.sku,
        "reason": line.reason,
        "quantity": line.requested,
    }


def _approved(line: ReturnLine) -> Json:
    return line_facts(line, units_where(line, lambda group: True))


def _review_task(ret: Return, context: Context) -> Record:
    return open_task(
        TaskKind.REVIEW,
        ret.subject,
        occasion=str(ret.submissions),
        now=context.now,
        warehouse=ret.warehouse,
    )


def _create_blind(command: RequestReturn, context: Context) -> Decided[Return]:
    """A return without a sale: kept whole, under review, and an exception for a person.

    There is no price to go by, so its units are worth nothing until somebody finds the sale.
    """
    if not command.submit:
        raise Conflict("blind_draft", "A return without an order is submitted at once.")
    ret = _new_return(command, None, context)
    nothing = Money.zero(ret.currency)
    lines = []
    for place, wish in enumerate(command.lines, start=1):
        group = UnitGroup(
            units=(Run(1, wish.quantity),), authorization=Authorization.UNDER_REVIEW
        )
        lines.append(
            ReturnLine(
                line_no=str(place),
                sku=wish.sku or "",
                name=wish.sku or "",
                reason=wish.reason,
                note=wish.note,
                resolution=wish.resolution,
                paid=Paid(net=nothing, tax=nothing),
                sold=wish.quantity,
                serials={str(no): s for no, s in enumerate(wish.serials, start=1)},
                groups=(group,),
            )
        )
    ret = replace(ret, lines=tuple(lines), submissions=1, open_exceptions=len(lines))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.submitted",
        {**header(ret), "blind": True, "lines": [_asked(line) for line in ret.lines]},
    )
    ret = replace(ret, chain=journal.chain)
    records: list[Record] = [ret, NumberClaim(number=ret.number, return_id=ret.return_id)]
    events = list(journal.events)
    for line in ret.lines:
        exception, event = _blind_exception(ret, line, context)
        records.append(exception)
        events.append(event)
    records.append(_review_task(ret, context))
    return Decided(
        result=ret, changes=Changes(records=tuple(records), events=tuple(events))
    )


def _blind_exception(
    ret: Return, line: ReturnLine, context: Context
) -> tuple[ReturnException, Event]:
    exception = ReturnException(
        exception_id=exception_id_for(context, f"blind-{line.line_no}"),
        kind=ExceptionKind.BLIND_RETURN,
        quantity=line.requested,
        sku=line.sku,
        return_id=ret.return_id,
        return_number=ret.number,
        customer_id=ret.customer_id,
        warehouse=ret.warehouse,
        note=line.note,
        opened_at=context.now,
        opened_by=context.actor.id,
    )
    chain, event = opened_event(exception, context)
    return replace(exception, chain=chain), event
