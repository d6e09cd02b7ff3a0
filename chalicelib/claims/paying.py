"""A claim that is resolved with money is paid through a return that expects no goods.

Returns know how money goes back: what was paid for each unit, over which payments, once. So the
units pass from the claim to a return in the write that resolves it, accepted and kept by the
customer, and are settled like any others. They are held once all the while: whatever is asked for
them later, they are not free. docs/decisions/claims-are-paid-through-a-return.md says why.
"""

from dataclasses import dataclass, replace

from chalicelib.claims.model import Claim, ClaimReason
from chalicelib.core import runs
from chalicelib.core.commands import Record
from chalicelib.core.events import Context, Event, Journal
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, Order
from chalicelib.policy.document import Review
from chalicelib.policy.giving import Giving, PromotionRule
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.returns.approvals import Approval, ApprovedLine
from chalicelib.returns.drafting import draft_lines, new_return
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    FaultParty,
    Logistics,
    Return,
    ReturnLine,
)
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.policy_facts import Asked, PolicyReader
from chalicelib.returns.quoting import judged
from chalicelib.returns.units import move
from chalicelib.returns.wishes import RequestedLine, RequestReturn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What a claim's reason is as the reason of a return, and whose fault that is."""

    reason: str
    fault: FaultParty


_MEANINGS: dict[ClaimReason, _Meaning] = {
    ClaimReason.MISSING_ITEM: _Meaning(reason="MISSING_PARTS", fault=FaultParty.US),
    ClaimReason.DAMAGED_ON_ARRIVAL: _Meaning(reason="DAMAGED_TRANSIT", fault=FaultParty.CARRIER),
    ClaimReason.WRONG_ITEM: _Meaning(reason="WRONG_ITEM", fault=FaultParty.US),
    ClaimReason.NEVER_ARRIVED: _Meaning(reason="UNDELIVERABLE", fault=FaultParty.CARRIER),
    ClaimReason.DEFECTIVE: _Meaning(reason="QUALITY_DEFECT", fault=FaultParty.MAKER),
    ClaimReason.OTHER: _Meaning(reason="OTHER", fault=FaultParty.NONE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidThrough:
    """The return that pays a claim, and what is written with it; the order not yet at its next
    version."""

    ret: Return
    order: Order
    records: tuple[Record, ...]
    events: tuple[Event, ...]


def paid_through(reads: PolicyReader, claim: Claim, order: Order, context: Context) -> PaidThrough:
    """Pass the claim's units to a return whose settlement pays them back."""
    meaning = _MEANINGS[claim.reason]
    wish = RequestedLine(
        order_line_no=claim.order_line_no,
        quantity=claim.quantity,
        reason=meaning.reason,
        note=claim.note,
        among=claim.units,
    )
    request = RequestReturn(
        order_no=order.order_no,
        lines=(wish,),
        documents=claim.documents,
        requested_at=claim.opened_at,
    )
    terms = reads.policies_for(order.policy_version, context.now).own.document.deadlines
    ret = new_return(request, order, context, terms=terms)
    (line,) = draft_lines(order, (wish,))
    ret = replace(
        ret,
        lines=(_owed(line, claim, meaning.fault),),
        decision=_decision(reads, order, wish, line, claim),
        warehouse=claim.warehouse or ret.warehouse,
        requested_by=claim.opened_by,
        submissions=1,
        reviewed_by=claim.decided_by,
        reviewers=(claim.decided_by,) if claim.decided_by is not None else (),
        approvals=_approvals(line, claim),
    )
    journal = Journal(ret.subject, ret.chain, context)
    told = {**header(ret), "claim_id": claim.claim_id}
    lines = [line_facts(line, claim.units) for line in ret.lines]
    journal.record("return.opened_for_claim", {**told, "lines": [*lines]})
    ret = fallen_due(ret, context.now, journal)
    ret = replace(ret, chain=journal.chain)
    return PaidThrough(
        ret=ret,
        order=_passed(order, claim, ret),
        records=(ret, NumberClaim(number=ret.number, return_id=ret.return_id)),
        events=tuple(journal.events),
    )


def _decision(
    reads: PolicyReader, order: Order, wish: RequestedLine, line: ReturnLine, claim: Claim
) -> Decision:
    """Whether it is owed a person has decided; by which rules it is paid the policy says.

    No fee is taken of what was not as it should be, and no promotion is lost by it.
    """
    asked = Asked(
        requested_at=claim.opened_at, about=frozenset({claim.order_line_no}), evidence_due=False
    )
    by_policy = judged(reads, order, (wish,), asked)
    (found,) = by_policy.lines
    verdict = LineDecision(
        line_no=line.line_no,
        eligible=True,
        code="eligible",
        trace=(),
        policy_version=found.policy_version,
        giving=replace(found.giving or Giving(), promotions=PromotionRule.KEEP),
        second_refunder_above=found.second_refunder_above,
    )
    return Decision(
        policy_version=by_policy.policy_version,
        review=Review.PERSON,
        lines=(verdict,),
        four_eyes=by_policy.four_eyes,
    )


def _approvals(line: ReturnLine, claim: Claim) -> tuple[Approval, ...]:
    """Who said yes to the claim has approved what is paid."""
    if claim.decided_by is None or claim.decided_as is None or claim.decided_at is None:
        return ()
    lines = (ApprovedLine(line_no=line.line_no, approved=claim.quantity, rejected=0),)
    yes = Approval(
        by=claim.decided_by, role=claim.decided_as, at=claim.decided_at, lines=lines, is_final=True
    )
    return (yes,)


def _owed(line: ReturnLine, claim: Claim, fault: FaultParty) -> ReturnLine:
    """The claimed units: approved, never to come, and owed what was paid for them, without fees."""
    assert runs.size(claim.units) == line.requested, "a claim names its units"
    (group,) = line.groups
    owed = replace(line, groups=(replace(group, units=claim.units),))
    return move(
        owed,
        claim.units,
        authorization=Authorization.APPROVED,
        logistics=Logistics.NOT_NEEDED,
        disposition=Disposition.KEPT_BY_CUSTOMER,
        credit=True,
        fault=fault,
    )


def _passed(order: Order, claim: Claim, ret: Return) -> Order:
    """The order whose units the return holds in place of the claim."""
    free = returnable.release(
        order, claim.order_line_no, holder_id=claim.claim_id, units=claim.units
    )
    return returnable.reserve(
        free,
        claim.order_line_no,
        holder_id=ret.return_id,
        kind=HolderKind.RETURN,
        units=claim.units,
    )
