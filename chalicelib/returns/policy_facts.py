"""What policies may know about a line that somebody asks to return, from what is on record."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders.model import HolderKind, LineKind, Order, OrderLine, Reservation
from chalicelib.orders.value import paid_by_line, value_of_units
from chalicelib.policy.conditions import Value
from chalicelib.policy.evaluation import Applicable, LineToDecide
from chalicelib.policy.facts import FACTS
from chalicelib.policy.history import CustomerHistory
from chalicelib.policy.history import facts as facts_of_history
from chalicelib.policy.windows import Dates, age_in_days
from chalicelib.policy.working_days import country_of
from chalicelib.reasons.ports import ReasonReader
from chalicelib.returns.model import Method, ReturnType
from chalicelib.returns.wishes import RequestedLine


class PolicyReader(ReasonReader, Protocol):
    """Reads what a request is measured by."""

    def policies_for(self, version_id: str, at: datetime) -> Applicable: ...

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request beside its lines.

    Policy refuses none of the order lines in `about`: a person decides about those. `overridden`:
    a person set its refusals aside. `evidence_due`: what the reasons want to see has to be
    shown. `return_id` None: nothing is filed yet.
    """

    requested_at: datetime
    type: ReturnType = ReturnType.CUSTOMER_RETURN
    method: Method = Method.COURIER
    about: frozenset[str] = frozenset()
    overridden: bool = False
    photo_reused: bool = False
    evidence_due: bool = True
    return_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An entry of a request with the line of the order that it names, and what its reason means."""

    entry: RequestedLine
    line: OrderLine
    fault: str


def lines_to_decide(
    order: Order,
    wishes: list[Wish],
    asked: Asked,
    policies: Applicable,
    history: CustomerHistory | None,
) -> list[LineToDecide]:
    """Each wish as a policy sees it; what is not on record is not known."""
    together = _together(order, wishes)
    values = [value for _, value in together.values()]
    shared = {
        **dict.fromkeys(FACTS),
        **_of_request(order, asked, policies),
        "request_value": Money.total(
            [*values, _held(order, lambda held: held.holder_id == asked.return_id)], order.currency
        ),
        "order_returned_value": Money.total(
            [*values, _held(order, lambda held: held.kind is HolderKind.RETURN)], order.currency
        ),
        **(facts_of_history(history, order.currency) if history is not None else {}),
    }
    return [
        LineToDecide(
            line_no=wish.line.line_no,
            facts={
                **shared,
                **_of_line(order, wish, together[wish.line.line_no], asked, policies),
            },
            is_goods=wish.line.kind is LineKind.GOODS,
            dates=dates_of(order, wish.line),
            requested_at=asked.requested_at,
        )
        for wish in wishes
    ]


def _together(order: Order, wishes: list[Wish]) -> dict[str, tuple[int, Money]]:
    """By order line how many units are asked for, and their value.

    All wishes for a line count as one: to ask twice for half of it is to ask for all of it.
    """
    counts: Counter[str] = Counter()
    for wish in wishes:
        counts[wish.line.line_no] += wish.entry.quantity
    paid = paid_by_line(order)
    sold = {wish.line.line_no: wish.line.quantity for wish in wishes}
    return {
        line_no: (
            asked,
            value_of_units(
                paid[line_no], sold[line_no], (Run(1, min(asked, sold[line_no])),)
            ).total,
        )
        for line_no, asked in counts.items()
    }


def _held(order: Order, is_meant: Callable[[Reservation], bool]) -> Money:
    """The value of units that are held already, by those that are meant.

    A request holds units that it is not about any more: they are decided already.
    """
    paid = paid_by_line(order)
    values = (
        value_of_units(paid[line.line_no], line.quantity, reservation.units).total
        for line in order.lines
        for reservation in line.reservations
        if is_meant(reservation)
    )
    return Money.total(values, order.currency)


def dates_of(order: Order, line: OrderLine) -> Dates:
    """When a line was ordered, left and arrived: with several deliveries, the last of them.

    Where one of them is not known to have arrived, no date of delivery is known.
    """
    deliveries = [
        delivery
        for delivery in order.deliveries
        if any(item.line_no == line.line_no for item in delivery.items)
    ]
    delivered = [d.delivered_at for d in deliveries if d.delivered_at is not None]
    all_known = len(delivered) == len(deliveries) and delivered
    return Dates(
        ordered_at=order.placed_at,
        shipped_at=max((d.shipped_at for d in deliveries), default=None),
        delivered_at=max(delivered) if all_known else None,
    )


def _of_request(order: Order, asked: Asked, policies: Applicable) -> dict[str, Value]:
    zone = policies.own.document.time_zone
    return {
        "region": country_of(order.region) or None,
        "channel": order.channel,
        "currency": order.currency,
        "customer_id": order.customer_id,
        "customer_class": order.customer_class,
        "contract_no": order.contract_no,
        "contract_clauses": frozenset(order.contract_clauses),
        "type": asked.type.value,
        "method": asked.method.value,
        "days_since_order": age_in_days(order.placed_at, asked.requested_at, zone),
        "purchase_month": order.placed_at.astimezone(ZoneInfo(zone)).month,
        "request_month": asked.requested_at.astimezone(ZoneInfo(zone)).month,
        "photo_reused": asked.photo_reused,
    }


def _of_line(
    order: Order, wish: Wish, together: tuple[int, Money], asked: Asked, policies: Applicable
) -> dict[str, Value]:
    document, line, entry = policies.own.document, wish.line, wish.entry
    quantity, value = together
    dates = dates_of(order, line)
    arrived = dates.delivered_at
    if arrived is None and dates.shipped_at is not None:
        arrived = dates.shipped_at + timedelta(days=document.transit_days)
    today = asked.requested_at.astimezone(ZoneInfo(document.time_zone)).date()
    return {
        "category": line.category,
        "sku": line.sku,
        "supplier_id": line.supplier_id,
        "tags": frozenset(line.tags),
        "reason": entry.reason,
        "fault": wish.fault,
        "stated_condition": entry.answers.get("condition"),
        "resolution": entry.resolution.value,
        "quantity": quantity,
        "unit_price": Money(value.minor // max(1, quantity), value.currency),
        "line_value": value,
        "age_days": age_in_days(arrived, asked.requested_at, document.time_zone),
        "warranty_days_left": (line.warranty_end - today).days if line.warranty_end else None,
        "has_serial": any(
            item.serials
            for delivery in order.deliveries
            for item in delivery.items
            if item.line_no == line.line_no
        ),
        "final_sale": line.final_sale,
    }
