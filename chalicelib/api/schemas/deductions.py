"""What grades take off a refund, as it is quoted, and as inspections have fixed it."""

from typing import Self

from chalicelib.contracts.fields import MoneyOut, View
from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.policy.deductions import GRADED, PARTS, deducted
from chalicelib.returns.model import Grade, Return, ReturnLine
from chalicelib.returns.quote import QuotedLine


def percent_of(parts: int) -> str:
    """1,250 parts of 10,000 as `12.5`."""
    return f"{parts * 100 / PARTS:g}"


class QuotedDeductionView(View):
    """What is taken off if an inspection grades all these units so and finds the customer at fault:
    `percent` of what was paid for each, or `per_unit`; together `amount`.
    """

    grade: Grade
    percent: str | None
    per_unit: MoneyOut | None
    amount: MoneyOut

    @classmethod
    def of_all(cls, line: QuotedLine) -> tuple[Self, ...]:
        stated = line.decision.grade_deductions
        if stated is None:
            return ()
        found = ((grade, stated.of(grade)) for grade in GRADED)
        return tuple(
            cls(
                grade=Grade(grade),
                percent=None if one.amount is not None else percent_of(one.parts),
                per_unit=one.amount,
                amount=line.deducted_at(one),
            )
            for grade, one in found
            if one is not None
        )


class DeductionView(View):
    """What an inspection takes off the refund of `units`, such as "1-3,7"; `grade` is theirs."""

    inspection_id: str
    grade: Grade | None
    units: str
    quantity: int
    percent: str | None
    per_unit: MoneyOut | None
    amount: MoneyOut

    @classmethod
    def of_line(cls, ret: Return, line: ReturnLine) -> tuple[Self, ...]:
        return tuple(
            cls(
                inspection_id=one.inspection_id,
                grade=_grade_of(line, one.units),
                units=runs.as_text(one.units),
                quantity=runs.size(one.units),
                percent=None if one.per_unit is not None else percent_of(one.parts),
                per_unit=one.per_unit,
                amount=_amount(line, one.units, one.parts, one.per_unit),
            )
            for one in ret.findings.of_line(line.line_no)
        )


def _amount(line: ReturnLine, units: runs.Runs, parts: int, per_unit: Money | None) -> Money:
    return deducted(line.paid, line.sold, units, parts=parts, per_unit=per_unit)


def _grade_of(line: ReturnLine, units: runs.Runs) -> Grade | None:
    graded = (
        group.grade
        for group in line.groups
        if group.grade is not None and runs.common(group.units, units)
    )
    return next(graded, None)
