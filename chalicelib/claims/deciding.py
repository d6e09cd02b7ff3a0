"""What becomes of a claim: approved and resolved, which consumes its units; or denied or cancelled,
which frees them in the same write."""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.claims.facts import facts
from chalicelib.claims.model import HOLDING, PAID, Claim, ClaimState, Denial, Remedy
from chalicelib.claims.paying import paid_through
from chalicelib.claims.ports import ClaimReader
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Journal
from chalicelib.orders import returnable
from chalicelib.orders.model import Order
from chalicelib.returns.policy_facts import PolicyReader
from chalicelib.tasks.model import Task, TaskState, finished

ALLOWED: dict[ClaimState, tuple[str, ...]] = {
    ClaimState.OPEN: ("approve", "deny", "cancel"),
    ClaimState.APPROVED: ("resolve", "cancel"),
    ClaimState.RESOLVED: (),
    ClaimState.DENIED: (),
    ClaimState.CANCELLED: (),
}
"""The commands that each state admits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny:
    """`note` is the answer to the customer; OTHER needs one."""

    code: Denial
    note: str | None = None


def approve(reads: ClaimReader, claim_id: str, context: Context) -> Decided[Claim]:
    """The customer is right; what they get is said when the claim is resolved."""
    claim, order, task = _found(reads, claim_id, "approve", context)
    after = replace(claim, state=ClaimState.APPROVED)
    return _written(_decided(after, context), order, task, "claim.approved", context)


def deny(reads: ClaimReader, claim_id: str, command: Deny, context: Context) -> Decided[Claim]:
    """The customer is not right; the units are free, for a return or for another claim."""
    if command.code is Denial.OTHER and not command.note:
        message = "OTHER needs a note."
        fault = FieldError(pointer="/note", code="note_required", message=message)
        raise Invalid("note_required", message, errors=[fault])
    claim, order, task = _found(reads, claim_id, "deny", context)
    after = replace(claim, state=ClaimState.DENIED, denial=command.code, answer=command.note)
    return _written(_decided(after, context), order, task, "claim.denied", context)


class ResolvingReader(ClaimReader, PolicyReader, Protocol):
    """Reads also by which rules money goes back."""


def resolve(
    reads: ResolvingReader, claim_id: str, outcome: Remedy, context: Context
) -> Decided[Claim]:
    """What the customer gets is decided; the units are consumed.

    Money goes back through a return that holds them from now on, and that finance settles.
    """
    claim, order, task = _found(reads, claim_id, "resolve", context)
    after = replace(claim, state=ClaimState.RESOLVED, outcome=outcome)
    if outcome not in PAID:
        return _written(after, order, task, "claim.resolved", context)
    paid = paid_through(reads, claim, order, context)
    after = replace(after, return_id=paid.ret.return_id)
    decided = _written(after, order, task, "claim.resolved", context)
    held = replace(paid.order, version=order.version + 1, updated_at=context.now)
    more = Changes(records=(held, *paid.records), events=paid.events)
    return replace(decided, changes=decided.changes + more)


def cancel(reads: ClaimReader, claim_id: str, context: Context) -> Decided[Claim]:
    """Taken back by the customer or staff; the units are free."""
    claim, order, task = _found(reads, claim_id, "cancel", context)
    after = replace(claim, state=ClaimState.CANCELLED)
    return _written(after, order, task, "claim.cancelled", context)


def _found(
    reads: ClaimReader, claim_id: str, command: str, context: Context
) -> tuple[Claim, Order, Task | None]:
    claim, order, task = reads.claim_of(claim_id)
    if claim is None or order is None:
        raise NotFound("claim_not_found", f"There is no claim {claim_id}.")
    if context.expected_version is not None and claim.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"The claim is at version {claim.version}, not {context.expected_version}.",
            subject=claim.subject,
            expected=context.expected_version,
            actual=claim.version,
        )
    if command not in ALLOWED[claim.state]:
        raise Conflict(
            "claim_not_open",
            f"A claim that is {claim.state.value} admits no {command}.",
            state=claim.state.value,
            allowed=list(ALLOWED[claim.state]),
        )
    return claim, order, task


def _decided(claim: Claim, context: Context) -> Claim:
    actor = context.actor
    return replace(claim, decided_by=actor.id, decided_as=actor.role, decided_at=context.now)


def _written(
    claim: Claim, order: Order, task: Task | None, event_type: str, context: Context
) -> Decided[Claim]:
    claim = replace(claim, version=claim.version + 1, updated_at=context.now)
    journal = Journal(claim.subject, claim.chain, context)
    journal.record(event_type, facts(claim))
    claim = replace(claim, chain=journal.chain)
    records: list[Record] = [claim]
    if claim.state not in HOLDING:
        free = returnable.release(
            order, claim.order_line_no, holder_id=claim.claim_id, units=claim.units
        )
        records.append(replace(free, version=order.version + 1, updated_at=context.now))
    if task is not None and task.state is not TaskState.DONE:
        records.append(finished(task, by=context.actor.id, now=context.now))
    return Decided(
        result=claim, changes=Changes(records=tuple(records), events=tuple(journal.events))
    )
