"""A claim against a carrier for units that it lost, or that an inspection found damaged by it.

(Damage that was reported, and goods that fit nothing, are claimed where their exception is
resolved.) A unit is claimed once, as long as no claim for it was refused or given up. The return is
written too: of two who claim the same unit, one is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal
from chalicelib.core.ids import derived_id, is_return_number
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account
from chalicelib.liability import claiming
from chalicelib.liability.model import LiabilityClaim, LiabilityOf, LiabilityState, Liable
from chalicelib.returns.carriers import carriers_of
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.finding import is_lost
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    FaultParty,
    InspectionResult,
    Logistics,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.units import units_where
from chalicelib.uploads.model import Photo

_OF_SUPPLIERS = ("rtv/", "vendorclaim/")
_FREE_AGAIN = frozenset({LiabilityState.REJECTED, LiabilityState.WRITTEN_OFF})


class Cause(StrEnum):
    LOST = "lost"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """`return_ref`: an id or a number. Without `quantity`: all units of the line that fit.

    Without `amount`: what was paid for the units. Without `carrier`: who had them.
    """

    return_ref: str
    line_no: str
    cause: Cause
    reason: str
    quantity: int | None = None
    amount: Money | None = None
    carrier: str | None = None
    evidence: tuple[str, ...] = ()


class OpeningReader(Protocol):
    """What a claim is opened on."""

    def return_(self, return_id: str) -> Return | None: ...

    def return_by_number(self, number: str) -> Return | None: ...

    def photo(self, return_id: str, photo_id: str) -> Photo | None: ...

    def liability_claims_of(
        self, return_id: str
    ) -> list[tuple[LiabilityOf, LiabilityClaim | None]]: ...


def open_claim(
    reads: OpeningReader, command: OpenClaim, context: Context
) -> Decided[LiabilityClaim]:
    """Claim units from their carrier; raises Conflict where fewer can be."""
    ref = command.return_ref
    ret = reads.return_by_number(ref) if is_return_number(ref) else reads.return_(ref)
    ret = found(ret, ref, context)
    line = ret.line(command.line_no)
    if line is None:
        raise _invalid("/line_no", "unknown_line", f"No line {command.line_no}.")
    for place, photo_id in enumerate(command.evidence):
        if reads.photo(ret.return_id, photo_id) is None:
            raise _invalid(f"/evidence/{place}", "photo_unknown", "The return has no such photo.")
    units = _units(reads, ret, line, command)
    claim = LiabilityClaim(
        claim_id=derived_id("lia", context.command_id),
        against=Liable.CARRIER,
        party=command.carrier or _carrier(ret, line, units),
        amount=command.amount or line.value_of(units),
        evidence=command.evidence,
        reason=command.reason,
        quantity=runs.size(units),
        return_id=ret.return_id,
        warehouse=ret.warehouse,
        sku=line.goods,
        opened_at=context.now,
        opened_by=context.actor.id,
    )
    opened = claiming.opened(claim, context)
    link = LiabilityOf(
        return_id=ret.return_id, claim_id=claim.claim_id, line_no=line.line_no, units=units
    )
    journal = Journal(ret.subject, ret.chain, context)
    facts = {"claim_id": claim.claim_id, "cause": command.cause.value, "party": claim.party}
    journal.record(
        "return.liability_claimed", {**header(ret), **facts, "lines": [line_facts(line, units)]}
    )
    ret = replace(ret, version=ret.version + 1, updated_at=context.now, chain=journal.chain)
    more = Changes(records=(ret, link), events=tuple(journal.events))
    return Decided(result=opened.result, changes=opened.changes + more)


class ClaimsReader(Protocol):
    """What was claimed for units of a return before."""

    def liability_claims_of(
        self, return_id: str
    ) -> list[tuple[LiabilityOf, LiabilityClaim | None]]: ...


def claimed_units(reads: ClaimsReader, return_id: str) -> dict[str, Runs]:
    """By line, what a carrier is asked for or made good; not what was refused or given up."""
    claimed: dict[str, Runs] = {}
    for link, claim in reads.liability_claims_of(return_id):
        if claim is not None and claim.state not in _FREE_AGAIN:
            before = claimed.get(link.line_no, ())
            claimed[link.line_no] = runs.merged((*before, *runs.minus(link.units, before)))
    return claimed


def disproved(reads: OpeningReader, claim: LiabilityClaim) -> int:
    """How many of the claimed units came after all, or were not damaged by the carrier after all.

    The claim stays as it is: what the carrier paid, or is still to pay, is for people to settle.
    """
    ret = reads.return_(claim.return_id) if claim.return_id is not None else None
    if ret is None or claim.exception_id is not None:
        return 0
    found = 0
    for link, _ in reads.liability_claims_of(ret.return_id):
        line = ret.line(link.line_no)
        if link.claim_id == claim.claim_id and line is not None:
            found += runs.size(runs.minus(link.units, units_where(line, _may_be_owed)))
    return found


def _may_be_owed(group: UnitGroup) -> bool:
    is_open = group.inspection is InspectionResult.NEEDS_REINSPECTION
    return is_lost(group) or _is_damaged(group) or is_open


def _units(reads: OpeningReader, ret: Return, line: ReturnLine, command: OpenClaim) -> Runs:
    claimed = claimed_units(reads, ret.return_id).get(line.line_no, ())
    fits = is_lost if command.cause is Cause.LOST else _is_damaged
    free = runs.minus(units_where(line, lambda group: fits(group) and _is_ours(group)), claimed)
    wanted = runs.size(free) if command.quantity is None else command.quantity
    if not wanted or runs.size(free) < wanted:
        raise Conflict(
            "nothing_to_claim",
            f"{runs.size(free)} units of the line are {command.cause.value} and not claimed yet.",
            line_no=line.line_no,
            possible=runs.size(free),
        )
    return runs.lowest(free, wanted)


def _is_damaged(group: UnitGroup) -> bool:
    """An inspector saw that the carrier did it."""
    return group.logistics is Logistics.RECEIVED and group.fault is FaultParty.CARRIER


def _is_ours(group: UnitGroup) -> bool:
    """Not what its supplier has, or is asked to make good."""
    held_by = group.held_by or ""
    return group.account is not Account.VENDOR and not held_by.startswith(_OF_SUPPLIERS)


def _carrier(ret: Return, line: ReturnLine, units: Runs) -> str:
    """The one carrier that had them; who it was has to be said where that is not known."""
    carriers: Sequence[str] = sorted(carriers_of(ret, {line.line_no: units}))
    if len(carriers) != 1:
        message = "Say which carrier had these units."
        raise _invalid("/carrier", "carrier_unknown", message)
    return carriers[0]


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
