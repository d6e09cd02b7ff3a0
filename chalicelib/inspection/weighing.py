"""What proposals are made from, of a return's units that wait for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inspection.proposing import Facts, Proposal, ranked
from chalicelib.inspection.rules import PARTS, InspectionRules, Thresholds
from chalicelib.inventory.lots import LotReader, expiry_of
from chalicelib.inventory.model import Account, Balance
from chalicelib.returns.inspection_records import Inspection
from chalicelib.returns.model import (
    Disposition,
    FaultParty,
    InspectionResult,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.suppliers.ports import SupplierReader

_SEEN = frozenset({InspectionResult.PASSED, InspectionResult.FAILED})
_UNDECIDED = frozenset({None, Disposition.HOLD})


class WeighingReader(LotReader, SupplierReader, Protocol):
    """Reads what goods are worth to whom: stock, suppliers, lots, and what inspectors saw."""

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...

    def inspections(self, return_id: str) -> list[Inspection]: ...

    def known_inspection_rules(self) -> InspectionRules: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """Units that stand alike, what is known of them, and where they might go."""

    line_no: str
    units: Runs
    facts: Facts
    proposals: tuple[Proposal, ...]


def proposals_for(
    reads: WeighingReader,
    ret: Return,
    now: datetime,
    inspections: Sequence[Inspection] | None = None,
    *,
    with_stock: bool = True,
) -> tuple[Proposed, ...]:
    """For all inspected units of the return that nobody has decided about, or that are on hold.

    `inspections` are those that say what is wrong with them; None: all of the return. Without
    stock, nobody looks how many of them are for sale.
    """
    waiting = [(line, group) for line in ret.lines for group in line.groups if _waits(group)]
    if not waiting:
        return ()
    if inspections is None:
        inspections = reads.inspections(ret.return_id)
    table = reads.known_inspection_rules().thresholds
    found: list[Proposed] = []
    for line, group in waiting:
        for units, defects in _by_defects(line, group, inspections):
            facts = _facts(reads, line, group, units, defects, now.date())
            if with_stock:
                facts = replace(facts, on_hand=_on_hand(reads, line, group))
            found.append(_proposed(line, units, facts, table))
    return tuple(found)


def _proposed(line: ReturnLine, units: Runs, facts: Facts, table: Thresholds) -> Proposed:
    return Proposed(line_no=line.line_no, units=units, facts=facts, proposals=ranked(facts, table))


def _waits(group: UnitGroup) -> bool:
    return group.inspection in _SEEN and group.disposition in _UNDECIDED


def _by_defects(
    line: ReturnLine, group: UnitGroup, inspections: Sequence[Inspection]
) -> list[tuple[Runs, tuple[str, ...]]]:
    """The units, parted by the defects that the last inspection of each found."""
    left, found = group.units, []
    for inspection in reversed(inspections):
        for seen in inspection.groups:
            part = runs.common(left, seen.units) if seen.line_no == line.line_no else ()
            if part:
                found.append((part, seen.defects))
                left = runs.minus(left, part)
    return [*found, (left, ())] if left else found


def _facts(
    reads: WeighingReader,
    line: ReturnLine,
    group: UnitGroup,
    units: Runs,
    defects: tuple[str, ...],
    today: date,
) -> Facts:
    assert group.grade is not None, "inspected units have a grade"
    return Facts(
        grade=group.grade,
        result=group.inspection,
        fault=group.fault or FaultParty.NONE,
        defects=defects,
        today=today,
        unit_cost=line.unit_cost,
        unit_price=_each(line, units),
        supplier_gives=_supplier_gives(reads, line, group),
        expires_on=expiry_of(reads, line.goods, group.lot),
        hazardous="SAFETY_HAZARD" in defects,
        credit=group.credit,
    )


def _each(line: ReturnLine, units: Runs) -> Money | None:
    """What was paid for one of them, rounded down; nothing is known of goods on no order."""
    if line.order_line_no is None:
        return None
    value = line.value_of(units)
    return Money(value.minor // runs.size(units), value.currency)


def _supplier_gives(reads: WeighingReader, line: ReturnLine, group: UnitGroup) -> int | None:
    """The share of the cost that the supplier credits; None where nothing was agreed."""
    if line.supplier_id is None or group.fault is not FaultParty.MAKER:
        return None
    supplier = reads.supplier(line.supplier_id)
    if supplier is None or not supplier.terms.is_agreed:
        return None
    try:
        return int(Decimal(supplier.terms.credit_share) * PARTS)
    except InvalidOperation:
        return None


def _on_hand(reads: WeighingReader, line: ReturnLine, group: UnitGroup) -> int | None:
    if group.warehouse is None:
        return None
    balances = reads.balances(group.warehouse, [line.goods])
    return sum(one.quantity for one in balances if one.account is Account.AVAILABLE)
