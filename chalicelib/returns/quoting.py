"""What a request would bring: the units it would take, their value, and the verdict of the policy.

Quote and submit share `evaluate`, so a quote equals what submit then decides.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import LineKind, Order, OrderLine
from chalicelib.orders.value import paid_by_line, value_of_units
from chalicelib.policy.catalogue import published
from chalicelib.policy.decision import LineFacts, decide
from chalicelib.policy.model import Decision, LineDecision
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.wishes import RequestedLine, RequestReturn, check_lines, merged


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
    order = order_for(reads, command)
    return evaluate(order, merged(command.lines), command.requested_at or context.now)


def order_for(reads: ReturnReader, command: RequestReturn) -> Order:
    check_lines(command)
    if command.order_no is None:
        raise Invalid("order_required", "A quote needs the order that was bought.")
    order = reads.order(command.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {command.order_no}.")
    return order


def evaluate(order: Order, lines: tuple[RequestedLine, ...], requested_at: datetime) -> Quote:
    policy = published(order.policy_version)
    paid = paid_by_line(order)
    sold = [sold_line(order, line) for line in lines]
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


def sold_line(order: Order, asked: RequestedLine) -> OrderLine:
    line = order.line(asked.order_line_no or "")
    if line is None:
        raise NotFound(
            "order_line_not_found",
            f"Order {order.order_no} has no line {asked.order_line_no}.",
            order_line_no=asked.order_line_no,
        )
    return line


def _units(order: Order, line: OrderLine, asked: RequestedLine, verdict: LineDecision) -> Runs:
    """The units the request would take; a line that is refused anyway takes none."""
    if not verdict.eligible:
        return ()
    return returnable.choose(order, line, asked.quantity, asked.serials)


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
