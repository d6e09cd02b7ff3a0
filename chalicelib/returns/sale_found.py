"""A blind return finds its sale: a person says which lines of which order it is about.

In one write the return gets its order, prices and units, the units are held on the order, and the
exceptions that asked for the sale are resolved. The review goes on, now with something to go by.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, LineKind, Order, OrderLine
from chalicelib.orders.value import Paid
from chalicelib.policy.verdict import Decision
from chalicelib.returns.blind import sale_task_id
from chalicelib.returns.drafting import papers_of
from chalicelib.returns.exceptions import (
    ExceptionResolution,
    ExceptionState,
    ResolutionKind,
    ReturnException,
    facts,
)
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.handover import regraded, review_id, tasks_done
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return, ReturnLine, ReturnType, UnitGroup
from chalicelib.returns.policy_facts import PolicyReader
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.quote import by_person
from chalicelib.returns.quoting import evaluate
from chalicelib.returns.requesting import trace_of
from chalicelib.returns.reserving import asked_of
from chalicelib.returns.sold_units import of_sale
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import PENDING, units_where
from chalicelib.returns.wishes import RequestedLine
from chalicelib.tasks.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedLine:
    """A line of the return, and the line of the order that its goods were sold on."""

    line_no: str
    order_no: str
    order_line_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLines:
    """All lines that are not decided yet, each with its sale: all of one order."""

    lines: tuple[MatchedLine, ...]


class SaleReader(ReturnReader, Protocol):
    """Reads a return with the exceptions and the task that ask for its sale."""

    def blind_exceptions(self, ret: Return) -> dict[str, ReturnException]: ...

    def task(self, task_id: str) -> Task | None: ...


def match(
    reads: SaleReader, return_id: str, command: MatchLines, context: Context
) -> Decided[Return]:
    """Raises Conflict where the sale is known, nobody waits for it, or units are not free."""
    ret = found(reads.return_(return_id), return_id, context)
    require_search(ret)
    order_no, sold_on = _checked(ret, command)
    order = reads.order(order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {order_no}.")
    _require_same_customer(ret, order)
    matched, order, decision = _with_sale(reads, ret, order, sold_on)
    asked = {
        line_no: exception
        for line_no, exception in reads.blind_exceptions(ret).items()
        if line_no in sold_on and exception.state is ExceptionState.OPEN
    }
    ret = replace(
        _of_order(matched, order),
        decision=decision,
        deadline_terms=reads.policies_for(order.policy_version, context.now).own.document.deadlines,
        open_exceptions=max(0, ret.open_exceptions - len(asked)),
        version=ret.version + 1,
        updated_at=context.now,
    )
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.matched", _told(ret, sold_on, asked))
    ret = replace(ret, chain=journal.chain)
    order = replace(order, version=order.version + 1, updated_at=context.now)
    resolved = [_resolved(one, line_no, ret, context) for line_no, one in asked.items()]
    done = tasks_done((reads.task(sale_task_id(ret.return_id)),), context)
    review = regraded(reads.task(review_id(ret)), ret)
    records: tuple[Record, ...] = (ret, order, *(one for one, _ in resolved), *done, *review)
    events = (*journal.events, *(event for _, event in resolved))
    return Decided(result=ret, changes=Changes(records=records, events=events))


def require_search(ret: Return) -> None:
    """Raises Conflict where no sale is looked for."""
    if not ret.is_blind:
        raise Conflict("sale_known", f"The sale is order {ret.order_no}.", order_no=ret.order_no)
    if ret.type is ReturnType.STOCK_ERROR:
        raise Conflict("no_sale_to_find", "Goods that were sent by error were never sold.")
    if not any(_pending(line) for line in ret.lines):
        status = status_of(ret).value
        raise Conflict(
            "nothing_to_match", f"A return that is {status} waits for no sale.", status=status
        )


def _pending(line: ReturnLine) -> Runs:
    return units_where(line, lambda group: group.authorization in PENDING)


def _checked(ret: Return, command: MatchLines) -> tuple[str, dict[str, str]]:
    """The order, and by line of the return the line of the order; raises Invalid."""
    errors: list[FieldError] = []
    sold_on: dict[str, str] = {}
    for place, entry in enumerate(command.lines):
        at = f"/lines/{place}"
        line = ret.line(entry.line_no)
        if line is None or not _pending(line):
            message = f"No line {entry.line_no} waits for its sale."
            errors.append(_fault(f"{at}/line_no", "unknown_line", message))
        if entry.line_no in sold_on:
            message = f"Line {entry.line_no} comes twice."
            errors.append(_fault(f"{at}/line_no", "duplicate_line", message))
        if entry.order_no != command.lines[0].order_no:
            message = "All lines of a return are of one order; ask for the others apart."
            errors.append(_fault(f"{at}/order_no", "several_orders", message))
        sold_on[entry.line_no] = entry.order_line_no
    left_out = [
        line.line_no for line in ret.lines if _pending(line) and line.line_no not in sold_on
    ]
    if left_out:
        message = f"Name the sale of every line that is not decided: {', '.join(left_out)}."
        errors.append(_fault("/lines", "lines_left_out", message))
    if errors:
        raise Invalid("sale_does_not_fit", "The sale does not fit the return.", errors=errors)
    return command.lines[0].order_no, sold_on


def _require_same_customer(ret: Return, order: Order) -> None:
    """Whoever asked would lose sight of the return, and another would find it among theirs."""
    if ret.customer_id not in (None, order.customer_id):
        raise Conflict(
            "sale_of_another_customer",
            f"Order {order.order_no} was sold to another customer than the one who asked.",
            order_no=order.order_no,
        )


def _with_sale(
    reads: PolicyReader, ret: Return, order: Order, sold_on: Mapping[str, str]
) -> tuple[Return, Order, Decision]:
    """The lines as sold, their units held on the order, and what its policy says to them.

    A person decides in any case: what the policy would refuse is only told by the decision.
    """
    sold = [_sold_line(order, line, sold_on) for line in ret.lines]
    wishes = tuple(
        RequestedLine(
            order_line_no=bought.line_no,
            quantity=runs.size(_pending(line)),
            reason=line.reason,
            serials=tuple(line.serials.values()),
            resolution=line.resolution,
            answers=line.answers,
        )
        for line, bought in zip(ret.lines, sold, strict=True)
        if bought is not None
    )
    quoted = evaluate(reads, order, wishes, asked_of(ret))
    nothing = Money.zero(order.currency)
    lines = []
    for line, bought in zip(ret.lines, sold, strict=True):
        if bought is None:
            lines.append(replace(line, paid=Paid(net=nothing, tax=nothing)))
            continue
        # As held now: two lines of the return may be of one line of the order.
        bought = order.line(bought.line_no) or bought
        groups, held = _placed(order, line, bought)
        lines.append(of_sale(order, line, bought, groups))
        order = returnable.reserve(
            order, bought.line_no, holder_id=ret.return_id, kind=HolderKind.RETURN, units=held
        )
    decision = by_person(quoted, "sale_matched").decision
    asked = [line.line_no for line, bought in zip(ret.lines, sold, strict=True) if bought]
    verdicts = zip(asked, decision.lines, strict=True)
    own = tuple(replace(verdict, line_no=line_no) for line_no, verdict in verdicts)
    decision = replace(decision, lines=own)
    return replace(ret, lines=tuple(lines)), order, decision


def _sold_line(order: Order, line: ReturnLine, sold_on: Mapping[str, str]) -> OrderLine | None:
    """The line of the order; None for a line of the return that was decided before."""
    if line.line_no not in sold_on:
        return None
    sold = order.line(sold_on[line.line_no])
    if sold is None or sold.kind is LineKind.KIT:
        raise NotFound(
            "order_line_not_found",
            f"Order {order.order_no} has no line {sold_on[line.line_no]} of goods.",
            order_line_no=sold_on[line.line_no],
        )
    if sold.sku != line.sku:
        raise Conflict(
            "other_goods",
            f"Line {line.line_no} is about {line.sku}, line {sold.line_no} was {sold.sku}.",
            line_no=line.line_no,
            order_line_no=sold.line_no,
        )
    return sold


def _placed(order: Order, line: ReturnLine, sold: OrderLine) -> tuple[list[UnitGroup], Runs]:
    """The groups of the line with units of the order, and those of them that are held.

    Units that ended before (taken back) hold nothing; they only need ordinals of their own.
    """
    pending = _pending(line)
    held = returnable.choose(order, sold, runs.size(pending), _serials_of(line, pending))
    ended = line.requested - runs.size(pending)
    others = runs.minus((Run(1, order.shipped(sold.line_no)),), held)
    if runs.size(others) < ended:
        raise Conflict(
            "not_returnable_quantity",
            f"Line {sold.line_no} delivered fewer units than the return once asked for.",
            line_no=sold.line_no,
            returnable_quantity=runs.size(others) + runs.size(held),
            asked=line.requested,
        )
    left, rest = held, others
    groups = []
    for group in line.groups:
        if group.authorization in PENDING:
            units = runs.lowest(left, group.size)
            left = runs.minus(left, units)
        else:
            units = runs.lowest(rest, group.size)
            rest = runs.minus(rest, units)
        groups.append(replace(group, units=units))
    return groups, held


def _serials_of(line: ReturnLine, units: Runs) -> tuple[str, ...]:
    return tuple(
        serial
        for ordinal, serial in line.serials.items()
        if runs.common(units, runs.of_ordinals([int(ordinal)]))
    )


def _of_order(ret: Return, order: Order) -> Return:
    """The header as the order says; a return without a customer gets the order's."""
    home = order.deliveries[-1].warehouse if order.deliveries else None
    ret = replace(
        ret,
        order_no=order.order_no,
        customer_id=order.customer_id,
        contact_ref=order.contact_ref,
        currency=order.currency,
        channel=order.channel,
        region=order.region,
        customer_class=order.customer_class,
        warehouse=ret.warehouse or home,
    )
    return replace(ret, documents=papers_of(ret, order))


def _told(
    ret: Return, sold_on: Mapping[str, str], asked: Mapping[str, ReturnException]
) -> dict[str, Json]:
    assert ret.decision is not None, "judged before"
    lines = [line for line in ret.lines if line.line_no in sold_on]
    quote = Money.total((line.value_of(_pending(line)) for line in lines), ret.currency)
    return {
        **header(ret),
        "policy_version": ret.decision.policy_version,
        "review": ret.decision.review.value,
        "quote": money(quote),
        "exception_ids": [one.exception_id for one in asked.values()],
        "open_exceptions": ret.open_exceptions,
        "lines": [
            line_facts(line, _pending(line), trace=trace_of(verdict))
            for line, verdict in zip(lines, ret.decision.lines, strict=True)
        ],
    }


def _resolved(
    exception: ReturnException, line_no: str, ret: Return, context: Context
) -> tuple[ReturnException, Event]:
    """The exception done: its units are those of a line of the return, and no goods moved."""
    resolution = ExceptionResolution(
        resolution=ResolutionKind.LINE,
        quantity=exception.open_quantity,
        decided_by=context.actor.id,
        decided_at=context.now,
        return_id=ret.return_id,
        line_no=line_no,
    )
    exception = replace(
        exception,
        state=ExceptionState.RESOLVED,
        resolutions=(*exception.resolutions, resolution),
        resolution=resolution.resolution.value,
        resolved_at=context.now,
        resolved_by=context.actor.id,
        version=exception.version + 1,
    )
    journal = Journal(exception.subject, exception.chain, context)
    journal.record(
        "exception.resolved",
        {
            **facts(exception),
            "open_quantity": exception.open_quantity,
            "resolutions": [
                {
                    "resolution": resolution.resolution.value,
                    "quantity": resolution.quantity,
                    "return_id": resolution.return_id,
                    "line_no": resolution.line_no,
                    "order_no": ret.order_no,
                }
            ],
        },
    )
    return replace(exception, chain=journal.chain), journal.events[0]


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
