"""The invariants of a return's lines: each unit stands in one place on every axis, and they agree.

Pure.
"""

from collections.abc import Iterable, Iterator

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.inventory.model import Account
from chalicelib.policy.document import RefundDue
from chalicelib.reconciliation.model import Finding
from chalicelib.returns.awards import awarded_in_all
from chalicelib.returns.disposing import LATER, TARGET
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    Grade,
    InspectionResult,
    Logistics,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.units import ON_THE_WAY
from chalicelib.settlement.model import Settlement, SettlementState, standing

_CREDITABLE = frozenset({Logistics.RECEIVED, Logistics.LOST, Logistics.NOT_NEEDED})
_ENDED = frozenset({Authorization.CANCELLED, Authorization.EXPIRED})
_SEEN = frozenset({InspectionResult.PASSED, InspectionResult.FAILED})
_AFTER_INSPECTION: dict[InspectionResult, Account | None] = {
    InspectionResult.PENDING: Account.RECEIVING,
    InspectionResult.PASSED: Account.RECEIVING,
    InspectionResult.FAILED: Account.QUARANTINE,
    InspectionResult.NEEDS_REINSPECTION: Account.RECEIVING,
}
"""Where undecided units lie; failed ones of grade D are set apart as damaged."""


def bucket_findings(ret: Return) -> Iterator[Finding]:
    """Every invariant that does not hold, by line and by settlement."""
    due = {one.line_no: one.refund_due for one in (ret.decision.lines if ret.decision else ())}
    for line in ret.lines:
        if overlaps(run for group in line.groups for run in group.units):
            yield _finding(ret, line.line_no, "each unit in one group", "a unit in two groups")
        for group in line.groups:
            is_due_early = due.get(line.line_no, RefundDue.INSPECTION) is not RefundDue.INSPECTION
            for expected, found in _faults(line, group, is_due_early=is_due_early):
                yield _finding(ret, line.line_no, expected, found)
        yield from _settled_findings(ret, line)
    for settlement in ret.settlements:
        yield from _leg_findings(ret, settlement)


def overlaps(units: Iterable[Run]) -> bool:
    """Whether a unit is named twice."""
    last = 0
    for run in sorted(units):
        if run.first <= last:
            return True
        last = run.last
    return False


def _faults(line: ReturnLine, group: UnitGroup, *, is_due_early: bool) -> Iterator[tuple[str, str]]:
    """What a group must be, and what it is."""
    is_received = group.logistics is Logistics.RECEIVED
    is_approved = group.authorization is Authorization.APPROVED
    if is_approved != (group.logistics is not Logistics.NONE):
        yield "logistics for approved units only", _where(group)
    if group.ended_after_approval and group.authorization not in _ENDED:
        yield "an end after approval for cancelled and expired units only", _where(group)
    if is_received != (group.account is not None and group.warehouse is not None):
        yield "an account for received units only", _where(group)
    if not is_received and group.inspection is not InspectionResult.PENDING:
        yield "inspection of received units only", _where(group)
    if is_received:
        yield from _faults_of_goods(group)
    is_credited_early = is_due_early and group.credit and group.logistics in ON_THE_WAY
    if group.credit is not None and not (group.logistics in _CREDITABLE or is_credited_early):
        yield "credit for received, lost, kept or early due units only", _where(group)
    is_kept = group.logistics is Logistics.NOT_NEEDED
    if is_kept != (group.disposition is Disposition.KEPT_BY_CUSTOMER):
        yield "units that the customer keeps never travel", _where(group)
    # A replacement may leave before anybody saw what it is for.
    is_replaced = line.exchange_id is not None and group.settlement in _REPLACED
    if group.settlement is not SettlementState.NONE and not group.credit and not is_replaced:
        yield "settlement of accepted units only", _where(group)


_REPLACED = frozenset({SettlementState.SETTLED, SettlementState.APPROVED})
"""APPROVED: the replacement left, and what it cost less is owed."""


def _faults_of_goods(group: UnitGroup) -> Iterator[tuple[str, str]]:
    """Goods lie where their disposition says; those without one, where their inspection does."""
    is_sent_back = group.disposition is Disposition.SHIP_BACK
    if group.disposition is not None and not is_sent_back and group.inspection not in _SEEN:
        yield "disposition of inspected units only", _where(group)
    account = _AFTER_INSPECTION[group.inspection]
    if group.disposition is not None:
        account = TARGET.get(group.disposition)
    elif group.inspection is InspectionResult.FAILED and group.grade is Grade.D:
        account = Account.DAMAGED
    if group.account is not account and group.account not in _later(group):
        place = account.value if account else "no account"
        yield f"units of {group.disposition or group.inspection} in {place}", _where(group)


def _later(group: UnitGroup) -> frozenset[Account]:
    return LATER.get(group.disposition, frozenset()) if group.disposition else frozenset()


def _where(group: UnitGroup) -> str:
    account = group.account.value if group.account else "no account"
    disposition = group.disposition.value if group.disposition else "no disposition"
    return (
        f"{group.size} units {group.authorization.value}, {group.logistics.value} in {account}, "
        f"{group.inspection.value}, {disposition}, {group.settlement.value}"
    )


def _settled_findings(ret: Return, line: ReturnLine) -> Iterator[Finding]:
    """Each unit is in one settlement at most, for what was paid for it, or less after an award.

    What promotions withhold is told beside it; what was given beside a replacement was given.

    Fees are no part of that: they are taken of the settlement, not of its lines.
    """
    settled = standing(ret.settlements)
    parts = [part for one in settled for part in one.lines if part.line_no == line.line_no]
    if overlaps(run for part in parts for run in part.units):
        yield _finding(ret, line.line_no, "each unit settled once", "a unit in two settlements")
    for part in parts:
        value = line.value_of(part.units)
        is_given_before = awarded_in_all(ret) or line.received_as is not None
        if part.worth > value or (part.worth < value and not is_given_before):
            yield _finding(ret, line.line_no, f"{value} settled", f"{part.worth} settled")


def _leg_findings(ret: Return, settlement: Settlement) -> Iterator[Finding]:
    refund = _owed(settlement, ret.currency)
    fees = Money.total((fee.amount for fee in settlement.fees), ret.currency)
    if settlement.amount + fees != refund:
        yield Finding(
            kind="settlement_fees",
            subject=ret.subject,
            expected=(refund - fees).amount,
            found=settlement.amount.amount,
            cause=f"{settlement.settlement_id} does not come to its parts without its fees.",
            proposed_repair="Compare the fees with the decision; then correct the amount.",
        )
    legs = Money.total((leg.amount for leg in settlement.legs), ret.currency)
    if legs + settlement.shortfall != settlement.amount:
        yield Finding(
            kind="settlement_legs",
            subject=ret.subject,
            expected=settlement.amount.amount,
            found=(legs + settlement.shortfall).amount,
            cause=f"The legs of {settlement.settlement_id} do not come to its amount.",
            proposed_repair="Compare with the provider; then correct the leg.",
        )


def _owed(settlement: Settlement, currency: str) -> Money:
    """Its units, shipping, what promotions release, awards and differences of exchanges."""
    amounts = [part.amount for part in settlement.lines]
    amounts += [award.amount for award in settlement.awards]
    amounts += [one.amount for one in settlement.differences]
    breakdown = settlement.breakdown
    if breakdown is not None:
        amounts += [breakdown.shipping.total, breakdown.released_in_all]
    return Money.total(amounts, currency)


def _finding(ret: Return, line_no: str, expected: str, found: str) -> Finding:
    return Finding(
        kind="return_buckets",
        subject=ret.subject,
        expected=expected,
        found=found,
        cause=f"Line {line_no} was changed outside of its commands.",
        proposed_repair="Rebuild the line from the events of the return.",
    )
