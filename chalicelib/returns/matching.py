"""Which sale may a return without an order be about? Lines of orders, the likeliest first.

Pure. Serial numbers say most, then lots, then whose order it was, then how near the dates are. It
only proposes: a person says which sale it is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.clock import from_rfc3339
from chalicelib.core.runs import Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import Order, OrderLine
from chalicelib.policy.evaluation import Applicable
from chalicelib.policy.history import CustomerHistory
from chalicelib.policy.verdict import LineDecision
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.returns.model import Return, ReturnLine
from chalicelib.returns.policy_facts import PolicyReader
from chalicelib.returns.quoting import evaluate
from chalicelib.returns.reserving import asked_of
from chalicelib.returns.wishes import RequestedLine

ORDERS_MAX = 30
"""Orders looked at for one answer; the newest of each list come first."""
PROPOSALS_MAX = 50
_SERIALS = 1_000_000
_LOT = 100_000
_CUSTOMER = 10_000
_NEAR_DAYS = 1_000
"""Weights so far apart that no sum of lesser signs outweighs a greater one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A line of an order that a line of the return may be about.

    `returnable` units of it are still free; `window_ends` None: there is no limit of time.
    `reasons` are what speaks for it, the strongest first.
    """

    line_no: str
    order_no: str
    order_line_no: str
    sku: str
    returnable: int
    delivered_at: datetime | None
    window_ends: datetime | None
    score: int
    reasons: tuple[str, ...]


class _ReadOnce:
    """Reads the history of each customer once, however many of their lines are looked at."""

    def __init__(self, reads: PolicyReader) -> None:
        self._reads = reads
        self._histories: dict[tuple[str, datetime, str | None], CustomerHistory] = {}

    def policies_for(self, version_id: str, at: datetime) -> Applicable:
        return self._reads.policies_for(version_id, at)

    def reason_catalogue(self) -> Catalogue:
        return self._reads.reason_catalogue()

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory:
        asked = (customer_id, at, without)
        if asked not in self._histories:
            self._histories[asked] = self._reads.customer_history(*asked)
        return self._histories[asked]


FindOrders = Callable[[str | None, str], Iterable[str]]
"""Numbers of orders of a customer (None: of anybody) with a SKU, the newest first."""


def candidates(ret: Return, find: FindOrders) -> list[str]:
    """The orders to look at: the customer's own first, then anybody's, of each SKU in turn."""
    skus = list(dict.fromkeys(line.sku for line in ret.lines))
    found: dict[str, None] = {}
    customers = (ret.customer_id, None) if ret.customer_id is not None else (None,)
    for customer_id in customers:
        for sku in skus:
            found.update(dict.fromkeys(find(customer_id, sku)))
    return list(found)[:ORDERS_MAX]


def proposals(reads: PolicyReader, ret: Return, orders: Iterable[Order]) -> list[Proposal]:
    """Lines of these orders that have something left, within their windows; the likeliest first."""
    reads = _ReadOnce(reads)
    found = [
        proposal
        for order in orders
        for line in ret.lines
        for proposal in _of_line(reads, ret, line, order)
    ]
    place = {line.line_no: number for number, line in enumerate(ret.lines)}
    found.sort(key=lambda one: (place[one.line_no], -one.score, one.order_no, one.order_line_no))
    return found[:PROPOSALS_MAX]


def _of_line(
    reads: PolicyReader, ret: Return, line: ReturnLine, order: Order
) -> Iterator[Proposal]:
    for sold in order.lines:
        free = returnable.free(order, sold)
        if sold.sku != line.sku or not free:  # A kit itself is never shipped: its parts are.
            continue
        is_open, ends = _window(reads, ret, line, order, sold, runs.size(free))
        if not is_open:
            continue
        delivered_at = _delivered_at(order, sold)
        score, reasons = _scored(ret, line, order, sold, free, delivered_at)
        yield Proposal(
            line_no=line.line_no,
            order_no=order.order_no,
            order_line_no=sold.line_no,
            sku=sold.sku,
            returnable=runs.size(free),
            delivered_at=delivered_at,
            window_ends=ends,
            score=score,
            reasons=reasons,
        )


def _scored(
    ret: Return,
    line: ReturnLine,
    order: Order,
    sold: OrderLine,
    free: Runs,
    delivered_at: datetime | None,
) -> tuple[int, tuple[str, ...]]:
    score, reasons = 0, []
    stated = set(line.serials.values())
    left = _serials_left(order, sold, free)
    if same := len(stated & left):
        score += _SERIALS * same // len(stated)
        reasons.append("serials" if same == len(stated) else "some_serials")
    if _lots_of(line) & _lots_left(order, sold, free):
        score += _LOT
        reasons.append("lot")
    if ret.customer_id is not None and ret.customer_id == order.customer_id:
        score += _CUSTOMER
        reasons.append("customer")
    if delivered_at is not None:
        score += max(0, _NEAR_DAYS - abs((ret.requested_at - delivered_at).days))
        reasons.append("date")
    return score, tuple(reasons)


def _serials_left(order: Order, sold: OrderLine, free: Runs) -> set[str]:
    return {
        serial
        for ordinal, serial in returnable.serials_by_ordinal(order, sold.line_no).items()
        if runs.common(free, runs.of_ordinals([ordinal]))
    }


def _lots_of(line: ReturnLine) -> set[str]:
    return {group.lot for group in line.groups if group.lot is not None}


def _lots_left(order: Order, sold: OrderLine, free: Runs) -> set[str]:
    return {
        lot
        for run, lot in returnable.lots_by_run(order, sold.line_no)
        if lot is not None and runs.common(free, (run,))
    }


def _delivered_at(order: Order, sold: OrderLine) -> datetime | None:
    """When the last units of the line arrived, as far as is known."""
    moments = [
        delivery.delivered_at
        for delivery in order.deliveries
        if delivery.delivered_at is not None
        and any(item.line_no == sold.line_no for item in delivery.items)
    ]
    return max(moments, default=None)


def _window(
    reads: PolicyReader,
    ret: Return,
    line: ReturnLine,
    order: Order,
    sold: OrderLine,
    left: int,
) -> tuple[bool, datetime | None]:
    """Whether it was asked in time, and when the time ends, by the policy of the order."""
    wish = RequestedLine(
        order_line_no=sold.line_no,
        quantity=min(left, line.requested),
        reason=line.reason,
        resolution=line.resolution,
    )
    (verdict,) = evaluate(reads, order, (wish,), asked_of(ret)).decision.lines
    return _said_of_window(verdict)


def _said_of_window(verdict: LineDecision) -> tuple[bool, datetime | None]:
    step = next((one for one in verdict.trace if one.rule == "window"), None)
    if step is None:
        return True, None
    ends = step.facts.get("ends_before")
    return step.passed, from_rfc3339(ends) if isinstance(ends, str) else None
