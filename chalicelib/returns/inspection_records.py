"""What an inspector says about units, and the record that is kept of it."""

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.runs import Runs
from chalicelib.returns.charging import NOT_THE_CUSTOMER
from chalicelib.returns.model import FaultParty, Grade, InspectionResult


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedGroup:
    """Units of one line seen alike. `accept_credit` None: passed, or not the customer's fault.

    `defects` are codes: those that were named and, on record, those that answers stand for.
    `units` are the ordinals that were meant; empty until it is recorded.
    """

    line_no: str
    quantity: int
    grade: Grade
    result: InspectionResult
    fault: FaultParty = FaultParty.NONE
    accept_credit: bool | None = None
    checklist: dict[str, str] = field(default_factory=dict)
    notes: str | None = None
    photos: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    units: Runs = ()

    @property
    def credit(self) -> bool:
        """Whether these units count for the refund."""
        if self.accept_credit is not None:
            return self.accept_credit
        return self.result is InspectionResult.PASSED or self.fault in NOT_THE_CUSTOMER


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """What one inspector saw. `duration_s` None: as long as since `started_at`, if that is said.

    `near`: the warehouses of the inspector; units that lie there are meant before others of their
    line. None: any are.
    """

    groups: tuple[InspectedGroup, ...]
    started_at: datetime | None = None
    duration_s: int | None = None
    near: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The record of one inspection; never edited.

    `checklist_version` names the list of each line, such as `electronics@3`. `second_task` is the
    task of who looks again unseen; None: it is in no sample.
    """

    inspection_id: str
    return_id: str
    inspected_at: datetime
    inspected_by: str
    groups: tuple[InspectedGroup, ...]
    movement_id: str | None
    checklist_version: dict[str, str] = field(default_factory=dict)
    started_at: datetime | None = None
    duration_s: int | None = None
    second_task: str | None = None
    version: int = 1
