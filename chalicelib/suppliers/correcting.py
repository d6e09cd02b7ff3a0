"""What turned out otherwise: a claim made in error, money that bounced, an offer that is agreed to.

Nothing that was booked is edited: each of these is a step of its own, with its own posting.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.liability.claiming import unfollowed
from chalicelib.liability.model import LiabilityClaim
from chalicelib.returns.facts import money
from chalicelib.suppliers.claims import Recovery, VendorClaim, VendorClaimState
from chalicelib.suppliers.loading import known_claim
from chalicelib.suppliers.money import in_currency
from chalicelib.suppliers.ports import VendorReader
from chalicelib.suppliers.steps import Step, closed, occasions_of, require_state
from chalicelib.suppliers.waiting import all_unlisted, read_returns
from chalicelib.tasks.model import TaskKind, TaskState, opened_again, task_id_for

_ASKED = (VendorClaimState.SENT, VendorClaimState.ACKNOWLEDGED, VendorClaimState.PARTLY_RECOVERED)


def accept(
    reads: VendorReader, claim_id: str, amount: Money, context: Context
) -> Decided[VendorClaim]:
    """Finance agrees that the supplier owes so much in all, as it offered or as both settled it."""
    claim = known_claim(reads, claim_id, context)
    require_state(claim, *_ASKED)
    if in_currency(amount, claim.amount.currency) > claim.amount:
        raise Conflict("above_claimed", "No more is accepted than is claimed.", left=claim.left)
    before = claim.accepted or Money.zero(amount.currency)
    if amount <= before:
        raise Conflict("accepted_before", f"{before} is accepted already.", accepted=before)
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.accepted", amount=money(amount - before))
    step.done("offered")
    # What came before is part of what both agreed to, whether it stays or not.
    agreed = tuple(replace(one, accepted=None) for one in claim.recoveries)
    return step.decided(accepted=amount, recoveries=agreed)


def reverse(
    reads: VendorReader, claim_id: str, reference: str, context: Context
) -> Decided[VendorClaim]:
    """What was booked under this reference did not stay: it is asked for again.

    Owed is what was agreed to, or what else came, where that is more.
    """
    claim = known_claim(reads, claim_id, context)
    require_state(
        claim,
        VendorClaimState.PARTLY_RECOVERED,
        VendorClaimState.RECOVERED,
        VendorClaimState.WRITTEN_OFF,
    )
    found = next((one for one in claim.recoveries if one.reference == reference), None)
    if found is None:
        raise NotFound("recovery_not_found", f"Nothing is booked under {reference}.")
    agreed = _agreed(claim)
    left = _accepting(agreed, [one for one in claim.recoveries if one != found])
    total = Money.total((one.amount for one in left), claim.amount.currency)
    accepted = max(agreed, total)
    step = Step.of(reads, claim, context)
    if total < claim.amount:
        step.reopen()
    step.tell(
        "vendor_claim.credit_reversed",
        amount=money(found.amount),
        unaccepted=money((claim.accepted or agreed) - accepted),
        recovery_id=found.recovery_id,
        reference=reference,
    )
    return step.decided(
        recoveries=left,
        accepted=accepted or None,
        stated=tuple(
            replace(one, is_confirmed=False) if one.reference == reference else one
            for one in claim.stated
        ),
        **_state_with(claim, total, left, context),
    )


def _agreed(claim: VendorClaim) -> Money:
    """What the supplier accepted by its word, and not by what came alone."""
    currency = claim.amount.currency
    by_coming = Money.total((one.accepted for one in claim.recoveries if one.accepted), currency)
    return (claim.accepted or Money.zero(currency)) - by_coming


def _accepting(agreed: Money, recoveries: Sequence[Recovery]) -> tuple[Recovery, ...]:
    """Each with the part that its coming alone made owed, as if there had been no others."""
    told: list[Recovery] = []
    before = Money.zero(agreed.currency)
    for one in recoveries:
        after = before + one.amount
        told.append(replace(one, accepted=max(agreed, after) - max(agreed, before) or None))
        before = after
    return tuple(told)


def _state_with(
    claim: VendorClaim, total: Money, left: tuple[Recovery, ...], context: Context
) -> dict[str, Any]:  # Any: fields of VendorClaim
    """How far a claim is with what is left of what came."""
    if total >= claim.amount:
        return {"state": VendorClaimState.RECOVERED}
    again = context.now + timedelta(days=max(claim.days_to_answer, 1))
    if left:
        state = VendorClaimState.PARTLY_RECOVERED
    elif claim.acknowledged_at is not None:
        state = VendorClaimState.ACKNOWLEDGED
    else:
        state = VendorClaimState.SENT
    return {"state": state, "remind_at": again}


def withdraw(reads: VendorReader, claim_id: str, context: Context) -> Decided[VendorClaim]:
    """Take back a claim that should not have been made: its units are in no claim any more.

    That of a document is withdrawn by cancelling the document.
    """
    claim = known_claim(reads, claim_id, context)
    if claim.rtv_id is not None:
        raise Conflict("claim_of_document", "Cancel its document.", rtv_id=claim.rtv_id)
    done = withdrawn(reads, claim, context)
    ids = list(dict.fromkeys(one.return_id for one in claim.units if one.return_id is not None))
    more = all_unlisted(read_returns(reads, ids), claim.subject, context)
    if claim.liability_claim_id is not None:
        liability = reads.liability_claim(claim.liability_claim_id)
        assert liability is not None, "claims do not vanish"
        more += unfollowed(liability, context).changes + _reminded_again(reads, liability, context)
    return Decided(result=done.result, changes=done.changes + more)


def _reminded_again(reads: VendorReader, claim: LiabilityClaim, context: Context) -> Changes:
    """Somebody looks after it by itself, as before it was pursued."""
    task = reads.task(task_id_for(TaskKind.LIABILITY, claim.subject, "opened"))
    if task is None or task.state is not TaskState.DONE:
        return Changes()
    return Changes(records=(opened_again(task, context.now),))


def withdrawn(reads: VendorReader, claim: VendorClaim, context: Context) -> Decided[VendorClaim]:
    """The claim at its end; what it held is the caller's. Raises Conflict `claim_accepted`."""
    require_state(
        claim, VendorClaimState.OPEN, VendorClaimState.SENT, VendorClaimState.ACKNOWLEDGED
    )
    if claim.accepted is not None:
        raise Conflict("claim_accepted", "The supplier accepted some of it: write off the rest.")
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.withdrawn")
    step.done(*occasions_of(claim))
    return step.decided(state=VendorClaimState.WITHDRAWN, **closed(context))
