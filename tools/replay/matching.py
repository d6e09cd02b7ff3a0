"""Which units of which order lines a credit line takes: the replay's plan of returns.

Pure. What was sold comes from the orders as the system gives them back; the file gives the credit
lines and breaks ties. The same orders and credit lines always make the same plan, so a run that
was killed plans again and goes on.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tools.replay.source import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """An order line as the system holds it. `row` is its place in the file, for ties in time."""

    order_no: str
    line_no: str
    customer: str
    sku: str
    shipped: int
    delivered_at: datetime
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Units that one credit line (named by its row) takes from one order line, or from none."""

    row: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """A line of a return: of an order line, or blind (`line_no` None)."""

    line_no: str | None
    sku: str
    shares: tuple[Share, ...]

    @property
    def units(self) -> int:
        return sum(share.units for share in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedReturn:
    """One return of a credit invoice: of one order, or blind (`order_no` None)."""

    invoice: str
    order_no: str | None
    customer: str | None
    requested_at: datetime
    lines: tuple[PlannedLine, ...]

    @property
    def key(self) -> str:
        """Names the return for good: a second run sends it again and gets the same return."""
        return f"replay-{self.invoice}-{self.order_no or f'blind-{self.customer or 0}'}"

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)


@dataclass(slots=True)
class _Draft:
    requested_at: datetime
    shares: dict[tuple[str | None, str], list[Share]] = field(
        default_factory=lambda: defaultdict(list)
    )


def plan(sold: Iterable[SoldLine], credit_lines: Sequence[Line]) -> list[PlannedReturn]:
    """Returns in the order of the credit lines, which are by time, invoice and row.

    A credit line takes from its customer's lines of the same SKU that were delivered before it:
    the newest first, at one time the later row of the file. What finds no unit goes to a blind
    return of that credit invoice.
    """
    left: dict[tuple[str, str], list[SoldLine]] = defaultdict(list)
    for line in sorted(sold, key=lambda line: (line.delivered_at, line.row), reverse=True):
        left[line.customer, line.sku].append(line)
    drafts: dict[tuple[str, str | None, str | None], _Draft] = {}
    for credit in credit_lines:
        lines = left[credit.customer, credit.sku] if credit.customer else []
        for order_no, line_no, units in _take(lines, credit):
            key = (credit.invoice, order_no, credit.customer)
            draft = drafts.setdefault(key, _Draft(credit.time))
            draft.requested_at = max(draft.requested_at, credit.time)
            draft.shares[line_no, credit.sku].append(Share(row=credit.row, units=units))
    return [
        PlannedReturn(
            invoice=invoice,
            order_no=order_no,
            customer=customer,
            requested_at=draft.requested_at,
            lines=tuple(
                PlannedLine(line_no=line_no, sku=sku, shares=tuple(shares))
                for (line_no, sku), shares in draft.shares.items()
            ),
        )
        for (invoice, order_no, customer), draft in drafts.items()
    ]


def _take(lines: list[SoldLine], credit: Line) -> list[tuple[str | None, str | None, int]]:
    """Units by order and order line; lowers what is left in `lines`."""
    wanted = -credit.quantity
    taken: list[tuple[str | None, str | None, int]] = []
    for place, line in enumerate(lines):
        units = min(wanted, line.shipped) if line.delivered_at < credit.time else 0
        if units:
            lines[place] = replace(line, shipped=line.shipped - units)
            wanted -= units
            taken.append((line.order_no, line.line_no, units))
    if wanted:
        taken.append((None, None, wanted))
    return taken
