"""What a second inspector found, and how far it agrees with what the first one did."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.returns.inspection_records import InspectedGroup
from chalicelib.returns.model import Grade


class SecondOutcome(StrEnum):
    """DROPPED: nobody can look at these units a second time."""

    AGREED = "agreed"
    DISAGREED = "disagreed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradePair:
    """So many units that one inspector graded so and the other so."""

    first: Grade
    second: Grade
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Of `units` looked at twice, how many agree in everything, and in each thing alone."""

    units: int = 0
    agreed: int = 0
    grade: int = 0
    result: int = 0
    fault: int = 0
    defects: int = 0
    pairs: tuple[GradePair, ...] = ()

    @property
    def is_agreed(self) -> bool:
        return self.agreed == self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondInspection:
    """The record of one second look; it changes nothing about the return, and is never edited."""

    inspection_id: str
    return_id: str
    seen_at: datetime
    first_by: str
    second_by: str
    outcome: SecondOutcome
    comparison: Comparison
    groups: tuple[InspectedGroup, ...] = ()
    checklist_version: dict[str, str] = field(default_factory=dict)
    duration_s: int | None = None
    reason: str | None = None
    version: int = 1
