"""What a grade takes off the refund of a unit, where the customer is at fault for it.

Pure. Part of what was paid is taken cumulatively over the ordinals of a line, rounded down: the
share of a unit does not depend on when, or with which others, it is inspected or paid; any order of
parts comes to the same sum, and no unit loses more than was paid for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders.value import Paid, value_of_units

PARTS = 10_000
"""Rates are parts of this: 4,000 is 40 %."""
GRADED = ("B", "C", "D")
"""Grades that may take something off; goods as new never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeDeduction:
    """`parts` of 10,000 of what was paid for a unit, or `amount` a unit, but no more than that."""

    parts: int = 0
    amount: Money | None = None

    @property
    def is_nothing(self) -> bool:
        return not self.parts and not self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeDeductions:
    """What each grade takes off; grades that are left out take nothing."""

    by_grade: dict[str, GradeDeduction]

    def of(self, grade: str) -> GradeDeduction | None:
        found = self.by_grade.get(grade)
        return None if found is None or found.is_nothing else found


def deducted(
    paid: Paid, sold: int, units: Iterable[Run], *, parts: int = 0, per_unit: Money | None = None
) -> Money:
    """What is taken off these units of a line of `sold` that was paid so; never above their value.

    An amount in another currency than the line's is not taken.
    """
    currency = paid.net.currency
    if per_unit is not None:
        is_same = per_unit.currency == currency
        minor = sum(_capped(paid, sold, run, per_unit.minor) for run in units) if is_same else 0
        return Money(minor, currency)
    minor = sum(
        _upto(paid, sold, run.last) * parts // PARTS
        - _upto(paid, sold, run.first - 1) * parts // PARTS
        for run in units
    )
    return Money(minor, currency)


def in_all(deduction: GradeDeduction, paid: Paid, sold: int, units: Iterable[Run]) -> Money:
    """What a rule takes off these units."""
    return deducted(paid, sold, units, parts=deduction.parts, per_unit=deduction.amount)


def _upto(paid: Paid, sold: int, last: int) -> int:
    """What the units 1 to `last` were paid for."""
    return value_of_units(paid, sold, (Run(1, last),)).total.minor if last else 0


def _capped(paid: Paid, sold: int, run: Run, amount: int) -> int:
    """So much of each unit, and of a unit that was worth less, all of it.

    Values of units differ by a few minor units at most; only between those each is looked at.
    """
    components = 1 + max(1, len(paid.taxes))
    least = max(paid.total.minor // sold - components, 0)
    most = paid.total.minor // sold + 1 + components
    if amount <= least:
        return amount * run.count
    if amount >= most:
        return value_of_units(paid, sold, (run,)).total.minor
    return sum(
        min(amount, value_of_units(paid, sold, (Run(ordinal, 1),)).total.minor)
        for ordinal in range(run.first, run.last + 1)
    )
