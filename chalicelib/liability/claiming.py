"""The way of a liability claim: opened, acknowledged by the party, ended in one of three ways.

The write that ends it takes the goods that proved it out of `damaged`: nothing lies there for ever
because of a claim that nobody pursues any more.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for
from chalicelib.liability.model import GOING_ON, LiabilityClaim, LiabilityState, Liable
from chalicelib.returns.facts import money
from chalicelib.tasks.model import (
    Task,
    TaskKind,
    TaskState,
    finished,
    given_back,
    open_task,
    task_id_for,
)

GOODS_GO_TO = frozenset({Account.SCRAPPED, Account.VENDOR})


ANSWERED_WITHIN = timedelta(days=30)
"""How long a party that has the claim may take, until somebody is to ask it again."""


class LiabilityReader(Protocol):
    def liability_claim(self, claim_id: str) -> LiabilityClaim | None: ...

    def task(self, task_id: str) -> Task | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """The party made good: so much. `goods` says where the evidence goes.

    More than was claimed has a `reason`: it is rather a slip of the pen.
    """

    amount: Money
    goods: Account = Account.SCRAPPED
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """The party refused, and we leave it at that."""

    reason: str
    goods: Account = Account.SCRAPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """Nothing will come; `accountable` answers for the loss."""

    reason: str
    accountable: str
    goods: Account = Account.SCRAPPED


def opened(claim: LiabilityClaim, context: Context) -> Decided[LiabilityClaim]:
    """A new claim with its first event, for the command that found somebody liable."""
    journal = Journal(claim.subject, claim.chain, context)
    journal.record("liability_claim.opened", _facts(claim))
    claim = replace(claim, chain=journal.chain)
    records: list[Record] = [claim]
    if (
        claim.against is not Liable.SUPPLIER
    ):  # Those are pursued, and reminded of, as vendor claims.
        records.append(
            open_task(
                TaskKind.LIABILITY,
                claim.subject,
                occasion="opened",
                now=context.now,
                warehouse=claim.warehouse,
            )
        )
    changes = Changes(records=tuple(records), events=tuple(journal.events))
    return Decided(result=claim, changes=changes)


def acknowledge(
    reads: LiabilityReader, claim_id: str, reference: str | None, context: Context
) -> Decided[LiabilityClaim]:
    """The party confirmed that it got the claim; `reference` is theirs."""
    claim = _going_on(reads, claim_id, context)
    if claim.state is LiabilityState.ACKNOWLEDGED:
        raise Conflict("already_acknowledged", "The party acknowledged it before.")
    decided = _decided(
        claim,
        "liability_claim.acknowledged",
        context,
        state=LiabilityState.ACKNOWLEDGED,
        reference=reference,
        acknowledged_at=context.now,
    )
    return _reminded(reads, decided, context)


def recover(
    reads: LiabilityReader, claim_id: str, command: Recover, context: Context
) -> Decided[LiabilityClaim]:
    """Book that the party made good; raises Invalid where the currency is not the claimed one.

    Raises Conflict `above_claimed` for more than was claimed, where nobody says why.
    """
    claim = _going_on(reads, claim_id, context)
    if claim.amount is not None and claim.amount.currency != command.amount.currency:
        message = f"It was claimed in {claim.amount.currency}."
        raise Invalid(
            "currency_differs",
            message,
            errors=[FieldError(pointer="/amount", code="currency_differs", message=message)],
        )
    if claim.amount is not None and command.amount > claim.amount and command.reason is None:
        message = f"{claim.amount} was claimed; more needs a reason."
        raise Conflict("above_claimed", message, left=claim.amount)
    decided = _ended(
        claim,
        "liability_claim.recovered",
        command.goods,
        context,
        state=LiabilityState.RECOVERED,
        recovered=command.amount,
        closing_reason=command.reason,
    )
    return _reminded(reads, decided, context)


def reject(
    reads: LiabilityReader, claim_id: str, command: Reject, context: Context
) -> Decided[LiabilityClaim]:
    """Book that the party refused."""
    claim = _going_on(reads, claim_id, context)
    decided = _ended(
        claim,
        "liability_claim.rejected",
        command.goods,
        context,
        state=LiabilityState.REJECTED,
        closing_reason=command.reason,
    )
    return _reminded(reads, decided, context)


def write_off(
    reads: LiabilityReader, claim_id: str, command: WriteOff, context: Context
) -> Decided[LiabilityClaim]:
    """Give the claim up; somebody answers for it."""
    claim = _going_on(reads, claim_id, context)
    decided = _ended(
        claim,
        "liability_claim.written_off",
        command.goods,
        context,
        state=LiabilityState.WRITTEN_OFF,
        closing_reason=command.reason,
        accountable=command.accountable,
    )
    return _reminded(reads, decided, context)


def followed_by(
    claim: LiabilityClaim, vendor_claim_id: str, context: Context
) -> Decided[LiabilityClaim]:
    """A supplier's claim that is pursued as a vendor claim from now on: that one ends it."""
    return _decided(claim, "liability_claim.followed", context, vendor_claim_id=vendor_claim_id)


def unfollowed(claim: LiabilityClaim, context: Context) -> Decided[LiabilityClaim]:
    """Its vendor claim was withdrawn: it is pursued by itself, or by another one."""
    return _decided(
        claim, "liability_claim.unfollowed", context, vendor_claim_id=None, **_going_on_again(claim)
    )


def ended_by_vendor_claim(
    claim: LiabilityClaim, state: LiabilityState, context: Context
) -> Decided[LiabilityClaim]:
    """The end of its vendor claim is its end. The money is booked there, and only there.

    Where money came after all to what was given up, it is another end.
    """
    return _ended(claim, _ENDS[state], Account.SCRAPPED, context, state=state)


def reopened_by_vendor_claim(claim: LiabilityClaim, context: Context) -> Decided[LiabilityClaim]:
    """What ended its vendor claim did not stay. What proved it stays where it went then."""
    return _decided(claim, "liability_claim.reopened", context, **_going_on_again(claim))


def _going_on_again(claim: LiabilityClaim) -> dict[str, Any]:  # Any: fields of LiabilityClaim
    is_known = claim.acknowledged_at is not None
    return {
        "state": LiabilityState.ACKNOWLEDGED if is_known else LiabilityState.OPEN,
        "closed_at": None,
        "closed_by": None,
    }


_ENDS = {
    LiabilityState.RECOVERED: "liability_claim.recovered",
    LiabilityState.REJECTED: "liability_claim.rejected",
    LiabilityState.WRITTEN_OFF: "liability_claim.written_off",
}


def _reminded(
    reads: LiabilityReader, decided: Decided[LiabilityClaim], context: Context
) -> Decided[LiabilityClaim]:
    """The reminder goes with the claim: later while the party works on it, done with its end."""
    claim = decided.result
    task = reads.task(task_id_for(TaskKind.LIABILITY, claim.subject, "opened"))
    if task is None or task.state is TaskState.DONE:
        return decided
    if claim.state in GOING_ON:
        due_at = context.now + ANSWERED_WITHIN
        task = replace(given_back(task), due_at=due_at, version=task.version + 1)
    else:
        task = finished(task, by=context.actor.id, now=context.now)
    return Decided(result=claim, changes=decided.changes + Changes(records=(task,)))


def _found(reads: LiabilityReader, claim_id: str, context: Context) -> LiabilityClaim:
    claim = reads.liability_claim(claim_id)
    if claim is None:
        raise NotFound("liability_claim_not_found", f"There is no liability claim {claim_id}.")
    if context.expected_version is not None and claim.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"The claim is at version {claim.version}, not {context.expected_version}.",
            subject=claim.subject,
            expected=context.expected_version,
            actual=claim.version,
        )
    return claim


def _going_on(reads: LiabilityReader, claim_id: str, context: Context) -> LiabilityClaim:
    claim = _found(reads, claim_id, context)
    if claim.state not in GOING_ON:
        raise Conflict(
            "liability_claim_ended",
            f"The claim is {claim.state.value}.",
            state=claim.state.value,
        )
    if claim.vendor_claim_id is not None:
        raise Conflict(
            "followed_by_vendor_claim",
            f"It is pursued as the vendor claim {claim.vendor_claim_id}.",
            vendor_claim_id=claim.vendor_claim_id,
        )
    return claim


def _ended(
    claim: LiabilityClaim,
    event_type: str,
    goods: Account,
    context: Context,
    **changes: Any,  # Any: fields of LiabilityClaim, each of its own type
) -> Decided[LiabilityClaim]:
    """The end, with the goods out of `damaged` in the same write; those of an earlier end left."""
    assert goods in GOODS_GO_TO, "evidence ends outside"
    is_there = claim.has_goods and claim.goods_went is None
    movement = _movement(claim, goods, context) if is_there else None
    return _decided(
        claim,
        event_type,
        context,
        movement,
        closed_at=context.now,
        closed_by=context.actor.id,
        goods_went=goods if movement else claim.goods_went,
        movement_id=movement.movement_id if movement else claim.movement_id,
        **changes,
    )


def _movement(claim: LiabilityClaim, goods: Account, context: Context) -> Movement:
    assert claim.warehouse is not None, "goods lie somewhere"
    assert claim.sku is not None, "goods have a name"
    transfer = Transfer(
        warehouse=claim.warehouse,
        sku=claim.sku,
        lot=claim.lot,
        quantity=claim.quantity,
        origin=Account.DAMAGED,
        target=goods,
        unit_cost=claim.unit_cost,
        serials=claim.serials,
    )
    return Movement(
        movement_id=derived_id("mov", context.command_id, "evidence"),
        kind=MovementKind.DISPOSITION,
        source=claim.subject,
        entries=entries_for([transfer]),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
    )


def _decided(
    claim: LiabilityClaim,
    event_type: str,
    context: Context,
    movement: Movement | None = None,
    **changes: Any,  # Any: fields of LiabilityClaim, each of its own type
) -> Decided[LiabilityClaim]:
    claim = replace(claim, version=claim.version + 1, **changes)
    journal = Journal(claim.subject, claim.chain, context)
    journal.record(event_type, _facts(claim))
    claim = replace(claim, chain=journal.chain)
    records: tuple[Record, ...] = (claim, movement) if movement else (claim,)
    return Decided(result=claim, changes=Changes(records=records, events=tuple(journal.events)))


def _facts(claim: LiabilityClaim) -> dict[str, Json]:
    """References, quantities and money; never a reason that a person wrote."""
    return {
        "claim_id": claim.claim_id,
        "state": claim.state.value,
        "against": claim.against.value,
        "party": claim.party,
        "exception_id": claim.exception_id,
        "return_id": claim.return_id,
        "warehouse": claim.warehouse,
        "sku": claim.sku,
        "lot": claim.lot,
        "quantity": claim.quantity,
        "amount": money(claim.amount) if claim.amount else None,
        "recovered": money(claim.recovered) if claim.recovered else None,
        "accountable": claim.accountable,
        "vendor_claim_id": claim.vendor_claim_id,
        "movement_id": claim.movement_id,
        "age_days": claim.age_days(claim.closed_at) if claim.closed_at else None,
    }
