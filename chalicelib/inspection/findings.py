"""What inspections have left on a return: what is kept of its units' money, and who looks again.

Both are by units of a line, so that another inspection takes exactly theirs away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedDeduction:
    """What an inspection takes off the refund of these units: `parts` of 10,000 of what was paid
    for each, or so much a unit. It is fixed: later terms and gradings of others do not change it.
    """

    line_no: str
    units: Runs
    inspection_id: str
    parts: int = 0
    per_unit: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """Units that another inspector is to see, who is not told what the first one found."""

    inspection_id: str
    line_units: dict[str, Runs]
    first_by: str
    task_id: str
    opened_at: datetime

    @property
    def size(self) -> int:
        return sum(runs.size(units) for units in self.line_units.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Of one return; `second_looks` are those that nobody has taken yet."""

    deductions: tuple[AgreedDeduction, ...] = ()
    second_looks: tuple[SecondLook, ...] = ()

    def of_line(self, line_no: str) -> tuple[AgreedDeduction, ...]:
        return tuple(one for one in self.deductions if one.line_no == line_no)

    def second_look(self, inspection_id: str) -> SecondLook | None:
        return next((one for one in self.second_looks if one.inspection_id == inspection_id), None)

    def waits_for_second_look(self, line_no: str, units: Runs) -> Runs:
        """Those of these units that a second inspector has still to see."""
        waiting = (look.line_units.get(line_no, ()) for look in self.second_looks)
        return runs.merged(run for part in waiting for run in runs.common(units, part))

    def without(self, units: Mapping[str, Runs]) -> "Findings":
        """As if these units had not been inspected."""
        deductions = (
            replace(one, units=runs.minus(one.units, units.get(one.line_no, ())))
            for one in self.deductions
        )
        looks = (
            replace(look, line_units=_less(look.line_units, units)) for look in self.second_looks
        )
        return Findings(
            deductions=tuple(one for one in deductions if one.units),
            second_looks=tuple(look for look in looks if look.line_units),
        )

    def seen_again(self, inspection_id: str) -> "Findings":
        """Once the second inspector has looked, or cannot."""
        left = tuple(one for one in self.second_looks if one.inspection_id != inspection_id)
        return replace(self, second_looks=left)


def _less(line_units: Mapping[str, Runs], taken: Mapping[str, Runs]) -> dict[str, Runs]:
    left = {no: runs.minus(units, taken.get(no, ())) for no, units in line_units.items()}
    return {no: units for no, units in left.items() if units}
