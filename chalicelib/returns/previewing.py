"""What approving would bring, before anybody does it: units, money, stock, and what forbids it.

Nothing is written. The same functions decide as when it is approved, so the one agrees with the
other as long as nothing happens in between. Money is told as if all of it came back as it was sold:
what inspection finds is not known yet.
"""

from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, DomainError
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import Exchange, ExchangeState
from chalicelib.policy.document import Review
from chalicelib.policy.fees import Fee
from chalicelib.returns.consenting import open_consent, tier_of
from chalicelib.returns.deciding import decide
from chalicelib.returns.model import InspectionResult, Logistics, Resolution, Return, ReturnLine
from chalicelib.returns.review import (
    Approve,
    Case,
    ReviewReader,
    case_of,
    outcome,
    refusals,
    ruling_of,
)
from chalicelib.returns.units import move, units_where
from chalicelib.settlement.model import Leg, Settlement, SettlementState
from chalicelib.settlement.planning import planned

_PLAN = "stl_preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedLine:
    """Units of one line. `refund` is what is paid back for them before fees."""

    line_no: str
    sku: str
    resolution: Resolution
    approved: int
    rejected: int
    value: Money
    refund: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedUnits:
    """What would be on its way to a warehouse (None: nobody has said to which)."""

    warehouse: str | None
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`missing_after` persons would still have to say yes: with any, nothing moves yet.

    `obstacles` are why the caller cannot do it, in the order in which they would be told.
    """

    tier: Review
    missing_after: int
    replaces: str | None
    lines: tuple[PreviewedLine, ...]
    fees: tuple[Fee, ...]
    refund: Money
    legs: tuple[Leg, ...]
    shortfall: Money
    expected: tuple[ExpectedUnits, ...]
    exchanges: tuple[Exchange, ...]
    obstacles: tuple[DomainError, ...]


def preview(reads: ReviewReader, return_id: str, command: Approve, context: Context) -> Preview:
    """What `approve` would do with the same command; raises only what cannot be meant at all."""
    case = case_of(reads, return_id, command, context)
    obstacles = list(refusals(case, context))
    try:
        done = outcome(reads, case, context)
    except Conflict as too_little:
        obstacles.append(too_little)
        done = _without_promises(reads, case, context)
    after = done.result
    plan = _plan(after, case, context)
    first = open_consent(case.ret)
    replaced = first.by if first is not None and not case.is_last else None
    return Preview(
        tier=tier_of(case.ret),
        missing_after=0 if case.is_last else 1,
        replaces=replaced,
        lines=_lines(after, case, plan),
        fees=plan.fees,
        refund=plan.amount,
        legs=plan.legs,
        shortfall=plan.shortfall,
        expected=_expected(after, case),
        exchanges=_reserved(done.changes),
        obstacles=tuple(obstacles),
    )


def _without_promises(reads: ReviewReader, case: Case, context: Context) -> Decided[Return]:
    """The units moved and nothing promised, where what they are exchanged for is not there."""
    paid_back = frozenset(case.command.without_replacement)
    lines = tuple(
        replace(line, resolution=Resolution.REFUND) if line.line_no in paid_back else line
        for line in case.ret.lines
    )
    ret = replace(case.ret, lines=lines)
    return decide(reads, (ret, case.order, case.task), ruling_of(case), context)


def _plan(after: Return, case: Case, context: Context) -> Settlement:
    """The settlement of exactly these units, were all of them accepted."""
    lines = tuple(_accepted(line, case.yes.get(line.line_no, ())) for line in after.lines)
    accepted = replace(after, lines=lines)
    return planned(accepted, case.order, _PLAN, by=context.actor.id, now=context.now)


def _accepted(line: ReturnLine, units: Runs) -> ReturnLine:
    """These units back and as they were sold; no others are payable in this plan."""
    others = runs.minus(
        units_where(line, lambda group: group.settlement is SettlementState.NONE), units
    )
    if others:
        line = move(line, others, credit=None)
    back = runs.common(
        units, units_where(line, lambda group: group.logistics is Logistics.AWAITING)
    )
    if back:
        line = move(line, back, logistics=Logistics.RECEIVED, inspection=InspectionResult.PASSED)
    return move(line, units, credit=True) if units else line


def _lines(after: Return, case: Case, plan: Settlement) -> tuple[PreviewedLine, ...]:
    paid = {part.line_no: part.amount for part in plan.lines}
    nothing = Money.zero(after.currency)
    return tuple(
        PreviewedLine(
            line_no=line.line_no,
            sku=line.sku,
            resolution=line.resolution,
            approved=runs.size(case.yes[line.line_no]),
            rejected=runs.size(case.no[line.line_no]),
            value=line.value_of(case.yes[line.line_no]),
            refund=paid.get(line.line_no, nothing),
        )
        for line in after.lines
        if case.yes.get(line.line_no) or case.no.get(line.line_no)
    )


def _expected(after: Return, case: Case) -> tuple[ExpectedUnits, ...]:
    """What is to be sent back, by warehouse and SKU; what the customer keeps is not."""
    decided = after.decision.lines if after.decision is not None else ()
    places = {one.line_no: one.warehouse for one in decided}
    counts: dict[tuple[str | None, str], int] = {}
    for line in after.lines:
        sent = units_where(line, lambda group: group.logistics is Logistics.AWAITING)
        size = runs.size(runs.common(sent, case.yes.get(line.line_no, ())))
        if size:
            place = (places.get(line.line_no) or after.warehouse, line.goods)
            counts[place] = counts.get(place, 0) + size
    return tuple(
        ExpectedUnits(warehouse=warehouse, sku=sku, quantity=quantity)
        for (warehouse, sku), quantity in counts.items()
    )


def _reserved(changes: Changes) -> tuple[Exchange, ...]:
    """The exchanges that would be opened."""
    return tuple(
        record
        for record in changes.records
        if isinstance(record, Exchange)
        and record.state is ExchangeState.RESERVED
        and record.version == 1
    )
