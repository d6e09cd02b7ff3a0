"""Refunds as we booked them against those that a provider lists: which differences are real.

Pure. What is booked in one hour may be listed in another, and both go on while they are compared:
so every difference is judged again by the leg as it stands now, and what is missing in the list is
asked for by its key.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money
from chalicelib.ledger.agreement import BookedRefund, Difference, DifferenceKind
from chalicelib.reconciliation.model import Finding
from chalicelib.settlement.model import Leg, LegState
from chalicelib.settlement.ports import RefundOutcome, RefundState

_PAID = "refund.paid"
_NOT_PAID = frozenset({"refund.declined", "refund.failed_later"})
_WORDS: dict[DifferenceKind, tuple[str, str]] = {
    DifferenceKind.MISSING: (
        "It was booked as paid, and the provider has no such refund, or says that it failed.",
        "Ask the provider; where it never went out, have it paid another way.",
    ),
    DifferenceKind.EXTRA: (
        "It was refunded outside of any return.",
        "Find out who did it; tell the order's payment what was refunded elsewhere.",
    ),
    DifferenceKind.UNBOOKED: (
        "The provider paid it, and the settlement does not say so.",
        "Retry the settlement, which asks the provider; do not pay it another way.",
    ),
    DifferenceKind.AMOUNT: (
        "The provider paid another amount than was booked.",
        "Compare with the provider's statement; pay the rest, or ask for what is too much.",
    ),
    DifferenceKind.PAYMENT: (
        "The provider refunded another payment than the settlement says.",
        "Compare with the provider's statement; correct the order's payment.",
    ),
    DifferenceKind.DUPLICATE: (
        "The provider paid one leg more than once.",
        "Ask the customer or the provider for what is too much.",
    ),
}
"""Why it may be so, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """The provider did not say what became of a key: the next run asks again."""

    key: str


Asking = Callable[[Leg], RefundOutcome]
"""Asks the provider of a leg what became of its key."""


def booked_in(events: Iterable[Event], provider: str) -> list[BookedRefund]:
    """What events book of a provider's refunds, each key as its last event leaves it."""
    found: dict[str, BookedRefund] = {}
    for event in events:
        is_paid = event.type == _PAID
        if not (is_paid or event.type in _NOT_PAID) or event.data.get("provider") != provider:
            continue
        key = str(event.data["key"])
        found[key] = BookedRefund(
            key=key,
            payment=str(event.data.get("provider_ref") or event.data["payment_id"]),
            amount=_money(event),
            is_paid=is_paid,
            refund_id=_text(event, "reference") if is_paid else None,
        )
    return list(found.values())


def judged(found: Difference, leg: Leg | None, ask: Asking) -> Difference | Unsettled | None:
    """The difference as it is now; None where there is none.

    `leg` is the one that the key names, as it stands now; None where no return has it.
    """
    if leg is None:
        kind = DifferenceKind.MISSING if found.theirs is None else DifferenceKind.EXTRA
        return replace(found, kind=kind)
    if found.theirs is None:
        return _missing(found, leg, ask)
    is_paid = leg.state is LegState.PAID
    ours = leg.amount if is_paid else None
    if found.key != leg.key:
        kind = DifferenceKind.DUPLICATE if is_paid else DifferenceKind.UNBOOKED
    elif not is_paid:
        kind = DifferenceKind.UNBOOKED
    elif leg.reference not in (None, found.refund_id):
        kind = DifferenceKind.DUPLICATE
    elif leg.amount != found.theirs:
        kind = DifferenceKind.AMOUNT
    elif not found.is_of(leg.provider_ref or leg.payment_id):
        kind = DifferenceKind.PAYMENT
    else:
        return None
    return replace(found, kind=kind, ours=ours)


def _missing(found: Difference, leg: Leg, ask: Asking) -> Difference | Unsettled | None:
    """It may have been listed before the period, or come back since it was booked."""
    if leg.key != found.key or leg.state is not LegState.PAID:
        return None
    outcome = ask(leg)
    match outcome.state:
        case RefundState.SUCCEEDED | RefundState.PENDING:
            if outcome.amount in (None, leg.amount):
                return None
            return replace(found, kind=DifferenceKind.AMOUNT, theirs=outcome.amount)
        case RefundState.UNKNOWN:
            return Unsettled(key=leg.key)
        case RefundState.DECLINED | RefundState.NOT_FOUND:
            return found


def finding_of(found: Difference, subject: str, provider: str) -> Finding:
    """The difference as reports say it."""
    cause, repair = _WORDS[found.kind]
    return Finding(
        kind=f"refund_{found.kind.value}",
        subject=subject,
        expected={
            "provider": provider,
            "payment": found.payment,
            "key": found.key,
            "amount": _told(found.ours),
        },
        found={"refund_id": found.refund_id, "amount": _told(found.theirs)},
        cause=cause,
        proposed_repair=repair,
    )


def _told(amount: Money | None) -> dict[str, Json] | None:
    return None if amount is None else {"amount": amount.amount, "currency": amount.currency}


def _text(event: Event, name: str) -> str | None:
    value = event.data.get(name)
    return None if value is None else str(value)


def _money(event: Event) -> Money:
    stated = event.data["amount"]
    assert isinstance(stated, dict), "an event about a refund says how much"
    return Money.parse(str(stated["amount"]), str(stated["currency"]))
