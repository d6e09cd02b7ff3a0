"""Which units of an order a query finds, lot by lot, and what all orders come to.

Pure. Units are numbered in order of the deliveries of their line, so a lot names its units for
good; those that some document holds are found, but not called back a second time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.campaigns.model import Query, Scope
from chalicelib.core import runs
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import Delivery, LineKind, Order, OrderLine
from chalicelib.orders.value import paid_by_line, value_of_units


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUnits:
    """Units of one line that left in one lot from one warehouse; `left` are not held by anything.

    `serials` and `value` are those of what is left.
    """

    line_no: str
    sku: str
    lot: str | None
    warehouse: str
    shipped: Runs
    left: Runs
    serials: tuple[str, ...]
    value: Money

    @property
    def held(self) -> int:
        return runs.size(self.shipped) - runs.size(self.left)


def found_in(order: Order, query: Query) -> tuple[FoundUnits, ...]:
    """Everything of the order that the query finds; nothing for most orders."""
    if not _is_asked(order, query):
        return ()
    wanted = [line for line in order.lines if _names(order, line) & set(query.skus)]
    if not wanted:
        return ()
    paid = paid_by_line(order)
    found: list[FoundUnits] = []
    for line in wanted:
        free = returnable.free(order, line)
        serials = returnable.serials_by_ordinal(order, line.line_no)
        for (lot, warehouse), shipped in _shipped(order, line, query).items():
            left = runs.common(shipped, free)
            found.append(
                FoundUnits(
                    line_no=line.line_no,
                    sku=line.sku,
                    lot=lot,
                    warehouse=warehouse,
                    shipped=shipped,
                    left=left,
                    serials=tuple(_serials_of(serials, left)),
                    value=value_of_units(paid[line.line_no], line.quantity, left).total,
                )
            )
    return tuple(found)


def _is_asked(order: Order, query: Query) -> bool:
    return (
        query.channel in (None, order.channel)
        and query.region in (None, order.region)
        and query.customer_class in (None, order.customer_class)
    )


def _names(order: Order, line: OrderLine) -> set[str]:
    """The SKUs by which the goods of a line are found: its own, and that of the kit it is part of.

    A kit that was delivered as one line is found by its parts as well: they are inside.
    """
    if line.kind is not LineKind.GOODS:
        return set()
    kit = order.line(line.kit_of) if line.kit_of is not None else None
    return {line.sku, *(part.sku for part in line.kit), *([kit.sku] if kit else [])}


def _shipped(order: Order, line: OrderLine, query: Query) -> dict[tuple[str | None, str], Runs]:
    """The units of the line that left in an asked lot and period, by lot and warehouse."""
    found: dict[tuple[str | None, str], list[Run]] = {}
    ordinal = 0
    for delivery in order.deliveries:
        for item in delivery.items:
            if item.line_no != line.line_no:
                continue
            run = Run(ordinal + 1, item.quantity)
            ordinal += item.quantity
            if _is_in_period(delivery, query) and (not query.lots or item.lot in query.lots):
                found.setdefault((item.lot, delivery.warehouse), []).append(run)
    return {place: runs.merged(units) for place, units in found.items()}


def _is_in_period(delivery: Delivery, query: Query) -> bool:
    at = delivery.delivered_at or delivery.shipped_at
    return (query.delivered_from is None or at >= query.delivered_from) and (
        query.delivered_to is None or at < query.delivered_to
    )


def _serials_of(serials: Mapping[int, str], units: Runs) -> Iterator[str]:
    if serials:
        for run in units:
            for ordinal in range(run.first, run.last + 1):
                if ordinal in serials:
                    yield serials[ordinal]


@dataclass(slots=True)
class Tally:
    """Counts what was found so far, small enough to be kept in a job's checkpoint.

    Customers are not counted here: who has several orders is known only from all of them.
    """

    orders: int = 0
    lines: int = 0
    units: int = 0
    held: int = 0
    searched: int = 0
    unreadable: int = 0
    value: Counter[str] = field(default_factory=Counter)
    by_warehouse: Counter[str] = field(default_factory=Counter)

    def take(self, found: tuple[FoundUnits, ...]) -> None:
        """One order that was searched."""
        self.searched += 1
        if not found:
            return
        self.orders += 1
        self.lines += len({units.line_no for units in found})
        for units in found:
            left = runs.size(units.left)
            self.units += left + units.held
            self.held += units.held
            self.value[units.value.currency] += units.value.minor
            self.by_warehouse[units.warehouse] += left

    def scope(self, customers: int) -> Scope:
        return Scope(
            orders=self.orders,
            customers=customers,
            lines=self.lines,
            units=self.units,
            held=self.held,
            returnable=self.units - self.held,
            value=tuple(Money(minor, currency) for currency, minor in sorted(self.value.items())),
            by_warehouse=dict(sorted(self.by_warehouse.items())),
            searched=self.searched,
            unreadable=self.unreadable,
        )

    def as_json(self) -> dict[str, Json]:
        return {
            "orders": self.orders,
            "lines": self.lines,
            "units": self.units,
            "held": self.held,
            "searched": self.searched,
            "unreadable": self.unreadable,
            "value": dict(self.value),
            "by_warehouse": dict(self.by_warehouse),
        }

    @classmethod
    def of(cls, told: Json) -> "Tally":
        """The tally of a checkpoint; of none, nothing done yet."""
        known: dict[str, Json] = told if isinstance(told, dict) else {}
        numbers = {name: value for name, value in known.items() if isinstance(value, int)}
        counts = {name: value for name, value in known.items() if isinstance(value, dict)}
        return cls(
            **numbers,
            value=_counter(counts.get("value", {})),
            by_warehouse=_counter(counts.get("by_warehouse", {})),
        )


def _counter(told: Mapping[str, Json]) -> Counter[str]:
    return Counter({name: value for name, value in told.items() if isinstance(value, int)})
