"""A work order: units of returns that somebody repacks, repairs or refurbishes together.

The units lie in `repair` until they are back. While an order has them, nothing else moves them.
What the work costs is kept here and told to finance; the goods keep their original issue cost.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.returns.model import Disposition, Grade


class WorkKind(StrEnum):
    REPACK = "REPACK"
    REPAIR = "REPAIR"
    REFURBISH = "REFURBISH"

    @property
    def disposition(self) -> Disposition:
        """What was decided for units that wait for this work."""
        return Disposition(self.value)


class WorkState(StrEnum):
    OPEN = "OPEN"
    SENT = "SENT"
    PARTLY_BACK = "PARTLY_BACK"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


GOING_ON = frozenset({WorkState.OPEN, WorkState.SENT, WorkState.PARTLY_BACK})
AT_WORK = frozenset({WorkState.SENT, WorkState.PARTLY_BACK})


class WorkOutcome(StrEnum):
    """What becomes of worked-on units. `CUSTOMER`: their own goods go back to the customer."""

    RESTOCK = "RESTOCK"
    HOLD = "HOLD"
    SCRAP = "SCRAP"
    CUSTOMER = "CUSTOMER"
    LOST = "LOST"


WRITTEN_OFF = frozenset({WorkOutcome.SCRAP, WorkOutcome.LOST})
"""After these the goods are nobody's stock any more; above a limit two persons say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedPart:
    """Units of a SKU of ours that went into goods. `worth` is what the books said of them all, an
    amount for each currency; empty: nobody knows.
    """

    sku: str
    quantity: int
    lot: str | None = None
    serials: tuple[str, ...] = ()
    worth: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDone:
    """Units of a line that came back at one time, with one outcome. `cost` is of all of them.

    `proposal_id`: a second person has to agree before they are scrapped.
    """

    units: Runs
    outcome: WorkOutcome
    back_at: datetime
    back_by: str
    grade: Grade | None = None
    cost: Money | None = None
    work: str | None = None
    parts: tuple[UsedPart, ...] = ()
    proposal_id: str | None = None
    claim_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLine:
    """Units of one line of a return, of one lot. `return_line_no` is the return's own number.

    `called_off` are the units whose work was cancelled. `serial_ordinals` are the units that the
    serial numbers belong to, in their order.
    """

    line_no: str
    return_id: str
    return_line_no: str
    units: Runs
    sku: str
    lot: str | None = None
    serials: tuple[str, ...] = ()
    serial_ordinals: tuple[int, ...] = ()
    unit_cost: Money | None = None
    is_customers: bool = False
    back: tuple[WorkDone, ...] = ()
    called_off: Runs = ()

    @property
    def waiting(self) -> Runs:
        """The units that are not back, and are to come."""
        came = runs.merged(run for one in self.back for run in one.units)
        return runs.minus(runs.minus(self.units, came), self.called_off)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """`workshop` is the reference of the party that does the work; None: we do it ourselves.

    `cost` is what was stated for the order as a whole, beside the costs of its lines.
    """

    work_order_id: str
    kind: WorkKind
    warehouse: str
    lines: tuple[WorkLine, ...]
    opened_at: datetime
    opened_by: str
    updated_at: datetime
    workshop: str | None = None
    due_at: datetime | None = None
    state: WorkState = WorkState.OPEN
    sent_at: datetime | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    ended_at: datetime | None = None
    cost: Money | None = None
    reason: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"workorder/{self.work_order_id}"

    def line(self, line_no: str) -> WorkLine | None:
        """The line with this number, or None."""
        return next((line for line in self.lines if line.line_no == line_no), None)

    @property
    def return_ids(self) -> tuple[str, ...]:
        """The returns that it is about, each once, in order of its lines."""
        return tuple(dict.fromkeys(line.return_id for line in self.lines))

    @property
    def size(self) -> int:
        return sum(runs.size(line.units) for line in self.lines)

    @property
    def waiting(self) -> int:
        """How many units are not back."""
        return sum(runs.size(line.waiting) for line in self.lines)

    @property
    def costs(self) -> tuple[Money, ...]:
        """All that the work cost, an amount for each currency: of the whole, of results, parts."""
        results = [done for line in self.lines for done in line.back]
        stated = [self.cost, *(done.cost for done in results)]
        parts = [worth for done in results for part in done.parts for worth in part.worth]
        sums: Counter[str] = Counter()
        for amount in (*(one for one in stated if one is not None), *parts):
            sums[amount.currency] += amount.minor
        return tuple(Money(minor, currency) for currency, minor in sorted(sums.items()))
