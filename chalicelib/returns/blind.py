"""Returns without an order: under review, with an exception for whoever finds the sale."""

from dataclasses import replace

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Event, Journal
from chalicelib.core.ids import derived_id
from chalicelib.returns.asked_about import asking
from chalicelib.returns.drafting import asked_facts, new_return, unsold_line
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    opened_event,
)
from chalicelib.returns.facts import header
from chalicelib.returns.handover import tasks_of_submission
from chalicelib.returns.model import Authorization, Return, ReturnLine, ReturnType
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.selection import moved
from chalicelib.returns.units import units_where
from chalicelib.returns.wishes import RequestReturn, merged
from chalicelib.tasks.model import (
    Task,
    TaskKind,
    TaskState,
    open_task,
    opened_again,
    task_id_for,
)

_SALE = "sale"


def create_blind(command: RequestReturn, context: Context) -> Decided[Return]:
    """A return without a sale: kept whole, under review, and an exception for a person.

    There is no price to go by, so its units are worth nothing until somebody finds the sale. Goods
    that we sent by error have none: nobody has to look for it.
    """
    if not command.submit:
        raise Conflict("blind_draft", "A return without an order is submitted at once.")
    ret = new_return(command, None, context)
    lines = tuple(
        unsold_line(str(place), wish, ret.currency, Authorization.UNDER_REVIEW)
        for place, wish in enumerate(merged(command.lines), start=1)
    )
    has_sale = command.type is not ReturnType.STOCK_ERROR
    open_exceptions = len(lines) if has_sale else 0
    ret = replace(ret, lines=lines, submissions=1, open_exceptions=open_exceptions)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.submitted",
        {**header(ret), "blind": True, "lines": [asked_facts(line) for line in ret.lines]},
    )
    ret = replace(ret, chain=journal.chain)
    records: list[Record] = [ret, NumberClaim(number=ret.number, return_id=ret.return_id)]
    events = list(journal.events)
    for line in ret.lines if has_sale else ():
        exception, event = _blind_exception(ret, line, context)
        records.append(exception)
        events.append(event)
    records.extend(tasks_of_submission(ret, None, context))
    if has_sale:
        records.append(_search(ret, context))
    return Decided(result=ret, changes=Changes(records=tuple(records), events=tuple(events)))


def sale_task_id(return_id: str) -> str:
    """The task to find the sale of a blind return."""
    return task_id_for(TaskKind.MATCH, f"return/{return_id}", _SALE)


def blind_exception_id(command_id: str, line_no: str) -> str:
    """The exception of a line; `command_id` is that of the command which made the return."""
    return derived_id("exc", command_id, f"blind-{line_no}")


def resubmit_blind(
    ret: Return, earlier: Task | None, search: Task | None, context: Context
) -> Decided[Return]:
    """A blind return (at its next version) under review again, after an answer or a rejection.

    Its exceptions stay as they are: the sale is the same one, and is looked for again.
    """
    units = {line.line_no: units_where(line, lambda _: True) for line in asking(ret)}
    ret = moved(ret, units, authorization=Authorization.UNDER_REVIEW, refusal_code=None)
    ret = replace(ret, submissions=ret.submissions + 1, deadline=None)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.resubmitted",
        {
            **header(ret),
            "blind": True,
            "submission": ret.submissions,
            "lines": [asked_facts(line) for line in ret.lines if line.line_no in units],
        },
    )
    ret = replace(ret, chain=journal.chain)
    records: list[Record] = [ret, *tasks_of_submission(ret, earlier, context)]
    if search is not None and search.state is TaskState.DONE:
        records.append(opened_again(search, context.now))
    return Decided(
        result=ret, changes=Changes(records=tuple(records), events=tuple(journal.events))
    )


def _search(ret: Return, context: Context) -> Task:
    return open_task(
        TaskKind.MATCH, ret.subject, occasion=_SALE, now=context.now, warehouse=ret.warehouse
    )


def _blind_exception(
    ret: Return, line: ReturnLine, context: Context
) -> tuple[ReturnException, Event]:
    exception = ReturnException(
        exception_id=blind_exception_id(context.command_id, line.line_no),
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
