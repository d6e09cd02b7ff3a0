"""What a customer's returns, orders and exceptions count for in their history.

Pure. Each return, order and exception is counted from what it is now, by whoever summarises it for
a list; the history is only a sum over those that lie within 365 days. So news that comes twice, or
late, cannot be counted twice.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.liability.model import Liable
from chalicelib.orders.model import LineKind, Order
from chalicelib.policy.history import CustomerHistory
from chalicelib.returns.exceptions import ExceptionKind, ResolutionKind, ReturnException
from chalicelib.returns.model import (
    Authorization,
    FaultParty,
    Grade,
    Logistics,
    Return,
    ReturnType,
    UnitGroup,
)

LOOKED_BACK = timedelta(days=365)
LATELY = timedelta(days=30)
_ASKED_BY_US = frozenset({ReturnType.RECALL, ReturnType.SALES_ADJUSTMENT, ReturnType.STOCK_ERROR})
_NOT_FILED = frozenset({Authorization.DRAFT, Authorization.CANCELLED, Authorization.EXPIRED})
_STAYED = frozenset({Logistics.SHORT_CLOSED, Logistics.REFUSED})
_USED = frozenset({Grade.C, Grade.D})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCounts:
    """One return. `units` and `value` are of units that came back, or may still: what was refused,
    taken back or never sent is not among them. `used` came back with traces that nobody but the
    customer answers for.
    """

    is_filed: bool
    units: int
    value: Money
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedReturn:
    """A return with the moment from which its age counts."""

    requested_at: datetime
    counts: ReturnCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedOrder:
    """An order with the units that came of it."""

    placed_at: datetime
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All that is known of a customer, in any order, recent or not."""

    returns: Iterable[CountedReturn] = ()
    orders: Iterable[CountedOrder] = ()
    exceptions: Iterable[ReturnException] = ()
    lists: frozenset[str] = field(default_factory=frozenset)


def counts_of(ret: Return) -> ReturnCounts:
    """What a return counts for. What we call back ourselves says nothing about the customer."""
    is_filed = ret.type not in _ASKED_BY_US and any(
        group.authorization not in _NOT_FILED for group in ret.groups()
    )
    units, used, value = 0, 0, Money.zero(ret.currency)
    for line in ret.lines if is_filed else ():
        coming = [group for group in line.groups if _comes_back(group)]
        units += sum(group.size for group in coming)
        used += sum(group.size for group in coming if _is_used(group))
        value += line.value_of(runs.merged(run for group in coming for run in group.units))
    return ReturnCounts(is_filed=is_filed, units=units, value=value, used=used)


def units_sold(order: Order) -> int:
    """Units of goods; a kit counts by its parts, as it does in returns."""
    return sum(line.quantity for line in order.lines if line.kind is LineKind.GOODS)


def is_held_against(exception: ReturnException) -> bool:
    """Whether it speaks against the customer: not where a person found the units to be the right
    ones after all, nor where somebody else was made liable.
    """
    if exception.kind not in (ExceptionKind.SERIAL_MISMATCH, ExceptionKind.EMPTY):
        return False
    cleared = sum(
        how.quantity
        for how in exception.resolutions
        if how.resolution is ResolutionKind.LINE or how.against not in (None, Liable.CUSTOMER)
    )
    return cleared < exception.quantity


def history_of(past: Past, at: datetime) -> CustomerHistory:
    """The history as policies ask about it; what lies after `at` has not happened yet."""

    def is_recent(moment: datetime, span: timedelta = LOOKED_BACK) -> bool:
        return at - span <= moment <= at

    filed = [one for one in past.returns if one.counts.is_filed and is_recent(one.requested_at)]
    value: Counter[str] = Counter()
    for one in filed:
        value[one.counts.value.currency] += one.counts.value.minor
    against = Counter(
        exception.kind
        for exception in past.exceptions
        if is_held_against(exception) and is_recent(exception.opened_at)
    )
    return CustomerHistory(
        returns_12m=len(filed),
        returns_30d=sum(is_recent(one.requested_at, LATELY) for one in filed),
        units_returned_12m=sum(one.counts.units for one in filed),
        units_bought_12m=sum(one.units for one in past.orders if is_recent(one.placed_at)),
        returned_value_12m=dict(value),
        serial_mismatches_12m=against[ExceptionKind.SERIAL_MISMATCH],
        empty_boxes_12m=against[ExceptionKind.EMPTY],
        returned_used_12m=sum(one.counts.used for one in filed),
        lists=past.lists,
    )


def _comes_back(group: UnitGroup) -> bool:
    is_asked = group.authorization not in _NOT_FILED | {Authorization.REJECTED}
    return is_asked and group.logistics not in _STAYED


def _is_used(group: UnitGroup) -> bool:
    return group.grade in _USED and group.fault is FaultParty.CUSTOMER
