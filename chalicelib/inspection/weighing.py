"""What proposals are made from, of a return's units that wait for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inspection.costs import WORK, cost_of
from chalicelib.inspection.demand import Demand
from chalicelib.inspection.proposing import Facts, Proposal, asks_demand, ranked
from chalicelib.inspection.rules import PARTS, InspectionRules, Thresholds
from chalicelib.inventory.lots import LotReader, expiry_of
from chalicelib.returns.inspection_records import Inspection
from chalicelib.returns.model import (
    Disposition,
    FaultParty,
    InspectionResult,
    Resolution,
    Return,
    ReturnLine,
    ReturnType,
    UnitGroup,
)
from chalicelib.suppliers.ports import SupplierReader

_SEEN = frozenset({InspectionResult.PASSED, InspectionResult.FAILED})
_UNDECIDED = frozenset({None, Disposition.HOLD})
LOOKED_UP_MAX = 20
"""Of how many goods the demand is asked within a command: each may take two queries."""


class WeighingReader(LotReader, SupplierReader, Protocol):
    """Reads what goods are worth to whom: stock, suppliers, lots, and what inspectors saw."""

    def known_demand(self, warehouse: str, sku: str, days: int) -> Demand: ...

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
) -> tuple[Proposed, ...]:
    """For all inspected units of the return that nobody has decided about, or that are on hold.

    With `inspections` for those only that these inspected: what is wrong with others they do not
    say. That is within a command, which does not look up the demand for more than so many goods.
    """
    waiting = [(line, group) for line in ret.lines for group in line.groups if _waits(group)]
    if not waiting:
        return ()
    told = inspections if inspections is not None else reads.inspections(ret.return_id)
    table = reads.known_inspection_rules().thresholds
    found: list[Proposed] = []
    looked_up: set[tuple[str | None, str]] = set()
    for line, group in waiting:
        seen, unseen = _by_defects(line, group, told)
        if unseen and inspections is None:
            seen.append((unseen, ()))
        for units, defects in seen:
            facts = _facts(reads, line, group, units, defects, now.date(), table)
            facts = replace(facts, is_recalled=ret.type is ReturnType.RECALL)
            goods = group.warehouse, line.goods
            has_room = inspections is None or len(looked_up | {goods}) <= LOOKED_UP_MAX
            if has_room and asks_demand(facts, table):
                looked_up.add(goods)
                facts = _with_demand(reads, line, group, facts, table)
            found.append(_proposed(line, units, facts, table))
    return tuple(found)


def _proposed(line: ReturnLine, units: Runs, facts: Facts, table: Thresholds) -> Proposed:
    return Proposed(line_no=line.line_no, units=units, facts=facts, proposals=ranked(facts, table))


def _waits(group: UnitGroup) -> bool:
    return group.inspection in _SEEN and group.disposition in _UNDECIDED


def _by_defects(
    line: ReturnLine, group: UnitGroup, inspections: Sequence[Inspection]
) -> tuple[list[tuple[Runs, tuple[str, ...]]], Runs]:
    """The units, parted by the defects that the last inspection of each found, and the others."""
    left, found = group.units, []
    for inspection in reversed(inspections):
        for seen in inspection.groups:
            part = runs.common(left, seen.units) if seen.line_no == line.line_no else ()
            if part:
                found.append((part, seen.defects))
                left = runs.minus(left, part)
    return found, left


def _facts(
    reads: WeighingReader,
    line: ReturnLine,
    group: UnitGroup,
    units: Runs,
    defects: tuple[str, ...],
    today: date,
    table: Thresholds,
) -> Facts:
    assert group.grade is not None, "inspected units have a grade"
    price = _each(line, units)
    valued = line.unit_cost if line.unit_cost is not None else price
    costs = _costs(line, valued, table)
    return Facts(
        grade=group.grade,
        result=group.inspection,
        fault=group.fault or FaultParty.NONE,
        defects=defects,
        today=today,
        unit_cost=line.unit_cost,
        unit_price=price,
        repack_cost=costs.get("repack"),
        repair_cost=costs.get("repair"),
        refurbish_cost=costs.get("refurbish"),
        supplier_gives=_supplier_gives(reads, line, group),
        expires_on=expiry_of(reads, line.goods, group.lot),
        hazardous="SAFETY_HAZARD" in defects,
        credit=group.credit,
        is_for_repair=line.resolution is Resolution.REPAIR,
    )


def _costs(line: ReturnLine, valued: Money | None, table: Thresholds) -> dict[str, Money]:
    """What work on a unit costs, in the currency in which it is valued: no rates are known here."""
    if valued is None:
        return {}
    known = {
        work: cost_of(
            work,
            table.work_costs,
            sku=line.goods,
            category=line.category,
            currency=valued.currency,
        )
        for work in WORK
    }
    return {work: cost for work, cost in known.items() if cost is not None}


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


def _with_demand(
    reads: WeighingReader, line: ReturnLine, group: UnitGroup, facts: Facts, table: Thresholds
) -> Facts:
    """How the goods sell where the units lie; as they are where that is nowhere."""
    if group.warehouse is None:
        return facts
    demand = reads.known_demand(group.warehouse, line.goods, table.demand_days)
    facts = replace(facts, on_hand=demand.on_hand)
    if demand.sales is None:
        return facts
    return replace(facts, sold=demand.sales.units, sold_days=demand.sales.days)
