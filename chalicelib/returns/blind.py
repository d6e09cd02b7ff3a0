"""Returns without an order: under review, with an exception for whoever finds the sale."""

from dataclasses import replace

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Event, Journal
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders.value import Paid
from chalicelib.returns.drafting import asked_facts, new_return, review_task
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    exception_id_for,
    opened_event,
)
from chalicelib.returns.facts import header
from chalicelib.returns.model import Authorization, Return, ReturnLine, UnitGroup
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.wishes import RequestReturn


def create_blind(command: RequestReturn, context: Context) -> Decided[Return]:
    """A return without a sale: kept whole, under review, and an exception for a person.

    There is no price to go by, so its units are worth nothing until somebody finds the sale.
    """
    if not command.submit:
        raise Conflict("blind_draft", "A return without an order is submitted at once.")
    ret = new_return(command, None, context)
    nothing = Money.zero(ret.currency)
    lines = []
    for place, wish in enumerate(command.lines, start=1):
        group = UnitGroup(units=(Run(1, wish.quantity),), authorization=Authorization.UNDER_REVIEW)
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
        {**header(ret), "blind": True, "lines": [asked_facts(line) for line in ret.lines]},
    )
    ret = replace(ret, chain=journal.chain)
    records: list[Record] = [ret, NumberClaim(number=ret.number, return_id=ret.return_id)]
    events = list(journal.events)
    for line in ret.lines:
        exception, event = _blind_exception(ret, line, context)
        records.append(exception)
        events.append(event)
    records.append(review_task(ret, context))
    return Decided(result=ret, changes=Changes(records=tuple(records), events=tuple(events)))


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
