"""The way of a vendor claim: sent, acknowledged, disputed, recovered in parts, and ended.

What the supplier accepts is owed from then on; a recovery above it accepts the rest by itself. A
document follows its claim, in the same write, and so does a liability claim.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.returns.facts import money
from chalicelib.suppliers.claims import (
    Recovery,
    StatedCredit,
    VendorClaim,
    VendorClaimState,
)
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.loading import known_claim, require_going_on
from chalicelib.suppliers.money import in_currency
from chalicelib.suppliers.ports import VendorReader
from chalicelib.suppliers.steps import (
    Step,
    closed,
    occasions_of,
    require_room,
    require_state,
    task_of,
)
from chalicelib.tasks.model import Grounds, Task, TaskKind, open_task

DISPUTE_CODES = frozenset(
    {"NOT_OURS", "NO_FAULT_FOUND", "USED_BY_CUSTOMER", "TOO_LATE", "QUANTITY", "PRICE", "OTHER"}
)
CLOSING_CODES = DISPUTE_CODES | {"INSOLVENT", "NOT_WORTH_IT", "AGREED"}
SUPPLIER = "supplier"
"""The role of who speaks for one: what it says is its word, and no decision of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """What came, under the supplier's reference; `reason` where it is above what was claimed."""

    amount: Money
    reference: str
    received_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """Nothing more will come; `accountable` answers for it."""

    code: str
    accountable: str


def send(reads: VendorReader, claim_id: str, context: Context) -> Decided[VendorClaim]:
    """The supplier was told what is claimed."""
    claim = known_claim(reads, claim_id, context)
    require_state(claim, VendorClaimState.OPEN)
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.sent", amount=money(claim.amount))
    step.done(*occasions_of(claim))
    return step.decided(**sent(claim, context))


def sent(claim: VendorClaim, context: Context) -> dict[str, Any]:
    """What changes of a claim when the supplier is told. Any: fields of VendorClaim."""
    return {
        "state": VendorClaimState.SENT,
        "sent_at": context.now,
        "remind_at": context.now + timedelta(days=claim.days_to_answer),
    }


def acknowledge(
    reads: VendorReader,
    claim_id: str,
    reference: str | None,
    accepted: Money | None,
    context: Context,
) -> Decided[VendorClaim]:
    """The supplier got it; `accepted` is what it owes by its own word, at most what is claimed.

    Said by itself it is an offer: it is owed once finance agrees (`correcting.accept`).
    """
    claim = known_claim(reads, claim_id, context)
    require_state(claim, VendorClaimState.SENT)
    step = Step.of(reads, claim, context)
    changes: dict[str, Any] = {
        "state": VendorClaimState.ACKNOWLEDGED,
        "acknowledged_at": context.now,
        "reference": reference or claim.reference,
    }
    step.tell("vendor_claim.acknowledged", reference=reference)
    if accepted is not None:
        if in_currency(accepted, claim.amount.currency) > claim.amount:
            raise Conflict("above_claimed", "No more is accepted than is claimed.")
        before = claim.accepted or Money.zero(accepted.currency)
        if context.actor.role == SUPPLIER:
            changes["offered"] = accepted
            step.tell("vendor_claim.offered", offered=money(accepted))
            step.records.append(task_of(claim, "offered", context))
        elif accepted < before:
            raise Conflict("accepted_before", f"{before} is accepted already.", accepted=before)
        elif accepted > before:  # What was agreed to before the answer is owed already.
            changes["accepted"] = accepted
            step.tell("vendor_claim.accepted", amount=money(accepted - before))
    return step.decided(**changes)


def dispute(
    reads: VendorReader, claim_id: str, code: str, context: Context
) -> Decided[VendorClaim]:
    """The supplier objects; whether the claim ends by it, finance decides."""
    claim = known_claim(reads, claim_id, context)
    require_state(claim, VendorClaimState.SENT, VendorClaimState.ACKNOWLEDGED)
    check_code(code, DISPUTE_CODES)
    if claim.disputed_at is not None:
        raise Conflict("already_disputed", "The supplier objected before.")
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.disputed")
    step.records.append(task_of(claim, "disputed", context))
    return step.decided(disputed_code=code, disputed_at=context.now)


def state_credit(
    reads: VendorReader, claim_id: str, amount: Money, reference: str, context: Context
) -> Decided[VendorClaim]:
    """The supplier says that it credited so much; nothing is booked before finance confirms it."""
    claim = known_claim(reads, claim_id, context)
    require_state(claim, *_ANSWERED)
    in_currency(amount, claim.amount.currency)
    known = {one.reference for one in claim.stated} | {one.reference for one in claim.recoveries}
    if reference in known:
        raise Conflict("reference_known", "This credit was stated before.", reference=reference)
    require_room(len(claim.stated))
    one = StatedCredit(
        amount=amount, reference=reference, stated_at=context.now, stated_by=context.actor.id
    )
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.credit_stated", stated=money(amount), reference=reference)
    step.records.append(task_of(claim, f"stated-{len(claim.stated) + 1}", context))
    return step.decided(stated=(*claim.stated, one))


def recover(
    reads: VendorReader, claim_id: str, command: Recover, context: Context
) -> Decided[VendorClaim]:
    """Book what came. Raises Conflict above what is claimed without a reason, or a reference twice.

    What is confirmed like this was perhaps stated by the supplier before. A claim that was refused
    or given up goes on by it, unless its goods are ours again: those may be claimed anew.
    """
    claim = known_claim(reads, claim_id, context)
    require_state(claim, *_ANSWERED, VendorClaimState.RECOVERED, *_GIVEN_UP)
    amount = in_currency(command.amount, claim.amount.currency)
    if any(one.reference == command.reference for one in claim.recoveries):
        raise Conflict("reference_known", "This recovery is booked.", reference=command.reference)
    require_room(len(claim.recoveries))
    if command.received_at is not None and command.received_at > context.now + _ZONES:
        message = "What came has come."
        errors = [FieldError(pointer="/received_at", code="received_in_future", message=message)]
        raise Invalid("received_in_future", message, errors=errors)
    total = claim.recovered + amount
    if total > claim.amount and command.reason is None:
        raise Conflict(
            "above_claimed",
            f"{claim.left} of the claim is open; more needs a reason.",
            left=claim.left,
        )
    step = Step.of(reads, claim, context)
    if claim.state in _GIVEN_UP:
        _require_goods_gone(reads, claim)
        step.reopen()
    return _credited(step, command, total, context)


def _credited(step: Step, command: Recover, total: Money, context: Context) -> Decided[VendorClaim]:
    claim, amount = step.claim, command.amount
    nothing = Money.zero(amount.currency)
    accepted = claim.accepted or nothing
    unaccepted = max(total - accepted, nothing)
    recovery = Recovery(
        recovery_id=derived_id("rec", context.command_id),
        amount=amount,
        reference=command.reference,
        received_at=command.received_at or context.now,
        booked_by=context.actor.id,
        reason=command.reason,
        accepted=unaccepted or None,
    )
    if unaccepted:
        step.tell("vendor_claim.accepted", amount=money(unaccepted))
    step.tell(
        "vendor_claim.credited",
        amount=money(amount),
        recovery_id=recovery.recovery_id,
        reference=recovery.reference,
        received_at=rfc3339(recovery.received_at),
    )
    is_all = total >= claim.amount
    named = [at for at, one in enumerate(claim.stated, 1) if one.reference == command.reference]
    step.done(*(occasions_of(claim) if is_all else (f"stated-{place}" for place in named)))
    return step.decided(
        recoveries=(*claim.recoveries, recovery),
        accepted=accepted + unaccepted,
        stated=tuple(_confirmed(one, recovery) for one in claim.stated),
        state=VendorClaimState.RECOVERED if is_all else VendorClaimState.PARTLY_RECOVERED,
        **(closed(context) if is_all and claim.closed_at is None else {}),
    )


def _confirmed(stated: StatedCredit, recovery: Recovery) -> StatedCredit:
    """What came otherwise than it was stated does not confirm it."""
    is_it = (stated.reference, stated.amount) == (recovery.reference, recovery.amount)
    return replace(stated, is_confirmed=True) if is_it else stated


def _require_goods_gone(reads: VendorReader, claim: VendorClaim) -> None:
    rtv = reads.rtv(claim.rtv_id) if claim.rtv_id is not None else None
    if rtv is not None and not rtv.has_left:
        raise Conflict("goods_are_back", "The goods of this claim are ours again: claim them anew.")


def reject(reads: VendorReader, claim_id: str, code: str, context: Context) -> Decided[VendorClaim]:
    """The supplier refused, and we leave it at that. What it accepted is written off instead."""
    claim = known_claim(reads, claim_id, context)
    require_going_on(claim)
    check_code(code, CLOSING_CODES)
    if claim.accepted is not None:
        raise Conflict("claim_accepted", "The supplier accepted some of it: write off the rest.")
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.rejected")
    step.done(*occasions_of(claim))
    return step.decided(state=VendorClaimState.REJECTED, closing_code=code, **closed(context))


def write_off(
    reads: VendorReader, claim_id: str, command: WriteOff, context: Context
) -> Decided[VendorClaim]:
    """Give up what did not come; of the books only what was accepted has to go."""
    claim = known_claim(reads, claim_id, context)
    require_going_on(claim)
    check_code(command.code, CLOSING_CODES)
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.written_off", amount=money(claim.due), lost=money(claim.left))
    step.done(*occasions_of(claim))
    return step.decided(
        state=VendorClaimState.WRITTEN_OFF,
        closing_code=command.code,
        accountable=command.accountable,
        written_off=claim.due,
        **closed(context),
    )


def remind(reads: VendorReader, claim: VendorClaim, context: Context) -> Decided[VendorClaim]:
    """Somebody is told that the claim waits; told again after as long."""
    step = Step.of(reads, claim, context)
    step.tell("vendor_claim.reminded", reminders=claim.reminders + 1)
    step.done(f"reminder-{claim.reminders}")
    step.records.append(task_of(claim, f"reminder-{claim.reminders + 1}", context))
    return step.decided(
        reminders=claim.reminders + 1,
        remind_at=context.now + timedelta(days=max(claim.days_to_answer, 1)),
    )


_ANSWERED = (
    VendorClaimState.SENT,
    VendorClaimState.ACKNOWLEDGED,
    VendorClaimState.PARTLY_RECOVERED,
)
_ZONES = timedelta(days=1)
"""A day that somebody names may have begun elsewhere already."""
_GIVEN_UP = (VendorClaimState.REJECTED, VendorClaimState.WRITTEN_OFF)


def check_code(code: str, known: frozenset[str]) -> None:
    """Raises Invalid `unknown_code`."""
    if code not in known:
        raise Invalid("unknown_code", f"Known: {', '.join(sorted(known))}.", known=sorted(known))


def reminder_of(rtv: RtvDocument, context: Context) -> Task:
    """Work for somebody: a draft has to be sent in the agreed time."""
    return open_task(
        TaskKind.VENDOR_CLAIM,
        rtv.subject,
        occasion="draft",
        now=context.now,
        warehouse=rtv.warehouse,
        grounds=Grounds(reasons=("draft",), amount=rtv.cost),
    )
