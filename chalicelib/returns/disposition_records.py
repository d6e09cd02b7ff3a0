"""What is kept of a disposition: who decided what about which units, and what booked it."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.runs import Runs
from chalicelib.returns.model import Disposition, Grade
from chalicelib.returns.scrapping import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedItem:
    """Units of one line that go one way. `grade` and `origin` narrow which ones.

    `origin` None takes undecided units first; Disposition.HOLD takes units on hold only.
    `proof` is of what is written off.
    """

    line_no: str
    quantity: int
    disposition: Disposition
    grade: Grade | None = None
    origin: Disposition | None = None
    warehouse: str | None = None
    note: str | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedUnits:
    """Which units of a line went which way."""

    line_no: str
    units: Runs
    disposition: Disposition


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionRecord:
    """The record of one command: what went where, and the movement that booked it.

    `reason`, `carrier` and `tracking_no` are of goods that were shipped back. `units` are those of
    the items; empty: written before they were kept. `reverses` is the disposition that is taken
    back, `proposal_id` what a second person has to agree to, or agreed to.
    """

    disposition_id: str
    return_id: str
    decided_at: datetime
    decided_by: str
    items: tuple[DisposedItem, ...]
    movement_id: str | None
    reason: str | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    units: tuple[DisposedUnits, ...] = ()
    reverses: str | None = None
    proposal_id: str | None = None
    version: int = 1
