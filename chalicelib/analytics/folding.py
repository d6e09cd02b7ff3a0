"""Folding events into rows: which events count as what, by which dimensions. Both are data.

Pure. An event counts once as a case of each group it touches; its lines count their units and what
these were paid for. Units that are sent to be inspected again are taken off what was inspected, so
an hour may count less than nothing. The order of events does not matter.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.analytics import carriers, inspectors
from chalicelib.analytics.model import MetricRow
from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money
from chalicelib.suppliers import counting as suppliers

NO_GROUP = "-"
"""Where a document states nothing: goods without a category, an order without a channel."""
Facts = Mapping[str, Json]

MEASURES = {
    "order.delivered": "delivered",
    "return.submitted": "requested",
    "return.matched": "matched",
    "return.approved": "approved",
    "return.rejected": "rejected",
    "return.received": "received",
    "return.inspected": "inspected",
    "return.dispositioned": "dispositioned",
    "refund.paid": "refunded",
    "settlement.settled": "settled",
}
"""Event → measure. Refunds are of a payment and carry no reason: by reason there is `settled`.
What a blind return asks for has no category and no value before `matched`."""
TAKEN_BACK = {"return.reinspection_ordered": "inspected", "return.appeal_upheld": "inspected"}
"""Event → measure whose units it undoes: those of its lines that say what had been decided."""
_LINES = {"order.delivered": "items"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """Where an event says which group it is of: in a field of its lines, or of itself.

    Of several fields the first that is there counts; an event that has none has no such group.
    """

    of_lines: tuple[str, ...] = ()
    of_event: tuple[str, ...] = ()


OWN_DIMENSIONS = (inspectors.DIMENSION,)
"""Rows of persons: kept with the others, shown by their own questions alone."""
DIMENSIONS: dict[str, Dimension] = {
    "all": Dimension(),
    "reason": Dimension(of_lines=("reason",)),
    "category": Dimension(of_lines=("category",)),
    "channel": Dimension(of_event=("channel",)),
    "region": Dimension(of_event=("region",)),
    "warehouse": Dimension(of_event=("receipt_warehouse", "warehouse")),
    "type": Dimension(of_event=("type",)),
    "supplier": Dimension(of_lines=("supplier_id",)),
}


@dataclass(slots=True)
class Fold:
    """Collects the rows of one hour."""

    start: datetime
    rows: dict[tuple[str, str], MetricRow] = field(default_factory=dict)
    events: int = 0

    def add(self, event: Event) -> None:
        """Count one event; events that no measure names are left aside."""
        self._count_for_suppliers(event)
        self._count_for_carriers(event)
        self.events += inspectors.count(event, self._row) and event.type not in MEASURES
        if event.type in TAKEN_BACK:
            self._take_back(TAKEN_BACK[event.type], event)
        measure = MEASURES.get(event.type)
        if measure is None:
            return
        self.events += 1
        lines = list(_lines(event))
        for name, dimension in DIMENSIONS.items():
            groups: set[str] = set()
            for line in lines:
                group = _group(dimension, event.data, line)
                if group is not None:
                    groups.add(group)
                    _count(self._row(name, group), measure, line)
            if not lines and (group := _group(dimension, event.data, {})) is not None:
                groups.add(group)
            for group in groups:
                self._row(name, group).count(measure, 1)

    def _count_for_suppliers(self, event: Event) -> None:
        """A supplier is a dimension of its own: its scorecard reads those rows and no others."""
        for count in suppliers.counts_of(event):
            row = self._row(suppliers.dimension_of(count.supplier_id), count.group)
            if count.currency is None:
                row.count(count.measure, count.number)
            else:
                row.add(count.measure, count.number, count.currency)

    def _count_for_carriers(self, event: Event) -> None:
        """Carriers' rows are read by their scorecard."""
        for count in carriers.counts_of(event):
            row = self._row(carriers.DIMENSION, count.carrier)
            if count.currency is None:
                row.count(count.measure, count.number)
            else:
                row.add(count.measure, count.number, count.currency)

    def _take_back(self, measure: str, event: Event) -> None:
        """The inspection stays a case; its units and their value are counted anew with the next."""
        lines = [
            {**line, "credit": line["decided_credit"]}
            for line in _lines(event)
            if isinstance(line.get("decided_credit"), bool)
        ]
        self.events += bool(lines)
        for name, dimension in DIMENSIONS.items():
            for line in lines:
                group = _group(dimension, event.data, line)
                if group is not None:
                    _count(self._row(name, group), measure, line, sign=-1)

    def result(self) -> list[MetricRow]:
        """The rows, in a fixed order."""
        return [self.rows[key] for key in sorted(self.rows)]

    def _row(self, dimension: str, group: str) -> MetricRow:
        return self.rows.setdefault(
            (dimension, group), MetricRow(start=self.start, dimension=dimension, group=group)
        )


def fold(events: Iterable[Event], start: datetime) -> list[MetricRow]:
    """The rows of the hour that begins at `start` and in which all these events were stored."""
    folding = Fold(start=start)
    for event in events:
        folding.add(event)
    return folding.result()


def _lines(event: Event) -> Iterator[Facts]:
    """The lines of an event; one that moves money without lines is one line of that amount."""
    if event.type == "refund.paid":
        yield {"value": event.data.get("amount")}
        return
    lines = event.data.get(_LINES.get(event.type, "lines"))
    for line in lines if isinstance(lines, list) else []:
        if isinstance(line, dict):
            yield line


def _group(dimension: Dimension, data: Facts, line: Facts) -> str | None:
    if not dimension.of_lines and not dimension.of_event:
        return "all"
    for facts, names in ((line, dimension.of_lines), (data, dimension.of_event)):
        for name in names:
            if name in facts:
                group = facts[name]
                return group if isinstance(group, str) and group else NO_GROUP
    return None


def _count(row: MetricRow, measure: str, line: Facts, sign: int = 1) -> None:
    quantity = line.get("quantity")
    if isinstance(quantity, int):
        row.count(f"{measure}_units", sign * quantity)
        for part in _parts(measure, line):
            row.count(f"{part}_units", sign * quantity)
    value = line.get("value")
    if isinstance(value, dict):
        amount, currency = value.get("amount"), value.get("currency")
        if isinstance(amount, str) and isinstance(currency, str):
            row.add(measure, sign * Money.parse(amount, currency).minor, currency)


def _parts(measure: str, line: Facts) -> Iterator[str]:
    """What an inspection or disposition decided, as a count of its own."""
    if measure == "inspected":
        yield "accepted" if line.get("credit") is True else "denied"
    disposition = line.get("disposition")
    if measure == "dispositioned" and isinstance(disposition, str):
        yield disposition.lower()
