"""What an inspection takes off the refund, by the policy that decided the return.

Pure. Only where the customer is at fault for the grade, and of units whose money has not moved. Why
a withdrawal is lowered by diminished value alone: docs/decisions/a-grade-lowers-the-refund.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inspection.findings import AgreedDeduction
from chalicelib.policy.deductions import GradeDeduction, deducted
from chalicelib.returns.model import FaultParty, Grade, Resolution, Return, ReturnLine, ReturnType
from chalicelib.returns.units import units_where
from chalicelib.settlement.model import SettlementState

_NEVER = frozenset({ReturnType.RECALL, ReturnType.STOCK_ERROR})
"""We brought these about: goods are taken back as they are."""
_DIMINISHED = frozenset({Grade.C, Grade.D})
"""Opened and complete is what a look at goods leaves behind: that costs nobody anything by law."""
_BRINGS_GOODS = frozenset({Resolution.EXCHANGE, Resolution.REPAIR})


def agreed_for(
    ret: Return,
    line: ReturnLine,
    units: Runs,
    *,
    inspection_id: str,
    grade: Grade,
    fault: FaultParty,
    defects: Collection[str],
) -> AgreedDeduction | None:
    """What is fixed for these units, which count for the refund and look alike; None: nothing."""
    rule = rule_for(ret, line, grade)
    if rule is None or fault is not FaultParty.CUSTOMER:
        return None
    if is_statutory(ret) and (grade not in _DIMINISHED or not defects):
        return None
    unmoved = units_where(line, lambda group: group.settlement is SettlementState.NONE)
    left = runs.common(units, unmoved)
    if not left:
        return None
    return AgreedDeduction(
        line_no=line.line_no,
        units=left,
        inspection_id=inspection_id,
        parts=rule.parts,
        per_unit=rule.amount,
    )


def rule_for(ret: Return, line: ReturnLine, grade: Grade) -> GradeDeduction | None:
    """What policy takes off goods of this grade of a line; None: nothing."""
    if ret.type in _NEVER or line.order_line_no is None or line.resolution in _BRINGS_GOODS:
        return None
    lines = ret.decision.lines if ret.decision is not None else ()
    stated = next((one.grade_deductions for one in lines if one.line_no == line.line_no), None)
    return None if stated is None else stated.of(grade.value)


def is_statutory(ret: Return) -> bool:
    """Whether the law takes the goods back: it allows for diminished value and nothing else."""
    return ret.withdrawal_id is not None or ret.type is ReturnType.WITHDRAWAL


def deducted_of(ret: Return, line: ReturnLine, units: Runs) -> Money:
    """What inspections have taken off these units of the line."""
    return Money.total(
        (
            deducted(
                line.paid,
                line.sold,
                runs.common(units, one.units),
                parts=one.parts,
                per_unit=one.per_unit,
            )
            for one in ret.findings.of_line(line.line_no)
        ),
        ret.currency,
    )


def as_if_unseen(ret: Return, units: Mapping[str, Runs]) -> Return:
    """The return without what inspections of these units fixed, and without their second looks."""
    return replace(ret, findings=ret.findings.without(units))
